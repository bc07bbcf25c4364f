"""The fake Graph itself: numbers, people, messages, files, and the webhooks that follow."""

import asyncio
import hashlib
import itertools
import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from connectors.fake_graph import webhooks
from connectors.fake_graph.checks import fault_of
from connectors.fake_graph.files import Files
from connectors.fake_graph.server import Listener, Reply, Request
from connectors.fake_graph.shapes import (
    TEMPLATE_STATES,
    contact_of,
    error,
    find_choice,
    key_of,
    miscount,
    ok,
    page_of,
    problem,
    seconds_of,
    subscriptions,
    token_of,
)
from connectors.fake_graph.words import App, Json, Ladder, Number, Person, Sent, Trouble
from connectors.net import Manner, Postman
from connectors.net.postman import Sign, Wrap

_WINDOW = timedelta(hours=24)
_VERSION = re.compile(r"^v\d+\.\d+$")
_PRICING = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}


class FakeGraph:
    """`http` posts webhooks (not needed without them); `clock` tells the time (aware).

    `templates`: (name, language) to state; None takes any template. `library`: whole templates, as
    Graph lists them, whose values are counted (132000) and states kept. `enforce_window`: refuse
    free text to who did not write here within 24 hours. `dice`: asked for each message to
    somebody, what trouble it meets, where none was told by `trouble`. `postman`: who delivers
    webhooks.
    """

    def __init__(
        self,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], datetime] | None = None,
        enforce_window: bool = True,
        kept: int = 10_000,
        dice: Callable[[str], Trouble | None] | None = None,
        postman: Callable[[httpx.AsyncClient, str, Wrap, Sign], Postman] = Postman,
    ) -> None:
        self._http = http
        self._dice = dice
        self._postman = postman
        self._clock = clock or (lambda: datetime.now(UTC))
        self._enforce_window = enforce_window
        self._listener = Listener(self._handle)
        self._count = itertools.count(1)
        self._era = format(int(self._clock().timestamp() * 1000), "x")
        self._numbers: dict[str, Number] = {}
        self._postmen: dict[str, Postman] = {}
        self._people: dict[str, Person] = {}
        self._last_said: dict[tuple[str, str], datetime] = {}
        self._troubles: list[tuple[Trouble, int]] = []
        self.files = Files(self._clock)
        self.ladder = Ladder()
        self.app = App()
        self.templates: dict[tuple[str, str], str] | None = None
        self.library: list[Json] = []
        self.sent: deque[Sent] = deque(maxlen=kept)
        self.seen: deque[Json] = deque(maxlen=kept)
        self.requests = 0
        self.url = ""

    # What tests and benches say

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the root to be given to a channel as its base URL."""
        taken = await self._listener.start(host, port)
        self.url = self.files.url = f"http://{host}:{taken}"
        return self.url

    async def close(self) -> None:
        for postman in self._postmen.values():
            postman.stop()
        await self._listener.close()

    def add_number(self, number: Number) -> None:
        """Open a number, or change what is known of an open one (a new token or webhook, say)."""
        self._numbers[number.id] = number
        if number.id in self._postmen:
            self._postmen[number.id].address = number.webhook
        elif number.webhook and self._http is not None:
            self._postmen[number.id] = self._postman(
                self._http,
                number.webhook,
                lambda events: webhooks.wrap(self._numbers[number.id], events),
                lambda body: webhooks.sign(self._numbers[number.id], body),
            )

    def add_person(self, person: Person) -> None:
        """Make somebody known; anybody else who is written to exists too, by that phone."""
        for name in (person.wa_id, person.user_id, *person.also):
            if name:
                self._people[name] = person

    def trouble(self, *troubles: Trouble) -> None:
        """Have troubles met by the next messages; the first that fits is taken."""
        self._troubles += [(trouble, trouble.count) for trouble in troubles]

    def manner(self, number: str, manner: Manner) -> None:
        """How webhooks of a number are delivered from now on."""
        self._postmen[number].manner = manner

    async def settled(self, number: str) -> None:
        """Wait until every webhook that is due was answered 200."""
        await self._postmen[number].settled()

    def say(self, number: str, who: str, message: Json) -> str:
        """A person (wa_id or BSUID) writes; `message` as `{"type", "text": {…}}`. Its wamid."""
        business, person = self._numbers[number], self._person(who)
        wamid, now = self._wamid(), self._clock()
        self._last_said[number, key_of(person)] = now
        sender = {"from": person.wa_id, "from_user_id": person.user_id}
        told = {name: value for name, value in sender.items() if value}
        body = {**told, "id": wamid, "timestamp": seconds_of(now), **message}
        self.notify(
            number,
            "messages",
            webhooks.value(business, contacts=[contact_of(person)], messages=[body]),
        )
        return wamid

    def text(self, number: str, who: str, text: str) -> str:
        return self.say(number, who, {"type": "text", "text": {"body": text}})

    def tap(self, number: str, who: str, sent: Sent, title: str) -> str:
        """A person taps what is called `title` in a message that was sent."""
        kind, id_ = find_choice(sent.body, title)
        if kind == "button":
            answer: Json = {"type": "button", "button": {"payload": id_, "text": title}}
        else:
            reply = {"type": kind, kind: {"id": id_, "title": title}}
            answer = {"type": "interactive", "interactive": reply}
        return self.say(number, who, {**answer, "context": {"id": sent.wamid}})

    def notify(self, number: str, field: str, value: Json) -> None:
        """Deliver any change, also one that this fake does not make by itself."""
        postman = self._postmen.get(number)
        if postman is not None:
            postman.post((field, value))

    # HTTP

    def _handle(self, request: Request) -> Reply:
        self.requests += 1
        parts = urlsplit(request.target)
        path = parts.path.strip("/").split("/")
        if path[0] == "files" and len(path) == 2:
            return self._file(request, path[1])
        if not _VERSION.match(path[0]) or len(path) < 2:
            return error(404, 100, "Unknown path components")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number = self._numbers.get(path[1])
        if number is None:
            return self._other(request, path[1:], query)
        if not self._knows(request, number):
            return error(401, 190, "Error validating access token")
        match (request.method, *path[2:]):
            case ("POST", "messages"):
                return self._message(number, request)
            case ("POST", "media"):
                return self._upload(request)
            case ("GET",):
                return ok(
                    {
                        "id": number.id,
                        "display_phone_number": number.display,
                        "verified_name": number.name,
                        "quality_rating": number.quality,
                        "status": number.status,
                    }
                )
            case _:
                return error(400, 100, "Unsupported request")

    def _other(self, request: Request, path: list[str], query: dict[str, str]) -> Reply:
        """Objects that are no numbers: files, accounts, the app."""
        if path == [self.app.id, "subscriptions"]:
            return subscriptions(self.app, request.headers, tuple(self._numbers.values()))
        owner = next((n for n in self._numbers.values() if self._knows(request, n)), None)
        if owner is None:
            return error(401, 190, "Error validating access token")
        if path[0] == owner.waba and path[1:] == ["subscribed_apps"]:
            self.app.subscribed |= request.method == "POST"
            if request.method == "POST":
                return ok({"success": True})
            about = {"whatsapp_business_api_data": {"id": self.app.id, "name": "App"}}
            return ok({"data": [about] if self.app.subscribed else []})
        if path == ["debug_token"]:
            return ok({"data": token_of(self.app, query.get("input_token", ""), owner)})
        if path[0] == owner.waba and path[1:] == ["message_templates"]:
            bare = [
                {"name": name, "language": language, "status": state}
                for (name, language), state in (self.templates or {}).items()
            ]
            return page_of([*self.library, *bare], query)
        described = self.files.describe(path[0]) if len(path) == 1 else None
        if described is None:
            return error(400, 100, f"Object with ID '{path[0]}' does not exist")
        return ok(described)

    def _knows(self, request: Request, number: Number) -> bool:
        return request.headers.get("authorization") == f"Bearer {number.token}"

    def _file(self, request: Request, ticket: str) -> Reply:
        if not any(self._knows(request, number) for number in self._numbers.values()):
            return Reply(401, b"")
        found = self.files.open(ticket)
        return Reply(404, b"") if found is None else Reply(200, found[0], found[1])

    def _upload(self, request: Request) -> Reply:
        parsed = self.files.read_upload(request)
        return error(400, 100, "file is required") if parsed is None else ok({"id": parsed})

    # Messages

    def _message(self, number: Number, request: Request) -> Reply:
        try:
            body = msgspec.json.decode(request.body, type=dict[str, Any])
        except ValueError:
            return error(400, 100, "Invalid JSON")
        if body.get("status") == "read":
            self.seen.append(body)
            return ok({"success": True})
        fault = fault_of(body)
        if fault is not None:
            return error(400, *fault)
        trouble = self._next_trouble(str(body.get("to") or body.get("recipient")))
        if trouble is None:
            return self._accept(number, body)
        match trouble.kind:
            case "error":
                return error(trouble.status, trouble.code, trouble.details)
            case "later":
                return self._accept(number, body, trouble)
            case "http":
                return Reply(trouble.status, b"<html>Bad Gateway</html>", "text/html")
            case "slow":
                accepted = self._accept(number, body)
                return msgspec.structs.replace(accepted, after=trouble.seconds, until=trouble.until)
            case "cut":
                if trouble.taken:
                    self._accept(number, body)
                return Reply(cut=True)

    def _accept(self, number: Number, body: Json, failing: Trouble | None = None) -> Reply:
        to = str(body.get("to") or body.get("recipient"))
        person = self._person(to.removeprefix("+"))
        refusal = self._refusal(number, body, person)
        if refusal is not None:
            return error(400, *refusal)
        wamid, now = self._wamid(), self._clock()
        self.sent.append(Sent(wamid, number.id, body, now))
        self._climb(number, wamid, body, person, failing)
        contact = {"input": to}
        if body.get("to"):
            contact["wa_id"] = person.wa_id
        if person.user_id:
            contact["user_id"] = person.user_id
        return ok(
            {
                "messaging_product": "whatsapp",
                "contacts": [contact],
                "messages": [{"id": wamid}],
            }
        )

    def _refusal(self, number: Number, body: Json, person: Person) -> tuple[int, str] | None:
        if not person.reachable:
            return 131026, "Message undeliverable"
        if body["type"] == "template":
            template = cast("Json", body["template"])
            name = (str(template["name"]), str(template["language"]["code"]))
            whole = next((t for t in self.library if (t["name"], t["language"]) == name), None)
            if whole is not None:
                return TEMPLATE_STATES.get(whole["status"]) or miscount(whole, template)
            state = "APPROVED" if self.templates is None else self.templates.get(name, "")
            return TEMPLATE_STATES.get(state)
        said = self._last_said.get((number.id, key_of(person)))
        if self._enforce_window and (said is None or self._clock() - said >= _WINDOW):
            return 131047, "More than 24 hours have passed since the recipient last replied"
        if body["type"] in ("image", "video", "audio", "document", "sticker"):
            id_ = cast("Json", body[body["type"]]).get("id")
            if id_ is not None and self.files.describe(str(id_)) is None:
                return 100, f"{id_} is not a valid media id"
        return None

    def _climb(
        self, number: Number, wamid: str, body: Json, person: Person, failing: Trouble | None
    ) -> None:
        if number.id not in self._postmen:
            return
        steps: Sequence[tuple[str, float | None]] = (
            [("sent", self.ladder.sent), ("failed", self.ladder.delivered or 0)]
            if failing
            else [
                ("sent", self.ladder.sent),
                ("delivered", self.ladder.delivered),
                ("read", self.ladder.read),
            ]
        )
        for status, after in steps:
            if after is None:
                continue
            tell = partial(self._status, number, wamid, status, body, person, failing)
            if after:
                asyncio.get_running_loop().call_later(after, tell)
            else:
                tell()

    def _status(
        self,
        number: Number,
        wamid: str,
        status: str,
        body: Json,
        person: Person,
        failing: Trouble | None,
    ) -> None:
        told: Json = {"id": wamid, "status": status, "timestamp": seconds_of(self._clock())}
        if body.get("to"):
            told["recipient_id"] = person.wa_id
        if person.user_id and (status != "failed" or not body.get("to")):
            told["recipient_user_id"] = person.user_id
        if body.get("biz_opaque_callback_data"):
            told["biz_opaque_callback_data"] = body["biz_opaque_callback_data"]
        if status == "sent":
            told["pricing"] = _PRICING
        if status == "failed" and failing is not None:
            told["errors"] = [problem(failing.code, failing.details)]
        more: Json = {} if status == "failed" else {"contacts": [contact_of(person)]}
        self.notify(number.id, "messages", webhooks.value(number, **more, statuses=[told]))

    def _next_trouble(self, to: str) -> Trouble | None:
        for at, (trouble, left) in enumerate(self._troubles):
            if trouble.to in ("", to):
                self._troubles[at : at + 1] = [(trouble, left - 1)] if left > 1 else []
                return trouble
        return self._dice(to) if self._dice is not None else None

    def _person(self, name: str) -> Person:
        known = self._people.get(name)
        if known is not None:
            return known
        return Person(wa_id=name) if name.isdigit() else Person(user_id=name)

    def _wamid(self) -> str:
        digest = hashlib.sha256(f"{self._era}.{next(self._count)}".encode()).hexdigest()
        return f"wamid.{digest[:40].upper()}"
