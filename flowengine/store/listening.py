"""Who listens to an event from outside, and where the contact that it is about is spoken to."""

from uuid import UUID

from flowengine.state import encode
from flowengine.store.transaction import Transaction


async def listening(transaction: Transaction, name: str) -> tuple[bytes, ...]:
    """The published documents that name an event, by key: few, whatever the workspace has.

    A document may name it otherwise than in a trigger; whoever reads it will see.
    """
    rows = await transaction.rows(
        """
        SELECT v.document FROM flows f
        JOIN flow_versions v
            ON v.tenant_id = f.tenant_id AND v.flow = f.key AND v.version = f.published
        WHERE f.tenant_id = $1 AND position($2::bytea IN v.document) > 0
        ORDER BY f.key
        """,
        transaction.tenant,
        encode(name),
    )
    return tuple(row["document"] for row in rows)


async def channel_for(transaction: Transaction, contact_id: UUID, wanted: str = "") -> UUID | None:
    """The channel on which a contact is told: of those that `wanted` means (a kind or an id; empty:
    all), the one on which they wrote last, else the only one there is. None where that is open."""
    rows = await transaction.rows(
        """
        SELECT ch.id, c.last_inbound_at FROM channels ch
        LEFT JOIN conversations c ON c.channel_id = ch.id AND c.contact_id = $2
        WHERE ch.tenant_id = $1 AND ch.state <> 'removed'
            AND ($3 = '' OR ch.kind = $3 OR ch.id::text = $3)
        ORDER BY c.last_inbound_at DESC NULLS LAST, ch.id LIMIT 2
        """,
        transaction.tenant,
        contact_id,
        wanted,
    )
    if not rows or (rows[0]["last_inbound_at"] is None and len(rows) > 1):
        return None
    channel: UUID = rows[0]["id"]
    return channel


async def contact_with_id(transaction: Transaction, wanted: str) -> UUID | None:
    """The contact of an id, None where it is none."""
    found: UUID | None = await transaction.value(
        "SELECT id FROM contacts WHERE tenant_id = $1 AND id::text = $2",
        transaction.tenant,
        wanted,
    )
    return found
