"""One connection of the lean transport, and one question and answer on it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import httptools
import httpx

Origin = tuple[str, str, int]

_BUFFERED = 256 * 1024
_MOST_HEAD = 64 * 1024


class Exchange:
    """An answer on its way: a connection fills it, a response reads it.

    `read`: seconds to wait for each piece. `release` is called once, when the connection is free
    for another or gone.
    """

    def __init__(self, read: float | None, headless: bool, release: Callable[[], None]) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.headless = headless
        self.begun = False
        self.connection: Connection | None = None
        self._read = read
        self._release: Callable[[], None] | None = release
        self._parts: deque[bytes] = deque()
        self._buffered = 0
        self._done = False
        self._error: httpx.TransportError | None = None
        self._waiter: asyncio.Future[None] | None = None

    # The reader's side

    async def headers_ready(self) -> None:
        """Wait for status and headers; raises what went wrong instead."""
        while not self.begun:
            await self._news()

    async def part(self) -> bytes:
        """The next piece of the body; b"" at its end."""
        while not self._parts:
            if self._done:
                return b""
            await self._news()
        part = self._parts.popleft()
        self._buffered -= len(part)
        if self.connection is not None and self._buffered < _BUFFERED // 2:
            self.connection.resume()
        return part

    async def whole(self) -> bytes:
        """The whole body, once it is there: for small answers. `read` seconds for all of it."""
        loop = asyncio.get_running_loop()
        timer = None if self._read is None else loop.call_later(self._read, self._too_late)
        try:
            while not self._done:
                if self._error is not None:
                    raise self._error
                if self._buffered > _BUFFERED:
                    raise httpx.RemoteProtocolError(f"the answer is longer than {_BUFFERED} bytes")
                self._waiter = loop.create_future()
                await self._waiter
        finally:
            if timer is not None:
                timer.cancel()
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _too_late(self) -> None:
        self._error = httpx.ReadTimeout(f"no answer within {self._read} s")
        self._wake()

    async def _news(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._read):
                await self._waiter
        except TimeoutError:
            raise httpx.ReadTimeout(f"no answer within {self._read} s") from None

    def drop(self) -> None:
        """Not wanted any more; a connection in the middle of an answer is of no further use."""
        if self.connection is not None:
            self.connection.close()
        self._free()

    # The connection's side

    def begin(self, status: int) -> None:
        self.status, self.begun = status, True
        self._wake()

    def add(self, part: bytes) -> bool:
        """Take a piece of the body; True where the connection should hold its breath."""
        self._parts.append(part)
        self._buffered += len(part)
        self._wake()
        return self._buffered > _BUFFERED

    def finish(self, error: httpx.TransportError | None = None) -> None:
        """The answer is complete, or never will be."""
        self._done, self._error, self.connection = error is None, error, None
        self._free()
        self._wake()

    def _free(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            release()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(asyncio.Protocol):
    """One socket to an origin; between two exchanges it waits in `idle`."""

    def __init__(self, idle: "list[Connection]", open_: "set[Connection]") -> None:
        self.usable = True
        self.idle_since = 0.0
        self._idle = idle
        self._open = open_
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._head = 0
        self._framed = False
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(self, exchange: Exchange) -> None:
        """Have the next answer put into `exchange`."""
        if not self.usable:
            raise httpx.ConnectError("the connection was lost before anything was written")
        self._exchange, exchange.connection = exchange, self
        self._parser = httptools.HttpResponseParser(self)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    async def send(self, data: bytes) -> None:
        """Write, and wait while the other side is slower than we are."""
        self.write(data)
        await self._writable.wait()

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"the answer is no HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._open.discard(self)
        if self in self._idle:
            self._idle.remove(self)
        self._writable.set()
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        if exchange.begun and not self._framed and exc is None:
            exchange.finish()  # a body without a length ends with the connection
        else:
            exchange.finish(httpx.RemoteProtocolError("the connection was lost before the end"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # Called by the parser

    def on_message_begin(self) -> None:
        self._head, self._framed = 0, False
        if self._exchange is None:
            self.close()  # an answer to nothing

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._exchange is None:
            return
        self._head += len(name) + len(value) + 4
        if self._head > _MOST_HEAD:
            self._fail("the answer's head is too long")
            return
        self._framed |= name.lower() in (b"content-length", b"transfer-encoding")
        self._exchange.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status, exchange = self._parser.get_status_code(), self._exchange
        if exchange is None:
            return
        if 100 <= status < 200:  # only the final answer counts
            exchange.headers.clear()
            return
        exchange.begin(status)
        if exchange.headless:
            self._exchange = None
            exchange.finish()
            self.close()

    def on_body(self, body: bytes) -> None:
        if self._exchange is not None and self._exchange.add(body) and self._transport is not None:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is None or not exchange.begun:
            return
        self._exchange = None
        if self.usable and self._parser.should_keep_alive():
            self.resume()  # to notice when the other side goes away
            self.idle_since = asyncio.get_running_loop().time()
            self._idle.append(self)
        else:
            self.close()
        exchange.finish()

    def _fail(self, why: str) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.finish(httpx.RemoteProtocolError(why))
        self.close()
