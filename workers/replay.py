"""A stored execution folded again from its journal: for `flowengine replay` and for tests."""

from uuid import UUID

from flowengine.replay import Recorded, Refolded, refold, state_hash
from flowengine.store.database import Database, Transaction
from flowengine.store.errors import NotFound
from flowengine.store.executions import JournalRow, execution_journal
from workers.library import Library


class Erased(Exception):
    """The journal of this execution was erased, so there is nothing to fold."""


async def replay(database: Database, execution: UUID) -> list[Refolded]:
    """Every turn of an execution, each compared with what was recorded, in whichever workspace.

    Raises `NotFound`, `Erased`, `LookupError` where a release is missing.
    """
    async with database.worker() as transaction:
        tenant = await _tenant(transaction, execution)
        rows = await _journal(transaction.of(tenant), execution)
        if not rows:
            raise Erased("the journal of this execution was erased")
        wanted = {(tenant, row.release) for row in rows}
        releases = await Library().releases(transaction, wanted)
    recorded = [
        Recorded(
            row.seq,
            row.step,
            row.release,
            row.engine_id,
            row.given,
            row.effects,
            row.trail,
            row.state_hash,
        )
        for row in rows
    ]
    return list(refold(str(execution), recorded, {key: r for (_, key), r in releases.items()}))


async def stored_differs(database: Database, execution: UUID, last: Refolded) -> bool:
    """Whether the state that is stored is another than the one that the journal leads to."""
    async with database.worker() as transaction:
        stored = await transaction.value(
            "SELECT state_hash FROM execution_state WHERE execution_id = $1", execution
        )
    return bool(stored != state_hash(last.state))


async def _journal(transaction: Transaction, execution: UUID) -> list[JournalRow]:
    rows: list[JournalRow] = []
    while page := await execution_journal(
        transaction, execution, after_turn=rows[-1].turn if rows else -1
    ):
        rows.extend(page)
    return rows


async def _tenant(transaction: Transaction, execution: UUID) -> UUID:
    tenant: UUID | None = await transaction.value(
        "SELECT tenant_id FROM executions WHERE id = $1", execution
    )
    if tenant is None:
        raise NotFound("there is no such execution")
    return tenant
