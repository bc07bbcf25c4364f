"""Moves of running conversations to another version: chosen by a designer, fed one by one.

A move is a list of executions. The clock enters a `MoveDue` for each into its conversation's inbox,
some at a time, and marks the member with that row's number in the same transaction; a turn takes it
like any other row. So a crash between any two statements leaves a member either not fed or fed.
How it went is read from the journal once the turn has passed that number.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from flowengine.happenings import MoveDue
from flowengine.state import encode
from flowengine.store.ids import new_id
from flowengine.store.inbox import STRIDE, Entry, enter_unseen, lock
from flowengine.store.rows import must_touch, read_all, read_found
from flowengine.store.transaction import Transaction

AT_ONCE = 50
"""Members that are fed at a time."""

_LOCK = 0x6D6F7665


class Choices(Struct, frozen=True, omit_defaults=True):
    """What a designer chose, as `flowengine.happenings.MoveDue` has it. `mapping`: by the release
    that is left, as each names its nodes its own way."""

    elsewhere: dict[str, str] = {}
    mapping: dict[str, dict[str, str]] = {}


class NewMember(Struct, frozen=True):
    """An execution that is to move. `release`, `version`: where to."""

    execution_id: UUID
    conversation_id: UUID
    release: str
    version: int


class Move(Struct, frozen=True):
    """A move. `state`: running, done or cancelled. `outcomes`: how many went which way."""

    id: UUID
    flow: str
    version: int
    state: str
    total: int
    begun_at: datetime
    begun_by: UUID | None
    ended_at: datetime | None
    outcomes: dict[str, int]

    @property
    def passed(self) -> int:
        """Members that are through."""
        return sum(self.outcomes.values())


async def alone(transaction: Transaction, flow: str) -> UUID | None:
    """The move of this flow that runs, if any; none begins until this transaction ends."""
    await transaction.run(
        "SELECT FROM flows WHERE tenant_id = $1 AND key = $2 FOR UPDATE", transaction.tenant, flow
    )
    found: UUID | None = await transaction.value(
        "SELECT id FROM flow_moves WHERE tenant_id = $1 AND flow = $2 AND state = 'running'"
        " ORDER BY begun_at LIMIT 1",
        transaction.tenant,
        flow,
    )
    return found


async def begin_move(
    transaction: Transaction,
    flow: str,
    version: int,
    choices: Choices,
    members: Sequence[NewMember],
    by: UUID | None,
) -> UUID:
    """Begin a move; the clock carries it out."""
    id = new_id()
    await transaction.run(
        """
        INSERT INTO flow_moves (tenant_id, id, flow, version, choices, total, begun_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        transaction.tenant,
        id,
        flow,
        version,
        encode(choices),
        len(members),
        by,
    )
    await transaction.run(
        """
        INSERT INTO flow_move_members
            (tenant_id, move_id, execution_id, conversation_id, release, version)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::int[])
        """,
        transaction.tenant,
        id,
        [each.execution_id for each in members],
        [each.conversation_id for each in members],
        [each.release for each in members],
        [each.version for each in members],
    )
    return id


async def moves(transaction: Transaction, flow: str, limit: int = 10) -> tuple[Move, ...]:
    """The moves of a flow, the newest first."""
    rows = await transaction.rows(
        f"{_MOVES} ORDER BY m.begun_at DESC, m.id LIMIT $3", transaction.tenant, flow, limit
    )
    return read_all(Move, rows)


async def move(transaction: Transaction, flow: str, id: UUID) -> Move:
    """One of a flow's. Raises `NotFound`."""
    row = await transaction.row(f"{_MOVES} AND m.id = $3", transaction.tenant, flow, id)
    return read_found(Move, row, "such move")


_MOVES = """
SELECT m.id, m.flow, m.version, m.state, m.total, m.begun_at, m.begun_by, m.ended_at,
    coalesce((
        SELECT jsonb_object_agg(outcome, n) FROM (
            SELECT outcome, count(*) AS n FROM flow_move_members
            WHERE move_id = m.id AND outcome IS NOT NULL GROUP BY outcome
        ) counted
    ), '{}') AS outcomes
FROM flow_moves m WHERE m.tenant_id = $1 AND m.flow = $2
"""


async def cancel_move(transaction: Transaction, flow: str, id: UUID) -> None:
    """No further member is fed; those that were move on. Raises `NotFound` where none runs."""
    count = await transaction.run(
        """
        UPDATE flow_moves SET state = 'cancelled', ended_at = now()
        WHERE tenant_id = $1 AND flow = $2 AND id = $3 AND state = 'running'
        """,
        transaction.tenant,
        flow,
        id,
    )
    must_touch(count, "running move")


