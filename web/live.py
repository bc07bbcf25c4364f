"""Live pages: server-sent events whose messages are pieces of HTML for htmx to put in place.

Each message has an id that says how far the page is. A browser that comes back (htmx closes the
stream of a hidden tab) tells the last id it saw, and what it missed is sent first.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, TypeVar

from litestar.response import Stream

from web.request import AnyRequest
from web.runtime import NotReady

T = TypeVar("T")

BEAT = 15.0  # seconds between signs of life, so that proxies keep the connection
LONGEST = 600.0  # then the browser connects again, and its session is looked at again


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


def stream(events: AsyncIterator[tuple[str, str]]) -> Stream:
    """The response. `events`: pairs of HTML and mark; ("", "") is a moment without news."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(beating(events), media_type="text/event-stream", headers=headers)


async def beating(events: AsyncIterator[tuple[str, str]]) -> AsyncGenerator[bytes]:
    """The events as bytes, with comments while nothing happens; ends after ten minutes."""
    clock = asyncio.get_running_loop().time
    end, beat = clock() + LONGEST, clock()
    yield b": hello\n\n"
    try:
        async for html, mark in events:
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
