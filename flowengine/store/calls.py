"""Calls: HTTP requests and model rounds that flows asked for, outside of any lane or lock.

They run at least once. A call is leased while somebody makes it; when it ends, its row is deleted
and its outcome entered into the inbox in the same transaction, so the first outcome wins.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
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
    transaction: Transaction, owner: UUID, lease: timedelta, quotas: Mapping[UUID, int]
) -> list[Call]:
    """Lease calls that are due, of each tenant as many as its quota, the longest waiting first."""
    rows = await transaction.rows(
        """
        WITH due AS (
            SELECT mine.id, mine.interrupted
            FROM unnest($3::uuid[], $4::int[]) AS q (tenant_id, calls)
            CROSS JOIN LATERAL (
                SELECT id, state = 'calling' AS interrupted FROM calls
                WHERE tenant_id = q.tenant_id AND next_at <= now()
                ORDER BY next_at LIMIT q.calls FOR NO KEY UPDATE SKIP LOCKED
            ) mine
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
        list(quotas),
        list(quotas.values()),
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


async def put_back_calls(
    transaction: Transaction, owner: UUID, waits: Mapping[UUID, float]
) -> None:
    """Let go of calls that were not begun: they are due in so many seconds, and nothing counts."""
    await transaction.run(
        """
        UPDATE calls c SET state = 'queued', owner = NULL, until = NULL, attempt = c.attempt - 1,
            next_at = clock_timestamp() + w.seconds * interval '1 second'
        FROM unnest($2::uuid[], $3::float8[]) AS w (id, seconds)
        WHERE c.id = w.id AND c.owner = $1
        """,
        owner,
        list(waits),
        list(waits.values()),
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
