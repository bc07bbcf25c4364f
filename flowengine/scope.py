"""The names that templates and expressions may read (FLOWS.md §2)."""

from datetime import datetime
from typing import Any

import msgspec

from flowengine.given import Cause, Contact, World
from flowengine.messages import Inbound


def build_scope(world: World, contact: Contact, now: datetime) -> dict[str, Any]:
    """What does not depend on the execution: contact, conversation, const and history."""
    closes = world.window_closes_at
    return {
        "contact": {
            "name": contact.name,
            "phone": contact.phone,
            "language": contact.language,
            "tags": list(contact.tags),
            "fields": contact.fields,
        },
        "conversation": {
            "channel": world.channel,
            "window": {"open": closes is None or closes > now, "closes_at": closes},
        },
        "const": world.const,
        "history": [
            {"role": line.role, "text": line.text, "at": line.at} for line in world.history
        ],
    }


def message_scope(message: Inbound | None, choice: str, failure: str) -> dict[str, Any]:
    """`message.*`: the last input, and why the last send failed."""
    if message is None:
        return {"failure": failure or None}
    return {
        "text": message.text,
        "kind": message.kind,
        "choice": choice or None,
        "media": None if message.media is None else msgspec.to_builtins(message.media),
        "location": None if message.location is None else _place(message),
        "at": message.at,
        "failure": failure or None,
    }


def _place(message: Inbound) -> dict[str, Any]:
    place = message.location
    if place is None:
        return {}
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "name": place.name,
        "address": place.address,
    }


def trigger_scope(cause: Cause | None) -> dict[str, Any]:
    """`trigger.*`: why the execution began."""
    if cause is None:
        return {}
    return {
        "word": cause.word or None,
        "groups": cause.groups,
        "referral": cause.referral,
        "event": cause.event,
    }
