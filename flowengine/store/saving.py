"""Writing a batch of turns: few statements, however many conversations, all or nothing.

Under the conversations' locks. Order of locks: contacts, then executions, lanes, outbox. What
nearly every turn writes is one statement (`saving_turns`); this is the order of all, and the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from flowengine.messages import Tell
from flowengine.store.changing import change_contacts
from flowengine.store.database import Transaction
from flowengine.store.inbox import cancel_bot_sends, enter_unseen
from flowengine.store.saving_turns import Lease, write_turns
from flowengine.store.sends import SOMETHING, lock_lanes
from flowengine.store.starting import write_starts
from flowengine.store.subscriptions import write_tells
from flowengine.store.turned import Turned
from flowengine.store.waking import start_wakes

T = TypeVar("T")


async def save(
    transaction: Transaction,
    turned: Sequence[Turned],
    engine_id: str,
    lease: Lease | None = None,
) -> frozenset[UUID]:
    """Write what the turns did: contacts, journal, executions, sends, calls, wakes, the rest.

    `lease`: of whoever performs sends in this process. Those of the turns' `handed` sends that
    could be leased to it are marked as being sent; their ids.
    """
    await change_contacts(transaction, turned)
    await write_starts(transaction, turned)
    settled = await _unsay(transaction, turned)
    settled.extend(await _hang(transaction, turned))
    handed = await write_turns(transaction, turned, engine_id, lease)
    await _checkpoints(transaction, turned)
    await _calls(transaction, turned)
    await _wakes(transaction, turned)
    await _offers(transaction, turned)
    await write_tells(transaction, _flat_ids(turned))
    await _priorities(transaction, turned)
    await enter_unseen(transaction, [entry for each in turned for entry in each.entries])
    if settled:
        await start_wakes(transaction, settled)
    return handed


def _flat(
    turned: Sequence[Turned], part: Callable[[Turned], Iterable[T]]
) -> list[tuple[Turned, T]]:
    return [(each, row) for each in turned for row in part(each)]


async def _unsay(transaction: Transaction, turned: Sequence[Turned]) -> list[str]:
    """Drop what will never be said, as a person took over; its effects.

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
    return [*cancelled.effects, *(effect for each in turned for effect in each.unsaid)]


async def _hang(transaction: Transaction, turned: Sequence[Turned]) -> list[str]:
    """Wakes that begin with a send: its recording must know; effects of sends that are gone.

    Most begin with a send of the same turn. One that an earlier turn wanted may be recorded at this
    very moment, without the conversation's lock: whoever comes second to its row sees the other.
    """
    gone: list[str] = []
    older: set[str] = set()
    for each in turned:
        afters = {wake.after for wake in each.wakes.values() if wake.after and wake.due_at is None}
        own = {row.send.effect_id for row in each.sends}
        each.sends = [
            replace(row, send=replace(row.send, hangs=SOMETHING))
            if row.send.effect_id in afters
            else row
            for row in each.sends
        ]
        older |= afters - own
    if older:
        await lock_lanes(transaction, [each.id for each in turned])
        rows = await transaction.rows(
            "UPDATE outbox SET hangs = $2 WHERE effect_id = ANY($1::text[]) RETURNING effect_id",
            sorted(older),
            SOMETHING,
        )
        gone = sorted(older - {row["effect_id"] for row in rows})
    return gone


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


async def _checkpoints(transaction: Transaction, turned: Sequence[Turned]) -> None:
    kept = [row for each in turned for row in each.executions.values() if row.checkpoint]
    if not kept:
        return
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


def _flat_ids(turned: Sequence[Turned]) -> list[tuple[UUID, Tell]]:
    return [(each.id, tell) for each in turned for tell in each.tells]


async def _priorities(transaction: Transaction, turned: Sequence[Turned]) -> None:
    """How urgent those are that a flow has just put into a queue."""
    handed = [each for each in turned if each.priority is not None]
    if handed:
        await transaction.run(
            """
            UPDATE conversations c SET priority = p.priority
            FROM unnest($1::uuid[], $2::int[]) AS p (id, priority) WHERE c.id = p.id
            """,
            [each.id for each in handed],
            [each.priority for each in handed],
        )


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


async def postpone(
    transaction: Transaction,
    conversation: UUID,
    waits: Sequence[float],
    known: int | None = None,
) -> None:
    """A conversation's turn failed: count it, and leave it alone for as long as `waits` says.

    `waits`: seconds, by how often it has failed by now; the last one counts for all that follow.
    `known`: how often it had failed when this turn was claimed. Not counted where nothing is due
    any more, or where it has been counted since: another hand that failed at the same fault has
    done so, or one that did not has done the work.
    """
    await transaction.run(
        """
        UPDATE conversations SET failures = failures + 1,
            work_at = clock_timestamp() + interval '1 second'
                * ($2::float8[])[least(failures + 1, cardinality($2::float8[]))]
        WHERE id = $1 AND work_at <= clock_timestamp() AND failures = coalesce($3, failures)
        """,
        conversation,
        list(waits),
        known,
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
