"""Where providers call us. 200 is answered only after what they said is committed.

Lean on purpose: what a provider posts does not pass through the web framework (half of a webhook's
CPU, measured). The raw body is verified, parsed and handed to the workers' door; there is no
session, no template, no validation library on this way.
"""

from functools import lru_cache
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send

from flowengine.store.trouble import is_passing, is_tangled
from web.doors import Door, Doors
from web.headers import HEADERS
from web.problems import AWAY
from web.request import AnyRequest, services
from web.runtime import Runtime, Services
from workers.handle import Busy, NotFound

LARGEST = 4 * 1024 * 1024  # bytes: Meta's batches are at most 3 MB
PREFIX = "/webhooks/"
BROKEN = "this channel's settings cannot be used: fill them in again; what is sent now is not lost"
LATER = 60  # seconds: until somebody may have mended them

_ALWAYS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
]


class Webhooks(Controller):
    """`/webhooks/{kind}/{channel}`: the address that is given to the provider.

    GET is the handshake; POST is `Entrance`'s.
    """

    path = "/webhooks/{kind:str}/{channel:str}"
    include_in_schema = False

    @get()
    async def challenge(
        self, request: AnyRequest, kind: FromPath[str], channel: FromPath[str]
    ) -> Response[str]:
        """The provider's handshake: its challenge comes back bare, if it knows our word."""
        doors: Doors = request.app.state.doors
        door = await door_of(doors, services(request), kind, channel)
        if door is None:
            return plain("not found", 404)
        if isinstance(door.provider, str):
            return plain(BROKEN, 503)
        answer = door.provider.challenge(dict(request.query_params.items()))
        return plain("forbidden", 403) if answer is None else plain(answer)


class Entrance:
    """What is posted to the webhooks' addresses, as plain ASGI."""

    def __init__(self, runtime: Runtime, doors: Doors) -> None:
        self._runtime = runtime
        self._doors = doors

    def takes(self, scope: Scope) -> bool:
        """Whether this request is a provider's."""
        return (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"].startswith(PREFIX)
            and scope["path"].count("/") == 3
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A signed batch of events, stored before it is answered."""
        try:
            status, text, wait = await self._answer(scope, receive)
        except Exception as error:
            if not (is_passing(error) or is_tangled(error)):
                raise
            status, text, wait = 503, "the database is away", AWAY
        body = text.encode()
        headers = [(b"content-length", str(len(body)).encode()), *_ALWAYS]
        if wait:
            headers.append((b"retry-after", str(wait).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str, int]:
        """Status, words, and seconds after which to come back (0: no matter)."""
        known = self._runtime.boot.services
        if known is None:
            return 503, "starting", 1
        kind, channel = scope["path"][len(PREFIX) :].split("/")
        door = await door_of(self._doors, known, kind, channel)
        if door is None:
            return 404, "not found", 0
        provider = door.provider
        if isinstance(provider, str):  # nobody can tell whose word it is: they come back with it
            return 503, BROKEN, LATER
        body = await read_body(receive, LARGEST)
        if body is None:
            return 413, "too large", 0
        said = scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in said}
        if not provider.verify(headers, body):
            return 401, "bad signature", 0
        try:
            parsed, here = provider.parse(body), door.channel
            await known.workers.receive(here.id, parsed, here.tenant_id)
        except NotFound:
            return 404, "not found", 0
        except Busy as busy:
            return 503, "busy", max(1, round(busy.retry_after))
        # No word: the server would write it to the socket by itself, behind the headers.
        return 200, "", 0


async def read_body(receive: Receive, largest: int) -> bytes | None:
    """The request's whole body; None where it is larger, or its sender has gone."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message["body"])
        size += len(pieces[-1])
        if size > largest:
            return None
        if not message["more_body"]:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def door_of(doors: Doors, known: Services, kind: str, channel: str) -> Door | None:
    """The channel's door, if the address is right in both its parts."""
    try:
        door = await doors.door(known, _read_id(channel))
    except ValueError:
        return None
    return door if door and door.channel.kind == kind else None


_read_id = lru_cache(maxsize=4096)(UUID)


def plain(text: str, status: int = 200) -> Response[str]:
    return Response(text, status_code=status, media_type="text/plain")
