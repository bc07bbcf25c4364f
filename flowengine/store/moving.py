"""Customers who go by other ids from now on: a changed number, a BSUID made anew.

The new ids are added to the contact that the old ones find; the old ones stay, as what was said
before the change may come after it. Where a new id is somebody else's already, both are flagged and
nothing is merged. Source: WHATSAPP.md §A.11.
"""

from collections.abc import Sequence
from uuid import UUID

from flowengine.messages import Identity, Moved
from flowengine.store.identities import Seen, known_contacts, resolve_all
from flowengine.store.transaction import Transaction

Move = tuple[UUID, Moved]
"""The workspace, and who moved."""


def seen_of(tenant: UUID, moved: Moved) -> Seen:
    """All ids of a move, to be locked before anything is looked at."""
    return Seen(tenant, moved.was + moved.now)


async def move(transaction: Transaction, moves: Sequence[Move]) -> None:
    """Add the new ids, one move after another, under the locks of all of them.

    Nobody is made: where none of the old ids is known there is nobody to move.
    """
    for tenant, moved in moves:
        found = await known_contacts(transaction, Seen(tenant, moved.was))
        if not found:
            continue
        await resolve_all(transaction, [seen_of(tenant, moved)], locked=True)
        phone = _phone(moved.now)
        if len(found) == 1 and phone:
            await _show(transaction, tenant, found[0], phone, moved.was)


def _phone(ids: Sequence[Identity]) -> str:
    return next((identity.value for identity in ids if identity.kind == "phone"), "")


async def _show(
    transaction: Transaction, tenant: UUID, contact: UUID, phone: str, was: Sequence[Identity]
) -> None:
    """The new number is the one that is shown, unless a person wrote another one there."""
    await transaction.run(
        """
        UPDATE contacts SET phone = $3, updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND phone = ANY($4::text[]) AND EXISTS (
            SELECT FROM identities i WHERE i.tenant_id = $1 AND i.contact_id = $2
                AND i.kind = 'phone' AND i.value = $3)
        """,
        tenant,
        contact,
        phone,
        [identity.value for identity in was if identity.kind == "phone"],
    )
