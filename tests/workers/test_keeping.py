"""Retention: what is older than a policy goes, by whole months or row by row, and nothing else."""

import asyncio
import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flowengine.replay import Refolded, refold
from flowengine.state import decode_state
from flowengine.store import assets, executions, policies
from flowengine.store.database import Database
from flowengine.store.keeping import drop_month, forget_some, old_months
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.aging import age, month_before
from tests.workers.test_turns import NAME, VARIABLES, recorded_of
from tests.workers.town import Town
from workers.keeping import Keeper


@pytest.fixture
async def talked(town: Town) -> Town:
    """Ana was asked her name two months ago, answered today."""
    await town.publish("oi", *NAME, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    await age(town.owner_dsn, 2)
    town.say("Ana")
    await town.hears("Nome?", "Bairro?")
    await town.quiet()
    return town


async def decide(town: Town, months: int | None, days: int | None = None) -> None:
    async with town.database.worker(town.place.tenant) as transaction:
        await policies.set_keeping(transaction, months, days)


async def forget(database: Database) -> int:
    """Until nothing is left to be done; how many rows went."""
    total = 0
    for _ in range(100):
        async with database.worker() as transaction:
            gone = await forget_some(transaction)
        if gone is None:
            return total
        total += gone
    raise AssertionError("it never ends")


async def old(database: Database) -> set[str]:
    async with database.worker() as transaction:
        return {f"{parent} {month:%Y-%m}" for parent, month in await old_months(transaction)}


async def drop(database: Database) -> set[str]:
    """Drop what may go, as the town's clock may at the same moment; the months that are left."""
    async with database.worker() as transaction:
        months = await old_months(transaction)
    for parent, month in months:
        async with database.worker() as transaction:
            await drop_month(transaction, parent, month)
    return await old(database)


async def dropped(database: Database, parent: str) -> None:
    """As the product does: a month that somebody held for a moment (a vacuum) goes next time."""
    async with asyncio.timeout(60):
        left = True
        while left:  # each round ends by itself: it waits for no lock longer than a moment
            left = any(each.startswith(parent) for each in await drop(database))


@on_both
async def test_rows_older_than_the_policy_go_and_the_others_stay(talked: Town) -> None:
    await decide(talked, 1)
    assert await forget(talked.database) > 0
    said = await talked.rows("SELECT text FROM messages ORDER BY id")
    assert [each["text"] for each in said] == ["Ana", "Bairro?"]
    assert await talked.value("SELECT min(at) >= $1 FROM journal", month_before(1))
    assert await talked.value("SELECT kept_from FROM policies") == month_before(1)
    assert await forget(talked.database) == 0
    talked.say("Centro")
    await talked.hears("Nome?", "Bairro?", "Ana de Centro")


async def test_without_a_policy_everything_stays(talked: Town) -> None:
    before = await talked.value("SELECT count(*) FROM messages")
    await Keeper(talked.database).tick()
    assert await talked.value("SELECT count(*) FROM messages") == before
    last = f"{month_before(2):%Y-%m}"
    assert {f"journal {last}", f"messages {last}"} <= await drop(talked.database)
    assert await talked.value("SELECT count(*) FROM messages") == before


@on_both
async def test_months_that_every_workspace_lets_go_are_dropped_whole(talked: Town) -> None:
    await decide(talked, 1)
    await dropped(talked.database, "messages")
    await dropped(talked.database, "journal")
    assert await talked.value("SELECT count(*) FROM messages") == 2
    assert await talked.value("SELECT to_regclass($1)", f"messages_{month_before(2):%Y_%m}") is None
    # The months that are left begin where it stopped: none of those is made again.
    assert await talked.rows("SELECT ensure_partitions(3) AS name") == []


async def test_one_workspace_that_keeps_all_keeps_the_month(talked: Town) -> None:
    """Its neighbour's rows go one by one."""
    await talked.owner(
        "INSERT INTO tenants (id, slug, name, opt_out_words, opt_out_text)"
        " VALUES (gen_random_uuid(), 'davi', 'Davi', '{sair}', 'Pronto.')"
    )
    await talked.owner(
        "INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind,"
        " content) SELECT partition_bound('messages', now() - interval '2 months')::uuid, t.id,"
        " t.id, now() - interval '2 months', 'in', 'contact', 'text', ''"
        " FROM tenants t WHERE slug = 'davi'"
    )
    await decide(talked, 1)
    await forget(talked.database)
    assert await talked.value("SELECT count(*) FROM messages") == 3
    await dropped(talked.database, "journal")  # nobody's row is left in it
    assert f"messages {month_before(2):%Y-%m}" in await drop(talked.database)


async def test_a_month_in_use_is_left_for_the_next_time(talked: Town) -> None:
    """It waits for no lock longer than a fifth of a second, so nobody waits for it longer."""
    await decide(talked, 1)
    async with talked.database.worker() as reading:
        await reading.rows("SELECT count(*) FROM messages")
        before = {each for each in await old(talked.database) if each.startswith("messages")}
        assert before
        assert before <= await drop(talked.database)
    await dropped(talked.database, "messages")


async def test_what_is_still_to_be_sent_is_kept(town: Town) -> None:
    await town.publish("oi", (OI, text("a", "A")), ("oi > a",))
    await town.owner("UPDATE channels SET state = 'paused'")
    await town.writes("oi")
    await town.sees("SELECT count(*) = 1 FROM outbox")
    await age(town.owner_dsn, 2)
    await decide(town, 1)
    assert f"messages {month_before(2):%Y-%m}" in await drop(town.database)
    await forget(town.database)
    assert [each["text"] for each in await town.rows("SELECT text FROM messages")] == ["A"]
    await town.owner("UPDATE channels SET state = 'active'; UPDATE lanes SET next_at = now()")
    await town.hears("A")


async def test_replay_goes_on_from_the_state_that_is_kept(talked: Town) -> None:
    talked.say("Centro")
    await talked.hears("Nome?", "Bairro?", "Ana de Centro")
    await talked.quiet()
    execution: UUID = await talked.value("SELECT id FROM executions")
    await decide(talked, 1)
    await drop(talked.database)
    async with talked.database.worker(talked.place.tenant) as transaction:
        rows = await executions.execution_journal(transaction, execution)
        kept = await executions.checkpoint(transaction, execution, rows[0].turn)
    assert rows[0].turn > 1
    assert kept is not None
    assert kept.turn == rows[0].turn
    later = [row for row in rows if row.turn > kept.turn]
    recorded, releases = await recorded_of(talked, later)
    turns: list[Refolded] = list(
        refold(str(execution), recorded, releases, decode_state(kept.state))
    )
    assert turns
    assert not [turn.differs for turn in turns if turn.differs]


async def test_a_timer_that_is_taken_late_in_a_new_month_keeps_a_state_too(town: Town) -> None:
    """Its own time is of the old month; the partition is that of the real time."""
    await town.publish(
        "oi",
        (OI, ask("nome", "Nome?", save_as="nome", timeout="PT2H"), text("tarde", "Até logo.")),
        ("oi > nome", "nome:timeout > tarde", "nome:reply > tarde"),
        variables=[{"name": "nome"}],
    )
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    await age(town.owner_dsn, 2)
    await town.run("UPDATE wakes SET due_at = (SELECT max(updated_at) FROM executions)")
    await town.run("UPDATE conversations SET work_at = now()")
    await town.hears("Nome?", "Até logo.")
    await town.quiet()
    first = await town.value(
        "SELECT min(turn) FROM journal WHERE at >= $1 AND execution_id IS NOT NULL", month_before(0)
    )
    assert first in [each["turn"] for each in await town.rows("SELECT turn FROM checkpoints")]


async def test_a_walk_goes_on_where_another_process_stopped(talked: Town) -> None:
    await decide(talked, 1)
    async with talked.database.worker() as transaction:
        await transaction.run(
            "UPDATE policies SET keeping = $1, kept_after = $2", month_before(1),
            UUID(int=2**128 - 1),
        )  # fmt: skip
    assert await forget(talked.database) == 0
    assert await talked.value("SELECT count(*) FROM messages") == 4


async def kept(town: Town, data: bytes) -> str:
    """A file of the workspace; its bytes are nobody's business here."""
    hash = f"sha256:{hashlib.sha256(data).hexdigest()}"
    asset = assets.Asset(hash, "image/png", len(data), "a.png", datetime.now(UTC))
    async with town.database.worker(town.place.tenant) as transaction:
        await assets.put_asset(transaction, await assets.reserve(transaction), asset)
    return hash


@on_both
async def test_old_files_go_unless_something_names_them(talked: Town) -> None:
    used, unused = await kept(talked, b"a"), await kept(talked, b"b")
    await talked.publish("foto", (OI, text("a", used)), ("oi > a",))
    await age(talked.owner_dsn, 1)
    young = await kept(talked, b"c")
    await decide(talked, None, 20)
    keeper = Keeper(talked.database)
    await keeper.tick()
    rows = {each["hash"] for each in await talked.rows("SELECT hash FROM assets")}
    assert rows == {used, young}
    assert unused not in rows
