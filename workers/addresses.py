"""What an author's address leads to, where the provider could not fetch it by itself."""

import asyncio

import httpx

from connectors.base import File
from connectors.net import NETWORK_TROUBLE
from workers.spool import PIECE, SMALL, Spool, TooLarge

LONGEST = 120.0
"""Seconds of a whole file."""

HOPS = 3


async def open_link(guarded: httpx.AsyncClient, url: str, limit: int) -> File | None:
    """The file at an address, at most `limit` bytes; None where it cannot be had.

    `guarded` refuses private networks, at each redirect too.
    """
    spool = Spool(limit)
    try:
        async with asyncio.timeout(LONGEST):
            said = await _read(guarded, url, spool)
    except (TooLarge, httpx.InvalidURL, *NETWORK_TROUBLE):
        said = None
    if said is None or not spool.size:
        spool.close()
        return None
    name = httpx.URL(url).path.rpartition("/")[2]
    mime = spool.kind(said, name)
    if spool.size <= SMALL:
        data = b"".join([piece async for piece in spool.pieces()])
        spool.close()
        return File(mime, data, name)
    return File(mime, await _first(spool), name, spool.size, spool.pieces)


async def _read(guarded: httpx.AsyncClient, url: str, spool: Spool) -> str | None:
    """Follow it and read it; the type that is told. None: there is no such file."""
    address = httpx.URL(url)
    for _ in range(HOPS):
        async with guarded.stream("GET", address) as response:
            if response.is_redirect:
                address = address.join(response.headers.get("location", ""))
                continue
            if response.status_code != 200:
                return None
            async for piece in response.aiter_bytes(PIECE):
                spool.write(piece)
            return str(response.headers.get("content-type", ""))
    return None


async def _first(spool: Spool) -> bytes:
    async for piece in spool.pieces():
        return piece
    return b""
