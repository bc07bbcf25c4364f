"""A small, fast HTTP/1.1 server on a bare asyncio protocol: a bench's peer must cost little."""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

import httptools
from msgspec import Struct

_PHRASES = {200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 404: b"Not Found"}


class Request(Struct, frozen=True):
    """`target`: path and query as they came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """`after`: seconds before it is written. `until`: not before this is set, however long that
    takes. `cut`: nothing is written, the connection drops."""

    status: int = 200
    body: bytes = b"{}"
    mime: str = "application/json"
    headers: dict[str, str] = {}
    after: float = 0
    until: asyncio.Event | None = None
    cut: bool = False


Handle = Callable[[Request], Reply]


class Connection(asyncio.Protocol):
    """One client's connection; requests are answered one after another."""

    def __init__(self, handle: Handle, open_: set["Connection"]) -> None:
        self._handle = handle
        self._open = open_
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._target, self._body = b"", bytearray()
        self._headers: dict[str, str] = {}
        self._held: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        if self._held is not None:
            self._held.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.drop()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._target, self._body, self._headers = b"", bytearray(), {}

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        target = self._target.decode("latin-1")
        reply = self._handle(Request(method, target, self._headers, bytes(self._body)))
        if reply.until is not None:
            self._held = asyncio.ensure_future(self._write_when(reply.until, reply))
        elif reply.after > 0:
            asyncio.get_running_loop().call_later(reply.after, self._write, reply)
        else:
            self._write(reply)

    async def _write_when(self, told: asyncio.Event, reply: Reply) -> None:
        await told.wait()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        if reply.cut or self._transport is None:
            self.drop()
            return
        phrase = _PHRASES.get(reply.status, b"Status")
        head = b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n" % (
            reply.status,
            phrase,
            reply.mime.encode(),
            len(reply.body),
        )
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        self._transport.write(head + more.encode() + b"\r\n" + reply.body)


class Listener:
    """A listening server; `port` 0 takes a free one."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> int:
        """Listen; the port that was taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handle, self._open), host, port, ssl=tls
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._open):
            connection.drop()
        await self._server.wait_closed()
        self._server = None
