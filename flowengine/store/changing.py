"""What flows change of contacts: written with the turn that wanted it, by contact id."""

from collections.abc import Sequence

from flowengine.messages import ChangeContact
from flowengine.store.consents import record_consent
from flowengine.store.contacts import change_contact
from flowengine.store.database import Transaction
from flowengine.store.turned import Turned

SOURCES = {"": "word"}
"""Who records a consent: a flow's node, or (no node) the customer's own word."""


async def change_contacts(transaction: Transaction, turned: Sequence[Turned]) -> None:
    """Write every turn's changes of its contact, contacts in id order."""
    changed = [each for each in turned if each.contact_changes]
    for each in sorted(changed, key=lambda one: one.contact):
        tenant = transaction.of(each.tenant)
        for change in each.contact_changes:
            await _change(tenant, each, change)


async def _change(tenant: Transaction, turned: Turned, change: ChangeContact) -> None:
    if change.name or change.language or change.fields or change.add_tags or change.remove_tags:
        await change_contact(
            tenant,
            turned.contact,
            name=change.name,
            language=change.language,
            fields=change.fields,
            add_tags=change.add_tags,
            remove_tags=change.remove_tags,
        )
    source = SOURCES.get(change.node, "flow")
    for purpose, given in change.consent.items():
        await record_consent(tenant, turned.contact, purpose, given, change.proof, source)
