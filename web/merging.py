"""Merging two contacts by hand: whom to offer, and doing it."""

from uuid import UUID

from flowengine.store import auditing, contacts, merging
from flowengine.store.contacts import Contact
from flowengine.store.merging import Merged
from flowengine.store.transaction import Transaction
from web.erasure import actor_of
from web.problems import Problem
from web.request import AnyRequest, caller, services
from web.texts import _

OFFERED = 8


async def merge_contacts(request: AnyRequest, keep: UUID, other: UUID) -> Merged:
    """Join `other` to `keep`, of the caller's workspace. Raises `NotFound`, `Problem`."""
    if keep == other:
        raise Problem(_("Escolha outro contato: este é o mesmo."), place="other")
    async with services(request).database.worker(caller(request).tenant) as transaction:
        await auditing.act_as(transaction, actor_of(request))
        done = await merging.merge(transaction, keep, other)
        became = {"other": str(other), "moved": done.moved, "joined": done.joined}
        await auditing.note(transaction, "contacts", str(keep), "merged", became)
    services(request).workers.ring()
    return done


async def offered(transaction: Transaction, contact: Contact) -> tuple[Contact, ...]:
    """Whom this contact may be the same person as: others in conflict, and those of its name."""
    found = {each.id: each for each in await contacts.in_conflict(transaction)}
    if contact.name:
        namesakes = await contacts.contacts(transaction, search=contact.name, limit=OFFERED)
        found |= {each.id: each for each in namesakes.items}
    found.pop(contact.id, None)
    return tuple(found.values())[:OFFERED]
