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


async def drop(database: Database) -> list[str]:
    dropped: list[str] = []
    async with database.worker() as transaction:
        months = await old_months(transaction)
    for parent, month in months:
        async with database.worker() as transaction:
            if await drop_month(transaction, parent, month):
                dropped.append(f"{parent} {month:%Y-%m}")
    return dropped


async def drop_in_time(database: Database, many: int) -> set[str]:
    """As the product does: a month that somebody held for a moment (a vacuum) goes next time."""
    dropped: set[str] = set()
    async with asyncio.timeout(60):
        while len(dropped) < many:
            dropped |= set(await drop(database))
    return dropped


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
    assert await drop(talked.database) == []


@on_both
async def test_months_that_every_workspace_lets_go_are_dropped_whole(talked: Town) -> None:
    await decide(talked, 1)
    names = [f"{parent} {month_before(n):%Y-%m}" for parent in ("journal", "messages")
             for n in (3, 2)]  # fmt: skip
    assert await drop_in_time(talked.database, len(names)) == set(names)
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
    dropped = await drop(talked.database)
    assert f"messages {month_before(2):%Y-%m}" not in dropped
    assert f"journal {month_before(2):%Y-%m}" in dropped  # nobody's row is left in it


async def test_a_month_in_use_is_left_for_the_next_time(talked: Town) -> None:
    """It waits for no lock longer than a fifth of a second, so nobody waits for it longer."""
    await decide(talked, 1)
    async with talked.database.worker() as reading:
        await reading.rows("SELECT count(*) FROM messages")
        assert not [each for each in await drop(talked.database) if each.startswith("messages")]
    assert await drop_in_time(talked.database, 2)


async def test_what_is_still_to_be_sent_is_kept(town: Town) -> None:
    await town.publish("oi", (OI, text("a", "A")), ("oi > a",))
    await town.owner("UPDATE channels SET state = 'paused'")
    await town.writes("oi")
    await town.sees("SELECT count(*) = 1 FROM outbox")
    await age(town.owner_dsn, 2)
    await decide(town, 1)
    dropped = await drop(town.database)
    await forget(town.database)
    assert f"messages {month_before(2):%Y-%m}" not in dropped
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
