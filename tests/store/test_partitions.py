"""Partitions are made ahead of time, by the worker, without standing in anybody's way."""

from datetime import UTC, datetime

import asyncpg
import pytest

from flowengine.store.database import Database
from flowengine.store.ids import id_at, new_id
from flowengine.store.partitions import ensure_partitions, months_ready
from flowengine.store.transaction import Transaction
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.store.conftest import Place

pytestmark = on_both


async def write(transaction: Transaction, identifier: object) -> None:
    await transaction.run(
        """
        INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content)
        VALUES ($1, $2, $2, now(), 'in', 'contact', 'text', '')
        """,
        identifier,
        new_id(),
    )


async def test_made_ahead_once(store: Database) -> None:
    async with store.worker() as transaction:
        assert await months_ready(transaction) == 3
        assert await ensure_partitions(transaction) == []
        made = await ensure_partitions(transaction, 5)
        assert len(made) == 4
        assert await months_ready(transaction) == 5


async def test_gaps_are_filled(store: Database, database: services.Database) -> None:
    async with store.worker() as transaction:
        made = await ensure_partitions(transaction, 5)
    owner = await asyncpg.connect(database.owner)
    await owner.execute(f"DROP TABLE {made[0]}")
    await owner.close()
    async with store.worker() as transaction:
        assert await ensure_partitions(transaction, 5) == [made[0]]


async def test_each_month_goes_into_its_own(store: Database) -> None:
    now = datetime.now(UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
    async with store.worker() as transaction:
        for identifier in (id_at(first), new_id(), id_at(after)):
            await write(transaction, identifier)
        rows = await transaction.rows(
            """
            SELECT tableoid::regclass::text AS part, count(*) AS n FROM messages
            GROUP BY 1 ORDER BY 1
            """
        )
    assert [(row["part"], row["n"]) for row in rows] == [
        (f"messages_{first:%Y_%m}", 2),
        (f"messages_{after:%Y_%m}", 1),
    ]


async def test_a_month_without_a_partition_is_an_error_not_a_loss(store: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="no partition"):
        async with store.worker() as transaction:
            await write(transaction, id_at(datetime(2020, 1, 1, tzinfo=UTC)))


async def test_making_one_waits_for_nobody_who_writes(store: Database) -> None:
    async with store.worker() as writing:
        await write(writing, new_id())
        async with store.worker() as transaction:
            await transaction.run("SET LOCAL lock_timeout = '1s'")
            assert len(await ensure_partitions(transaction, 4)) == 2
        await write(writing, new_id())


async def test_the_web_cannot_make_them(store: Database, bia: Place) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.web(bia.tenant) as transaction:
            await ensure_partitions(transaction)


async def test_room_is_left_on_the_pages_that_are_written_again(
    store: Database, database: services.Database
) -> None:
    """A message's status moves on its own page, at the cost of no index; a journal never moves."""
    async with store.worker() as transaction:
        assert await ensure_partitions(transaction, 4)
    owner = await asyncpg.connect(database.owner)
    try:
        rows = await owner.fetch(
            "SELECT inhparent::regclass::text AS parent, c.reloptions FROM pg_inherits"
            " JOIN pg_class c ON c.oid = inhrelid"
            " WHERE inhparent IN ('messages'::regclass, 'journal'::regclass)"
        )
    finally:
        await owner.close()
    assert len(rows) >= 10
    assert {(row["parent"], *row["reloptions"]) for row in rows} == {
        ("messages", "fillfactor=65"),
        ("journal", "fillfactor=100"),
    }
