"""Webhooks into the inbox: whole batches, of many channels, in one transaction.

The order of locks is the same everywhere: dedupe keys, identities, conversations, lanes, outbox.
A batch of a thousand updates costs about a dozen statements.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import MessageCame, PreferenceCame
from flowengine.messages import (
    Arrived,
    Echo,
    Notice,
    Parsed,
    Preference,
    Sender,
    Status,
    Unreadable,
)
from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.echoes import hold_echoes
from flowengine.store.identities import Resolved, Seen, resolve_all
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, dedupe_key, enter_unseen, lock, unseen
from flowengine.store.outbox import record
from flowengine.store.statuses import (
    fails_late,
    keep_orphans,
    late_failures,
    match,
    move_forward,
    settles,
    verdicts,
)


class Delivery(Struct, frozen=True):
    """What one webhook brought to a channel."""

    tenant: UUID
    channel: UUID
    parsed: Parsed


class Received(Struct, frozen=True):
    """How many events of a delivery were stored, and how many had come before."""

    stored: int
    doubled: int


async def receive(transaction: Transaction, deliveries: Sequence[Delivery]) -> list[Received]:
    """Store every event once; for each delivery, what became of it."""
    keys = [(d.channel, dedupe_key(event.key)) for d in deliveries for event in d.parsed.events]
    fresh = await unseen(transaction, keys)
    batch = _Batch()
    received: list[Received] = []
    for delivery in deliveries:
        stored = batch.add(delivery, fresh)
        received.append(Received(stored, len(delivery.parsed.events) - stored))
    await _keep_unreadable(transaction, batch.dead)
    places = await _places(transaction, [(d, sender) for d, sender, _ in batch.people])
    entries = [
        _entry(delivery, event, place)
        for (delivery, _, event), place in zip(batch.people, places, strict=True)
    ]
    news, orphans = await match(transaction, batch.statuses)
    results = verdicts(news)
    touched = [each.conversation for each in news if settles(each) or fails_late(each)]
    last = await lock(transaction, [*(entry.conversation for entry in entries), *touched])
    settled = await record(transaction, results, last=last)
    await move_forward(transaction, news)
    late = late_failures([each for each in news if each.message not in settled.counted])
    await enter_unseen(transaction, [*entries, *late], last)
    await keep_orphans(transaction, orphans)
    await hold_echoes(transaction, batch.echoes)
    return received


class _Batch:
    """The events of several deliveries, sorted by what has to be done with them."""

    def __init__(self) -> None:
        self.people: list[tuple[Delivery, Sender, Arrived | Preference]] = []
        self.statuses: list[tuple[UUID, Status]] = []
        self.echoes: list[tuple[UUID, Echo]] = []
        self.dead: list[tuple[Delivery, Unreadable]] = []

    def add(self, delivery: Delivery, fresh: set[tuple[UUID, bytes]]) -> int:
        """Take a delivery's events whose keys are in `fresh`, each once; how many."""
        self.dead.extend((delivery, piece) for piece in delivery.parsed.unreadable)
        stored = 0
        for event in delivery.parsed.events:
            key = (delivery.channel, dedupe_key(event.key))
            if key not in fresh:
                continue
            fresh.discard(key)
            stored += 1
            match event:
                case Arrived() | Preference():
                    self.people.append((delivery, event.sender, event))
                case Status():
                    self.statuses.append((delivery.channel, event))
                case Echo():
                    self.echoes.append((delivery.channel, event))
                case Notice():
                    self.dead.append((delivery, Unreadable(encode(event), "notice")))
        return stored


class Place(Struct, frozen=True):
    """Where an event belongs. `made`: the contact was never seen before."""

    contact: UUID
    conversation: UUID
    made: bool


async def _places(
    transaction: Transaction, senders: Sequence[tuple[Delivery, Sender]]
) -> list[Place]:
    """The conversation of each sender on its channel; made where there is none."""
    if not senders:
        return []
    seen = [Seen(d.tenant, sender.identities, clean(sender.name)) for d, sender in senders]
    unique = list(dict.fromkeys(seen))
    people = dict(zip(unique, await resolve_all(transaction, unique), strict=True))
    resolved = [people[each] for each in seen]
    wanted = [
        (d.tenant, d.channel, person.contact_id)
        for (d, _), person in zip(senders, resolved, strict=True)
    ]
    rooms = await conversations_of(transaction, wanted)
    return _once(resolved, [rooms[channel, contact] for _, channel, contact in wanted])


def _once(resolved: Sequence[Resolved], rooms: Sequence[UUID]) -> list[Place]:
    """Only the first message of a new contact is its first."""
    met: set[UUID] = set()
    places: list[Place] = []
    for person, room in zip(resolved, rooms, strict=True):
        places.append(Place(person.contact_id, room, person.made and person.contact_id not in met))
        met.add(person.contact_id)
    return places


async def conversations_of(
    transaction: Transaction, wanted: Sequence[tuple[UUID, UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    """Conversations by (channel, contact) for `wanted` (tenant, channel, contact); made if new."""
    found = await _find(transaction, wanted)
    missing = sorted({each for each in wanted if each[1:] not in found})
    if not missing:
        return found
    await transaction.run(
        """
        INSERT INTO conversations (id, tenant_id, channel_id, contact_id)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])
            AS n (id, tenant_id, channel_id, contact_id)
        ORDER BY channel_id, contact_id ON CONFLICT (channel_id, contact_id) DO NOTHING
        """,
        [new_id() for _ in missing],
        *(list(column) for column in zip(*missing, strict=True)),
    )
    # A later statement, so that it sees the row that somebody else made meanwhile.
    return await _find(transaction, wanted)


async def _find(
    transaction: Transaction, wanted: Sequence[tuple[UUID, UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    rows = await transaction.rows(
        """
        SELECT c.channel_id, c.contact_id, c.id
        FROM unnest($1::uuid[], $2::uuid[]) AS w (channel_id, contact_id)
        JOIN conversations c ON c.channel_id = w.channel_id AND c.contact_id = w.contact_id
        """,
        [channel for _, channel, _ in wanted],
        [contact for _, _, contact in wanted],
    )
    return {(row["channel_id"], row["contact_id"]): row["id"] for row in rows}


def _entry(delivery: Delivery, event: Arrived | Preference, place: Place) -> Entry:
    if isinstance(event, Preference):
        preference = PreferenceCame(event.purpose, event.give)
        return Entry(place.conversation, delivery.channel, preference)
    said = event.message
    message = NewMessage(
        id=new_id(),
        direction="in",
        author="contact",
        kind=said.kind,
        content=encode(said),
        text=said.text,
        provider_id=said.id,
    )
    came = MessageCame(said, first=place.made)
    return Entry(place.conversation, delivery.channel, came, message=message, written_at=said.at)


async def _keep_unreadable(
    transaction: Transaction, dead: Sequence[tuple[Delivery, Unreadable]]
) -> None:
    """Keep what could not be read, and what only people read, as it came."""
    if not dead:
        return
    await transaction.run(
        """
        INSERT INTO webhook_dead (id, tenant_id, channel_id, raw, reason)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::text[])
        """,
        [new_id() for _ in dead],
        [delivery.tenant for delivery, _ in dead],
        [delivery.channel for delivery, _ in dead],
        [piece.raw for _, piece in dead],
        [clean(piece.reason) for _, piece in dead],
    )


def clean(text: str) -> str:
    """PostgreSQL's text holds no NUL; the bytes beside it keep what was really said."""
    return text.replace("\x00", "")
