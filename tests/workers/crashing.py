"""A town, a wire to its database that can be cut, and customers who live one small life each.

For tests of crashes and of two workers at once: the stages of a life by name, what heals a crash,
and what must be so afterwards.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.fake_graph.server import Reply, Request
from connectors.fake_graph.words import Ladder
from connectors.net import open_client
from flowengine.store.arrivals import Delivery
from flowengine.store.database import Database
from flowengine.store.lanes import reclaim
from tests.flowengine.playing import OI, ask, text
from tests.peers.plain import Peer
from tests.services import postgres as services
from tests.services.cutting import Wire
from tests.workers.hands import Hands
from tests.workers.test_inbox import body, message, status
from tests.workers.town import Town, town_settings
from workers.inbox import Intake

HEARD = ["Um", "Dois", "Estado: a caminho", "Nome?", "Oi, Ana!"]
SAYS = ("oi", "Ana")
Stage = Callable[["Crash", Hands, str], Awaitable[None]]


class Crash:
    """A town, a wire to its database, and one customer after the other."""

    def __init__(self, town: Town, wire: Wire, dsn: services.Database, peer: Peer) -> None:
        self.town, self.wire, self.dsn, self.peer = town, wire, dsn, peer
        self._customers = 0
        self.fine: Hands | None = None

    def customer(self) -> str:
        self._customers += 1
        return f"55119{self._customers:08d}"

    async def wired(self) -> Database:
        """The database at the other end of the wire."""
        web, worker = self.wire.through(self.dsn.web), self.wire.through(self.dsn.worker)
        return await Database.open(web, worker, worker_size=4)

    async def hands(self, database: Database) -> Hands:
        hands = Hands(self.town, database)
        await hands.begin()
        return hands

    async def healthy(self, what: Callable[[Hands], Awaitable[None]]) -> None:
        """Something that another worker does, without trouble."""
        if self.fine is None:
            self.fine = await self.hands(self.town.database)
        async with self.town.database.worker() as transaction:
            await reclaim(transaction)  # the leases of the dead have run out
        await what(self.fine)

    async def meanwhile(self, overdue: bool) -> None:
        """What another worker does while one stands still. `overdue`: that one's leases are over.

        It touches nothing that the halted one has locked, and does not wait for it.
        """
        if self.fine is None:
            self.fine = await self.hands(self.town.database)
        if overdue:
            for table, key in (("lanes", "conversation_id"), ("calls", "id")):
                await self.town.run(
                    f"UPDATE {table} SET next_at = now(), until = now() WHERE {key} IN ("
                    f"SELECT {key} FROM {table} WHERE owner IS NOT NULL FOR UPDATE SKIP LOCKED)"
                )
        for _ in range(3):
            await self.fine.turn()
            await self.fine.send_once()
            await self.fine.call()

    def raw(self, who: str, number: int) -> bytes:
        """The webhook of a customer's message."""
        return body(self.town, [message(who, number, SAYS[number])])

    async def tell_statuses(self, who: str) -> None:
        """The provider says of all that it has taken that it was delivered, with our callback."""
        told = [
            status(sent.wamid, "delivered", str(sent.body["biz_opaque_callback_data"]))
            for sent in self.town.graph.sent
            if sent.to.strip("+") == who
        ]
        if told:
            assert await self.town.deliver(body(self.town, [], told)) == 200


@pytest.fixture
async def crash(database: services.Database, wire: Wire, tmp_path: Path) -> AsyncIterator[Crash]:
    async with open_client(timeout=5) as client, Peer(_shop) as peer:
        store = await Database.open(database.web, database.worker)
        hosts = f"127.0.0.1:{peer.port}"
        town = Town(
            store, database.owner, town_settings(tmp_path, allowed_http_hosts=hosts), client
        )
        await town.settle(unclear="resend")
        town.graph.add_number(town.number)
        town.graph.ladder = Ladder(sent=None, delivered=None)
        await town.work(pumps=False)
        await town.publish("oi", *_flow(peer.url), variables=[{"name": "pedido"}, {"name": "nome"}])
        crash = Crash(town, wire, database, peer)
        # A traceback drawn for people takes a second, and most cuts are logged with one.
        with capture_logs():
            yield crash
        if crash.fine is not None:
            await crash.fine.end()
        await town.close()
        await store.close()


def _shop(_request: Request) -> Reply:
    return Reply(200, json.dumps({"estado": "a caminho"}).encode())


