"""Executions and their journal, as pages and replay read them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import read, read_all, read_found
from flowengine.store.transaction import Transaction


class ExecutionRow(Struct, frozen=True):
    """One run of a release. `problem`: JSON of what went wrong."""

    id: UUID
    conversation_id: UUID
    contact_id: UUID
    flow: str
    version: int
    release: str
    status: str
    node: str
    started_at: datetime
    updated_at: datetime
    outcome: str
    turns: int
    ended_at: datetime | None = None
    problem: bytes | None = None
    expires_at: datetime | None = None


class JournalRow(Struct, frozen=True):
    """One call of the engine; without an execution it is a routing."""

    conversation_id: UUID
    seq: int
    step: int
    at: datetime
    turn: int
    engine_id: str
    release: str
    given: bytes
    effects: bytes
    trail: bytes
    state_hash: bytes
    execution_id: UUID | None = None


class Checkpoint(Struct, frozen=True):
    """A state that is kept for replay: as it was after `turn`."""

    turn: int
    state: bytes


async def executions(
    transaction: Transaction, conversation_id: UUID, limit: int = 100
) -> tuple[ExecutionRow, ...]:
    """A conversation's executions, the newest first."""
    rows = await transaction.rows(
        f"""
        SELECT {_EXECUTION} FROM executions
        WHERE conversation_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2
        """,
        conversation_id,
        limit,
    )
    return read_all(ExecutionRow, rows)


async def execution(transaction: Transaction, execution_id: UUID) -> ExecutionRow:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(f"SELECT {_EXECUTION} FROM executions WHERE id = $1", execution_id)
    return read_found(ExecutionRow, row, "such execution")


async def journal(
    transaction: Transaction,
    conversation_id: UUID,
    *,
    after: tuple[int, int] = (0, -1),
    limit: int = 200,
    newest: bool = False,
) -> tuple[JournalRow, ...]:
    """A conversation's journal after a (seq, step), in order: its first rows, or its newest."""
    order = "DESC" if newest else "ASC"
    rows = await transaction.rows(
        f"""
        SELECT {_JOURNAL} FROM journal
        WHERE conversation_id = $1 AND (seq, step) > ($2, $3)
        ORDER BY seq {order}, step {order} LIMIT $4
        """,
        conversation_id,
        *after,
        limit,
    )
    return read_all(JournalRow, reversed(rows) if newest else rows)


async def execution_journal(
    transaction: Transaction, execution_id: UUID, *, after_turn: int = -1, limit: int = 1000
) -> tuple[JournalRow, ...]:
    """An execution's turns, in order."""
    rows = await transaction.rows(
        f"""
        SELECT {_JOURNAL} FROM journal
        WHERE execution_id = $1 AND turn > $2 ORDER BY turn, seq, step LIMIT $3
        """,
        execution_id,
        after_turn,
        limit,
    )
    return read_all(JournalRow, rows)


async def checkpoint(transaction: Transaction, execution_id: UUID, turn: int) -> Checkpoint | None:
    """The first state that is kept of `turn` or a later one: replay begins there."""
    row = await transaction.row(
        """
        SELECT turn, state FROM checkpoints WHERE execution_id = $1 AND turn >= $2
        ORDER BY turn LIMIT 1
        """,
        execution_id,
        turn,
    )
    return None if row is None else read(Checkpoint, row)


_EXECUTION = """
id, conversation_id, contact_id, flow, version, release, status, node, started_at, updated_at,
outcome, turns, ended_at, problem, expires_at
"""
_JOURNAL = """
conversation_id, seq, step, at, turn, engine_id, release, given, effects, trail, state_hash,
execution_id
"""
