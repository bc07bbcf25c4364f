"""The HTTP clients of a process: one for providers, one guarded for what flows call."""

from collections.abc import Collection
from urllib.request import getproxies

import anyio
import httpx

from connectors.net.addresses import LOOPBACK_NAMES, AddressRule
from connectors.net.guarded import GuardedClient, GuardedTransport, PrivateAddress
from connectors.net.lean import Answer, LeanTransport
from flowengine.messages import Refused, Unclear

# Raised before the first byte of the request left: nobody can have acted on it.
_NOTHING_WRITTEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)

NETWORK_TROUBLE = (httpx.RequestError, httpx.InvalidURL, OSError, anyio.EndOfStream)
"""What a request may raise for trouble that is not ours; TLS errors come bare at times."""

_OWN_MACHINE = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class ProviderClient(httpx.AsyncClient):
    """The client of providers' connectors, with a short way for small requests."""

    lean: LeanTransport | None = None
    """Set where every address may be reached without a proxy."""

    async def ask(self, url: httpx.URL, request: bytes) -> Answer:
        """A request of bytes, by the short way. Only where `lean` is set."""
        if self.lean is None:
            raise httpx.LocalProtocolError("a proxy must be gone by")
        return await self.lean.ask(url, request, self.timeout)


def open_client(
    max_connections: int = 200,
    timeout: float = 30,
    allowed_hosts: Collection[str] = LOOPBACK_NAMES,
) -> httpx.AsyncClient:
    """The client that all providers' connectors share; the caller closes it.

    Private addresses are refused but for `allowed_hosts` ("127.0.0.1:9000", "intranet.example").
    Left out, this machine's own are allowed: that is for tests and simulated providers; the product
    names what its settings allow. A proxy, where there is one, has rules of its own.

    `timeout` in seconds for each step of a request; it must stay below the send lane's lease. A
    proxy named in the environment is used, but never for this machine's own addresses.
    """
    limit = httpx.Timeout(timeout, connect=min(10, timeout))
    lean = LeanTransport(max_connections, AddressRule(allowed_hosts))
    if not {"http", "https", "all"} & getproxies().keys():
        client = ProviderClient(transport=lean, timeout=limit)
        client.lean = lean
        return client
    return ProviderClient(
        timeout=limit,
        limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=50),
        mounts=dict.fromkeys(_OWN_MACHINE, lean),
    )


def guarded_client(allowed_hosts: Collection[str] = (), timeout: float = 60) -> GuardedClient:
    """A client for addresses that authors choose: private ones are refused, redirects are not
    followed. `allowed_hosts`: exceptions, as "127.0.0.1:9000" or "intranet.example"."""
    return GuardedClient(
        GuardedTransport(AddressRule(allowed_hosts)),
        httpx.Timeout(timeout, connect=min(10, timeout)),
    )


def unsent_or_unclear(error: Exception) -> Refused | Unclear:
    """What a failed request means: refused where nothing was written, else nobody knows."""
    kind = type(error).__name__
    if isinstance(error, PrivateAddress):
        return Refused("private_address", permanent=True, code=kind, detail=str(error))
    if isinstance(error, _NOTHING_WRITTEN):
        return Refused("transient", permanent=False, code=kind, scope="message")
    return Unclear(kind)
