"""The lean transport: what it takes, what it reuses, and what it says when things go wrong."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from connectors.fake_graph.server import Listener, Reply, Request
from connectors.net import open_client
from connectors.net.addresses import LOOPBACK_NAMES, AddressRule
from connectors.net.lean import LeanTransport

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """A server that does with each connection what a test says."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(*answers: bytes) -> Serve:
    """Answers each request of a connection with the next bytes, then closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return serve


@asynccontextmanager
async def client(**timeouts: float) -> AsyncIterator[httpx.AsyncClient]:
    timeout = httpx.Timeout(**{"connect": 2, "read": 2, "write": 2, "pool": 2, **timeouts})
    async with httpx.AsyncClient(
        transport=LeanTransport(4, AddressRule(LOOPBACK_NAMES)), timeout=timeout
    ) as made:
        yield made


async def answer_to(raw: bytes, method: str = "GET") -> httpx.Response:
    async with serving(saying(raw)) as url, client() as http:
        return await http.request(method, url)


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (OK, 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end", 200, b"until the end"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2\r\nok\r\n3\r\nay!\r\n0\r\n\r\n",
            200,
            b"okay!",
        ),
        (b"HTTP/1.1 100 Continue\r\nx: 1\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy", 503, b"busy"),
    ],
)
async def test_answers(raw: bytes, status: int, body: bytes):
    response = await answer_to(raw)
    assert (response.status_code, response.content) == (status, body)
    assert "x" not in response.headers


async def test_a_packed_answer_is_unpacked():
    packed = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    assert (await answer_to(head + packed)).text == "hello"


async def test_head_has_no_body():
    response = await answer_to(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "HEAD")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_byte_at_a_time():
    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in OK:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)

    async with serving(slowly) as url, client() as http:
        assert (await http.get(url)).text == "ok"


async def test_connections_are_used_again():
    listener = Listener(lambda request: Reply(body=request.body))
    port = await listener.start()
    async with client() as http:
        for n in range(5):
            response = await http.post(f"http://127.0.0.1:{port}/", content=str(n))
            assert response.text == str(n)
        assert len(listener._open) == 1
        answers = await asyncio.gather(
            *(http.post(f"http://127.0.0.1:{port}/", content=str(n)) for n in range(40))
        )
        assert [answer.text for answer in answers] == [str(n) for n in range(40)]
        assert len(listener._open) <= 4
    async with asyncio.timeout(30):
        while listener._open:  # noqa: ASYNC110 - a set, not an event
            await asyncio.sleep(0.01)
    await listener.close()


async def test_a_connection_that_the_server_closed_is_not_used():
    async with serving(saying(OK)) as url, client() as http:
        for _ in range(5):
            assert (await http.get(url)).text == "ok"
            await asyncio.sleep(0.01)


async def test_a_connection_that_says_more_than_asked_is_not_used():
    async with serving(saying(OK + b"HTTP/1.1 200 OK\r\n", OK)) as url, client() as http:
        for _ in range(3):
            assert (await http.get(url)).text == "ok"


async def test_a_large_answer_is_read_in_pieces():
    """The reader is slow: the peer must wait, and nothing heaps up here."""
    piece, count, sent = b"x" * 65536, 400, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (len(piece) * count))
        for _ in range(count):
            writer.write(piece)
            await writer.drain()
            sent += 1

    async with serving(serve) as url, client() as http, http.stream("GET", url) as response:
        await asyncio.sleep(0.2)
        assert sent < count
        size = 0
        async for part in response.aiter_raw():
            size += len(part)
        assert size == len(piece) * count


async def test_a_large_question_is_written_in_pieces():
    got: list[Request] = []

    def keep(request: Request) -> Reply:
        got.append(request)
        return Reply()

    listener = Listener(keep)
    port = await listener.start()
    body = bytes(range(256)) * 20_000

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 100_000):
            yield body[at : at + 100_000]

    async with client() as http:
        await http.post(f"http://127.0.0.1:{port}/", content=body)
        await http.post(f"http://127.0.0.1:{port}/", content=pieces())
        await http.post(f"http://127.0.0.1:{port}/", files={"file": ("a", body, "image/png")})
    assert [request.body for request in got[:2]] == [body, body]
    assert body in got[2].body
    await listener.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["nothing", "head", "body", "chunks", "other", "long", "informational"],
)
async def test_a_broken_answer(raw: bytes):
    with pytest.raises(httpx.RemoteProtocolError):
        await answer_to(raw)


async def test_no_answer_in_time():
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    async with serving(never) as url, client(read=0.05, pool=0.01) as http:
        for _ in range(6):  # more than there are connections: each frees its place
            with pytest.raises(httpx.ReadTimeout):
                await http.get(url)
        slow = [asyncio.create_task(http.get(url, timeout=5)) for _ in range(4)]
        await asyncio.sleep(0.05)
        with pytest.raises(httpx.PoolTimeout):
            await http.get(url)
        for task in slow:
            task.cancel()
        assert all(
            isinstance(r, asyncio.CancelledError)
            for r in await asyncio.gather(*slow, return_exceptions=True)
        )
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)


async def test_a_body_that_stops_coming():
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
        await asyncio.sleep(10)

    async with serving(stop) as url, client(read=0.05) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)


async def test_a_peer_that_reads_nothing():
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined] - no public way
        await asyncio.sleep(10)

    async with serving(deaf) as url, client(write=0.1) as http:
        with pytest.raises(httpx.WriteTimeout):
            await http.post(url, content=b"x" * 50_000_000)


async def test_nobody_listens():
    async with serving(saying(OK)) as url:
        pass
    async with client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
        with pytest.raises(httpx.ConnectError):
            await http.get("http://nothing.invalid/")
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")


@pytest.mark.parametrize(
    "headers",
    [{"x": "a\r\ny: b"}, {"x": "a\x00"}, {"x\r\ny": "1"}, {"a b": "1"}, {"": "1"}],
)
async def test_a_header_cannot_smuggle_another(headers: dict[str, str]):
    listener = Listener(lambda _: Reply())
    port = await listener.start()
    async with client() as http:
        with pytest.raises(httpx.LocalProtocolError):
            await http.get(f"http://127.0.0.1:{port}/", headers=headers)
        assert (await http.get(f"http://127.0.0.1:{port}/")).status_code == 200
    await listener.close()


async def test_an_answer_that_is_not_wanted_after_all():
    many = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nbegin"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(many)
        await reader.read()

    async with serving(serve) as url, client(pool=0.05) as http:
        for _ in range(10):
            async with http.stream("GET", url) as response:
                assert response.status_code == 200


async def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[str] = []

    def proxy(request: Request) -> Reply:
        asked.append(request.target)
        return Reply(body=b"from the proxy")

    listener, here = Listener(proxy), Listener(lambda _: Reply(body=b"from here"))
    port, own = await listener.start(), await here.start()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    async with open_client() as http:
        assert (await http.get("http://graph.example/x")).text == "from the proxy"
        assert (await http.get(f"http://127.0.0.1:{own}/")).text == "from here"
    assert asked == ["http://graph.example/x"]
    await listener.close()
    await here.close()
