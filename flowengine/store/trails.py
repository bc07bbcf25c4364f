"""What executions of a flow went through, for the numbers on its canvas."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction


class Ran(Struct, frozen=True):
    """An execution of a flow: how it ended, "" while it is under way."""

    id: UUID
    version: int
    status: str
    outcome: str
    ended: bool


class Walked(Struct, frozen=True):
    """What one call of the engine says happened, as JSON; empty where it was erased."""

    execution_id: UUID
    trail: bytes


async def ran(
    transaction: Transaction, flow: str, since: datetime, version: int = 0, limit: int = 2000
) -> tuple[Ran, ...]:
    """Executions that began in a flow since then, the newest first. `version`: 0 for all."""
    rows = await transaction.rows(
        """
        SELECT id, version, status, outcome, ended_at IS NOT NULL AS ended FROM executions
        WHERE tenant_id = $1 AND flow = $2 AND started_at >= $3 AND ($4 = 0 OR version = $4)
        ORDER BY started_at DESC LIMIT $5
        """,
        transaction.tenant,
        flow,
        since,
        version,
        limit,
    )
    return read_all(Ran, rows)


async def walked(transaction: Transaction, executions: list[UUID]) -> tuple[Walked, ...]:
    """Their trails, each execution's in order."""
    rows = await transaction.rows(
        """
        SELECT execution_id, trail FROM journal
        WHERE execution_id = ANY($1) ORDER BY execution_id, turn, seq, step
        """,
        executions,
    )
    return read_all(Walked, rows)
