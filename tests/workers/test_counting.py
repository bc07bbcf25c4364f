"""The numbers of flows: every turn once, however often it is looked at, and never a draft's."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from flowengine.state import encode
from flowengine.store.flow_counts import Fresh, Sum, Walk, may_count, sums, write_counts
from flowengine.trail import Called, Entered, Left, Returned, Trail
from tests.workers.hands import Hands
from tests.workers.test_erasing import contact_of, erased
from tests.workers.test_moves import NEW, OLD, VARIABLES, begin, through
from tests.workers.town import ANA, Town
from workers.counting import Counting, Tally, Way, _way

OTHER = "5511988880009"
DAY = datetime.now(UTC).date()


async def told(town: Town, version: int = 0) -> dict[tuple[str, str, str], int]:
    async with town.database.worker(town.place.tenant) as transaction:
        found: tuple[Sum, ...] = await sums(transaction, "oi", DAY - timedelta(days=1), version)
    return {(each.kind, each.node, each.name): each.n for each in found}


async def counted(town: Town) -> None:
    """Counted by a process that begins now, so it looks at the last seconds once more."""
    await Counting(town.database).tick()


async def test_who_came_waits_and_ended_is_counted_once(still: Town) -> None:
    await still.work()
    await still.publish("oi", *OLD, variables=VARIABLES)
    for who in (ANA, OTHER):
        still.say("oi", who=who)
        await still.hears("Nome?", who=who)
    await still.quiet()
    for _ in range(3):
        await counted(still)
    assert await told(still) == {
        ("began", "", ""): 2, ("in", "nome", ""): 2, ("at", "nome", ""): 2,
    }  # fmt: skip
    still.say("Ana")
    await still.hears("Nome?", "Oi, Ana!")
    await still.quiet()
    for _ in range(3):
        await counted(still)
    assert await told(still) == {
        ("began", "", ""): 2, ("in", "nome", ""): 2, ("at", "nome", ""): 1,
        ("out", "nome", "reply"): 1, ("in", "fim", ""): 1, ("out", "fim", "next"): 1,
        ("done", "", ""): 1,
    }  # fmt: skip
    assert await told(still, 1) == await told(still)
    assert await told(still, 2) == {}


async def test_who_moved_waits_in_the_new_version_and_an_erased_one_nowhere(town: Town) -> None:
    await town.publish("oi", *OLD, variables=VARIABLES)
    for who in (ANA, OTHER):
        town.say("oi", who=who)
        await town.hears("Nome?", who=who)
    await town.quiet()
    await counted(town)
    await town.publish("oi", *NEW, variables=VARIABLES)
    await through(town, await begin(town))
    await town.quiet()
    await counted(town)
    assert ("at", "nome", "") not in await told(town, 1)
    assert (await told(town, 2))["at", "nome", ""] == 2
    await erased(town, await contact_of(town))
    await Counting(town.database).tidy()
    left = await told(town)
    assert (left["began", "", ""], left["at", "nome", ""]) == (2, 1)


async def test_a_count_under_way_writes_nobody_down_who_is_erased(still: Town) -> None:
    """Erasure waits for it, and leaves a way that is nobody's."""
    await still.work(pumps=False)
    await still.publish("oi", *OLD, variables=VARIABLES)
    hands = Hands(still, still.database)
    await hands.begin()
    still.say("oi")
    await still.sees("SELECT count(*) = 1 FROM inbox")
    await hands.until_quiet()
    run = await still.value("SELECT id FROM executions")
    ana = await contact_of(still)
    async with still.database.worker() as counting:
        assert await may_count(counting)
        assert await counting.value("SELECT count(*) FROM journal") > 0
        erasing = asyncio.create_task(erased(still, ana))
        await still.sees(
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        walk = Walk(run, still.place.tenant, "oi", 1, DAY, 1, datetime.now(UTC), True, b"{}")
        await write_counts(counting, [walk], {}, datetime.now(UTC))
    await erasing
    assert await still.value("SELECT count(*) FROM flow_walks WHERE execution_id = $1", run) == 0
    assert await still.value("SELECT count(*) FROM flow_walks") == 1
    await hands.end()


def fresh(turn: int, *events: Trail, ended: str = "", way: bytes | None = None) -> Fresh:
    return Fresh(
        uuid4(), uuid4(), "f", 1, DAY, ended or "waiting", "", bool(ended), turn,
        datetime.now(UTC), encode(events), way, None if way is None else 1,
    )  # fmt: skip


def test_a_step_counts_once_and_calls_stand_at_their_step() -> None:
    tally = Tally()
    tally.take([
        fresh(1, Entered("menu"), Left("menu", "choice:banho"), Entered("certo")),
        fresh(2, Left("certo", "choice:nao"), Entered("menu"), Called("outro"), Entered("dentro")),
        fresh(3, Returned("outro"), Left("menu", "choice:banho")),
    ])  # fmt: skip
    found = Counter({key[4:]: n for key, n in tally.sums.items()})
    assert found["in", "menu", ""] == found["in", "certo", ""] == 1
    assert found["out", "menu", "choice:banho"] == 1
    assert ("in", "dentro", "") not in found
    assert found["at", "menu", ""] == 1
    (walk,) = tally.walks
    assert _way.decode(walk.way).depth == 0


def test_ways_that_are_kept_say_what_was_counted() -> None:
    first = Tally()
    first.take([fresh(1, Entered("ab"), Left("ab", "variant:a"), Entered("fim"))])
    kept = first.walks[0].way
    second = Tally()
    second.take([fresh(2, Entered("fim"), ended="expired", way=kept)])
    found = {key[4:]: n for key, n in second.sums.items() if n}
    assert found == {
        ("at", "fim", ""): -1, ("drop", "fim", ""): 1, ("ab", "ab", "variant:a\t0\t"): 1,
    }  # fmt: skip
    third = Tally()
    third.take([fresh(3, ended="expired", way=second.walks[0].way)])
    assert not any(third.sums.values())
    assert Way() == _way.decode(b"{}")
