"""The fake Graph calls us as Meta does: a whole conversation, over real HTTP, both ways."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from connectors.base import Context
from connectors.fake_graph import FakeGraph, Ladder, Number, Person, Trouble
from connectors.fake_graph.server import Reply, Request
from connectors.net import Manner
from connectors.whatsapp_cloud import CloudConnector
from flowengine.messages import (
    Accepted,
    Arrived,
    Button,
    Buttons,
    Identity,
    ProviderEvent,
    Refused,
    Status,
    Template,
    TemplateButton,
    Text,
)
from tests.connectors.conftest import ANA, NUMBER, cloud, sending
from tests.connectors.later import Later
from tests.peers.plain import Peer

WA_ID = "5511999990001"


class World:
    """A fake Graph whose webhooks go to a product that keeps them."""

    def __init__(self, graph: FakeGraph, connector: CloudConnector, product: Peer) -> None:
        self.graph = graph
        self.connector = connector
        self.product = product
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    async def heard(self) -> list[ProviderEvent]:
        await self.graph.settled(NUMBER.id)
        events: list[ProviderEvent] = []
        for request in self.product.asked:
            assert self.connector.verify(request.headers, request.body)
            assert request.body.isascii()
            parsed = self.connector.parse(request.body)
            assert parsed.unreadable == ()
            events += parsed.events
        return events

    async def statuses(self) -> list[Status]:
        return [event for event in await self.heard() if isinstance(event, Status)]

    async def send(self, content: Any, callback: str = "") -> Any:
        return await self.connector.perform(sending(content), (ANA,), Context(callback))


@pytest.fixture
async def world(client: httpx.AsyncClient) -> AsyncIterator[World]:
    answers = [503, 500]  # Meta calls again
    async with Peer(lambda _: Reply(answers.pop(0) if answers else 200)) as product:
        worlds: list[World] = []
        graph = FakeGraph(client, clock=lambda: worlds[0].now if worlds else datetime.now(UTC))
        url = await graph.start()
        graph.add_number(
            Number(NUMBER.id, NUMBER.token, NUMBER.app_secret, f"{product.url}/webhooks/cloud/c1")
        )
        graph.add_person(Person(WA_ID, "BR.1", "Ana"))
        graph.manner(NUMBER.id, Manner(first_pause=0.01))
        worlds.append(World(graph, cloud(client, url), product))
        graph.text(NUMBER.id, WA_ID, "Olá 😀")
        await worlds[0].heard()
        product.asked.clear()
        yield worlds[0]
        await graph.close()


async def test_a_person_writes(world: World):
    id_ = world.graph.text(NUMBER.id, WA_ID, "Olá 😀")
    (event,) = await world.heard()
    assert isinstance(event, Arrived)
    assert (event.message.id, event.message.text) == (id_, "Olá 😀")
    assert event.sender.identities == (ANA, Identity("bsuid", "BR.1"))
    assert event.sender.name == "Ana"


async def test_a_person_taps_what_was_sent(world: World):
    await world.send(Buttons("Pode?", (Button("sim", "Sim"),)))
    world.graph.tap(NUMBER.id, WA_ID, world.graph.sent[-1], "Sim")
    await world.send(Template("lembrete", "pt_BR", buttons=(TemplateButton("ok"),)))
    world.graph.tap(NUMBER.id, WA_ID, world.graph.sent[-1], "0")
    taps = [event.message for event in await world.heard() if isinstance(event, Arrived)]
    assert [tap.choice.payload for tap in taps if tap.choice] == ["v1:f7:sim", "v1:f7:ok"]
    assert [tap.quoted for tap in taps] == [sent.wamid for sent in world.graph.sent]
    with pytest.raises(LookupError):
        world.graph.tap(NUMBER.id, WA_ID, world.graph.sent[0], "Não")


async def test_statuses_carry_the_callback(world: World):
    world.graph.ladder = Ladder(0, 0, 0)
    outcome = await world.send(Text("oi"), "0190:1")
    statuses = await world.statuses()
    assert [status.status for status in statuses] == ["sent", "delivered", "read"]
    assert {status.callback for status in statuses} == {"0190:1"}
    assert isinstance(outcome, Accepted)
    assert {status.provider_id for status in statuses} == {outcome.provider_id}
    assert statuses[0].pricing
    assert not statuses[1].pricing


async def test_a_status_tells_what_a_lost_answer_did_not(world: World):
    world.graph.trouble(Trouble("cut"))
    assert not isinstance(await world.send(Text("oi"), "0190:1"), Accepted)
    assert {status.callback for status in await world.statuses()} == {"0190:1"}


async def test_a_failure_after_acceptance(world: World):
    world.graph.trouble(Trouble("later", code=131026, details="blocked"))
    assert isinstance(await world.send(Text("oi"), "0190:1"), Accepted)
    failed = (await world.statuses())[-1]
    assert (failed.status, failed.callback) == ("failed", "0190:1")
    assert failed.refused == Refused("unreachable", True, None, "131026", "blocked")
    assert failed.recipient == (ANA,)


async def test_batches_copies_and_a_wrong_order(world: World):
    world.graph.manner(NUMBER.id, Manner(batch=1000, copies=2, reverse=True))
    ids = [world.graph.text(NUMBER.id, WA_ID, str(n)) for n in range(300)]
    heard = [event.message.id for event in await world.heard() if isinstance(event, Arrived)]
    assert heard == ids[::-1] * 2
    assert len(world.product.asked) == 2


async def test_a_ladder_takes_its_time(world: World, monkeypatch: pytest.MonkeyPatch):
    later = Later(
        monkeypatch, lambda act: isinstance(act, partial) and act.func == world.graph._status
    )
    world.graph.ladder = Ladder(sent=0.02, delivered=0.04)
    await world.send(Text("oi"))
    assert await world.statuses() == []
    assert later.ring() == [0.02, 0.04]
    assert [status.status for status in await world.statuses()] == ["sent", "delivered"]


async def test_the_window_closes(world: World):
    world.now += timedelta(hours=23)
    assert isinstance(await world.send(Text("oi")), Accepted)
    world.now += timedelta(hours=1)
    outcome = await world.send(Text("oi"))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "window_closed"


async def test_who_cannot_be_reached(world: World):
    world.graph.add_person(Person(WA_ID, reachable=False))
    outcome = await world.send(Text("oi"))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "unreachable"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/messages", 404),
        ("POST", f"/v26.0/{NUMBER.id}/nothing", 400),
        ("POST", f"/v26.0/{NUMBER.id}/messages", 400),
        ("GET", "/v26.0/77", 400),
        ("POST", "/v26.0/102290129340398/subscribed_apps", 200),
        ("GET", "/v26.0/102290129340398/message_templates", 200),
    ],
)
async def test_paths(world: World, client: httpx.AsyncClient, method: str, path: str, status: int):
    headers = {"authorization": f"Bearer {NUMBER.token}"}
    answer = await client.request(method, world.graph.url + path, headers=headers, content=b"{}")
    assert answer.status_code == status
    if status != 404:
        refused = await client.request(method, world.graph.url + path, content=b"{}")
        assert refused.json()["error"]["code"] == 190


async def test_what_is_no_http_is_dropped(graph: FakeGraph):
    port = int(graph.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


def test_the_listener_is_given_requests_whole():
    request = Request("POST", "/x", {"a": "b"}, b"{}")
    assert (request.method, request.headers["a"]) == ("POST", "b")
