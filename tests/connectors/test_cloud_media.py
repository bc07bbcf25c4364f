"""Customers' files: two steps, a token that goes only to known hosts, digests, limits."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Context, Fetched, File
from connectors.fake_graph import FakeGraph
from connectors.fake_graph.server import Reply, Request
from connectors.fake_graph.words import Trouble
from flowengine.messages import (
    Accepted,
    Identity,
    Image,
    Media,
    MediaRef,
    Refused,
    Send,
    Unclear,
)
from tests.connectors.conftest import NUMBER, cloud

WHO = "5511999990001"
PICTURE = b"\x89PNG" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(PICTURE)


async def test_a_file_is_read_in_two_steps(graph: FakeGraph, client: httpx.AsyncClient):
    id_ = graph.files.keep(PICTURE, "image/png")
    received = bytearray()
    media = MediaRef(id_, "image/png", base64.b64encode(DIGEST.digest()).decode())
    fetched = await cloud(client, graph.url).fetch(media, received.extend, 1_000_000)
    assert fetched == Fetched("image/png", DIGEST.hexdigest(), len(PICTURE))
    assert bytes(received) == PICTURE


async def test_a_file_that_is_not_what_its_digest_says(graph: FakeGraph, client: httpx.AsyncClient):
    id_ = graph.files.keep(PICTURE, "image/png")
    for digest in ("0" * 64, base64.b64encode(b"0" * 32).decode()):
        outcome = await cloud(client, graph.url).fetch(
            MediaRef(id_, sha256=digest), bytearray().extend, 1_000_000
        )
        assert isinstance(outcome, Refused)
        assert outcome.reason == "media"


async def test_a_file_that_is_too_large(graph: FakeGraph, client: httpx.AsyncClient):
    id_ = graph.files.keep(PICTURE, "image/png")
    outcome = await cloud(client, graph.url).fetch(MediaRef(id_), bytearray().extend, 1000)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("too_large", True)


async def test_a_file_that_has_expired_at_meta(client: httpx.AsyncClient):
    now = [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    graph = FakeGraph(clock=lambda: now[0])
    await graph.start()
    graph.add_number(NUMBER)
    id_ = graph.files.keep(PICTURE, "image/png")
    now[0] += timedelta(days=6, hours=23)
    connector = cloud(client, graph.url)
    assert isinstance(await connector.fetch(MediaRef(id_), bytearray().extend, 1_000_000), Fetched)
    url = await connector.files.url(id_)
    assert isinstance(url, tuple)
    now[0] += timedelta(minutes=6)
    dead = await connector.files.download(url[0], bytearray().extend, 1_000_000)
    assert isinstance(dead, Refused)
    assert dead.code == "http_404"
    now[0] += timedelta(hours=1)
    gone = await connector.fetch(MediaRef(id_), bytearray().extend, 1_000_000)
    assert isinstance(gone, Refused)
    assert (gone.reason, gone.permanent) == ("invalid", True)
    await graph.close()


async def test_an_address_that_died_is_asked_for_again(peer: Any, client: httpx.AsyncClient):
    def answer(request: Request) -> Reply:
        if request.target.startswith("/file"):
            return Reply(404 if len(other.asked) < 3 else 200, b"data", "image/png")
        return Reply(body=f'{{"url": "{other.url}/file", "mime_type": "image/png"}}'.encode())

    other = await peer(answer)
    outcome = await cloud(client, other.url).fetch(MediaRef("12"), bytearray().extend, 100)
    assert isinstance(outcome, Fetched)
    assert [request.target[:5] for request in other.asked] == ["/v26.", "/file"] * 2


@pytest.mark.parametrize(
    "url", ["{thief}/steal", "http://169.254.169.254/", "file:///etc/passwd", ""]
)
async def test_the_token_goes_to_no_other_host(peer: Any, client: httpx.AsyncClient, url: str):
    thief = await peer(lambda _: Reply(body=b"data"))
    address = url.format(thief=thief.url)
    graph = await peer(lambda _: Reply(body=f'{{"url": "{address}"}}'.encode()))
    outcome = await cloud(client, graph.url).fetch(MediaRef("12"), bytearray().extend, 100)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("media", True)
    assert thief.asked == []


async def test_hosts_that_the_settings_name_get_the_token(peer: Any, client: httpx.AsyncClient):
    files = await peer(lambda _: Reply(body=b"data", mime="image/png"))
    graph = await peer(lambda _: Reply(body=f'{{"url": "{files.url}/x"}}'.encode()))
    connector = cloud(client, graph.url, media_hosts=[f"127.0.0.1:{files.port}"])
    outcome = await connector.fetch(MediaRef("12"), bytearray().extend, 100)
    assert isinstance(outcome, Fetched)
    assert outcome.mime == "image/png"
    assert files.asked[0].headers["authorization"] == f"Bearer {NUMBER.token}"


@pytest.mark.parametrize("id_", ["", "../12", "12/..", "12?x=1", "a b"])
async def test_an_id_is_not_a_path(graph: FakeGraph, client: httpx.AsyncClient, id_: str):
    outcome = await cloud(client, graph.url).fetch(MediaRef(id_), bytearray().extend, 100)
    assert isinstance(outcome, Refused)
    assert graph.requests == 0


async def test_troubles_of_an_upload_are_refusals(peer: Any, client: httpx.AsyncClient):
    """Nothing was said yet, so trying again can double nothing."""
    replies: list[tuple[Reply, str]] = [
        (Reply(502, b""), "transient"),
        (Reply(cut=True), "transient"),
        (Reply(body=b"{}"), "malformed"),
        (Reply(400, b'{"error": {"code": 131053, "message": "mime"}}'), "media"),
        (Reply(401, b'{"error": {"code": 190}}'), "auth"),
    ]
    for reply, reason in replies:
        answer: Callable[[Request], Reply] = lambda _, reply=reply: reply  # noqa: E731
        other = await peer(answer)
        outcome = await cloud(client, other.url).files.upload(File("image/png", PICTURE, "a.png"))
        assert isinstance(outcome, Refused)
        assert outcome.reason == reason


async def test_nobody_knows_a_file(graph: FakeGraph, client: httpx.AsyncClient):
    await graph.close()
    outcome = await cloud(client, graph.url).fetch(MediaRef("12"), bytearray().extend, 100)
    assert isinstance(outcome, Refused | Unclear)


async def test_a_large_file_is_uploaded_piece_by_piece(graph: FakeGraph, client: httpx.AsyncClient):
    """With its length told before, twice the same where the first try was cut."""
    pieces = [b"%PDF-1.7\n", b"x" * 300_000, b"\r\n--not the boundary--\r\n", b"end"]
    read = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal read
        for piece in pieces:
            read += 1
            yield piece

    file = File("application/pdf", pieces[0], "Nota “ação”.pdf", sum(map(len, pieces)), parts)
    files = cloud(client, graph.url).files
    for _ in range(2):
        id_ = await files.upload(file)
        assert isinstance(id_, str)
        received = bytearray()
        fetched = await files.fetch(MediaRef(id_), received.extend, 1_000_000)
        assert isinstance(fetched, Fetched)
        assert bytes(received) == b"".join(pieces)
        assert fetched.mime == "application/pdf"
    assert read == 2 * len(pieces)


async def test_what_meta_cannot_fetch_goes_by_our_own_hands(
    graph: FakeGraph, client: httpx.AsyncClient
):
    """131053: the same message once more with an upload; a later try begins with it."""
    asked: list[str] = []

    async def open_link(url: str, limit: int) -> File | None:
        asked.append(url)
        return File("image/png", PICTURE, "a.png") if "loja" in url else None

    graph.text(NUMBER.id, WHO, "oi")
    connector = cloud(client, graph.url)
    to = (Identity("phone", f"+{WHO}"),)
    image = Send("s1", "m1", "", Image(Media(url="https://loja.example/a.png"), "Foto"))
    graph.trouble(Trouble("error", code=131053, details="Media upload error"))
    outcome = await connector.perform(image, to, Context("o:1", open_link=open_link))
    assert isinstance(outcome, Accepted)
    posted = graph.sent[-1].body["image"]
    assert set(posted) == {"id", "caption"}
    assert await connector.perform(image, to, Context("o:2", open_link=open_link))
    assert graph.sent[-1].body["image"]["id"] == posted["id"]
    assert asked == ["https://loja.example/a.png"]
    later = Send("s2", "m1", "", Image(Media(url="https://loja.example/b.png")))
    await connector.perform(later, to, Context("o:3", attempt=2, open_link=open_link))
    assert "id" in graph.sent[-1].body["image"]


async def test_what_nobody_can_fetch_stays_refused(graph: FakeGraph, client: httpx.AsyncClient):
    async def open_link(url: str, limit: int) -> File | None:
        return None

    graph.text(NUMBER.id, WHO, "oi")
    image = Send("s1", "m1", "", Image(Media(url="https://longe.example/a.png")))
    graph.trouble(Trouble("error", code=131053, details="Media upload error"))
    outcome = await cloud(client, graph.url).perform(
        image, (Identity("phone", f"+{WHO}"),), Context("o:1", open_link=open_link)
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.permanent) == ("131053", False)
