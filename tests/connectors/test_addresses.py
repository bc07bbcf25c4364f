"""Which addresses are called: every spelling of a private one is refused, and a name is pinned."""

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.fake_graph.server import Listener, Reply
from connectors.net import (
    AddressRule,
    GuardedTransport,
    PrivateAddress,
    guarded_client,
    is_public,
    parse_base_url,
    trusted,
)

PRIVATE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.1.1
169.254.169.254 100.64.0.1 198.18.0.1 192.0.2.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::a9fe:a9fe
64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a00:1:: 2001:db8::1 100::1 nonsense
""".split()
PUBLIC = "8.8.8.8 93.184.216.34 2606:4700::1111 2a03:2880:f12c::1 ::ffff:8.8.8.8".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str):
    assert is_public(address)


SPELLINGS = """
127.0.0.1 localhost 127.1 2130706433 0x7f000001 0177.0.0.1 0177.0.0.01 0x7f.1 0 0.0.0.0
[::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::] 127.0.0.1. LOCALHOST
""".split()


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_this_machine_is_called(host: str, peer: Any):
    target = await peer(lambda _: Reply(body=b'"internal"'))
    async with guarded_client(timeout=5) as client:
        with pytest.raises((PrivateAddress, httpx.ConnectError, httpx.InvalidURL)):
            await client.get(f"http://{host}:{target.port}/")
    assert target.asked == []


async def test_a_host_that_the_settings_name(peer: Any):
    target = await peer(lambda _: Reply(body=b'"hello"'))
    async with guarded_client({f"127.0.0.1:{target.port}"}) as client:
        assert (await client.get(f"{target.url}/")).json() == "hello"
        with pytest.raises(PrivateAddress):
            await client.get(f"http://localhost:{target.port}/")
    async with guarded_client({"localhost"}) as client:
        assert (await client.get(f"http://localhost:{target.port}/")).json() == "hello"
    async with guarded_client({f"127.0.0.1:{target.port + 1}"}) as client:
        with pytest.raises(PrivateAddress):
            await client.get(f"{target.url}/")


class Sockets(httpcore.AsyncNetworkBackend):
    """Opens every socket to one port of this machine, and remembers what was asked for."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._port = port
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        if host == "203.0.114.9":
            raise httpcore.ConnectError("no route")
        return await self._inner.connect_tcp("127.0.0.1", self._port, timeout)


class Names:
    """A name server whose answer changes: the trick called rebinding."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0)


async def test_the_very_address_that_was_checked_is_connected_to(peer: Any):
    target = await peer(lambda _: Reply(body=b'"hello"'))
    sockets, names = Sockets(target.port), Names(["93.184.216.34"], ["127.0.0.1"])
    transport = GuardedTransport(AddressRule(), names, sockets)
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("http://example.com/", headers={"connection": "close"})
        assert sockets.asked == ["93.184.216.34"]
        assert len(names.answers) == 1  # asked once for the one connection
        assert target.asked[0].headers["host"] == "example.com"
        with pytest.raises(PrivateAddress):
            await client.get("http://example.com/again", headers={"host": "other"})
    assert sockets.asked == ["93.184.216.34"]


@pytest.mark.parametrize(
    "answer", [["93.184.216.34", "10.0.0.1"], ["127.0.0.1"], ["::ffff:192.168.0.1"]]
)
async def test_one_private_address_among_others_is_enough(answer: list[str]):
    sockets = Sockets(1)
    transport = GuardedTransport(AddressRule(), Names(answer), sockets)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(PrivateAddress):
            await client.get("http://example.com/")
    assert sockets.asked == []


async def test_the_next_address_is_tried(peer: Any):
    target = await peer(lambda _: Reply(body=b'"hello"'))
    sockets = Sockets(target.port)
    names = Names(["203.0.114.9", "93.184.216.34"])
    async with httpx.AsyncClient(
        transport=GuardedTransport(AddressRule(), names, sockets)
    ) as client:
        assert (await client.get("http://example.com/")).json() == "hello"
    assert sockets.asked == ["203.0.114.9", "93.184.216.34"]


def certificate(folder: Path, name: str) -> Path:
    """A certificate for `name`, its own authority, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The certificate of example.com, which this process trusts like an authority's."""
    file = certificate(tmp_path, "example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trusted.cache_clear()
    yield file
    trusted.cache_clear()


async def test_the_certificate_is_that_of_the_name_not_of_the_address(authority: Path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    asked: list[str] = []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)

    listener = Listener(lambda request: Reply(body=b'"hello"'))
    sockets = Sockets(await listener.start(tls=tls))
    names = Names(["93.184.216.34"], ["93.184.216.34"])
    transport = GuardedTransport(AddressRule(), names, sockets)
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("https://example.com/")).json() == "hello"
        with pytest.raises(httpx.ConnectError):
            await client.get("https://example.org/")
    await listener.close()
    assert asked == ["example.com", "example.org"]
    assert sockets.asked == ["93.184.216.34"] * 2


async def test_a_name_that_is_none():
    async with guarded_client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://nothing.invalid/")


async def test_only_http_is_spoken():
    async with guarded_client() as client:
        for url in ("ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/"):
            with pytest.raises(httpx.UnsupportedProtocol):
                await client.get(url)


async def test_many_connections_at_once(peer: Any):
    target = await peer(lambda _: Reply(body=b"1", after=0.01))
    async with guarded_client({f"127.0.0.1:{target.port}"}) as client:
        answers = await asyncio.gather(*(client.get(target.url) for _ in range(50)))
    assert [answer.json() for answer in answers] == [1] * 50


@pytest.mark.parametrize(
    "url",
    ["https://graph.facebook.com", "https://proxy.example/meta/", "http://127.0.0.1:9000"],
)
def test_a_base_url(url: str):
    assert parse_base_url(f" {url} ") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "graph.facebook.com",
        "http://graph.facebook.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pass@graph.facebook.com",
        "https://graph.facebook.com?x=1",
        "https://graph.facebook.com:port",
    ],
)
def test_a_base_url_that_is_refused(url: str):
    with pytest.raises(ValueError):
        parse_base_url(url)
