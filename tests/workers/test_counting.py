"""The numbers of flows: every turn once, however often it is looked at, and never a draft's."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from flowengine.state import encode
from flowengine.store.flow_counts import (
    Fresh,
    Key,
    Sum,
    Walk,
    fresh_turns,
    may_count,
    sums,
    write_counts,
)
from flowengine.trail import Called, Entered, Interrupted, Left, MovedOver, Returned, Trail
from tests.workers.hands import Hands
from tests.workers.test_erasing import contact_of, erased
from tests.workers.test_moves import NEW, OLD, VARIABLES, begin, through
from tests.workers.town import ANA, Town
from workers.counting import Counting
from workers.tallying import Tally, Way, read_way

OTHER = "5511988880009"
DAY = datetime.now(UTC).date()


async def told(town: Town, version: int = 0) -> dict[tuple[str, str, str], int]:
    async with town.database.worker(town.place.tenant) as transaction:
        rows: tuple[Sum, ...] = await sums(transaction, "oi", DAY - timedelta(days=1), version)
    return {(each.kind, each.node, each.name): each.n for each in rows}


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
        ("waits", "nome", ""): 2,
    }  # fmt: skip
    still.say("Ana")
    await still.hears("Nome?", "Oi, Ana!")
    await still.quiet()
    for _ in range(3):
        await counted(still)
    assert await told(still) == {
        ("began", "", ""): 2, ("in", "nome", ""): 2, ("at", "nome", ""): 1,
        ("waits", "nome", ""): 1, ("out", "nome", "reply"): 1, ("in", "fim", ""): 1,
        ("out", "fim", "next"): 1, ("done", "", ""): 1,
    }  # fmt: skip
    assert await told(still, 1) == await told(still)
    assert await told(still, 2) == {}


async def test_where_nobody_stands_any_more_is_no_row(still: Town) -> None:
    def standing(node: str, n: int) -> dict[Key, int]:
        return {(still.place.tenant, "oi", 1, DAY, "at", node, ""): n}

    now = datetime.now(UTC)
    async with still.database.worker() as transaction:
        for node, n, ago in (("nome", 1, 9), ("nome", -1, 8), ("fim", 2, 7), ("fim", -1, 6)):
            at = now - timedelta(minutes=ago)
            await write_counts(transaction, [], standing(node, n), at)
    await Counting(still.database).tidy()
    rows = await still.rows("SELECT node, n FROM flow_counts")
    assert [(row["node"], row["n"]) for row in rows] == [("fim", 1)]


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


async def test_numbers_of_a_version_after_a_move_are_of_that_version(town: Town) -> None:
    """What was done before the move is the old version's; who moved came to the new one."""
    await town.publish("oi", *OLD, variables=VARIABLES)
    for who in (ANA, OTHER):
        town.say("oi", who=who)
        await town.hears("Nome?", who=who)
    await town.quiet()
    await town.publish("oi", *NEW, variables=VARIABLES)
    await through(town, await begin(town))
    town.say("Ana")
    await town.hears("Nome?", "Olá, Ana!")
    await town.quiet()
    await counted(town)
    assert await told(town, 1) == {
        ("began", "", ""): 2, ("in", "nome", ""): 2, ("gone", "", ""): 2,
    }  # fmt: skip
    assert await told(town, 2) == {
        ("moved", "", ""): 2, ("moved", "nome", ""): 2, ("in", "nome", ""): 2,
        ("at", "nome", ""): 1, ("waits", "nome", ""): 1, ("out", "nome", "reply"): 1,
        ("in", "fim", ""): 1, ("out", "fim", "next"): 1, ("done", "", ""): 1,
    }  # fmt: skip
    whole = await told(town)
    assert (whole["began", "", ""], whole["in", "nome", ""]) == (2, 2)
    assert {"moved", "gone"}.isdisjoint(kind for kind, _node, _name in whole)


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


