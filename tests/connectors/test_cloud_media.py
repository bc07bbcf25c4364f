"""Customers' files: two steps, a token that goes only to known hosts, digests, limits."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Fetched, File
from connectors.fake_graph import FakeGraph
from connectors.fake_graph.server import Reply, Request
from flowengine.messages import MediaRef, Refused, Unclear
from tests.connectors.conftest import NUMBER, cloud

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
