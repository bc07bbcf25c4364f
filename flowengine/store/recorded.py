"""What executions of a flow have done and where they stand, for rehearsals and migration plans."""

from uuid import UUID

from msgspec import Struct

from flowengine.store.executions import JournalRow, journal
from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction


class Standing(Struct, frozen=True):
    """A live execution, its release and its state's bytes."""

    id: UUID
    conversation_id: UUID
    release: str
    state: bytes


async def conversations_of(transaction: Transaction, flow: str, limit: int) -> tuple[UUID, ...]:
    """Conversations in which executions of a flow began last, the newest first."""
    rows = await transaction.rows(
        """
        SELECT conversation_id FROM executions
        WHERE tenant_id = $1 AND flow = $2 AND version > 0
        GROUP BY conversation_id ORDER BY max(started_at) DESC, conversation_id LIMIT $3
        """,
        transaction.tenant,
        flow,
        limit,
    )
    return tuple(row["conversation_id"] for row in rows)


async def whole_journal(transaction: Transaction, conversation_id: UUID) -> list[JournalRow]:
    """A conversation's journal, all of it that is kept, in order."""
    rows: list[JournalRow] = []
    while True:
        after = (rows[-1].seq, rows[-1].step) if rows else (0, -1)
        page = await journal(transaction, conversation_id, after=after, limit=1000)
        if not page:
            return rows
        rows += page


async def standing(transaction: Transaction, flow: str) -> tuple[Standing, ...]:
    """Live executions of releases that hold a flow, as their own or as one that they call."""
    rows = await transaction.rows(
        """
        SELECT e.id, e.conversation_id, e.release, s.state
        FROM executions e
        JOIN execution_state s ON s.execution_id = e.id
        JOIN releases r ON r.tenant_id = e.tenant_id AND r.hash = e.release
        WHERE e.tenant_id = $1 AND e.ended_at IS NULL AND e.version > 0
            AND jsonb_exists(r.members, $2)
        ORDER BY e.started_at, e.id
        """,
        transaction.tenant,
        flow,
    )
    return read_all(Standing, rows)