async def test_a_day_is_one_of_the_workspace_and_stays_as_it_was_counted(still: Town) -> None:
    await still.work(pumps=False)
    await still.publish("oi", *OLD, variables=VARIABLES)
    hands = Hands(still, still.database)
    await hands.begin()
    still.say("oi")
    await still.sees("SELECT count(*) = 1 FROM inbox")
    await hands.until_quiet()
    run = await still.value("SELECT id FROM executions")
    began = {
        ("America/Sao_Paulo", "2026-11-22T00:30:00+00:00"): "2026-11-21",
        ("America/Sao_Paulo", "2026-11-22T03:00:00+00:00"): "2026-11-22",
        ("Asia/Tokyo", "2026-11-21T15:30:00+00:00"): "2026-11-22",
        # An hour is left out in the night to March 8, and given back in that to November 1.
        ("America/New_York", "2026-03-08T04:30:00+00:00"): "2026-03-07",
        ("America/New_York", "2026-03-09T03:30:00+00:00"): "2026-03-08",
        ("America/New_York", "2026-11-01T03:30:00+00:00"): "2026-10-31",
        ("America/New_York", "2026-11-02T04:30:00+00:00"): "2026-11-01",
    }
    async with still.database.worker() as transaction:
        assert await may_count(transaction)

        async def counted_on() -> str:
            long_ago = datetime.now(UTC) - timedelta(days=1)
            (turn, *_) = await fresh_turns(transaction, long_ago, datetime.now(UTC))
            return turn.day.isoformat()

        for (zone, at), day in began.items():
            await transaction.run("UPDATE tenants SET timezone = $1", zone)
            await transaction.run(
                "UPDATE executions SET started_at = $1", datetime.fromisoformat(at)
            )
            assert await counted_on() == day, (zone, at)
        known = date(2026, 10, 30)
        walk = Walk(run, still.place.tenant, "oi", 1, known, 0, datetime.now(UTC), False, b"{}")
        await write_counts(transaction, [walk], {}, datetime.now(UTC))
        assert await counted_on() == "2026-10-30"
    await hands.end()


def fresh(
    turn: int,
    *events: Trail,
    ended: str = "",
    way: bytes | None = None,
    version: int = 1,
    counted: int = 1,
    given: bytes | None = None,
) -> Fresh:
    return Fresh(
        uuid4(), uuid4(), "f", version, DAY, ended or "waiting", "", bool(ended), turn,
        datetime.now(UTC), encode(events), way, None if way is None else counted, given,
    )  # fmt: skip


def found(tally: Tally, version: int) -> dict[tuple[str, str, str], int]:
    sums = Counter[tuple[str, str, str]]()
    for key, n in tally.sums.items():
        sums[key[4:]] += n if key[2] == version else 0
    return {key: n for key, n in sums.items() if n}


def moved_to(*nodes: str) -> bytes:
    """What a move is told: the stack as it will be."""
    frames = [{"flow": "f", "node": node} for node in nodes]
    return encode({"event": {"type": "moved", "frames": frames, "version": 2}})


def test_a_backlog_is_counted_for_the_versions_on_which_its_turns_were_made() -> None:
    tally = Tally()
    tally.take([
        fresh(1, Entered("menu"), Left("menu", "choice:a"), Entered("nome")),
        fresh(2, MovedOver("nome", "nome", 2), version=2, given=moved_to("nome")),
        fresh(3, Left("nome", "reply"), Entered("menu"), version=2, ended="expired"),
    ])  # fmt: skip
    assert found(tally, 1) == {
        ("began", "", ""): 1, ("in", "menu", ""): 1, ("out", "menu", "choice:a"): 1,
        ("in", "nome", ""): 1, ("gone", "", ""): 1,
    }  # fmt: skip
    assert found(tally, 2) == {
        ("moved", "", ""): 1, ("moved", "nome", ""): 1, ("in+", "nome", ""): 1,
        ("out", "nome", "reply"): 1, ("in+", "menu", ""): 1, ("drop", "menu", ""): 1,
    }  # fmt: skip


def test_who_is_put_back_counts_once_for_each_version() -> None:
    tally = Tally()
    tally.take([fresh(1, Entered("nome"))])
    tally.take([
        fresh(2, MovedOver("nome", "nome", 2), version=2, way=tally.walks[-1].way,
              given=moved_to("nome")),
    ])  # fmt: skip
    kept = tally.walks[-1].way
    tally.take([
        fresh(3, MovedOver("nome", "nome", 1), way=kept, counted=2, given=moved_to("nome")),
        fresh(4, Left("nome", "reply"), Entered("fim"), way=kept, counted=2, ended="completed"),
    ])  # fmt: skip
    assert found(tally, 1) == {
        ("began", "", ""): 1, ("in", "nome", ""): 1, ("out", "nome", "reply"): 1,
        ("in", "fim", ""): 1, ("done", "", ""): 1,
    }  # fmt: skip
    assert found(tally, 2) == {
        ("moved", "", ""): 1, ("moved", "nome", ""): 1, ("in+", "nome", ""): 1,
        ("gone", "", ""): 1,
    }  # fmt: skip


