"""Conversations carried to a new version: each by a turn of its own, whatever breaks in between."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from flowengine.store.flow_moves import (
    Choices,
    Move,
    NewMember,
    begin_move,
    cancel_move,
    feed_moves,
    moves,
    settle_moves,
)
from flowengine.store.recorded import standing
from flowengine.store.releases import published_release
from tests.flowengine.playing import OI, ask, text
from tests.services.cutting import When
from tests.workers.crashing import Crash
from tests.workers.test_inbox import body, message
from tests.workers.test_turns import refolded
from tests.workers.town import ANA, Town

VARIABLES = [{"name": "nome"}]
OLD = ((OI, ask("nome", "Nome?", save_as="nome"), text("fim", "Oi, {{ nome }}!")),
       ("oi > nome", "nome:reply > fim"))  # fmt: skip
NEW = ((OI, ask("nome", "Nome?", save_as="nome"), text("fim", "Olá, {{ nome }}!")),
       ("oi > nome", "nome:reply > fim"))  # fmt: skip
GONE = ((OI, ask("outro", "E agora?", save_as="nome"), text("fim", "Olá, {{ nome }}!")),
        ("oi > outro", "outro:reply > fim"))  # fmt: skip


async def begin(
    town: Town, *, mapping: Mapping[str, str] = {}, elsewhere: Mapping[str, str] = {}
) -> UUID:
    """Everybody who stands in the flow is to move to what is published now."""
    async with town.database.worker(town.place.tenant) as transaction:
        release = await published_release(transaction, "oi")
        assert release is not None
        rows = [row for row in await standing(transaction, "oi") if row.release != release]
        members = [NewMember(row.id, row.conversation_id, release, 2) for row in rows]
        old = {row.release: dict(mapping) for row in rows}
        return await begin_move(
            transaction, "oi", 2, Choices(dict(elsewhere), old), members, town.place.owner
        )


async def told(town: Town, id: UUID) -> Move:
    async with town.database.worker(town.place.tenant) as transaction:
        return next(each for each in await moves(transaction, "oi") if each.id == id)


async def through(town: Town, id: UUID) -> Move:
    await town.sees("SELECT state = 'done' FROM flow_moves WHERE id = $1", id)
    return await told(town, id)


async def test_conversations_go_on_with_the_version_that_was_published(town: Town) -> None:
    await town.publish("oi", *OLD, variables=VARIABLES)
    people = [ANA, "5511988880001", "5511988880002"]
    for who in people:
        town.say("oi", who=who)
        await town.hears("Nome?", who=who)
    await town.publish("oi", *NEW, variables=VARIABLES)
    done = await through(town, await begin(town))
    assert (done.total, done.outcomes) == (3, {"moved": 3})
    for who in people:
        town.say("Ana", who=who)
        await town.hears("Nome?", "Olá, Ana!", who=who)
    await town.quiet()
    for row in await town.rows("SELECT id, version FROM executions"):
        assert row["version"] == 2
        turns = await refolded(town, row["id"])
        assert len(turns) == 3
        assert all(not turn.differs for turn in turns)


@pytest.mark.parametrize(
    ("choices", "outcome", "heard"),
    [
        ({}, "stays", ["Nome?", "Oi, Ana!"]),
        ({"mapping": {"oi/nome": "outro"}}, "moved", ["Nome?", "Olá, Ana!"]),
        ({"elsewhere": {"oi/nome": "end"}}, "ended", ["Nome?"]),
        ({"elsewhere": {"oi/nome": "queue:geral"}}, "person", ["Nome?"]),
    ],
)
async def test_who_stands_on_a_step_that_is_gone_goes_where_it_was_chosen(
    town: Town, choices: Any, outcome: str, heard: list[str]
) -> None:
    await town.publish("oi", *OLD, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.publish("oi", *GONE, variables=VARIABLES)
    assert (await through(town, await begin(town, **choices))).outcomes == {outcome: 1}
    town.say("Ana")
    await town.hears(*heard)
    await town.quiet()
    owner = await town.value("SELECT owner FROM conversations")
    assert owner == ("queue" if outcome == "person" else "bot")


async def test_a_customer_who_writes_at_the_same_moment_is_answered_once(still: Town) -> None:
    """Before the move or behind it: one answer, of the version that it had by then."""
    await still.work(pumps=False)
    workers = still.workers
    assert workers is not None
    await still.publish("oi", *OLD, variables=VARIABLES)
    people = [f"55119{n:08d}" for n in range(12)]
    for who in people:
        await still.deliver(body(still, [message(who, 0, "oi")]))
    await workers.stop()
    await still.work()
    for who in people:
        await still.hears("Nome?", who=who)
    await still.publish("oi", *NEW, variables=VARIABLES)
    writing = [
        asyncio.create_task(still.deliver(body(still, [message(who, 1, "Ana")]))) for who in people
    ]
    done = await through(still, await begin(still))
    await asyncio.gather(*writing)
    assert sum(done.outcomes.values()) == done.total
    assert set(done.outcomes) <= {"moved", "over"}
    await still.quiet()
    for who in people:
        await still.until(lambda who=who: len(still.heard(who)) >= 2)
        assert still.heard(who) in (["Nome?", "Oi, Ana!"], ["Nome?", "Olá, Ana!"])


async def test_a_cancelled_move_leaves_who_was_not_told_where_they_are(still: Town) -> None:
    await still.work(pumps=False)
    await still.publish("oi", *OLD, variables=VARIABLES)
    for n in range(3):
        await still.deliver(body(still, [message(f"55119{n:08d}", 0, "oi")]))
    workers = still.workers
    assert workers is not None
    await workers.stop()
    await still.work()
    await still.sees("SELECT count(*) = 3 FROM executions")
    await still.quiet()
    await workers.stop()
    assert still.workers is not None
    await still.workers.stop()
    await still.publish("oi", *NEW, variables=VARIABLES)
    id = await begin(still)
    async with still.database.worker() as transaction:
        assert await feed_moves(transaction, 1) == 1
    async with still.database.worker(still.place.tenant) as transaction:
        await cancel_move(transaction, "oi", id)
    async with still.database.worker() as transaction:
        assert await feed_moves(transaction) == 0
    await still.work()
    await still.quiet()
    async with still.database.worker() as transaction:
        await settle_moves(transaction)
    left = await told(still, id)
    assert (left.state, left.outcomes) == ("cancelled", {"moved": 1})
    versions = await still.rows("SELECT version, count(*) AS n FROM executions GROUP BY 1")
    assert {row["version"]: row["n"] for row in versions} == {1: 2, 2: 1}


@pytest.mark.parametrize("when", ["after", pytest.param("before", marks=pytest.mark.slow)])
async def test_a_death_between_any_two_steps_of_a_move_changes_nothing(
    crash: Crash, when: When
) -> None:
    """The process dies while it feeds, while the turn is taken, and while it is settled."""
    town = crash.town
    for at in range(1, 60):
        crash.wire.mend()
        await town.publish("oi", *OLD, variables=VARIABLES)
        who = crash.customer()
        await town.deliver(body(town, [message(who, 0, "oi")]))
        await crash.healthy(lambda hands: hands.until_quiet())
        await town.publish("oi", *NEW, variables=VARIABLES)
        id = await begin(town)
        fired = await _cut(crash, at, when)
        await _go_on(crash, id)
        assert (await told(town, id)).outcomes == {"moved": 1}, at
        await town.deliver(body(town, [message(who, 1, "Ana")]))
        await crash.healthy(lambda hands: hands.until_quiet())
        assert town.heard(who) == ["Nome?", "Olá, Ana!"], at
        execution = await town.value("SELECT id FROM executions ORDER BY started_at DESC LIMIT 1")
        turns = await refolded(town, execution)
        assert [turn.differs for turn in turns] == [()] * 3
        if not fired:
            assert at > 5, "a move has hardly any steps: is it what it says?"
            return
    raise AssertionError("it has not run through")


async def _go_on(crash: Crash, id: UUID) -> None:
    """What the clock of another process does each second, until the server lets the dead one go."""
    for _ in range(600):
        async with crash.town.database.worker() as transaction:
            await feed_moves(transaction)
        await crash.healthy(lambda hands: hands.until_quiet())
        async with crash.town.database.worker() as transaction:
            await settle_moves(transaction)
        if (await told(crash.town, id)).state == "done":
            return
        await asyncio.sleep(0.05)


async def _cut(crash: Crash, at: int, when: When) -> bool:
    database = await crash.wired()
    hands = await crash.hands(database)
    async with database.worker() as transaction:
        await transaction.now()
    crash.wire.arm(at, when, deadly=True)

    async def all_of_it() -> None:
        async with database.worker() as transaction:
            await feed_moves(transaction)
        await hands.turn()
        async with database.worker() as transaction:
            await settle_moves(transaction)

    running = asyncio.ensure_future(all_of_it())
    fired = asyncio.ensure_future(crash.wire.fired.wait())
    await asyncio.wait((running, fired), return_when=asyncio.FIRST_COMPLETED)
    cut = crash.wire.fired.is_set()
    for task in (running, fired):
        task.cancel()
    await asyncio.gather(running, fired, return_exceptions=True)
    await hands.die()
    crash.wire.mend()
    return cut
