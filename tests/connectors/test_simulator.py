"""The simulator: an honest provider and its connector, with nothing but HTTP between them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given

from connectors.base import Context, File, Reached
from connectors.fake_graph.server import Reply, Request
from connectors.net import Manner, open_client
from connectors.simulator import (
    Change,
    Day,
    Entry,
    Fault,
    Line,
    Network,
    Saying,
    SimulatorConnector,
    SimulatorSettings,
    Unsayable,
    application,
)
from connectors.simulator.contents import with_payloads
from connectors.simulator.limits import broken_limit
from connectors.simulator.parse import parse
from connectors.simulator.words import bsuid_of
from flowengine.messages import (
    Accepted,
    Arrived,
    Audio,
    Button,
    Buttons,
    Capabilities,
    Content,
    CtaUrl,
    Document,
    Identity,
    Image,
    List,
    Location,
    Media,
    MediaRef,
    Parsed,
    Reaction,
    Refused,
    Row,
    Section,
    Status,
    Template,
    Text,
    Unclear,
    degrade,
    write_payload,
)
from tests.connectors.conftest import sending
from tests.connectors.later import Later
from tests.connectors.strategies import contents
from tests.peers.asgi import serving
from tests.peers.plain import Peer

NUMBER, PHONE, KEY = "5511333344444", "+5511999990001", "control-key"
ANA = (Identity("simulator", PHONE),)
TOKEN = {"authorization": "Bearer token-1"}
CONTROL = {"authorization": f"Bearer {KEY}"}


class World:
    """A simulated network, served; a product that listens to its webhooks; the connector."""

    def __init__(self, network: Network, http: httpx.AsyncClient, url: str, product: Peer) -> None:
        self.network = network
        self.http = http
        self.url = f"{url}/sim/{NUMBER}"
        self.product = product
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.answers: list[int] = []  # what the product answers before it answers 200
        settings = SimulatorSettings.model_validate(
            {"number": NUMBER, "base_url": url, "secret": "secret-1", "token": "token-1"}
        )
        self.connector = SimulatorConnector(settings, http)

    def line(self, **more: str) -> Line:
        known = {"number": NUMBER, "webhook": f"{self.product.url}/webhooks/simulator/c1"}
        return Line(**{**known, "secret": "secret-1", "token": "token-1", **more})

    def say(self, text: str = "oi", **more: Any) -> str:
        return self.network.say(NUMBER, PHONE, Saying(text=text, name="Ana", **more))

    async def send(self, content: Content, **context: Any) -> Any:
        return await self.connector.perform(sending(content), ANA, Context(**context))

    async def heard(self) -> list[Any]:
        """What the product was told, every signature checked."""
        await self.network.settled(NUMBER)
        events: list[Any] = []
        for request in self.product.asked:
            assert self.connector.verify(request.headers, request.body)
            parsed = self.connector.parse(request.body)
            assert parsed.unreadable == ()
            events += parsed.events
        return events

    async def statuses(self) -> list[str]:
        return [event.status for event in await self.heard() if isinstance(event, Status)]

    def entries(self) -> tuple[Entry, ...]:
        return self.network.transcript(NUMBER, PHONE).entries


@asynccontextmanager
async def opened() -> AsyncIterator[World]:
    worlds: list[World] = []

    def listen(_: Request) -> Reply:
        answers = worlds[0].answers
        return Reply(answers.pop(0) if answers else 200)

    async with open_client(timeout=5) as http, Peer(listen) as product:
        network = Network(http, clock=lambda: worlds[0].now if worlds else datetime.now(UTC))
        async with serving(application(network, KEY)) as url:
            worlds.append(World(network, http, url, product))
            network.register(worlds[0].line())
            network.behave(NUMBER, Day(manner=Manner(first_pause=0.01)))
            yield worlds[0]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened() as world:
        yield world


# In


async def test_what_a_person_says_arrives_signed(world: World):
    id_ = world.say("Olá 😀")
    (event,) = await world.heard()
    assert isinstance(event, Arrived)
    assert event.key == f"message:{id_}"
    assert event.sender.identities == ANA
    assert event.sender.name == "Ana"
    assert (event.message.id, event.message.text, event.message.at) == (id_, "Olá 😀", world.now)


async def test_taps_places_files_forms_and_reactions(world: World):
    file = world.network.keep_file(File("image/png", b"png", "a.png"))
    network = world.network
    network.say(NUMBER, PHONE, Saying(tap="v1:f7:sim", title="Sim", quoted="sim.1"))
    network.say(NUMBER, PHONE, Saying(content=Location(Decimal("-23.5"), Decimal("-46.6"))))
    network.say(NUMBER, PHONE, Saying(content=Image(Media(asset=file), "Foto")))
    network.say(NUMBER, PHONE, Saying(form={"nome": "Ana"}))
    network.say(NUMBER, PHONE, Saying(reaction="👍", quoted="sim.1"))
    tap, place, image, form, reaction = [event.message for event in await world.heard()]
    assert (tap.kind, tap.text, tap.choice.payload) == ("choice", "Sim", "v1:f7:sim")
    assert tap.quoted == reaction.quoted == "sim.1"
    assert place.location.latitude == Decimal("-23.5")
    assert (image.kind, image.text, image.media.mime) == ("image", "Foto", "image/png")
    assert form.form == {"nome": "Ana"}
    assert (reaction.kind, reaction.text) == ("reaction", "👍")
    received = bytearray()
    fetched = await world.connector.fetch(image.media, received.extend, 100)
    assert (received, getattr(fetched, "size", None)) == (b"png", 3)


@pytest.mark.parametrize("saying", [Saying(), Saying(content=Buttons("?", ()))])
async def test_what_a_phone_cannot_do(world: World, saying: Saying):
    with pytest.raises(Unsayable):
        world.network.say(NUMBER, PHONE, saying)


async def test_the_same_message_twice_is_one(world: World):
    assert world.say("oi", id="a") == world.say("oi", id="a")
    assert len(await world.heard()) == 1


async def test_webhooks_are_repeated_until_200_and_keep_their_order(world: World):
    world.answers += [500, 503, 401]
    for text in "abc":
        world.say(text)
    heard = [event.message.text for event in await world.heard()]
    assert heard == ["a", "a", "a", "a", "b", "c"]


async def test_webhooks_wait_for_a_product_that_is_away(world: World):
    network, alone = world.network, Peer(lambda _: Reply())
    async with alone:
        port = alone.port
    network.register(world.line(webhook=f"http://127.0.0.1:{port}/"))
    world.say("oi")
    await asyncio.sleep(0.1)
    assert world.product.asked == []
    network.register(world.line())
    assert [event.message.text for event in await world.heard()] == ["oi"]


async def test_doubled_batched_and_turned_round(world: World):
    manner = Manner(batch=10, copies=2, reverse=True)
    world.network.behave(NUMBER, Day(manner=manner))
    for text in "abc":
        world.say(text)
    heard = [event.message.text for event in await world.heard()]
    assert heard == ["c", "b", "a"] * 2
    assert len(world.product.asked) == 2


async def test_a_foreign_or_damaged_webhook_is_kept(world: World):
    def reasons(parsed: Parsed) -> list[str]:
        return [piece.reason for piece in parsed.unreadable]

    world.say("oi")
    (event,) = await world.heard()
    known = json.loads(world.product.asked[0].body)
    other = {**known, "number": "1"}
    assert reasons(world.connector.parse(json.dumps(other).encode())) == ["foreign_number 1"]
    mixed = {**known, "events": [{"type": "dream"}, *known["events"], 7]}
    parsed = world.connector.parse(json.dumps(mixed).encode())
    assert parsed.events == (event,)
    assert len(parsed.unreadable) == 2
    spoilt = json.dumps(known).replace('"oi"', r'"o\ud800i"').encode()
    (mended,) = world.connector.parse(spoilt).events
    assert isinstance(mended, Arrived)
    assert mended.message.text == "o\ufffdi"
    for raw in (b"", b"[]", b"{}", b"[" * 10_000):
        assert [piece.raw for piece in world.connector.parse(raw).unreadable] == [raw]


@pytest.mark.parametrize("nobody", ["arrived", "echo", "preference", "moved"])
def test_what_is_told_of_nobody_is_kept_raw(nobody: str):
    """It could not be stored: nobody can be found without any id."""
    at = "2026-03-02T12:00:00Z"
    told: dict[str, Any] = {
        "arrived": {"sender": {"identities": []}, "message": {"id": "M", "at": at}},
        "echo": {"to": {"identities": []}, "message": {"id": "M", "at": at}},
        "preference": {
            "sender": {"identities": []}, "purpose": "marketing", "give": False, "at": at,
        },
        "moved": {"was": [], "now": []},
    }  # fmt: skip
    event = {"type": nobody, "key": "k", **told[nobody]}
    parsed = parse(json.dumps({"number": "5511", "events": [event]}).encode(), "5511")
    assert parsed.events == ()
    assert [piece.reason for piece in parsed.unreadable] == ["no sender"]


async def test_a_forged_signature(world: World):
    assert not world.connector.verify({}, b"{}")
    assert not world.connector.verify({"x-simulator-signature": "sha256=é"}, b"{}")
    assert world.connector.challenge({"hub.mode": "subscribe"}) is None


# Out


async def test_a_send_climbs_the_ladder(world: World):
    world.say()
    outcome = await world.send(Text("Olá!"), callback="0190:1", quote="sim.0")
    assert isinstance(outcome, Accepted)
    assert outcome.recipient == PHONE
    statuses = [event for event in await world.heard() if isinstance(event, Status)]
    assert [status.status for status in statuses] == ["sent", "delivered", "read"]
    assert {status.callback for status in statuses} == {"0190:1"}
    assert {status.provider_id for status in statuses} == {outcome.provider_id}
    said, sent = world.entries()
    assert (said.side, sent.side, sent.status) == ("customer", "business", "read")
    assert (sent.content, sent.quoted) == (Text("Olá!"), "sim.0")


async def test_a_day_with_a_slow_ladder(world: World, monkeypatch: pytest.MonkeyPatch):
    later = Later(monkeypatch, lambda act: act == world.network._raise)
    world.network.behave(NUMBER, Day(delivered=0.05, read=None))
    world.say()
    await world.send(Text("Olá!"))
    assert await world.statuses() == ["sent"]
    assert later.ring() == [0.05]
    assert await world.statuses() == ["sent", "delivered"]
    world.network.look(NUMBER, PHONE)
    assert await world.statuses() == ["sent", "delivered", "read"]


async def test_choices_carry_payloads(world: World):
    world.say()
    await world.send(Buttons("Pode?", (Button("sim", "Sim"), Button("nao", "Não"))))
    shown = world.entries()[-1].content
    assert isinstance(shown, Buttons)
    assert [button.id for button in shown.buttons] == ["v1:f7:sim", "v1:f7:nao"]


async def test_an_asset_is_shown_on_the_phone(world: World):
    async def open_asset(asset: str) -> File | None:
        return File("image/png", b"png") if asset == "sha256:aa" else None

    world.say()
    outcome = await world.send(Image(Media(asset="sha256:aa"), "Foto"), open_asset=open_asset)
    assert isinstance(outcome, Accepted)
    shown = world.entries()[-1].content
    assert isinstance(shown, Image)
    file = world.network.file(shown.media.asset or "")
    assert file is not None
    assert file.data == b"png"
    missing = await world.send(Image(Media(asset="sha256:bb")), open_asset=open_asset)
    assert isinstance(missing, Refused)
    assert missing.reason == "media"


async def test_the_window_of_24_hours(world: World):
    closed = await world.send(Text("oi"))
    assert isinstance(closed, Refused)
    assert (closed.reason, closed.permanent) == ("window_closed", True)
    assert isinstance(await world.send(Template("lembrete", "pt_BR")), Accepted)
    world.say()
    world.now += timedelta(hours=23, minutes=59)
    assert isinstance(await world.send(Text("oi")), Accepted)
    world.now += timedelta(minutes=1)
    assert isinstance(await world.send(Text("oi")), Refused)
    assert not world.network.transcript(NUMBER, PHONE).window_open


async def test_limits_are_enforced(world: World):
    world.say()
    outcome = await world.send(CtaUrl("Pague", "Pagar", "example.com"))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code) == ("invalid", "limit")
    assert outcome.detail == "url: must begin with http:// or https://"


@pytest.mark.parametrize(
    ("content", "mime", "size", "taken"),
    [
        (Image(Media(asset="sha256:aa")), "image/png", 5 * 1024 * 1024, True),
        (Image(Media(asset="sha256:aa")), "image/png", 5 * 1024 * 1024 + 1, False),
        (Image(Media(asset="sha256:aa")), "image/gif", 10, False),
        (Audio(Media(asset="sha256:aa")), "audio/ogg; codecs=opus", 10, True),
        (Audio(Media(asset="sha256:aa")), "audio/wav", 10, False),
        (Document(Media(asset="sha256:aa"), "a.pdf"), "application/pdf", 10, True),
        (Document(Media(asset="sha256:aa"), "a.pdf"), "application/pdf", 0, False),
    ],
)
async def test_files_have_limits_too(
    world: World, content: Content, mime: str, size: int, taken: bool
):
    async def open_asset(_: str) -> File:
        return File(mime, bytes(size))

    world.say()
    outcome = await world.send(content, open_asset=open_asset)
    if taken:
        assert isinstance(outcome, Accepted)
    else:
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.code, outcome.permanent) == ("media", "limit", True)


@pytest.mark.parametrize("content", [
    Template("Aviso", "pt_BR"),
    Template("aviso", ""),
    Template("aviso", "pt_BR", {"1": "  "}),
    Location(Decimal("NaN"), Decimal(0)),
    List("?", "Ver", tuple(Section((Row(f"r{n}", "A"),), f"S{n}") for n in range(11))),
])  # fmt: skip
def test_what_breaks_a_limit(content: Content):
    assert broken_limit(content)


@given(contents)
def test_what_was_degraded_breaks_no_limit(content: Content):
    fitted = degrade(content, Capabilities()).content
    assert fitted is not None
    match fitted:  # what has no words to say, and what only its author may put in other words
        case Text(text=text):
            unfit = not text.strip()
        case Template(params=params):
            unfit = any(not said.strip() or len(said) > 1024 for said in params.values())
        case _:
            unfit = False
    assert (broken_limit(with_payloads(fitted, "f7")) is None) != unfit


async def test_reactions_typing_and_receipts(world: World):
    id_ = world.say()
    changes = world.network.events(NUMBER, PHONE)
    assert await world.connector.typing(ANA, Context(last_inbound=id_))
    assert [(await anext(changes)).what for _ in "12"] == ["status", "typing"]
    assert world.entries()[0].status == "read"
    assert isinstance(await world.send(Reaction("👍"), last_inbound=id_), Accepted)
    assert world.entries()[-1].content == Reaction("👍", id_)
    assert not await world.connector.mark_read("sim.none")
    assert not await world.connector.typing(ANA, Context())


async def test_a_live_page_sees_every_change(world: World):
    changes = world.network.events(NUMBER, PHONE)
    world.say("oi")
    await world.send(Text("Olá!"))
    seen = [await anext(changes) for _ in range(5)]
    assert [change.what for change in seen] == ["said", "said", "status", "status", "status"]
    assert [c.entry.status for c in seen if c.entry] == ["", "", "sent", "delivered", "read"]
    other = world.network.events(NUMBER, "+5511000000000")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(other), 0.05)


# Troubles


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            Fault("refuse", refused=Refused("rate_limited", False, 7, scope="contact")),
            Refused("rate_limited", False, 7, scope="contact"),
        ),
        (
            Fault("http", status=429),
            Refused("rate_limited", False, code="http_429", scope="channel"),
        ),
        (Fault("http", status=503), Unclear("http_503")),
        (Fault("cut"), Unclear("RemoteProtocolError")),
    ],
)
async def test_troubles_on_request(world: World, fault: Fault, expected: Any):
    world.network.behave(NUMBER, Day(faults=(fault,)))
    world.say()
    assert await world.send(Text("a")) == expected
    assert isinstance(await world.send(Text("b")), Accepted)
    told = [entry.content for entry in world.entries() if entry.side == "business"]
    assert told == ([Text("a"), Text("b")] if fault.kind == "cut" else [Text("b")])


async def test_a_failure_after_acceptance(world: World):
    refused = Refused("unreachable", True, code="131026")
    fault = Fault("fail", phone=PHONE, refused=refused)
    world.network.behave(NUMBER, Day(faults=(Fault("refuse", phone="+1"), fault)))
    world.say()
    assert isinstance(await world.send(Text("a")), Accepted)
    statuses = [event for event in await world.heard() if isinstance(event, Status)]
    assert [(s.status, s.refused) for s in statuses] == [("sent", None), ("failed", refused)]
    assert (world.entries()[-1].status, world.entries()[-1].failure) == ("failed", "unreachable")


async def test_a_slow_answer_is_unclear_but_taken(world: World):
    world.network.behave(NUMBER, Day(faults=(Fault("slow", seconds=0.3),)))
    world.say()
    settings = SimulatorSettings.model_validate(
        {
            "number": NUMBER,
            "base_url": world.url.split("/sim/")[0],
            "secret": "s",
            "token": "token-1",
        }
    )
    # Hasty about the answer only: on a busy machine a connection takes its time.
    async with httpx.AsyncClient(timeout=httpx.Timeout(20, read=0.1)) as hasty:
        connector = SimulatorConnector(settings, hasty)
        outcome = await connector.perform(sending(Text("a")), ANA, Context())
        assert outcome == Unclear("ReadTimeout")
    async with asyncio.timeout(20):
        while world.entries()[-1].content != Text("a"):  # noqa: ASYNC110 (no event for it)
            await asyncio.sleep(0.01)


async def test_who_cannot_be_reached(world: World):
    outcome = await world.connector.perform(
        sending(Text("a")), (Identity("phone", PHONE),), Context()
    )
    assert isinstance(outcome, Refused)
    assert outcome.reason == "unreachable"


# HTTP


async def test_the_phone_over_http(world: World):
    phone = f"{world.url}/phones/{PHONE}"
    body = msgspec.json.encode(Saying(text="oi", name="Ana"))
    answer = await world.http.post(f"{phone}/messages", content=body, headers=CONTROL)
    assert answer.status_code == 200
    await world.send(Text("Olá!"))
    transcript = (await world.http.get(phone, headers=CONTROL)).json()
    assert [entry["content"]["text"] for entry in transcript["entries"]] == ["oi", "Olá!"]
    assert transcript["window_open"] is True
    day = msgspec.json.encode(Day(faults=(Fault("http"),)))
    assert (await world.http.put(f"{world.url}/day", content=day, headers=CONTROL)).is_success
    assert await world.send(Text("a")) == Unclear("http_503")
    line = msgspec.json.encode(world.line(token="token-2"))
    assert (await world.http.put(world.url, content=line, headers=CONTROL)).is_success
    refused = await world.send(Text("a"))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.scope) == ("auth", "channel")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", f"/phones/{PHONE}", TOKEN, b"", 401),
        ("POST", f"/phones/{PHONE}/messages", {}, b'{"text":"oi"}', 401),
        ("POST", f"/phones/{PHONE}/messages", CONTROL, b'{"text":""}', 400),
        ("POST", f"/phones/{PHONE}/messages", CONTROL, b'{"txt":"oi"}', 400),
        ("POST", f"/phones/{PHONE}/messages", CONTROL, b"{", 400),
        ("POST", "/messages", CONTROL, b"{}", 401),
        ("POST", "/messages", TOKEN, b"{}", 400),
        ("POST", "/messages", TOKEN, b'{"to":"\xff"}', 400),
        ("GET", "/media/none", TOKEN, b"", 404),
        ("GET", "/elsewhere", CONTROL, b"", 404),
    ],
)
async def test_what_http_refuses(
    world: World, method: str, path: str, headers: dict[str, str], body: bytes, status: int
):
    answer = await world.http.request(method, world.url + path, headers=headers, content=body)
    assert answer.status_code == status
    assert "reason" in answer.json()["error"]


async def test_without_a_control_key_there_are_no_controls(world: World):
    async with serving(application(world.network)) as url:
        phone = f"{url}/sim/{NUMBER}/phones/{PHONE}"
        for headers in ({}, CONTROL, {"authorization": "Bearer"}):
            assert (await world.http.get(phone, headers=headers)).status_code == 404
        whoami = await world.http.get(f"{url}/sim/{NUMBER}", headers=TOKEN)
        assert whoami.json() == {"number": NUMBER}
        assert (await world.http.get(f"{url}/sim/000", headers=TOKEN)).status_code == 404


async def test_probe(world: World):
    assert await world.connector.probe() == Reached(NUMBER, "Simulador", {"number": NUMBER})
    world.network.register(world.line(token="token-2"))
    assert isinstance(await world.connector.probe(), Refused)
    world.network.forget(NUMBER)
    assert isinstance(await world.connector.probe(), Refused)


async def test_ids_do_not_begin_again_after_a_restart(world: World):
    world.now += timedelta(seconds=1)
    later = Network(world.http, clock=lambda: world.now)
    later.register(world.line())
    assert later.say(NUMBER, PHONE, Saying(text="oi")) != world.say("oi")
    await later.settled(NUMBER)
    later.close()


async def test_files_of_nobody(world: World):
    outcome = await world.connector.fetch(MediaRef("none"), bytearray().extend, 100)
    assert isinstance(outcome, Refused)


def test_secrets_are_in_no_repr():
    line = Line("1", "http://127.0.0.1", "secret-1", "token-1")
    settings = SimulatorSettings.model_validate(
        {"number": "1", "secret": "secret-1", "token": "t-1"}
    )
    assert "secret-1" not in repr(line) + repr(settings)
    assert write_payload("f7", "sim") == "v1:f7:sim"
    assert Change("typing").entry is None


# As strict as the provider that it stands for


async def test_somebody_who_shows_no_number_is_answered_by_another_id(world: World):
    world.network.behave(NUMBER, Day(hidden=(PHONE,), manner=Manner(first_pause=0.01)))
    world.say()
    (came,) = await world.heard()
    (who,) = came.sender.identities
    assert (who.kind, who.value) == ("bsuid", bsuid_of(PHONE))
    assert PHONE not in repr(came)
    outcome = await world.connector.perform(sending(Text("Oi!")), (who,), Context())
    assert isinstance(outcome, Accepted)
    assert [entry.side for entry in world.entries()] == ["customer", "business"]
    told = [each for each in await world.heard() if isinstance(each, Status)]
    assert {each.recipient for each in told} == {(who,)}


async def test_a_token_that_expired_lets_nobody_in_and_webhooks_still_come(world: World):
    world.network.behave(NUMBER, Day(token_expired=True, manner=Manner(first_pause=0.01)))
    world.say()
    outcome = await world.send(Text("Oi!"))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code, outcome.scope) == ("auth", "expired", "channel")
    assert isinstance(await world.connector.probe(), Refused)
    assert len(await world.heard()) == 1
    world.network.behave(NUMBER, Day())
    assert isinstance(await world.send(Text("Oi!")), Accepted)


async def test_a_file_can_be_fetched_for_a_while(world: World):
    file = world.network.keep_file(File("image/png", b"png"))
    world.network.behave(NUMBER, Day(media_seconds=300))
    assert not isinstance(
        await world.connector.fetch(MediaRef(file), bytearray().extend, 100), Refused
    )
    world.now += timedelta(seconds=301)
    outcome = await world.connector.fetch(MediaRef(file), bytearray().extend, 100)
    assert isinstance(outcome, Refused)
    assert outcome.reason == "media"


@pytest.mark.parametrize("state", ["approved", "pending", "paused", "disabled", ""])
async def test_a_template_goes_when_it_is_approved(world: World, state: str):
    world.network.behave(NUMBER, Day(templates={"lembrete": state} if state else {}))
    outcome = await world.send(Template("lembrete", "pt_BR"))
    assert isinstance(outcome, Accepted) is (state == "approved")
    if isinstance(outcome, Refused):
        assert (outcome.reason, outcome.permanent) == ("template", True)
