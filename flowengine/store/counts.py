"""How much waits, for health, metrics and numbers on pages: a worker's transaction, one statement.

Every count stops at `MOST`, and every age is the first row of an index: a backlog of a million
costs as much as one of ten thousand.
"""

from msgspec import Struct

from flowengine.store.rows import read_found
from flowengine.store.transaction import Transaction

MOST = 10_001
"""As far as anything is counted: beyond ten thousand it is "many"."""


class Waiting(Struct, frozen=True):
    """How many of each are due now. `lag`: seconds that the longest due conversation has waited.

    `outbox_unknown`: sends of which nobody knows whether they arrived. `outbox_age`: seconds that
    the longest due lane of sends has waited. `resting_channels`: those that send nothing for now,
    because their provider is in trouble.
    """

    conversations: int
    lag: float
    outbox_queued: int
    outbox_sending: int
    outbox_unknown: int
    outbox_age: float
    calls: int
    starts: int
    dead_letters: int
    resting_channels: int


async def waiting(transaction: Transaction) -> Waiting:
    """What waits in all workspaces. A million timers that are not due cost nothing here."""
    row = await transaction.row(_WAITING, MOST)
    return read_found(Waiting, row, "answer")


_WAITING = """
SELECT o.*,
    (SELECT count(*) FROM (
        SELECT FROM conversations WHERE work_at <= now() LIMIT $1) c) AS conversations,
    coalesce(greatest(0, extract(epoch FROM now() - (
        SELECT work_at FROM conversations WHERE work_at IS NOT NULL ORDER BY work_at LIMIT 1
    ))), 0)::float8 AS lag,
    coalesce(greatest(0, extract(epoch FROM now() - (
        SELECT min(first.next_at) FROM unnest(ARRAY[0, 1]::smallint[]) AS k (class),
            LATERAL (SELECT next_at FROM lanes
                WHERE lanes.class = k.class AND next_at IS NOT NULL
                ORDER BY next_at LIMIT 1) first
    ))), 0)::float8 AS outbox_age,
    (SELECT count(*) FROM (SELECT FROM calls LIMIT $1) c) AS calls,
    (SELECT count(*) FROM (SELECT FROM scheduled_starts
        WHERE state = 'waiting' AND due_at <= now() LIMIT $1) s) AS starts,
    (SELECT count(*) FROM (SELECT FROM dead_letters
        WHERE settled_at IS NULL LIMIT $1) d) AS dead_letters,
    (SELECT count(*) FROM (SELECT FROM channels
        WHERE state = 'active' AND next_send_at > now() LIMIT $1) r) AS resting_channels
FROM (
    SELECT count(*) FILTER (WHERE state = 'queued') AS outbox_queued,
        count(*) FILTER (WHERE state = 'sending') AS outbox_sending,
        count(*) FILTER (WHERE state = 'unknown') AS outbox_unknown
    FROM (SELECT state FROM outbox LIMIT $1) o
) o
"""