def test_a_way_of_a_test_counts_for_the_version_on_which_it_was_taken() -> None:
    tally = Tally()
    tally.take([
        fresh(1, Entered("ab"), Left("ab", "variant:a"), Entered("nome")),
        fresh(2, MovedOver("nome", "nome", 2), version=2, given=moved_to("nome")),
        fresh(3, Left("nome", "reply"), Entered("fim"), version=2, ended="completed"),
    ])  # fmt: skip
    assert found(tally, 1)["ab", "ab", "variant:a\t1\t"] == 1
    assert not any(kind.startswith("ab") for kind, _node, _name in found(tally, 2))


def test_who_is_moved_within_a_called_flow_stands_at_the_step_that_called_it() -> None:
    tally = Tally()
    tally.take([
        fresh(1, Entered("chama"), Called("outro"), Entered("dentro")),
        fresh(2, MovedOver("dentro", "dentro", 2), version=2, given=moved_to("liga", "dentro")),
    ])  # fmt: skip
    tally.take([
        fresh(3, Returned("outro"), Left("liga", "next"), Entered("fim"), version=2, counted=2,
              way=tally.walks[-1].way),
    ])  # fmt: skip
    assert found(tally, 1) == {
        ("began", "", ""): 1, ("in", "chama", ""): 1, ("gone", "", ""): 1,
    }  # fmt: skip
    assert found(tally, 2) == {
        ("moved", "", ""): 1, ("moved", "liga", ""): 1, ("in", "liga", ""): 1,
        ("out", "liga", "next"): 1, ("in", "fim", ""): 1, ("at", "fim", ""): 1,
    }  # fmt: skip


def test_a_step_counts_once_and_calls_stand_at_their_step() -> None:
    tally = Tally()
    tally.take([
        fresh(1, Entered("menu"), Left("menu", "choice:banho"), Entered("certo")),
        fresh(2, Left("certo", "choice:nao"), Entered("menu"), Called("outro"), Entered("dentro")),
        fresh(3, Returned("outro"), Left("menu", "choice:banho")),
    ])  # fmt: skip
    counts = Counter(found(tally, 1))
    assert counts["in", "menu", ""] == counts["in", "certo", ""] == 1
    assert counts["out", "menu", "choice:banho"] == 1
    assert ("in", "dentro", "") not in counts
    assert counts["at", "menu", ""] == 1
    (walk,) = tally.walks
    assert read_way(walk.way).depth == 0


def test_an_interrupt_that_comes_back_leaves_the_called_flow_where_it_was() -> None:
    """Its frame ends as a called flow does, though nothing was called."""
    tally = Tally()
    tally.take([
        fresh(1, Entered("chama"), Called("outro"), Entered("dentro")),
        fresh(2, Interrupted("ajuda", "return"), Entered("socorro")),
    ])  # fmt: skip
    kept = tally.walks[-1].way
    tally.take([
        fresh(3, Returned("outro"), Left("dentro", "reply"), Entered("mais"), way=kept),
    ])  # fmt: skip
    assert found(tally, 1) == {
        ("began", "", ""): 1, ("in", "chama", ""): 1, ("at", "chama", ""): 1,
    }  # fmt: skip
    home = Tally()
    home.take([
        fresh(1, Entered("menu"), Interrupted("ajuda", "return"), Entered("socorro")),
        fresh(2, Returned("f"), Left("menu", "choice:a"), Entered("fim")),
    ])  # fmt: skip
    assert {node for kind, node, _name in found(home, 1) if kind == "in"} == {
        "menu", "socorro", "fim",
    }  # fmt: skip


def test_ways_that_are_kept_say_what_was_counted() -> None:
    first = Tally()
    first.take([fresh(1, Entered("ab"), Left("ab", "variant:a"), Entered("fim"))])
    kept = first.walks[0].way
    second = Tally()
    second.take([fresh(2, Entered("fim"), ended="expired", way=kept)])
    assert found(second, 1) == {
        ("at", "fim", ""): -1, ("drop", "fim", ""): 1, ("ab", "ab", "variant:a\t0\t"): 1,
    }  # fmt: skip
    third = Tally()
    third.take([fresh(3, ended="expired", way=second.walks[0].way)])
    assert not any(third.sums.values())
    assert Way() == read_way(b"{}")
