"""Queues: where conversations wait for a person, who takes them, and when somebody is there."""

from collections.abc import Collection
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.store.errors import InUse, NotFound
from flowengine.store.rows import must_touch, plain, read_all, read_found
from flowengine.store.transaction import Transaction


class Queue(Struct, frozen=True):
    """`schedule`: key of the hours in which somebody is there; null: always. `members`: users."""

    key: str
    name: str
    schedule: str | None
    members: tuple[UUID, ...]


async def queues(transaction: Transaction) -> tuple[Queue, ...]:
    """The workspace's queues, by name."""
    rows = await transaction.rows(f"{_QUEUES} ORDER BY q.name, q.key", transaction.tenant)
    return read_all(Queue, rows)


async def queue(transaction: Transaction, key: str) -> Queue:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(f"{_QUEUES} AND q.key = $2", transaction.tenant, key)
    return read_found(Queue, row, f"queue {key}")


async def put_queue(
    transaction: Transaction, key: str, name: str, schedule: str | None = None
) -> Queue:
    """Make a queue, or change it. Raises `NotFound` for a schedule that there is not."""
    try:
        await transaction.run(
            """
            INSERT INTO queues (tenant_id, key, name, schedule) VALUES ($1, $2, $3, $4)
            ON CONFLICT (tenant_id, key)
            DO UPDATE SET name = excluded.name, schedule = excluded.schedule
            """,
            transaction.tenant,
            key,
            plain(name),
            schedule,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound(f"there is no schedule {schedule}") from None
    return await queue(transaction, key)


async def set_queue_members(
    transaction: Transaction, key: str, user_ids: Collection[UUID]
) -> Queue:
    """Who takes its conversations: members of the workspace; others are left out."""
    await transaction.run(
        "DELETE FROM queue_members WHERE tenant_id = $1 AND queue = $2 AND user_id <> ALL($3)",
        transaction.tenant,
        key,
        list(user_ids),
    )
    await transaction.run(
        """
        INSERT INTO queue_members (tenant_id, queue, user_id)
        SELECT q.tenant_id, q.key, m.user_id FROM queues q JOIN memberships m USING (tenant_id)
        WHERE q.tenant_id = $1 AND q.key = $2 AND m.user_id = ANY($3)
        ON CONFLICT DO NOTHING
        """,
        transaction.tenant,
        key,
        list(user_ids),
    )
    return await queue(transaction, key)


async def remove_queue(transaction: Transaction, key: str) -> None:
    """Raises `NotFound`, and `InUse` while conversations wait in it."""
    waiting = await transaction.value(
        """
        SELECT EXISTS (SELECT FROM conversations
            WHERE tenant_id = $1 AND owner = 'queue' AND owner_id = $2)
        """,
        transaction.tenant,
        key,
    )
    if waiting:
        raise InUse(f"conversations are waiting in {key}")
    count = await transaction.run(
        "DELETE FROM queues WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"queue {key}")


_QUEUES = """
SELECT q.key, q.name, q.schedule, ARRAY(
    SELECT m.user_id FROM queue_members m
    WHERE m.tenant_id = q.tenant_id AND m.queue = q.key ORDER BY m.user_id
) AS members
FROM queues q WHERE q.tenant_id = $1
"""
