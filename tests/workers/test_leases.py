"""Leases: kept by a thread however busy the loop is; over for a process that stood still."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest

from connectors.fake_graph.server import Reply
from connectors.fake_graph.words import Ladder
from flowengine.messages import Refused
from flowengine.store.ids import new_id
from flowengine.store.outbox import record
from flowengine.store.verdicts import Again, Delivered, Doubt, Failed, Result
from tests.flowengine.playing import OI, text
from tests.peers.plain import Peer
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.workers.hands import Hands
from tests.workers.plant import Plant, open_plant
from tests.workers.test_calls import flow
from tests.workers.test_fairness import many_say
from tests.workers.test_sends import expire, leased, queued, states
from tests.workers.town import Town
from workers.leases import Leases

TWO = ((OI, text("um", "Um"), text("dois", "Dois")), ("oi > um", "um > dois"))


def test_a_lease_is_over_before_anybody_else_may_have_it() -> None:
    now = 100.0
    leases = Leases(10, lambda: now)
    mine, lost = new_id(), new_id()
    assert not leases.holds(mine)
    leases.hold(mine, leases.now())
    leases.hold(lost, leases.now())
    now += 8.9
    assert leases.holds(mine)
    assert set(leases.ageing(4)) == {mine, lost}
    leases.renew([mine, lost], [mine], leases.now())
    assert leases.holds(mine)
    assert not leases.holds(lost)
    now += 9.1
    assert not leases.holds(mine)
    leases.renew([mine], [mine], leases.now())  # late, but nobody had taken it
    assert leases.holds(mine)
    leases.let_go([mine])
    leases.renew([mine], [mine], leases.now())
    assert not leases.holds(mine)


def test_young_leases_need_no_renewal() -> None:
    now = 0.0
    leases = Leases(12, lambda: now)
    leases.hold(new_id(), now)
    assert leases.ageing(4) == []
    now = 3.1
    assert len(leases.ageing(4)) == 1


@on_both
async def test_a_busy_loop_keeps_its_leases(still: Town) -> None:
    """The loop stands still for three leases: the heart is no part of it."""
    async with Peer(lambda _request: Reply(after=30)) as silent:
        await still.settle_again(base_url=silent.url)
        await still.publish("oi", *TWO)
        still.settings = still.settings.model_copy(update={"lease_seconds": 1, "drain_seconds": 0})
        await still.work()
        still.say("oi")
        await still.until(lambda: len(silent.asked) == 1)
        owner = await still.value("SELECT owner FROM lanes")
        time.sleep(3)  # noqa: ASYNC251 - this is what is tested
        row = (await still.rows("SELECT owner, until > now() AS alive FROM lanes"))[0]
        assert row == {"owner": owner, "alive": True}
        assert len(silent.asked) == 1


@pytest.fixture
async def plant(database: services.Database, tmp_path: Path) -> AsyncIterator[Plant]:
    """Worker processes with leases of two seconds, and without Redis."""
    async with open_plant(database, tmp_path, lease_seconds=2) as plant:
        yield plant


async def caught(town: Town, process: asyncio.subprocess.Process, sql: str) -> None:
    """Halt a worker at a moment when `sql` is true of what it has in hand: try until it is."""
    end = time.monotonic() + 60
    while True:
        process.send_signal(signal.SIGSTOP)
        if await town.value(sql):
            return
        process.send_signal(signal.SIGCONT)
        assert time.monotonic() < end, f"never halted while {sql}"
        await asyncio.sleep(0.002)


async def test_a_worker_that_is_halted_and_goes_on_does_nothing_twice(plant: Plant) -> None:
    """kill -STOP in the middle of its work; another takes over; then it wakes up."""
    town = plant.town
    town.graph.ladder = Ladder(sent=0.2, delivered=0.4)
    await town.publish("oi", *TWO)
    first = await plant.worker()
    first.send_signal(signal.SIGSTOP)  # or it may be done before it is looked at
    await many_say(town, town.place, 60)
    first.send_signal(signal.SIGCONT)
    await caught(town, first, "SELECT count(*) > 0 FROM lanes WHERE owner IS NOT NULL")
    owner = await town.value("SELECT owner FROM lanes WHERE owner IS NOT NULL LIMIT 1")
    await plant.worker()
    await town.sees(
        "SELECT count(*) = 0 FROM lanes WHERE owner = $1", owner, within=30
    )  # taken over: the bound is the lease and a second's poll
    first.send_signal(signal.SIGCONT)
    # What was in doubt is settled by what it knows, or by statuses; nothing is said twice.
    await town.sees("SELECT count(*) = 0 FROM outbox", within=60)
    await asyncio.sleep(1)
    for n in range(60):
        assert town.heard(f"55119{n:08d}") == ["Um", "Dois"]


async def test_a_doubt_is_void_when_the_sender_has_told_meanwhile(still: Town) -> None:
    """One decides that nobody knows; before that is written, the sender says: nothing left."""
    await queued(still, TWO)
    conversation, send, attempt = await leased(still)
    await expire(still)
    hands = Hands(still, still.database)
    await hands.begin()
    claimer = hands._working._sender._claimer
    decided = (await claimer.claim()).verdicts
    assert [(each.id, type(each.verdict)) for each in decided] == [(send, Doubt)]
    async with still.database.worker() as transaction:
        told = Result(send, conversation, attempt, Again(0.0))
        assert (await record(transaction, [told])).counted == {send}
    async with still.database.worker() as transaction:
        assert not (await record(transaction, decided, owner=claimer.owner)).counted
    assert await states(still) == ["queued", "queued"]
    assert await still.value("SELECT owner IS NULL AND next_at <= now() FROM lanes")
    claimer.let_go([conversation])
    await hands.send()
    await hands.send()
    assert still.heard() == ["Um", "Dois"]
    await hands.end()


@pytest.mark.parametrize("order", [1, -1])
async def test_the_senders_own_word_holds_before_what_another_concluded(
    still: Town, order: int
) -> None:
    """Both in one batch, in either order."""
    await queued(still, TWO)
    conversation, send, attempt = await leased(still)
    own = Result(send, conversation, attempt, Again(0.0))
    concluded = Result(send, conversation, attempt, Doubt(120.0), "sending")
    async with still.database.worker() as transaction:
        assert (await record(transaction, [own, concluded][::order])).counted == {send}
    assert await states(still) == ["queued", "queued"]


@pytest.mark.parametrize("order", [1, -1])
async def test_an_attempt_that_is_over_says_nothing_beside_the_one_that_stands(
    still: Town, order: int
) -> None:
    """A task outlived its lease, and the same process took the send again: both in one batch."""
    await queued(still, TWO)
    conversation, send, attempt = await leased(still)
    await still.run("UPDATE outbox SET attempt = attempt + 1 WHERE id = $1", send)
    stale = Result(send, conversation, attempt, Failed(Refused("transient", permanent=True)))
    stands = Result(send, conversation, attempt + 1, Delivered("wamid.2"))
    async with still.database.worker() as transaction:
        await record(transaction, [stale, stands][::order])
    assert await still.value("SELECT provider_id FROM messages WHERE id = $1", send) == "wamid.2"
    assert await still.value("SELECT count(*) FROM dead_letters") == 0


async def test_what_the_sender_knows_ends_the_doubt_of_who_took_over(still: Town) -> None:
    await queued(still, TWO)
    conversation, send, attempt = await leased(still)
    for result, state in (
        (Result(send, conversation, attempt, Doubt(120.0), "sending"), "unknown"),
        (Result(send, conversation, attempt, Again(0.0)), "queued"),
    ):
        async with still.database.worker() as transaction:
            await record(transaction, [result])
        assert (await states(still))[0] == state


async def test_calls_of_a_dead_worker_are_taken_over(plant: Plant) -> None:
    """kill -9 with requests under way: another makes them again within the lease and a second."""
    town, answers = plant.town, iter([Reply(after=3600)] * 5)
    answer: Callable[[], Reply] = lambda: next(answers, Reply(200, b'{"estado": "feito"}'))  # noqa: E731
    async with Peer(lambda _request: answer()) as peer:
        await town.publish("oi", *flow(peer.url), variables=[{"name": "pedido"}])
        first = await plant.worker()
        await many_say(town, town.place, 5)
        await town.until(lambda: len(peer.asked) == 5, 30)
        owners: set[UUID] = {r["owner"] for r in await town.rows("SELECT owner FROM calls")}
        first.kill()
        await first.wait()
        await plant.worker()
        for n in range(5):
            await town.hears("Estado: feito", who=f"55119{n:08d}", within=30)
        assert len(owners) == 1
        keys = [request.headers["idempotency-key"] for request in peer.asked]
        assert len(keys) == 10
        assert len(set(keys)) == 5
