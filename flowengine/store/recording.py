"""The short way to record sends that were taken: one statement, and no conversation's lock.

Most sends are a lane's only one, and nothing waits for their fate (`outbox.hangs`). Then there is
nothing to enter, nothing to start and nobody behind them. All others are `outbox.record`'s; this
statement leaves them as they are. Order of locks, as everywhere: lanes, then outbox.

What a turn puts into the lane at this very moment is not seen by the statement's snapshot; but it
counts up `lanes.added`, and of a row that was locked the statement sees the newest: if they differ,
the lane is due at once.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.store.sends import NOTHING
from flowengine.store.transaction import Transaction
from flowengine.store.verdicts import Delivered, Result


class Taken(Struct, frozen=True):
    """`recorded`: ids of sends. `more`: some lane has something behind already."""

    recorded: frozenset[UUID] = frozenset()
    more: bool = False


def is_plain(result: Result) -> bool:
    """Whether the short way may be tried: it was taken, and told nothing new of the customer."""
    return isinstance(result.verdict, Delivered) and not result.verdict.recipient


async def record_taken(transaction: Transaction, results: Sequence[Result], owner: UUID) -> Taken:
    """Record those of `results`, all of `is_plain`, that nothing hangs on. Commits by itself."""
    told = [(r, r.verdict) for r in results if isinstance(r.verdict, Delivered)]
    rows = await transaction.rows(
        _RECORD,
        [result.id for result, _ in told],
        [result.conversation for result, _ in told],
        [result.attempt for result, _ in told],
        [verdict.provider_id for _, verdict in told],
        owner,
        NOTHING,
    )
    return Taken(frozenset(row["id"] for row in rows), any(row["more"] for row in rows))


_RECORD = """
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[])
        AS t (id, conversation_id, attempt, provider_id)
), before AS MATERIALIZED (
    SELECT l.conversation_id, l.added FROM told JOIN lanes l USING (conversation_id)
), held AS (
    SELECT l.conversation_id FROM told JOIN lanes l USING (conversation_id)
    WHERE l.owner = $5 ORDER BY l.conversation_id FOR NO KEY UPDATE OF l
), gone AS (
    DELETE FROM outbox o USING told t, held h
    WHERE o.id = t.id AND o.attempt = t.attempt AND o.conversation_id = h.conversation_id
        AND o.hangs = $6 AND o.state IN ('sending', 'unknown')
        AND NOT EXISTS (
            SELECT FROM outbox r WHERE r.conversation_id = t.conversation_id AND r.id <> t.id
        ) AND NOT EXISTS (
            SELECT FROM status_orphans s
            WHERE s.channel_id = o.channel_id AND s.provider_id = t.provider_id
        ) AND NOT EXISTS (
            SELECT FROM channels c
            WHERE c.id = o.channel_id AND (c.strikes > 0 OR c.trouble <> '')
        )
    RETURNING o.id, o.conversation_id, o.channel_id, t.provider_id
), known AS (
    INSERT INTO provider_ids (channel_id, provider_id, message_id)
    SELECT channel_id, provider_id, id FROM gone WHERE provider_id <> '' ON CONFLICT DO NOTHING
), said AS (
    UPDATE messages m
    SET provider_id = gone.provider_id, error = NULL,
        status = CASE WHEN m.status IN ('queued', 'sending', 'unknown') THEN 'sent'
                      ELSE m.status END,
        status_at = CASE WHEN m.status IN ('queued', 'sending', 'unknown')
                         THEN clock_timestamp() ELSE m.status_at END
    FROM gone WHERE m.id = gone.id
), freed AS (
    UPDATE lanes l SET owner = NULL, until = NULL,
        next_at = CASE WHEN l.added = before.added THEN NULL ELSE clock_timestamp() END
    FROM gone JOIN before USING (conversation_id) WHERE l.conversation_id = gone.conversation_id
    RETURNING l.conversation_id, l.next_at IS NOT NULL AS more
)
SELECT gone.id, freed.more FROM gone JOIN freed USING (conversation_id)
"""
