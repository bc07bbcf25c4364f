"""Times and people in Meta's JSON."""

from datetime import UTC, datetime
from typing import Any

import re2

from connectors.net.pieces import Json, Unread, list_of, object_of, text_of
from flowengine.messages import Identity, Sender

_BSUID = re2.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
_MILLISECONDS = 100_000_000_000  # more than this many seconds is the year 5138


def time_of(value: Any, fallback: Any = None) -> datetime:
    """A Unix time in seconds, or in milliseconds as some relays write it."""
    for given in (value, fallback):
        try:
            seconds = int(given)
            if seconds > _MILLISECONDS:
                return datetime.fromtimestamp(seconds / 1000, UTC)
            return datetime.fromtimestamp(seconds, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            continue
    raise Unread("no timestamp")


def people_of(contacts: Any) -> dict[str, Json]:
    """The `contacts` of a change, by every id that a message may name them by."""
    people: dict[str, Json] = {}
    for contact in list_of(contacts):
        known = object_of(contact)
        for key in (known.get("wa_id"), known.get("user_id")):
            if key:
                people[text_of(key)] = known
    return people


def identity_of(value: Any, portfolio: str) -> Identity | None:
    """A phone in E.164, or a BSUID: some relays put one where the phone should be."""
    told = text_of(value)
    digits = told.removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= 20:
        return Identity("phone", "+" + digits)
    if _BSUID.match(told):
        kind = "parent_bsuid" if told[3:7] == "ENT." else "bsuid"
        return Identity(kind, told, portfolio)
    return None


def identities_of(portfolio: str, *values: Any) -> tuple[Identity, ...]:
    """Every different identity among `values`; the phone first, then as they come."""
    found: dict[Identity, None] = {}
    for value in values:
        identity = identity_of(value, portfolio) if value else None
        if identity is not None:
            found[identity] = None
    return tuple(sorted(found, key=lambda identity: identity.kind != "phone"))


def sender_of(portfolio: str, people: dict[str, Json], *ids: Any) -> Sender:
    """Who is meant by `ids`, completed by what the contacts of the change tell of them."""
    contact: Json = {}
    for value in ids:
        if value and text_of(value) in people:
            contact = people[text_of(value)]
            break
    else:
        if not any(ids) and len({id(known) for known in people.values()}) == 1:
            contact = next(iter(people.values()))
    found = identities_of(
        portfolio,
        *ids,
        contact.get("wa_id"),
        contact.get("user_id"),
        contact.get("parent_user_id"),
    )
    if not found:
        raise Unread("no sender")
    profile = object_of(contact.get("profile"))
    username = text_of(profile.get("username"))
    return Sender(found, text_of(profile.get("name")) or (f"@{username}" if username else ""))
