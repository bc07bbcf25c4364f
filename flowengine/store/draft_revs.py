"""How far a flow's draft is, without its document: what open editors look at all the time."""

from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import read_found
from flowengine.store.transaction import Transaction


class DraftRev(Struct, frozen=True):
    """`by`: the name of who saved it last, "" where that is not known."""

    rev: int
    updated_by: UUID | None = None
    by: str = ""


async def draft_rev(transaction: Transaction, key: str) -> DraftRev:
    """A draft's revision. Raises `NotFound`. Cost: two look-ups by primary key."""
    row = await transaction.row(
        """
        SELECT f.rev, f.updated_by, coalesce(nullif(u.name, ''), u.email, '') AS by
        FROM flows f LEFT JOIN users u ON u.id = f.updated_by
        WHERE f.tenant_id = $1 AND f.key = $2
        """,
        transaction.tenant,
        key,
    )
    return read_found(DraftRev, row, f"flow {key}")
