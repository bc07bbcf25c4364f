"""Calls: HTTP requests and model rounds that flows asked for, outside of any lane or lock.

They run at least once. A call is leased while somebody makes it; when it ends, its row is deleted
and its outcome entered into the inbox in the same transaction, so the first outcome wins.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import HttpDone, ModelDone
from flowengine.store.database import Transaction
from flowengine.store.inbox import Entry, enter_unseen, lock


class Call(Struct, frozen=True):
    """A leased call. `kind`: http or model. `interrupted`: whoever made it last never came back.

    `attempt` counts from 1, this one included.
    """

    id: UUID
    effect_id: str
    tenant: UUID
    conversation: UUID
    kind: str
    effect: bytes
    attempt: int
    interrupted: bool


async def claim_calls(
    transaction: Transaction, owner: UUID, lease: timedelta, limit: int
) -> list[Call]:
    """Lease up to `limit` calls that are due, the longest waiting first."""
    rows = await transaction.rows(
        """
        WITH due AS (
            SELECT id, state = 'calling' AS interrupted FROM calls WHERE next_at <= now()
            ORDER BY next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE calls c SET owner = $1, epoch = c.epoch + 1, attempt = c.attempt + 1,
            state = 'calling', until = clock_timestamp() + $2::interval,
            next_at = clock_timestamp() + $2::interval
        FROM due WHERE c.id = due.id
        RETURNING c.id, c.effect_id, c.tenant_id, c.conversation_id, c.kind, c.effect, c.attempt,
            due.interrupted
        """,
        owner,
        lease,
        limit,
    )
    return [
        Call(
            id=row["id"],
            effect_id=row["effect_id"],
            tenant=row["tenant_id"],
            conversation=row["conversation_id"],
            kind=row["kind"],
            effect=row["effect"],
            attempt=row["attempt"],
            interrupted=row["interrupted"],
        )
        for row in rows
    ]


async def beat_calls(
    transaction: Transaction, owner: UUID, lease: timedelta, calls: Sequence[UUID]
) -> int:
    """Keep the leases of calls that are being made."""
    return await transaction.run(
        """
        WITH mine AS (
            SELECT id FROM calls WHERE id = ANY($3::uuid[]) AND owner = $1
            ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE calls c SET until = clock_timestamp() + $2::interval,
            next_at = clock_timestamp() + $2::interval
        FROM mine WHERE c.id = mine.id AND c.owner = $1
        """,
        owner,
        lease,
        list(calls),
    )


async def put_off_call(transaction: Transaction, call: UUID, owner: UUID, seconds: float) -> None:
    """To be made again after a while."""
    await transaction.run(
        """
        UPDATE calls SET state = 'queued', owner = NULL, until = NULL,
            next_at = clock_timestamp() + $3 * interval '1 second'
        WHERE id = $1 AND owner = $2
        """,
        call,
        owner,
        seconds,
    )


async def finish_calls(
    transaction: Transaction, ended: Sequence[tuple[Call, HttpDone | ModelDone]]
) -> int:
    """Enter outcomes into the inbox; how many were the first for their call."""
    last = await lock(transaction, [call.conversation for call, _ in ended])
    rows = await transaction.rows(
        """
        WITH ended AS (
            SELECT id FROM calls WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
        )
        DELETE FROM calls c USING ended, conversations v
        WHERE c.id = ended.id AND v.id = c.conversation_id RETURNING c.id, v.channel_id
        """,
        [call.id for call, _ in ended],
    )
    channels = {row["id"]: row["channel_id"] for row in rows}
    entries = [
        Entry(call.conversation, channels[call.id], outcome)
        for call, outcome in ended
        if call.id in channels
    ]
    await enter_unseen(transaction, entries, last)
    return len(entries)


async def next_call_at(transaction: Transaction) -> datetime | None:
    """When the next call is due; None where none waits."""
    at: datetime | None = await transaction.value(
        "SELECT next_at FROM calls WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1"
    )
    return at
