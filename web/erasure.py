"""Erasing a person, and what is said where somebody was erased."""

from uuid import UUID

from flowengine.store import auditing, erasing
from flowengine.store.erasing import Tombstone
from flowengine.store.transaction import Transaction
from web.problems import Problem
from web.request import AnyRequest, Program, caller, services
from web.texts import _


async def erase_contact(request: AnyRequest, contact: UUID) -> Tombstone:
    """Delete everything of a contact of the caller's workspace. Raises `NotFound`, `Problem`."""
    async with services(request).database.worker(caller(request).tenant) as transaction:
        await refuse_erased(transaction, contact)
        await auditing.act_as(transaction, actor_of(request))
        gone = await erasing.erase(transaction, contact)
        await auditing.note(transaction, "contacts", str(contact), "erased", {**gone.counters})
    return gone


def actor_of(request: AnyRequest) -> str:
    """How the audit log names the caller."""
    who = caller(request)
    if isinstance(who, Program):
        return auditing.key_actor(who.key)
    return auditing.user_actor(who.id)


async def refuse_erased(transaction: Transaction, id: UUID) -> None:
    """Say so where a contact or a conversation was erased: 410, not 404."""
    gone = await erasing.tombstone(transaction, id)
    if gone is not None:
        raise Problem(
            _("Apagado em {when}, como a pessoa pediu. Só os números ficaram."),
            status=410,
            when=f"{gone.at:%d/%m/%Y}",
        )
