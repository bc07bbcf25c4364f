"""Files: what is kept, for who is signed in or has a signed link; and the simulator's provider
mounted beside us."""

from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import quote
from uuid import UUID

import re2
from litestar import asgi, get
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ASGIApp, Receive, Scope, Send

from connectors.simulator import application
from web.problems import NotFound, Problem
from web.request import AnyRequest, me, services
from web.runtime import NotReady
from web.texts import _
from workers.files import OpenFile
from workers.objects import StorageAway

SHOWN = ("image/", "audio/", "video/")

_RANGE = re2.compile(r"bytes=(\d*)-(\d*)")


@get("/media/{asset:str}", include_in_schema=False)
async def media(request: AnyRequest, asset: FromPath[str]) -> Stream:
    """A file of the workspace by its hash; browsers may ask for a part of it."""
    return await show(request, me(request).tenant, asset, "private, max-age=86400")


@get("/files/{token:str}", include_in_schema=False)
async def linked_file(request: AnyRequest, token: FromPath[str]) -> Stream:
    """What a signed link leads to, while it lasts: for whoever was given it."""
    link = services(request).signer.read_link(token)
    if link is None:
        raise NotFound
    return await show(request, link.tenant, link.asset, "private, no-store")


async def show(request: AnyRequest, tenant: UUID, asset: str, keep: str) -> Stream:
    """The file, streamed. Its bytes never change; only what cannot run is shown in place."""
    files = services(request).workers.files
    try:
        known = await files.find(tenant, asset)
        if known is None:
            raise NotFound
        begin, end = part_of(request.headers.get("range", ""), known.size)
        found = await files.read(known, begin, end)
    except StorageAway:
        raise Problem(_("Os arquivos não podem ser lidos agora."), status=503) from None
    if found is None:
        raise NotFound
    stop = found.size if end is None else end
    part = (begin, stop) != (0, found.size)
    headers = headers_of(found) | {"Cache-Control": keep, "Content-Length": str(stop - begin)}
    if part:
        headers["Content-Range"] = f"bytes {begin}-{stop - 1}/{found.size}"
    pieces: AsyncIterator[bytes] = found.pieces
    return Stream(pieces, status_code=206 if part else 200, media_type=found.mime, headers=headers)


def headers_of(file: OpenFile) -> dict[str, str]:
    """What is neither picture nor sound nor film is downloaded, under its own name."""
    shown = file.mime.startswith(SHOWN) and "svg" not in file.mime
    where = "inline" if shown else "attachment"
    name = f"; filename*=UTF-8''{quote(file.name)}" if file.name else ""
    return {
        "Content-Disposition": where + name,
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def part_of(header: str, size: int) -> tuple[int, int | None]:
    """The one part of a file that a Range header asks for; all of it where it makes no sense."""
    asked = _RANGE.fullmatch(header.strip())
    if asked is None or not any(asked.groups()) or not size:
        return 0, None
    first, last = asked.group(1)[:15], asked.group(2)[:15]
    if not first:
        if not int(last):
            return 0, None
        return max(0, size - int(last)), size
    begin = int(first)
    end = min(size, int(last) + 1) if last else size
    return (begin, end) if begin < end else (0, None)


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
