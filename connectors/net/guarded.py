"""An httpx transport that connects only to addresses it has checked, and to those very ones.

The name is resolved once, every address of it is checked, and the socket is opened to a checked
address: a second look-up could answer otherwise (DNS rebinding). Host header, SNI and certificate
keep the name, because only the socket's address is replaced. Redirects make new requests, so each
hop passes here too.
"""

import asyncio
import socket
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, cast

import httpcore
import httpx

from connectors.net.addresses import AddressRule, is_public
from connectors.net.trust import trusted

Resolve = Callable[[str, int], Awaitable[list[str]]]


class PrivateAddress(httpx.ConnectError):
    """The host is on a private network and the settings do not name it; nothing was sent."""


async def resolve_host(host: str, port: int) -> list[str]:
    """Addresses of a host in the system's order, the numeric spellings of C libraries included."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets to checked addresses. `inner` opens the socket itself."""

    def __init__(
        self, rule: AddressRule, resolve: Resolve, inner: httpcore.AsyncNetworkBackend
    ) -> None:
        self._rule = rule
        self._resolve = resolve
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                return await self._connect(addresses, port, local_address, socket_options)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host}: no connection in time") from None

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"{host}: name not found") from None
        if not addresses:
            raise httpcore.ConnectError(f"{host}: name not found")
        # One private address among public ones is refused too: it is the mark of a trick.
        if not self._rule.names(host, port) and not all(map(is_public, addresses)):
            raise PrivateAddress(f"{host}: a private address")
        return addresses

    async def _connect(
        self,
        addresses: list[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.AsyncNetworkStream:
        error: httpcore.ConnectError | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, None, local_address, socket_options
                )
            except httpcore.ConnectError as failure:
                error = failure
        raise error or httpcore.ConnectError("no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise PrivateAddress("unix sockets are never called")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """`rule` says what is allowed; `resolve` and `inner` are for tests of the guard itself."""

    def __init__(
        self,
        rule: AddressRule,
        resolve: Resolve = resolve_host,
        inner: httpcore.AsyncNetworkBackend | None = None,
        max_connections: int = 100,
    ) -> None:
        backend = inner or cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=max_connections,
            max_keepalive_connections=20,
            keepalive_expiry=5,
            network_backend=_PinnedBackend(rule, resolve, backend),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol("only http and https are called", request=request)
        try:
            response = await self._pool.handle_async_request(_core_request(request))
        except _CORE_ERRORS as error:
            raise _as_httpx(error) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(cast("AsyncIterable[bytes]", response.stream)),
            extensions=dict(cast("Any", response).extensions),
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class GuardedClient(httpx.AsyncClient):
    """A client on a `GuardedTransport`. `transport` is for requests whose address holds a secret:
    httpx writes every address that a client asks for into the log."""

    def __init__(self, transport: GuardedTransport, timeout: httpx.Timeout) -> None:
        super().__init__(
            transport=transport, timeout=timeout, trust_env=False, follow_redirects=False
        )
        self.transport = transport


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except _CORE_ERRORS as error:
            raise _as_httpx(error) from error

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


_CORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(error: Exception) -> httpx.TransportError:
    """httpx has an error of the same name for each of httpcore's."""
    kind = cast("type[httpx.TransportError]", getattr(httpx, type(error).__name__))
    return kind(str(error))


def _core_request(request: httpx.Request) -> httpcore.Request:
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=cast("AsyncIterable[bytes]", request.stream),
        extensions=request.extensions,
    )