async def stop_stray(transaction: Transaction) -> None:
    """End the running moves that lead away from what is on the air by now: nobody further is
    carried to a version that was taken back. Those that were fed move on."""
    await transaction.run(
        """
        UPDATE flow_moves f SET state = 'cancelled', ended_at = now()
        WHERE f.tenant_id = $1 AND f.state = 'running' AND EXISTS (
            SELECT FROM flow_move_members m WHERE m.move_id = f.id AND m.seq IS NULL
                AND m.outcome IS NULL AND NOT EXISTS (
                    SELECT FROM flows w WHERE w.tenant_id = f.tenant_id AND w.release = m.release
                )
        )
        """,
        transaction.tenant,
    )


# -- by the clock ---------------------------------------------------------------------------------


async def feed_moves(transaction: Transaction, limit: int = AT_ONCE) -> int:
    """Tell some conversations of what is to become of them; how many. Each member once, and no
    workspace's move waits for the end of another's.

    A move that is cancelled at this very moment waits for what is fed here.
    """
    if not await transaction.value("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        return 0
    rows = await transaction.rows(_NEXT, limit)
    if not rows:
        return 0
    last = await lock(transaction, [row["conversation_id"] for row in rows])
    seqs = dict(last)
    fed: list[tuple[UUID, UUID, int]] = []
    for row in rows:
        room = row["conversation_id"]
        seqs[room] = seqs.get(room, 0) + STRIDE
        fed.append((row["move_id"], row["execution_id"], seqs[room]))
    await transaction.run(_FED, *(list(column) for column in zip(*fed, strict=True)))
    entries = [
        Entry(row["conversation_id"], row["channel_id"], _due(row))
        for row in rows
        if row["conversation_id"] in last
    ]
    await enter_unseen(transaction, entries, last)
    return len(rows)


def _due(row: Record) -> MoveDue:
    choices = msgspec.json.decode(row["choices"], type=Choices)
    mapping = choices.mapping.get(row["old"], {})
    execution = str(row["execution_id"])
    return MoveDue(execution, row["release"], row["version"], mapping, choices.elsewhere)


async def settle_moves(transaction: Transaction) -> int:
    """Note how the members went that are through, and end moves that are; how many members."""
    count = await transaction.run(_SETTLE)
    await transaction.run(_DONE)
    return count


# Workspaces take turns, and in each of them its moves. Who is left over when there are more of them
# than places is drawn anew each time.
_NEXT = """
WITH first AS (
    SELECT r.tenant_id, m.*, row_number() OVER (PARTITION BY r.id ORDER BY m.execution_id) AS nth
    FROM flow_moves r
    CROSS JOIN LATERAL (
        SELECT move_id, execution_id, conversation_id, release, version FROM flow_move_members
        WHERE move_id = r.id AND outcome IS NULL AND seq IS NULL
        ORDER BY execution_id LIMIT $1
    ) m
    WHERE r.state = 'running'
), turns AS (
    SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY nth, move_id) AS turn FROM first
), chosen AS (
    SELECT * FROM turns ORDER BY turn, random() LIMIT $1
)
SELECT m.move_id, m.execution_id, m.conversation_id, m.release, m.version, f.choices,
    c.channel_id, coalesce(e.release, '') AS old
FROM chosen m
JOIN flow_moves f ON f.id = m.move_id AND f.state = 'running'
LEFT JOIN conversations c ON c.id = m.conversation_id
LEFT JOIN executions e ON e.id = m.execution_id
ORDER BY m.move_id, m.execution_id
FOR SHARE OF f
"""
_FED = """
UPDATE flow_move_members m SET seq = n.seq
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (move_id, execution_id, seq)
WHERE m.move_id = n.move_id AND m.execution_id = n.execution_id
"""
# The routing row of the turn says how it went: (what happened, how). Without one the conversation
# is gone; with another one (`poisoned`) our engine broke.
_SETTLE = """
UPDATE flow_move_members m
SET outcome = coalesce((
    SELECT CASE WHEN said ->> 0 = 'move' THEN said ->> 1 ELSE 'failed' END
    FROM journal j, LATERAL (SELECT convert_from(j.trail, 'UTF8')::jsonb AS said) route
    WHERE j.conversation_id = m.conversation_id AND j.seq = m.seq AND j.step = 0 LIMIT 1
), 'over')
FROM flow_moves f
WHERE f.state <> 'done' AND m.move_id = f.id AND m.outcome IS NULL AND m.seq IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.taken_seq < m.seq
    )
"""
_DONE = """
UPDATE flow_moves f SET state = 'done', ended_at = now()
WHERE f.state = 'running'
    AND NOT EXISTS (SELECT FROM flow_move_members m WHERE m.move_id = f.id AND m.outcome IS NULL)
"""
