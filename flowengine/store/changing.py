"""What flows change of contacts: written with the turn that wanted it, by contact id."""

from collections.abc import Iterable, Sequence
from typing import Any

from flowengine.messages import ChangeContact
from flowengine.store.consents import record_consent
from flowengine.store.contacts import Change, change_many
from flowengine.store.database import Transaction
from flowengine.store.turned import Turned

SOURCES = {"": "word"}
"""Who records a consent: a flow's node, or (no node) the customer's own word."""


async def change_contacts(transaction: Transaction, turned: Sequence[Turned]) -> None:
    """Write every turn's changes of its contact, contacts in id order."""
    changed = [each for each in turned if each.contact_changes]
    for part in _once_each(changed):
        merged = (_merged(each) for each in part)
        await change_many(transaction, [each for each in merged if _says_something(each)])
    for each in sorted(changed, key=lambda one: one.contact):
        tenant = transaction.of(each.tenant)
        for change in each.contact_changes:
            source = SOURCES.get(change.node, "flow")
            for purpose, given in change.consent.items():
                await record_consent(tenant, each.contact, purpose, given, change.proof, source)


def _once_each(turned: Iterable[Turned]) -> list[list[Turned]]:
    """Parts in which no contact comes twice: one may talk with us on two channels."""
    parts: list[dict[Any, Turned]] = []
    for each in turned:
        part = next((part for part in parts if each.contact not in part), None)
        if part is None:
            parts.append(part := {})
        part[each.contact] = each
    return [list(part.values()) for part in parts]


def _merged(turned: Turned) -> Change:
    """Several changes as one: what comes later wins."""
    name: str | None = None
    language: str | None = None
    fields: dict[str, Any] = {}
    added: set[str] = set()
    removed: set[str] = set()
    for change in turned.contact_changes:
        _note_tags(change, added, removed)
        fields.update(change.fields)
        name = name if change.name is None else change.name
        language = language if change.language is None else change.language
    return Change(
        turned.tenant, turned.contact, name, language, fields, sorted(added), sorted(removed)
    )


def _note_tags(change: ChangeContact, added: set[str], removed: set[str]) -> None:
    """A change adds its tags first and removes then."""
    added |= set(change.add_tags)
    removed -= set(change.add_tags)
    added -= set(change.remove_tags)
    removed |= set(change.remove_tags)


def _says_something(change: Change) -> bool:
    return bool(
        change.name or change.language or change.fields or change.add_tags or change.remove_tags
    )
