"""The whole product in its own process: webhooks in, Graph requests out, and `kill -9` between."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.fake_graph import FakeGraph, Ladder, Number
from connectors.net import Manner
from tests.product.running import (
    ANA,
    PHONE_ID,
    SECRET,
    SIGN_IN,
    Product,
    fake_graph,
    post,
    signed,
    text_message,
    until,
    webhook,
)

pytestmark = pytest.mark.postgres

QUESTION = "Como posso ajudar"

_phone_ids = count(int(PHONE_ID))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product that these tests share, with its demo workspace; each has its own channel."""
    folder = tmp_path_factory.mktemp("product")
    running = Product(folder / "data", folder / "log", unclear_seconds="15")
    running.start()
    yield running
    running.stop()


class Line:
    """A number of ours: a Graph that knows it, and its channel in the product."""

    def __init__(self, product: Product, graph: FakeGraph, phone_id: str) -> None:
        self.product, self.graph, self.phone_id = product, graph, phone_id
        self.path = ""

    async def connect(self, *options: str) -> None:
        connect, url = self.product.connect, self.graph.url
        self.path = await asyncio.to_thread(connect, url, self.phone_id, *options)

    @property
    def url(self) -> str:
        return self.product.address + self.path

    def webhook(self, *messages: dict[str, Any]) -> bytes:
        return webhook(*messages, phone_id=self.phone_id)

    def listen(self) -> None:
        """From now on Graph tells the product, at its present address, how its messages fare."""
        self.graph.add_number(Number(self.phone_id, "token", SECRET, webhook=self.url))
        self.graph.manner(self.phone_id, Manner(longest_pause=0.5))
        self.graph.ladder = Ladder()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=30) as http:
        yield http


@pytest.fixture
async def line(product: Product, client: httpx.AsyncClient) -> AsyncIterator[Line]:
    """A number that is not connected yet."""
    phone_id = str(next(_phone_ids))
    graph = await fake_graph(phone_id, client)
    yield Line(product, graph, phone_id)
    await graph.close()


def bodies(graph: FakeGraph, to: str = ANA) -> list[dict[str, Any]]:
    return [sent.body for sent in graph.sent if sent.to == f"+{to}"]


def asked(graph: FakeGraph, to: str = ANA) -> int:
    """How often the menu was sent to somebody."""
    return sum(QUESTION in json.dumps(body, ensure_ascii=False) for body in bodies(graph, to))


async def test_a_webhook_becomes_the_right_graph_request(line: Line, client: httpx.AsyncClient):
    await line.connect()
    query = {"hub.mode": "subscribe", "hub.verify_token": "verifica", "hub.challenge": "42"}
    verified = await client.get(line.url, params=query)
    assert (verified.status_code, verified.text) == (200, "42")
    wrong = await client.get(line.url, params={**query, "hub.verify_token": "outro"})
    assert wrong.status_code in (401, 403)
    await until(lambda: True)
    assert await post(client, line.url, line.webhook(text_message("wamid.1", "oi"))) == 200
    await until(lambda: asked(line.graph) == 1)
    greeting, menu = bodies(line.graph)
    assert greeting["messaging_product"] == "whatsapp"
    assert greeting["to"] == f"+{ANA}"
    assert greeting["type"] == "text"
    assert menu["type"] == "interactive"
    assert menu["interactive"]["type"] == "list"
    rows = menu["interactive"]["action"]["sections"][0]["rows"]
    assert all(row["id"].startswith("v1:") for row in rows)
    assert menu["biz_opaque_callback_data"].endswith(":1")


async def test_a_webhook_twenty_times_at_once_is_one_reply_and_a_forged_one_none(
    line: Line, client: httpx.AsyncClient
):
    await line.connect()
    body = line.webhook(text_message("wamid.2", "oi"))
    forged = await client.post(line.url, content=body, headers=signed(body, "outro segredo"))
    assert forged.status_code == 401
    unsigned = await client.post(line.url, content=body)
    assert unsigned.status_code == 401
    await asyncio.sleep(1.5)
    assert line.graph.requests == 0
    answers = await asyncio.gather(*(post(client, line.url, body) for _ in range(20)))
    assert answers == [200] * 20
    await until(lambda: asked(line.graph) == 1)
    await asyncio.sleep(2)
    assert asked(line.graph) == 1
    assert len(bodies(line.graph)) == 2


