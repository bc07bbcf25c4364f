"""What a workspace has decided: how long what was said is kept, and when it stays silent.

`keeping` carries the first out. The second is obeyed where sends are claimed.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import read, read_all
from flowengine.store.transaction import Transaction


class Policy(Struct, frozen=True):
    """`keep_months`, `keep_media_days`: None keeps for ever. `kept_from`: all older is gone.

    Months are whole ones of UTC: the running one and as many before it are kept at least.
    `quiet_from`, `quiet_until`: "HH:MM" in the workspace's zone, both empty where it is never
    quiet; a night reaches over midnight.
    """

    keep_months: int | None = None
    keep_media_days: int | None = None
    quiet_from: str = ""
    quiet_until: str = ""
    kept_from: datetime | None = None


_COLUMNS = "keep_months, keep_media_days, quiet_from, quiet_until, kept_from"


async def policy(transaction: Transaction) -> Policy:
    """Of the transaction's workspace; where nothing was decided, all is kept."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM policies WHERE tenant_id = $1", transaction.tenant
    )
    return Policy() if row is None else read(Policy, row)


async def set_keeping(
    transaction: Transaction, keep_months: int | None, keep_media_days: int | None
) -> None:
    """How long messages and files are kept; what is too old by it goes within the hour."""
    await transaction.run(
        """
        INSERT INTO policies (tenant_id, keep_months, keep_media_days) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id) DO UPDATE
        SET keep_months = excluded.keep_months, keep_media_days = excluded.keep_media_days,
            keeping = NULL, kept_after = NULL, updated_at = now()
        """,
        transaction.tenant,
        keep_months,
        keep_media_days,
    )


async def set_quiet(transaction: Transaction, quiet_from: str, quiet_until: str) -> None:
    """When nothing leaves that nobody asked for; both empty: never."""
    await transaction.run(
        """
        INSERT INTO policies (tenant_id, quiet_from, quiet_until) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id) DO UPDATE
        SET quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, updated_at = now()
        """,
        transaction.tenant,
        quiet_from,
        quiet_until,
    )


class Quiet(Struct, frozen=True):
    """A workspace's silent hours, as its clocks show them."""

    tenant_id: UUID
    quiet_from: str
    quiet_until: str
    timezone: str


async def quiet_hours(transaction: Transaction, tenants: Collection[UUID]) -> dict[UUID, Quiet]:
    """Of those workspaces that have any, for a worker."""
    rows = await transaction.rows(
        """
        SELECT p.tenant_id, p.quiet_from, p.quiet_until, t.timezone
        FROM policies p JOIN tenants t ON t.id = p.tenant_id
        WHERE p.tenant_id = ANY($1::uuid[]) AND p.quiet_from <> ''
        """,
        list(tenants),
    )
    return {each.tenant_id: each for each in read_all(Quiet, rows)}
