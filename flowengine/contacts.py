"""What a change makes of what is known of a contact."""

import msgspec

from flowengine.given import Contact
from flowengine.messages import ChangeContact


def changed_contact(contact: Contact, change: ChangeContact) -> Contact:
    """The contact after a change; a field set to null is gone. Cost: ~1 µs, and its fields."""
    fields = contact.fields
    if change.fields:
        fields = {**fields, **change.fields}
        fields = {name: value for name, value in fields.items() if value is not None}
    tags = contact.tags
    if change.remove_tags:
        tags = tuple(tag for tag in tags if tag not in change.remove_tags)
    for tag in change.add_tags:
        if tag not in tags:
            tags = (*tags, tag)
    return msgspec.structs.replace(
        contact,
        name=contact.name if change.name is None else change.name,
        language=contact.language if change.language is None else change.language,
        fields=fields,
        tags=tags,
    )
