"""Files: what flows sent from our own store, and the simulator's provider mounted beside us."""

from typing import cast

from litestar import Response, asgi, get
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from connectors.simulator import application
from flowengine.store import assets
from web.problems import NotFound
from web.request import AnyRequest, workspace
from web.runtime import NotReady

SHOWN = ("image/", "audio/", "video/")


@get("/media/{asset:str}", include_in_schema=False)
async def media(request: AnyRequest, asset: FromPath[str]) -> Response[bytes]:
    """An asset by its hash. Its bytes never change; only what cannot run is shown in place."""
    async with workspace(request) as transaction:
        found = await assets.asset(transaction, asset)
    if found is None:
        raise NotFound
    shown = found.mime.startswith(SHOWN) and "svg" not in found.mime
    headers = {
        "Content-Disposition": "inline" if shown else "attachment",
        "Cache-Control": "private, max-age=86400",
    }
    return Response(found.data, media_type=found.mime, headers=headers)


@asgi("/sim", is_mount=True, copy_scope=True)
async def simulated_network(scope: Scope, receive: Receive, send: Send) -> None:
    """The simulator's HTTP side, where its network is in this process."""
    services = scope["litestar_app"].state.runtime.boot.services
    if services is None:
        raise NotReady
    if services.network is None:
        raise NotFound
    # One protocol, two spellings: ours is ASGI as plain mappings, Litestar types each message.
    provider = cast("ASGIApp", application(services.network))
    await provider(scope, receive, send)
