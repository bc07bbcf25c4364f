"""Live pages: server-sent events whose messages are pieces of HTML for htmx to put in place.

Each message has an id that says how far the page is. A browser that comes back (htmx closes the
stream of a hidden tab) tells the last id it saw, and what it missed is sent first.

A stream outlives no session: who is signed out, removed from the workspace, or gone to another one
gets nothing more within seconds.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, TypeVar

from litestar.response import Stream

from flowengine.store.sessions import find_session
from web.access import COOKIE
from web.request import AnyRequest, me, services
from web.runtime import NotReady

T = TypeVar("T")

BEAT = 15.0  # seconds between signs of life, so that proxies keep the connection
CHECK = 3.0  # seconds between looks whether the session is still there
LONGEST = 600.0  # then the browser connects again


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """The work's result. It is finished even if the browser goes away in the middle.

    A stream's cancellation hits every await until it is over, the rollback of a transaction too.
    """
    return await asyncio.shield(asyncio.ensure_future(work))


def message(html: str, mark: str) -> bytes:
    """One event: the pieces of HTML, and the mark that the page has reached with them."""
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"id: {mark}\n{lines}\n".encode()


def last_mark(request: AnyRequest, given: str) -> str:
    """How far the page is: what the browser saw last, else what the page was made with."""
    return request.headers.get("last-event-id") or given


def stream(request: AnyRequest, events: AsyncIterator[tuple[str, str]]) -> Stream:
    """The response. `events`: pairs of HTML and mark; ("", "") is a moment without news.

    They come every second or so, news or none: between two of them the session is looked at.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(beating(request, events), media_type="text/event-stream", headers=headers)


async def beating(
    request: AnyRequest, events: AsyncIterator[tuple[str, str]]
) -> AsyncGenerator[bytes]:
    """The events as bytes, with comments while nothing happens; ends after ten minutes."""
    clock = asyncio.get_running_loop().time
    end, beat, checked = clock() + LONGEST, clock(), clock()
    yield b": hello\n\n"
    try:
        async for html, mark in events:
            if clock() - checked > CHECK:
                checked = clock()
                if not await finish(is_still_there(request)):
                    return
            if html:
                yield message(html, mark)
                beat = clock()
            elif clock() - beat > BEAT:
                yield b": still here\n\n"
                beat = clock()
            if clock() > end:
                return
    except NotReady:  # the product is stopping: the browser comes back, to whoever is there then
        return


async def is_still_there(request: AnyRequest) -> bool:
    """Whether who opened the stream is still signed in, in the same workspace."""
    async with services(request).database.visitor() as transaction:
        session = await find_session(transaction, request.cookies.get(COOKIE, ""))
    return session is not None and session.tenant_id == me(request).tenant
