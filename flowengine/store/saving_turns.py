"""What nearly every turn writes, for a whole batch in one statement.

Conversations, journal, executions and their states, messages, outbox and lanes. A round trip and a
statement's start cost more than the rows of most batches (measured).

A send may be handed over: if its lane is empty and free, the lane is leased here and the row is
written as being sent, so that the attempt is committed before the request without a claim. The
epoch needs no second look: this is the transaction that it would be looked up in.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.store.sends import HORIZON
from flowengine.store.transaction import Transaction
from flowengine.store.turned import ExecutionWrite, JournalEntry, SendWrite, Turned


class Lease(Struct, frozen=True):
    """Whose lanes are leased, and for how long."""

    owner: UUID
    lasts: timedelta


async def write_turns(
    transaction: Transaction, turned: Sequence[Turned], engine_id: str, lease: Lease | None
) -> frozenset[UUID]:
    """Write the turns; the ids of the sends that were handed over to `lease`'s owner."""
    entries = [(each, row) for each in turned for row in each.journal]
    executions = sorted(
        ((each, row) for each in turned for row in each.executions.values()),
        key=lambda pair: pair[1].id,
    )
    sends = [(each, row) for each in turned for row in each.sends]
    rows = await transaction.rows(
        _WRITE,
        *_conversations(turned),
        *_journal(entries),
        engine_id,
        *_executions(executions),
        *_sends(sends),
        None if lease is None else lease.owner,
        HORIZON if lease is None else lease.lasts,
        HORIZON,
    )
    return frozenset(row["id"] for row in rows)


def _conversations(turned: Sequence[Turned]) -> tuple[list[Any], ...]:
    return (
        [each.id for each in turned],
        [each.state for each in turned],
        [each.owner for each in turned],
        [each.owner_id for each in turned],
        [each.epoch for each in turned],
        [each.taken_seq for each in turned],
        [each.work_at for each in turned],
        [each.more or bool(each.entries) for each in turned],
        [each.failures for each in turned],
        [each.closed for each in turned],
        [each.preview for each in turned],
    )


def _journal(rows: Sequence[tuple[Turned, JournalEntry]]) -> tuple[list[Any], ...]:
    return (
        [each.id for each, _ in rows],
        [row.seq for _, row in rows],
        [row.step for _, row in rows],
        [row.execution for _, row in rows],
        [row.turn for _, row in rows],
        [row.release for _, row in rows],
        [row.given for _, row in rows],
        [row.effects for _, row in rows],
        [row.trail for _, row in rows],
        [row.state_hash for _, row in rows],
    )


def _executions(rows: Sequence[tuple[Turned, ExecutionWrite]]) -> tuple[list[Any], ...]:
    return (
        [row.id for _, row in rows],
        [each.id for each, _ in rows],
        [each.tenant for each, _ in rows],
        [each.contact for each, _ in rows],
        [row.flow for _, row in rows],
        [row.version for _, row in rows],
        [row.release for _, row in rows],
        [row.status for _, row in rows],
        [row.node for _, row in rows],
        [row.ended for _, row in rows],
        [row.outcome for _, row in rows],
        [row.problem for _, row in rows],
        [row.turns for _, row in rows],
        [row.expires_at for _, row in rows],
        [row.state for _, row in rows],
        [row.state_hash for _, row in rows],
    )


def _sends(rows: Sequence[tuple[Turned, SendWrite]]) -> tuple[list[Any], ...]:
    return (
        [row.send.id for _, row in rows],
        [each.id for each, _ in rows],
        [row.send.effect_id for _, row in rows],
        [row.send.lane_class for _, row in rows],
        [row.seq for _, row in rows],
        [row.send.pos for _, row in rows],
        [row.send.effect for _, row in rows],
        [row.send.author for _, row in rows],
        [each.epoch for each, _ in rows],
        [row.send.awaited for _, row in rows],
        [row.send.execution for _, row in rows],
        [row.send.visit for _, row in rows],
        [row.send.attempt for _, row in rows],
        [row.send.hangs for _, row in rows],
        [row.kind for _, row in rows],
        [row.content for _, row in rows],
        [row.text for _, row in rows],
        [row.flow for _, row in rows],
        [row.node for _, row in rows],
        [row.hand for _, row in rows],
        [row.pace for _, row in rows],
        [row.slack for _, row in rows],
    )


