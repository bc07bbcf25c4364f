"""Scheduling a message: what the pages and the API do alike."""

from datetime import datetime
from uuid import UUID

import msgspec

from flowengine.messages import Content
from flowengine.state import encode
from flowengine.store import scheduled_messages, tenants
from flowengine.store.database import Transaction
from flowengine.store.inbox import dedupe_key
from flowengine.store.scheduled_messages import Change, NewScheduled, Scheduled
from flowengine.zones import UnknownZone, at_local, zone
from web.problems import Problem
from web.texts import _
from workers.words import text_of

WAYS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
"""Local times as a browser's field and as programs write them."""


class When(msgspec.Struct, frozen=True):
    """A time as it was asked for, and the instant that it means."""

    due_at: datetime
    local_time: str
    zone: str


def read_when(local: str, zone_name: str) -> When:
    """What a local time in a zone means: one that a spring change skips is the next valid instant,
    of one that an autumn change shows twice the first."""
    try:
        where = zone(zone_name)
    except UnknownZone:
        raise Problem(
            _("Não conheço este fuso horário: {zone}."), place="zone", zone=zone_name
        ) from None
    for way in WAYS:
        try:
            wall = datetime.strptime(local, way)  # noqa: DTZ007 - a wall clock has no zone yet
        except ValueError:
            continue
        return When(at_local(wall.date(), wall.time(), where), local, zone_name)
    raise Problem(_("Escreva dia e hora assim: 2026-03-02T14:30."), place="at", status=422)


async def plan(
    transaction: Transaction, conversation: UUID, author: str, content: Content, when: When,
    key: str = "",
) -> Scheduled:  # fmt: skip
    """Schedule a message. `key`: of the form or request, so that a second one makes nothing."""
    parts = dedupe_key("scheduled", str(conversation), key) if key else b""
    new = NewScheduled(
        conversation,
        author,
        _kind(content),
        encode(content),
        text_of(content),
        when.due_at,
        when.local_time,
        when.zone,
        parts,
    )
    return await scheduled_messages.schedule_message(transaction, new)


def change_of(content: Content | None, when: When | None) -> Change:
    """What is to be different; None stays."""
    return Change(
        due_at=when.due_at if when else None,
        local_time=when.local_time if when else None,
        zone=when.zone if when else None,
        kind=_kind(content) if content else None,
        content=encode(content) if content else None,
        text=text_of(content) if content else None,
    )


def _kind(content: Content) -> str:
    return str(content.__struct_config__.tag)


async def home_zone(transaction: Transaction) -> str:
    """The zone that the workspace lives in."""
    return (await tenants.tenant(transaction)).timezone