def _flow(url: str) -> Any:
    http = {
        "id": "busca", "type": "http", "url": f"{url}/p", "method": "POST", "retry": 5,
        "save": [{"to": "pedido", "path": "/estado"}],
    }  # fmt: skip
    nodes = (
        OI,
        text("um", "Um"),
        text("dois", "Dois"),
        http,
        text("ok", "Estado: {{ pedido }}"),
        ask("nome", "Nome?", save_as="nome"),
        text("fim", "Oi, {{ nome }}!"),
    )
    lines = ("oi > um", "um > dois", "dois > busca", "busca:ok > ok", "ok > nome",
             "nome:reply > fim")  # fmt: skip
    return nodes, lines


# --- The stages --------------------------------------------------------------------------------


async def ingest(crash: Crash, hands: Hands, who: str) -> None:
    town = crash.town
    intake = Intake(hands.database)
    intake.start()
    try:
        parsed = town.connector.parse(crash.raw(who, 0))
        await intake.receive(Delivery(town.place.tenant, town.place.channel, parsed))
    finally:
        await intake.stop()


async def turn(_crash: Crash, hands: Hands, _who: str) -> None:
    await hands.turn()


async def send(crash: Crash, hands: Hands, _who: str) -> None:
    while await crash.town.value("SELECT count(*) FROM outbox WHERE state = 'queued'"):
        await hands.send()


async def call(_crash: Crash, hands: Hands, _who: str) -> None:
    await hands.call()


STAGES: dict[str, tuple[Stage, ...]] = {
    "ingest": (ingest,),
    "turn": (ingest, turn),
    "send": (ingest, turn, send),
    "call": (ingest, turn, call),
    "outcome": (ingest, turn, send, call, turn),
}
"""What comes before a stage runs through; the last one is cut."""


# --- Afterwards -------------------------------------------------------------------------------


async def recover(crash: Crash, who: str) -> None:
    """What happens after any crash: Meta repeats itself, others take over, statuses tell."""
    town = crash.town
    assert await town.deliver(crash.raw(who, 0)) == 200
    await crash.healthy(lambda hands: hands.until_quiet())
    await crash.tell_statuses(who)
    await crash.healthy(lambda hands: hands.until_quiet())
    if await town.value("SELECT count(*) FROM outbox"):
        await settle_by_policy(crash)
    assert await town.deliver(crash.raw(who, 1)) == 200
    await crash.healthy(lambda hands: hands.until_quiet())


async def settle_by_policy(crash: Crash) -> None:
    """The provider never got it: silence, while a later message's status comes, is the proof."""
    town = crash.town
    other = crash.customer()
    assert await town.deliver(crash.raw(other, 0)) == 200
    await crash.healthy(lambda hands: hands.until_quiet())
    await crash.tell_statuses(other)
    await town.run("UPDATE outbox SET next_at = now() WHERE state = 'unknown'")
    await town.run("UPDATE lanes SET next_at = now() WHERE next_at IS NOT NULL")
    await crash.healthy(lambda hands: hands.until_quiet())


async def same_as_ever(crash: Crash, who: str, where: str) -> None:
    """Heard, stored and journaled as in a life without faults."""
    town = crash.town
    assert town.heard(who) == HEARD, where
    room = await town.value(
        "SELECT c.id FROM conversations c JOIN contacts t ON t.id = c.contact_id "
        "WHERE t.phone = $1", f"+{who}",
    )  # fmt: skip
    said = await town.rows(
        "SELECT direction, text FROM messages WHERE conversation_id = $1 ORDER BY id", room
    )
    assert [row["text"] for row in said if row["direction"] == "out"] == HEARD, where
    assert [row["text"] for row in said if row["direction"] == "in"] == list(SAYS), where
    assert await town.value(_TURNS, room) == TURNS, where
    assert await town.value("SELECT count(*) FROM outbox") == 0, where
    assert await town.value("SELECT count(*) FROM calls") == 0, where
    assert await town.value("SELECT count(*) FROM dead_letters") == 0, where
    keys = {asked.headers["idempotency-key"] for asked in crash.peer.asked}
    executions = {key.rpartition(".")[0] for key in keys}
    assert len(keys) == len(executions), where


TURNS = 3
"""Calls of the engine: "oi", the answer of the shop, "Ana"."""

_TURNS = "SELECT count(*) FROM journal WHERE conversation_id = $1 AND execution_id IS NOT NULL"