# $1-$11 conversations, $12-$21 journal, $22 engine, $23-$38 executions, $39-$60 sends, $61 owner,
# $62 lease, $63 horizon. A send is written with the epoch that the batch ends with. Executions are
# their conversation's, which is locked: nobody else begins the same one, so no ON CONFLICT, which
# locks each row once more and writes that down.
_WRITE = """
WITH moved AS (
    UPDATE conversations c
    SET state = t.state, owner = t.owner, owner_id = t.owner_id, epoch = t.epoch,
        taken_seq = t.taken_seq, last_seq = greatest(c.last_seq, t.taken_seq),
        work_at = CASE WHEN t.more THEN clock_timestamp() ELSE t.work_at END,
        failures = t.failures,
        closed_at = CASE WHEN t.closed THEN clock_timestamp() ELSE c.closed_at END,
        last_message_at = CASE WHEN t.preview <> '' THEN clock_timestamp()
                               ELSE c.last_message_at END,
        preview = CASE WHEN t.preview <> '' THEN t.preview ELSE c.preview END
    FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::int[], $6::bigint[],
            $7::timestamptz[], $8::bool[], $9::int[], $10::bool[], $11::text[])
        AS t (id, state, owner, owner_id, epoch, taken_seq, work_at, more, failures, closed,
              preview)
    WHERE c.id = t.id
    RETURNING c.id, c.tenant_id, c.channel_id
), journaled AS (
    INSERT INTO journal (conversation_id, seq, step, at, execution_id, turn, engine_id, release,
        given, effects, trail, state_hash)
    SELECT conversation_id, seq, step, clock_timestamp(), execution_id, turn, $22, release,
        given, effects, trail, state_hash
    FROM unnest($12::uuid[], $13::bigint[], $14::int[], $15::uuid[], $16::int[], $17::text[],
            $18::bytea[], $19::bytea[], $20::bytea[], $21::bytea[])
        AS j (conversation_id, seq, step, execution_id, turn, release, given, effects, trail,
              state_hash)
), turned AS (
    SELECT * FROM unnest($23::uuid[], $24::uuid[], $25::uuid[], $26::uuid[], $27::text[],
            $28::int[], $29::text[], $30::text[], $31::text[], $32::bool[], $33::text[],
            $34::bytea[], $35::int[], $36::timestamptz[], $37::bytea[], $38::bytea[])
        AS t (id, conversation_id, tenant_id, contact_id, flow, version, release, status, node,
              ended, outcome, problem, turns, expires_at, state, state_hash)
), stood AS (
    UPDATE execution_state s
    SET state = t.state, state_hash = t.state_hash, turn = t.turns
    FROM turned t WHERE s.execution_id = t.id
    RETURNING s.execution_id
), states AS (
    INSERT INTO execution_state (execution_id, conversation_id, state, state_hash, turn)
    SELECT id, conversation_id, state, state_hash, turns FROM turned
    WHERE id NOT IN (SELECT execution_id FROM stood)
), went_on AS (
    UPDATE executions e
    SET release = t.release, version = t.version, status = t.status, node = t.node,
        updated_at = clock_timestamp(),
        ended_at = CASE WHEN t.ended THEN clock_timestamp() END, outcome = t.outcome,
        problem = t.problem, turns = t.turns, expires_at = t.expires_at
    FROM turned t WHERE e.id = t.id
    RETURNING e.id
), began AS (
    INSERT INTO executions (id, conversation_id, tenant_id, contact_id, flow, version, release,
        status, node, started_at, updated_at, ended_at, outcome, problem, turns, expires_at)
    SELECT id, conversation_id, tenant_id, contact_id, flow, version, release, status, node,
        clock_timestamp(), clock_timestamp(), CASE WHEN ended THEN clock_timestamp() END, outcome,
        problem, turns, expires_at
    FROM turned WHERE id NOT IN (SELECT id FROM went_on)
), new AS (
    SELECT s.*, m.tenant_id, m.channel_id,
        row_number() OVER (PARTITION BY s.conversation_id ORDER BY s.seq, s.pos) AS nth
    FROM unnest($39::uuid[], $40::uuid[], $41::text[], $42::int[], $43::bigint[], $44::int[],
            $45::bytea[], $46::text[], $47::int[], $48::bool[], $49::uuid[], $50::int[],
            $51::int[], $52::smallint[], $53::text[], $54::bytea[], $55::text[], $56::text[],
            $57::text[], $58::bool[], $59::float8[], $60::float8[])
        AS s (id, conversation_id, effect_id, class, seq, pos, effect, author, epoch, awaited,
              execution_id, visit, attempt, hangs, kind, content, text, flow, node, hand, pace,
              slack)
    JOIN moved m ON m.id = s.conversation_id
), said AS (
    INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content,
        text, status, status_at, effect_id, execution_id, flow, node)
    SELECT id, tenant_id, conversation_id, clock_timestamp(), 'out', author, kind, content, text,
        'queued', clock_timestamp(), effect_id, execution_id, flow, node
    FROM new
), held AS (
    SELECT conversation_id, owner IS NULL AND next_at IS NULL AS free, pace_at FROM lanes
    WHERE conversation_id IN (SELECT conversation_id FROM new WHERE hand AND nth = 1)
    ORDER BY conversation_id FOR NO KEY UPDATE
), handed AS (
    SELECT n.id, n.conversation_id, n.pace, held.pace_at
    FROM new n LEFT JOIN held USING (conversation_id)
    WHERE n.hand AND n.nth = 1 AND coalesce(held.free, true)
        AND (n.pace = 0 OR held.pace_at IS NULL
             OR held.pace_at <= clock_timestamp() + n.slack * interval '1 second')
        AND NOT EXISTS (SELECT FROM outbox o WHERE o.conversation_id = n.conversation_id)
), line AS (
    INSERT INTO outbox (id, effect_id, tenant_id, conversation_id, channel_id, class, seq, pos,
        state, attempt, sending_at, effect, author, epoch, awaited, execution_id, visit, hangs,
        created_at, horizon)
    SELECT n.id, n.effect_id, n.tenant_id, n.conversation_id, n.channel_id, n.class, n.seq, n.pos,
        CASE WHEN h.id IS NULL THEN 'queued' ELSE 'sending' END,
        n.attempt + (h.id IS NOT NULL)::int,
        CASE WHEN h.id IS NOT NULL THEN clock_timestamp() END,
        n.effect, n.author, n.epoch, n.awaited, n.execution_id, n.visit, n.hangs,
        clock_timestamp(), clock_timestamp() + $63::interval
    FROM new n LEFT JOIN handed h ON h.id = n.id
), lane AS (
    INSERT INTO lanes AS l (conversation_id, tenant_id, channel_id, class, next_at, owner, until,
        epoch, pace_at, added)
    SELECT n.conversation_id, n.tenant_id, n.channel_id, min(n.class),
        CASE WHEN count(h.id) > 0 THEN clock_timestamp() + $62::interval
             ELSE clock_timestamp() END,
        CASE WHEN count(h.id) > 0 THEN $61::uuid END,
        CASE WHEN count(h.id) > 0 THEN clock_timestamp() + $62::interval END,
        count(h.id)::int,
        max(CASE WHEN h.pace > 0 THEN greatest(h.pace_at, clock_timestamp())
            + h.pace * interval '1 second' END),
        1
    FROM new n LEFT JOIN handed h ON h.id = n.id
    GROUP BY n.conversation_id, n.tenant_id, n.channel_id ORDER BY n.conversation_id
    ON CONFLICT (conversation_id) DO UPDATE
    SET class = CASE WHEN l.next_at IS NULL THEN excluded.class
                     ELSE least(l.class, excluded.class) END,
        next_at = CASE WHEN excluded.owner IS NOT NULL THEN excluded.next_at
                       WHEN l.owner IS NULL THEN least(l.next_at, excluded.next_at)
                       ELSE l.next_at END,
        owner = coalesce(excluded.owner, l.owner), until = coalesce(excluded.until, l.until),
        epoch = l.epoch + excluded.epoch, pace_at = coalesce(excluded.pace_at, l.pace_at),
        added = l.added + 1
)
SELECT id FROM handed
"""
