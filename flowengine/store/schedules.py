"""Schedules: opening hours with holidays, as documents of `flowengine.schedules`."""

from datetime import datetime

import asyncpg
from msgspec import Struct

from flowengine.store.errors import InUse
from flowengine.store.rows import must_touch, plain, read_all, read_found
from flowengine.store.transaction import Transaction

_COLUMNS = "key, name, document, updated_at"


class StoredSchedule(Struct, frozen=True):
    """`document`: the JSON of a `Schedule`."""

    key: str
    name: str
    document: bytes
    updated_at: datetime


async def schedules(transaction: Transaction) -> tuple[StoredSchedule, ...]:
    """The workspace's schedules, by name."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM schedules WHERE tenant_id = $1 ORDER BY name, key",
        transaction.tenant,
    )
    return read_all(StoredSchedule, rows)


async def schedule(transaction: Transaction, key: str) -> StoredSchedule:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM schedules WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        key,
    )
    return read_found(StoredSchedule, row, f"schedule {key}")


async def put_schedule(transaction: Transaction, key: str, name: str, document: bytes) -> None:
    """Make a schedule, or change it."""
    await transaction.run(
        """
        INSERT INTO schedules (tenant_id, key, name, document) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, key) DO UPDATE
        SET name = excluded.name, document = excluded.document, updated_at = now()
        """,
        transaction.tenant,
        key,
        plain(name),
        document,
    )


async def remove_schedule(transaction: Transaction, key: str) -> None:
    """Raises `NotFound`, and `InUse` while a queue keeps these hours."""
    try:
        count = await transaction.run(
            "DELETE FROM schedules WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
        )
    except (asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError):
        # PostgreSQL 15 says the one, 18 the other.
        raise InUse(f"a queue keeps the hours of {key}") from None
    must_touch(count, f"schedule {key}")