async def test_a_batch_of_a_thousand_updates_loses_none(line: Line, client: httpx.AsyncClient):
    await line.connect()
    phones = [f"55119{number:08}" for number in range(1000)]
    messages = [text_message(f"wamid.{p}", "oi", p) for p in phones]
    assert await post(client, line.url, line.webhook(*messages)) == 200
    await until(lambda: len(line.graph.sent) >= 2000, patience=120)
    await asyncio.sleep(1)
    assert [asked(line.graph, phone) for phone in phones] == [1] * 1000


async def test_kill_9_between_the_200_and_the_reply_loses_and_doubles_nothing(
    line: Line, client: httpx.AsyncClient
):
    """A kill between a send's mark and its request leaves it in doubt: nobody knows if it left.

    The policy "resend" settles that once the channel has told how a later message fared. So
    somebody else writes too; without anything later the promise is only that a person is asked.
    """
    await line.connect("--unclear", "resend")
    line.listen()
    for number in range(3):
        phone, other = f"551198888000{number}", f"551197777000{number}"
        body = line.webhook(text_message(f"wamid.k{number}", "oi", phone))
        assert await post(client, line.url, body) == 200
        line.product.kill()
        # In a thread: Graph answers while the product comes up.
        await asyncio.to_thread(line.product.start)
        line.listen()
        later = line.webhook(text_message(f"wamid.l{number}", "oi", other))
        assert await post(client, line.url, later) == 200
        await until(lambda phone=phone: asked(line.graph, phone) >= 1, patience=60)
        again = await post(client, line.url, body)
        assert again == 200
        await asyncio.sleep(1.5)
        assert asked(line.graph, phone) == 1
        assert len(bodies(line.graph, phone)) == 2


async def test_it_answers_from_the_first_moment_and_stops_cleanly(
    tmp_path: Path, client: httpx.AsyncClient
):
    product = Product(tmp_path / "data", tmp_path / "log")
    product.launch()
    found = product._await_event("listening", 30)
    health = await client.get(found["address"] + "/health")
    assert health.status_code == 200
    assert {"status", "version", "uptime_seconds", "memory_mb"} <= health.json().keys()
    early = await client.get(found["address"] + "/health/ready")
    assert early.status_code in (200, 503)
    ready = product._await_event("ready", 90)
    assert (await client.get(found["address"] + "/health/ready")).status_code == 200
    assert SIGN_IN.search(ready["sign_in"])
    assert product.stop() == 0
    product.start()
    assert product.stop() == 0


async def test_a_second_product_on_the_same_folder_is_told_so(product: Product, tmp_path: Path):
    second = Product(product.data, tmp_path / "log2")
    second.launch()
    process = second._process
    assert process is not None
    assert process.wait(60) == 1
    said = second.log.read_text()
    assert "Traceback" not in said
    assert "já" in said or "already" in said


async def test_what_a_command_changes_acts_within_a_second(
    line: Line, client: httpx.AsyncClient, tmp_path: Path
):
    await line.connect()
    product = line.product
    flow = product.command("export", "triagem")
    assert flow[0]["key"] == "triagem"
    words = {"kind": "keyword", "words": ["segredo"], "match": "exact"}
    document = {
        "format": "flowengine/1",
        "key": "segredo",
        "name": "Segredo",
        "nodes": [
            {"id": "t", "type": "trigger", "on": words},
            {"id": "m", "type": "message", "contents": [{"kind": "text", "text": "Achou!"}]},
            {"id": "f", "type": "end"},
        ],
        "edges": [{"from": "t", "to": "m"}, {"from": "m", "to": "f"}],
    }
    file = tmp_path / "segredo.flow.json"
    file.write_text(json.dumps(document))
    published = product.command("import", str(file), "--publish")[-1]
    assert (published["key"], published["version"], published["published"]) == ("segredo", 1, True)
    assert product.command("import", str(file), "--publish")[-1]["version"] == 1
    await asyncio.sleep(1)
    assert await post(client, line.url, line.webhook(text_message("wamid.9", "segredo"))) == 200
    await until(lambda: [b["text"]["body"] for b in bodies(line.graph)] == ["Achou!"])
    assert line.phone_id in line.graph.sent[0].number
