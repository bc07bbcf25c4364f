"""Real HTTP on loopback: a fake Graph, a plain peer that answers what a test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from connectors.base import Context, Sent
from connectors.fake_graph import FakeGraph, Number
from connectors.net import open_client
from connectors.whatsapp_cloud import CloudConnector, CloudSettings
from flowengine.messages import Content, Identity, Send
from tests.peers.plain import Answering, Peer

ANA = Identity("phone", "+5511999990001")
NUMBER = Number("106540352242922", token="token-1", app_secret="app-secret-1")


def sending(content: Content, offer: str = "f7") -> Send:
    return Send(id="e1.1", node="menu", flow="triagem", content=content, offer=offer)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(timeout=5) as client:
        yield client


@pytest.fixture
async def peer() -> AsyncIterator[Callable[[Answering], Awaitable[Peer]]]:
    """Starts a peer that answers as a function says."""
    async with AsyncExitStack() as stack:

        async def start(answering: Answering) -> Peer:
            return await stack.enter_async_context(Peer(answering))

        yield start


@pytest.fixture
async def graph(client: httpx.AsyncClient) -> AsyncIterator[FakeGraph]:
    graph = FakeGraph(client)
    await graph.start()
    graph.add_number(NUMBER)
    yield graph
    await graph.close()


def cloud(client: httpx.AsyncClient, base_url: str, **settings: object) -> CloudConnector:
    known = {
        "phone_number_id": NUMBER.id,
        "token": NUMBER.token,
        "app_secret": NUMBER.app_secret,
        "verify_token": "v",
        "base_url": base_url,
        **settings,
    }
    return CloudConnector(CloudSettings.model_validate(known), client)


@pytest.fixture
def say(graph: FakeGraph, client: httpx.AsyncClient) -> Callable[..., Awaitable[Sent]]:
    """Sends one content to Ana, whose window is open, through the fake Graph."""
    graph.text(NUMBER.id, "5511999990001", "oi")
    connector = cloud(client, graph.url)

    async def say(content: Content, context: Context | None = None, offer: str = "f7") -> Sent:
        return await connector.perform(sending(content, offer), (ANA,), context or Context())

    return say
