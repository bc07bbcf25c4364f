"""An httpx transport that costs little: HTTP/1.1 on a bare asyncio protocol.

httpx's own pool looks at every connection for every request: with fifty open, a send took 1.2 ms of
CPU (measured), more than all else that a conversation's turn needs. This one keeps a stack of idle
connections an origin and lets httptools parse. It is for providers' addresses, which a workspace's
admins set: they are checked as those that authors choose are (`guarded`), and the socket is opened
to the very address that was checked.

Errors are httpx's, and tell before from after: `ConnectError`, `ConnectTimeout`, `PoolTimeout` and
`LocalProtocolError` mean that nothing was written; after anything else, something may have been.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar, cast

import httpx
from msgspec import Struct

from connectors.net.addresses import AddressRule, is_public
from connectors.net.exchange import Connection, Exchange, Origin
from connectors.net.guarded import PrivateAddress, resolve_host
from connectors.net.trust import trusted

_IDLE_FOR = 4.5  # seconds; servers close theirs at five or later
_PIECE = 64 * 1024
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile(rb"[\r\n\x00]")

T = TypeVar("T")


class Answer(Struct, frozen=True):
    """What came back, whole. Names of headers as they were written."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.decode("latin-1")
        return None


class LeanTransport(httpx.AsyncBaseTransport):
    """`max_connections` over all origins; who finds none free waits for the pool timeout. `rule`:
    which private hosts may be called."""

    def __init__(self, max_connections: int = 200, rule: AddressRule | None = None) -> None:
        self._rule = rule or AddressRule()
        self._free = asyncio.Semaphore(max_connections)
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)
        self._open: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        head, origin = _head(request), _origin(request.url)
        timeouts = cast("dict[str, float | None]", request.extensions.get("timeout") or {})
        await _within(self._free.acquire(), timeouts.get("pool"), httpx.PoolTimeout)
        exchange = Exchange(timeouts.get("read"), request.method == "HEAD", self._free.release)
        try:
            connection = await self._begin(origin, exchange, timeouts.get("connect"))
            await _write(connection, head, request, timeouts.get("write"))
            await exchange.headers_ready()
        except BaseException:
            exchange.drop()
            raise
        return httpx.Response(
            exchange.status, headers=exchange.headers, stream=_Body(exchange), request=request
        )

    async def ask(self, url: httpx.URL, request: bytes, timeout: httpx.Timeout) -> Answer:  # noqa: ASYNC109
        """One small request, head and body as bytes, and its whole answer; errors as httpx's.

        Without any of httpx's objects, which cost twice what the exchange itself does (measured).
        """
        if self._free.locked():
            await _within(self._free.acquire(), timeout.pool, httpx.PoolTimeout)
        else:
            await self._free.acquire()  # at once
        exchange = Exchange(timeout.read, False, self._free.release)
        try:
            connection = await self._begin(_origin(url), exchange, timeout.connect)
            connection.write(request)
            content = await exchange.whole()
        except BaseException:
            exchange.drop()
            raise
        return Answer(exchange.status, exchange.headers, content)

    async def _begin(
        self,
        origin: Origin,
        exchange: Exchange,
        timeout: float | None,  # noqa: ASYNC109
    ) -> Connection:
        connection = self._take(origin)
        if connection is None:
            connection = await self._connect(origin, timeout)
        connection.begin(exchange)
        return connection

    def _take(self, origin: Origin) -> Connection | None:
        idle, now = self._idle[origin], asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.usable and now - connection.idle_since < _IDLE_FOR:
                return connection
            connection.close()
        return None

    async def _connect(self, origin: Origin, timeout: float | None) -> Connection:  # noqa: ASYNC109
        scheme, host, port = origin
        opening = self._open_checked(scheme, host, port, self._idle[origin])
        try:
            return await _within(opening, timeout, httpx.ConnectTimeout)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from error

    async def _open_checked(
        self, scheme: str, host: str, port: int, idle: list[Connection]
    ) -> Connection:
        addresses = await resolve_host(host, port)
        # One private address among public ones is refused too: it is the mark of a trick.
        if not self._rule.names(host, port) and not all(map(is_public, addresses)):
            raise PrivateAddress(f"{host}: a private address")
        error: OSError = OSError(f"{host}: name not found")
        for address in addresses:
            try:
                opened = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(idle, self._open),
                    address,
                    port,
                    ssl=trusted() if scheme == "https" else None,
                    server_hostname=host if scheme == "https" else None,
                )
            except OSError as failure:
                error = failure
            else:
                return opened[1]
        raise error

    async def aclose(self) -> None:
        for connection in list(self._open):
            connection.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self._exchange.part():
            yield part

    async def aclose(self) -> None:
        self._exchange.drop()


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in ("http", "https") or not url.host:
        raise httpx.UnsupportedProtocol("only http and https are spoken")
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _head(request: httpx.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    for name, value in request.headers.raw:
        if not _NAME.fullmatch(name) or _BAD_VALUE.search(value):
            raise httpx.LocalProtocolError("a header has a character that is not allowed")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def _write(
    connection: Connection,
    head: bytes,
    request: httpx.Request,
    timeout: float | None,  # noqa: ASYNC109
) -> None:
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        body = b"".join(stream)
        if len(body) <= _PIECE:
            connection.write(head + body)
            return
        connection.write(head)
        for at in range(0, len(body), _PIECE):
            await _within(connection.send(body[at : at + _PIECE]), timeout, httpx.WriteTimeout)
        return
    connection.write(head)
    chunked = request.headers.get("transfer-encoding", "").lower() == "chunked"
    async for part in cast("httpx.AsyncByteStream", stream):
        if part:
            piece = b"%x\r\n%b\r\n" % (len(part), part) if chunked else part
            await _within(connection.send(piece), timeout, httpx.WriteTimeout)
    if chunked:
        connection.write(b"0\r\n\r\n")


async def _within(
    waiting: Awaitable[T], seconds: float | None, error: type[httpx.TimeoutException]
) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        raise error(f"more than {seconds} s") from None
