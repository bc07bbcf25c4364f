"""What a provider's address may be, and how much and how long it may answer."""

import asyncio

import httpx
import pytest

from connectors.base import File
from connectors.fake_graph.server import Reply
from connectors.net import open_client
from connectors.whatsapp_cloud import CloudSettings
from connectors.whatsapp_cloud import client as clients
from connectors.whatsapp_cloud.client import Graph
from flowengine.messages import Refused, Unclear
from tests.connectors.conftest import NUMBER
from tests.connectors.test_lean import serving
from tests.peers.plain import Peer


def graph(url: str, http: httpx.AsyncClient) -> Graph:
    known = {
        "phone_number_id": NUMBER.id, "token": "t", "app_secret": "s", "verify_token": "v",
        "base_url": url,
    }  # fmt: skip
    return Graph(CloudSettings.model_validate(known), http)


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.5", "https://169.254.169.254", "https://[::1]:8443", "http://localhost:9"],
)
async def test_a_private_host_is_refused_before_a_byte_leaves(url: str) -> None:
    async with open_client(timeout=5, allowed_hosts=()) as http:
        for answer in (
            await graph(url, http).post_message(b"{}"),
            await graph(url, http).get(""),
            await graph(url, http).upload(File("text/plain", b"x", "x")),
        ):
            assert isinstance(answer, Refused)
            assert (answer.reason, answer.permanent) == ("private_address", True)


async def test_a_private_host_that_the_settings_name_is_called() -> None:
    async with Peer(lambda _request: Reply(body=b'{"id": "1"}')) as peer:
        async with open_client(timeout=5, allowed_hosts=[f"127.0.0.1:{peer.port}"]) as http:
            assert await graph(peer.url, http).get("") == {"id": "1"}
            assert await graph(peer.url, http).post_message(b"{}") == {"id": "1"}
        async with open_client(timeout=5, allowed_hosts=["127.0.0.1:1"]) as http:
            assert isinstance(await graph(peer.url, http).get(""), Refused)
        assert len(peer.asked) == 2


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_that_is_too_long_is_not_kept(status: int) -> None:
    """Whether Meta took the message nobody can say then."""
    async with (
        Peer(lambda _request: Reply(status, b"x" * 3_000_000)) as peer,
        open_client(timeout=5) as http,
    ):
        for answer in (
            await graph(peer.url, http).post_message(b"{}"),
            await graph(peer.url, http).get(""),
        ):
            assert isinstance(answer, Unclear)


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: every single wait is short, all of them are for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_an_answer_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "LONGEST", 0.5)
    monkeypatch.setattr(Graph._answer, "__defaults__", (0.5,))
    async with serving(drip) as url, open_client(timeout=1) as http:
        for asked in (graph(url, http).post_message(b"{}"), graph(url, http).get("")):
            async with asyncio.timeout(20):
                assert isinstance(await asked, Unclear)
