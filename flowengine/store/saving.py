"""Writing a batch of turns: few statements, however many conversations, all or nothing.

Under the conversations' locks. Order of locks: contacts, then executions, lanes, outbox.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from flowengine.store.changing import change_contacts
from flowengine.store.database import Transaction
from flowengine.store.inbox import cancel_bot_sends, enter_unseen
from flowengine.store.sends import insert_sends
from flowengine.store.starting import write_starts
from flowengine.store.turned import SendWrite, Turned
from flowengine.store.waking import start_wakes

T = TypeVar("T")


async def save(transaction: Transaction, turned: Sequence[Turned], engine_id: str) -> None:
    """Write what the turns did: contacts, journal, executions, sends, calls, wakes, the rest."""
    await change_contacts(transaction, turned)
    await write_starts(transaction, turned)
    await _journal(transaction, turned, engine_id)
    await _executions(transaction, turned)
    unsaid = await _sends(transaction, turned)
    await _calls(transaction, turned)
    await _wakes(transaction, turned)
    await _offers(transaction, turned)
    await enter_unseen(transaction, [entry for each in turned for entry in each.entries])
    await _conversations(transaction, turned)
    if unsaid:
        # Only now: the conversations' own next wake was just written.
        await start_wakes(transaction, unsaid)


def _flat(
    turned: Sequence[Turned], part: Callable[[Turned], Iterable[T]]
) -> list[tuple[Turned, T]]:
    return [(each, row) for each in turned for row in part(each)]


async def _journal(transaction: Transaction, turned: Sequence[Turned], engine_id: str) -> None:
    rows = _flat(turned, lambda each: each.journal)
    if not rows:
        return
    await transaction.run(
        """
        INSERT INTO journal (conversation_id, seq, step, at, execution_id, turn, engine_id, release,
            given, effects, trail, state_hash)
        SELECT conversation_id, seq, step, clock_timestamp(), execution_id, turn, $11, release,
            given, effects, trail, state_hash
        FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::uuid[], $5::int[], $6::text[],
                $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])
            AS j (conversation_id, seq, step, execution_id, turn, release, given, effects, trail,
                  state_hash)
        """,
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
        engine_id,
    )


async def _executions(transaction: Transaction, turned: Sequence[Turned]) -> None:
    rows = sorted(_flat(turned, lambda each: each.executions.values()), key=lambda pair: pair[1].id)
    if not rows:
        return
    await transaction.run(
        _EXECUTIONS,
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
    kept = [row for _, row in rows if row.checkpoint]
    if kept:
        await transaction.run(
            """
            INSERT INTO checkpoints (execution_id, turn, at, state)
            SELECT id, turn, clock_timestamp(), state
            FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS k (id, turn, state)
            ON CONFLICT DO NOTHING
            """,
            [row.id for row in kept],
            [row.turns for row in kept],
            [row.state for row in kept],
        )


_EXECUTIONS = """
WITH turned AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[],
            $7::text[], $8::text[], $9::text[], $10::bool[], $11::text[], $12::bytea[], $13::int[],
            $14::timestamptz[], $15::bytea[], $16::bytea[])
        AS t (id, conversation_id, tenant_id, contact_id, flow, version, release, status, node,
              ended, outcome, problem, turns, expires_at, state, state_hash)
), states AS (
    INSERT INTO execution_state (execution_id, conversation_id, state, state_hash, turn)
    SELECT id, conversation_id, state, state_hash, turns FROM turned
    ON CONFLICT (execution_id) DO UPDATE
    SET state = excluded.state, state_hash = excluded.state_hash, turn = excluded.turn
)
INSERT INTO executions (id, conversation_id, tenant_id, contact_id, flow, version, release, status,
    node, started_at, updated_at, ended_at, outcome, problem, turns, expires_at)
SELECT id, conversation_id, tenant_id, contact_id, flow, version, release, status, node,
    clock_timestamp(), clock_timestamp(), CASE WHEN ended THEN clock_timestamp() END, outcome,
    problem, turns, expires_at
FROM turned
ON CONFLICT (id) DO UPDATE
SET status = excluded.status, node = excluded.node, updated_at = excluded.updated_at,
    ended_at = excluded.ended_at, outcome = excluded.outcome, problem = excluded.problem,
    turns = excluded.turns, expires_at = excluded.expires_at
"""


async def _sends(transaction: Transaction, turned: Sequence[Turned]) -> list[str]:
    """Write what the bot says; the effects that will never be said, as a person took over.

    A send counts with the epoch that the batch ends with: what a take-over of this very batch
    cancels was left out already, and a give-back behind it must not drop it.
    """
    by_id = {each.id: each for each in turned}
    cancelled = await cancel_bot_sends(transaction, [e.id for e in turned if e.cancel_sends])
    for entry in cancelled.entries:
        by_id[entry.conversation].entries.append(entry)
    moved = [each for each in turned if each.epoch_moved and not each.cancel_sends]
    if moved:
        await _keep_said(transaction, moved)
    rows = _flat(turned, lambda each: each.sends)
    if rows:
        await transaction.run(_MESSAGES, *_message_columns(rows))
        sends = [(replace(row.send, epoch=each.epoch), row.seq) for each, row in rows]
        await insert_sends(transaction, sends)
    return [*cancelled.effects, *(effect for each in turned for effect in each.unsaid)]


async def _keep_said(transaction: Transaction, turned: Sequence[Turned]) -> None:
    """What the bot said before it gave the chat away by itself still leaves."""
    await transaction.run(
        """
        UPDATE outbox o SET epoch = m.epoch
        FROM unnest($1::uuid[], $2::int[]) AS m (id, epoch)
        WHERE o.conversation_id = m.id AND o.author = 'bot' AND o.state = 'queued'
        """,
        [each.id for each in turned],
        [each.epoch for each in turned],
    )


def _message_columns(rows: Sequence[tuple[Turned, SendWrite]]) -> list[list[Any]]:
    return [
        [row.send.id for _, row in rows],
        [each.id for each, _ in rows],
        [row.send.author for _, row in rows],
        [row.kind for _, row in rows],
        [row.content for _, row in rows],
        [row.text for _, row in rows],
        [row.send.effect_id for _, row in rows],
        [row.send.execution for _, row in rows],
        [row.flow for _, row in rows],
        [row.node for _, row in rows],
    ]


_MESSAGES = """
INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content, text,
    status, status_at, effect_id, execution_id, flow, node)
