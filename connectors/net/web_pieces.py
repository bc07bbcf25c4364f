"""Times and people in the JSON of WhatsApp Web's messages (Evolution, Baileys)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.net.pieces import object_of, text_of
from flowengine.messages import Identity

PHONE_JID, LID_JID = "@s.whatsapp.net", "@lid"
NOT_A_PERSON = ("@g.us", "@broadcast", "@newsletter", "@bot")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of what tells none: times order nothing, and losing a status would be worse."""

_MILLISECONDS = 100_000_000_000


def time_of(value: Any) -> datetime | None:
    """Unix seconds as a number, a string or a Long (`{"low", "high"}`); or milliseconds."""
    told = object_of(value).get("low", value) if isinstance(value, dict) else value
    try:
        seconds = int(told)
        return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def written_time_of(value: Any) -> datetime:
    """The envelope's `date_time`: local time with a wrong Z. It orders nothing."""
    try:
        found = datetime.fromisoformat(text_of(value))
    except ValueError:
        return BEGINNING
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def identity_of(jid: Any, account: str) -> Identity | None:
    """A phone or a LID; a device's suffix (`:12`) is no part of it. `account`: a LID's scope."""
    name, mark, host = text_of(jid).partition("@")
    digits = name.partition(":")[0]
    if not mark or not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        return None
    if f"@{host}" in (PHONE_JID, "@c.us"):
        return Identity("phone", f"+{digits}")
    return Identity("lid", digits, account) if f"@{host}" == LID_JID else None


def identities_of(account: str, *jids: Any) -> tuple[Identity, ...]:
    """Every different identity among `jids`; the phone first."""
    found = dict.fromkeys(filter(None, (identity_of(jid, account) for jid in jids)))
    return tuple(sorted(found, key=lambda identity: identity.kind != "phone"))


def address_of(to: Sequence[Identity]) -> str:
    """The number to write to, as the server wants it; "" where there is none."""
    for identity in to:
        if identity.kind == "phone":
            return identity.value.removeprefix("+")
        if identity.kind == "lid":
            return f"{identity.value}{LID_JID}"
    return ""


def jid_of(number: str) -> str:
    """The jid of such a number."""
    return number if "@" in number else f"{number}{PHONE_JID}"
