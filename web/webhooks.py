"""Where providers call us. 200 is answered only after what they said is committed.

Lean on purpose: the raw body is verified, parsed and handed to the workers' door; there is no
session, no template, no validation library on this way.
"""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from connectors.base import Provider
from web.doors import Doors
from web.request import AnyRequest, services
from workers.handle import Busy, NotFound

LARGEST = 4 * 1024 * 1024  # bytes: Meta's batches are at most 3 MB


class Webhooks(Controller):
    """`/webhooks/{kind}/{channel}`: the address that is given to the provider."""

    path = "/webhooks/{kind:str}/{channel:str}"
    include_in_schema = False
    request_max_body_size = LARGEST

    @get()
    async def challenge(
        self, request: AnyRequest, kind: FromPath[str], channel: FromPath[str]
    ) -> Response[str]:
        """The provider's handshake: its challenge comes back bare, if it knows our word."""
        provider = await provider_of(request, kind, channel)
        if provider is None:
            return plain("not found", 404)
        answer = provider.challenge(dict(request.query_params.items()))
        return plain("forbidden", 403) if answer is None else plain(answer)

    @post(status_code=200)
    async def receive(
        self, request: AnyRequest, kind: FromPath[str], channel: FromPath[str]
    ) -> Response[str]:
        """A signed batch of events, stored before it is answered."""
        provider = await provider_of(request, kind, channel)
        if provider is None:
            return plain("not found", 404)
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not provider.verify(headers, body):
            return plain("bad signature", 401)
        try:
            await services(request).workers.receive(channel, provider.parse(body))
        except NotFound:
            return plain("not found", 404)
        except Busy as busy:
            return plain("busy", 503, {"Retry-After": str(max(1, round(busy.retry_after)))})
        return plain("ok")


async def provider_of(request: AnyRequest, kind: str, channel: str) -> Provider | None:
    """The channel's connector, if the address is right in both its parts."""
    doors: Doors = request.app.state.doors
    try:
        door = await doors.door(services(request), UUID(channel))
    except ValueError:
        return None
    return door.provider if door and door.channel.kind == kind else None


def plain(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(text, status_code=status, media_type="text/plain", headers=headers or {})