SELECT m.id, c.tenant_id, c.id, clock_timestamp(), 'out', m.author, m.kind, m.content, m.text,
    'queued', clock_timestamp(), m.effect_id, m.execution_id, m.flow, m.node
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
        $8::uuid[], $9::text[], $10::text[])
    AS m (id, conversation_id, author, kind, content, text, effect_id, execution_id, flow, node)
JOIN conversations c ON c.id = m.conversation_id
"""


async def _calls(transaction: Transaction, turned: Sequence[Turned]) -> None:
    rows = _flat(turned, lambda each: each.calls)
    if not rows:
        return
    await transaction.run(
        """
        INSERT INTO calls (id, effect_id, tenant_id, conversation_id, execution_id, kind, effect,
            next_at, created_at)
        SELECT id, effect_id, tenant_id, conversation_id, execution_id, kind, effect,
            clock_timestamp(), clock_timestamp()
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
                $7::bytea[])
            AS c (id, effect_id, tenant_id, conversation_id, execution_id, kind, effect)
        """,
        [row.id for _, row in rows],
        [row.effect_id for _, row in rows],
        [each.tenant for each, _ in rows],
        [each.id for each, _ in rows],
        [row.execution for _, row in rows],
        [row.kind for _, row in rows],
        [row.effect for _, row in rows],
    )


async def _wakes(transaction: Transaction, turned: Sequence[Turned]) -> None:
    gone = [effect for each in turned for effect in each.gone_wakes]
    if gone:
        # What is awaited no more: timers, and calls that nobody has begun.
        await transaction.run(
            """
            WITH uncalled AS (
                DELETE FROM calls WHERE effect_id = ANY($1::text[]) AND state = 'queued'
            )
            DELETE FROM wakes WHERE effect_id = ANY($1::text[])
            """,
            gone,
        )
    rows = _flat(turned, lambda each: each.wakes.values())
    if not rows:
        return
    await transaction.run(
        """
        INSERT INTO wakes (effect_id, conversation_id, execution_id, kind, after_effect_id, seconds,
            due_at)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
            $6::float8[], $7::timestamptz[])
        """,
        [row.effect_id for _, row in rows],
        [each.id for each, _ in rows],
        [row.execution for _, row in rows],
        [row.kind for _, row in rows],
        [row.after for _, row in rows],
        [row.seconds for _, row in rows],
        [row.due_at for _, row in rows],
    )


async def _offers(transaction: Transaction, turned: Sequence[Turned]) -> None:
    rows = _flat(turned, lambda each: each.offers)
    if not rows:
        return
    await transaction.run(
        """
        INSERT INTO offers (id, tenant_id, conversation_id, execution_id, flow, node, visit, items,
            at)
        SELECT id, tenant_id, conversation_id, execution_id, flow, node, visit, items,
            clock_timestamp()
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
                $7::int[], $8::bytea[])
            AS o (id, tenant_id, conversation_id, execution_id, flow, node, visit, items)
        ON CONFLICT (id) DO UPDATE SET items = excluded.items
        """,
        [row.id for _, row in rows],
        [each.tenant for each, _ in rows],
        [each.id for each, _ in rows],
        [row.execution for _, row in rows],
        [row.flow for _, row in rows],
        [row.node for _, row in rows],
        [row.visit for _, row in rows],
        [row.items for _, row in rows],
    )


async def _conversations(transaction: Transaction, turned: Sequence[Turned]) -> None:
    await transaction.run(
        """
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
        """,
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


async def postpone(transaction: Transaction, conversation: UUID, waits: Sequence[float]) -> None:
    """A conversation's turn failed: count it, and leave it alone for as long as `waits` says.

    `waits`: seconds, by how often it has failed by now; the last one counts for all that follow.
    """
    await transaction.run(
        """
        UPDATE conversations SET failures = failures + 1,
            work_at = clock_timestamp() + interval '1 second'
                * ($2::float8[])[least(failures + 1, cardinality($2::float8[]))]
        WHERE id = $1
        """,
        conversation,
        list(waits),
    )


async def abandon(transaction: Transaction, conversation: UUID) -> None:
    """End every execution of a conversation as failed: its stored state cannot be read."""
    await transaction.run(
        """
        UPDATE executions SET status = 'failed', updated_at = clock_timestamp(),
            ended_at = clock_timestamp()
        WHERE conversation_id = $1 AND ended_at IS NULL
        """,
        conversation,
    )
