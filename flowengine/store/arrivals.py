"""Webhooks into the inbox: whole batches, of many channels, in one transaction.

The order of locks is the same everywhere: identities, dedupe keys, conversations, lanes, outbox.
A batch of messages of people who are known costs two statements, any other about a dozen.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import MessageCame, PreferenceCame
from flowengine.messages import (
    Arrived,
    Echo,
    Moved,
    Notice,
    Parsed,
    Preference,
    ProviderEvent,
    Status,
    TemplateNews,
    Unreadable,
)
from flowengine.state import encode
from flowengine.store.arriving import Gone, Stored, enter_arrived
from flowengine.store.channel_news import NEWS
from flowengine.store.database import Transaction
from flowengine.store.echoes import hold_echoes
from flowengine.store.identities import Seen, lock_identities
from flowengine.store.ids import new_id
from flowengine.store.inbox import STRIDE, Entry, NewMessage, dedupe_key, enter_unseen, lock, unseen
from flowengine.store.message_files import note_of
from flowengine.store.moving import Move, move, seen_of
from flowengine.store.outbox import record
from flowengine.store.rooms import (
    Caller,
    Place,
    find_places,
    lock_callers,
    make_places,
)
from flowengine.store.statuses import (
    fails_late,
    keep_orphans,
    late_failures,
    match,
    move_forward,
    settles,
    verdicts,
)
from flowengine.store.templates import hear_of_templates


class Delivery(Struct, frozen=True):
    """What one webhook brought to a channel."""

    tenant: UUID
    channel: UUID
    parsed: Parsed


class Received(Struct, frozen=True):
    """How many events of a delivery were stored, and how many had come before.

    `places`: conversation and `seq` of the customers' messages that were stored.
    """

    stored: int
    doubled: int
    places: tuple[Stored, ...] = ()


def has_people(delivery: Delivery) -> bool:
    """Whether a customer did something."""
    return any(isinstance(event, Arrived | Preference) for event in delivery.parsed.events)


def only_people(delivery: Delivery) -> bool:
    """Whether it brought nothing but what customers did."""
    parsed = delivery.parsed
    return not parsed.unreadable and all(isinstance(e, Arrived | Preference) for e in parsed.events)


Places = dict[Caller, Place | None]
"""Where people's events belong; None for who is not known yet."""


async def find_senders(transaction: Transaction, deliveries: Sequence[Delivery]) -> Places:
    """Where the events of all who did something belong, as far as they are known."""
    callers = dict.fromkeys(who for _, who, _ in _people(deliveries))
    return await find_places(transaction, list(callers))


async def receive_known(
    transaction: Transaction, deliveries: Sequence[Delivery], found: Places
) -> list[Received] | None:
    """Store what people did who are all known; None, and nothing stored, where somebody is not.

    For deliveries of `only_people`, with what `find_senders` told. One statement, and no need of a
    transaction around it. None also where a conversation is no more that was found a moment ago.
    """
    known = {who: place for who, place in found.items() if place is not None}
    if len(known) < len(found):
        return None
    try:
        stored = await enter_arrived(transaction, _entries(_people(deliveries), known))
    except Gone:
        return None
    return _received(deliveries, stored)


async def receive_people(
    transaction: Transaction, deliveries: Sequence[Delivery], found: Places | None = None
) -> list[Received]:
    """The same for whoever it is, in one transaction: who is new is made. Raises `Gone`."""
    events = _people(deliveries)
    if found is None:
        found = await find_senders(transaction, deliveries)
    await lock_callers(transaction, [who for who, place in found.items() if place is None])
    fresh = await unseen(transaction, [_event_key(delivery, e) for delivery, _, e in events])
    news = [each for each in events if _event_key(each[0], each[2]) in fresh]
    places = await _places(transaction, [who for _, who, _ in news], found)
    stored = await enter_arrived(transaction, _entries(news, places), fresh=True)
    return _received(deliveries, stored)


async def receive(
    transaction: Transaction, deliveries: Sequence[Delivery], found: Places | None = None
) -> list[Received]:
    """Store every event once; for each delivery, what became of it. Raises `Gone`.

    `found`: what `find_senders` told a moment ago, to spare the asking.
    """
    if all(only_people(delivery) for delivery in deliveries):
        return await receive_people(transaction, deliveries, found)
    callers = list(dict.fromkeys(who for _, who, _ in _people(deliveries)))
    found = await find_places(transaction, callers)
    new = [Seen(who.tenant, who.sender.identities) for who in callers if found[who] is None]
    await lock_identities(transaction, [*new, *(seen_of(*each) for each in _moves(deliveries))])
    keys = [_event_key(d, event) for d in deliveries for event in d.parsed.events]
    fresh = await unseen(transaction, keys)
    batch = _Batch()
    stored = [batch.add(delivery, fresh) for delivery in deliveries]
    await _keep_unreadable(transaction, batch.dead)
    if batch.templates:
        await hear_of_templates(transaction, batch.templates)
    await move(transaction, batch.moves)
    places = await _places(transaction, [who for _, who, _ in batch.people], found)
    entries = _entries(batch.people, places)
    news, orphans = await match(transaction, batch.statuses)
    results = verdicts(news)
    touched = [each.conversation for each in news if settles(each) or fails_late(each)]
    last = await lock(transaction, [*(entry.conversation for entry in entries), *touched])
    await _refuse_gone(transaction, entries, last)
    settled = await record(transaction, results, last=last)
    await move_forward(transaction, news)
    late = late_failures([each for each in news if each.message not in settled.counted])
    rows = _rows([delivery for delivery, _, _ in batch.people], entries, last)
    await enter_unseen(transaction, [*entries, *late], last)
    await keep_orphans(transaction, orphans)
    await hold_echoes(transaction, batch.echoes)
    return [
        Received(count, len(each.parsed.events) - count, tuple(rows.get(id(each), ())))
        for each, count in zip(deliveries, stored, strict=True)
    ]


async def _refuse_gone(
    transaction: Transaction, entries: Sequence[Entry], last: dict[UUID, int]
) -> None:
    """Nothing of a person goes into a conversation that is no more, or goes on in another one."""
    rooms = {entry.conversation for entry in entries}
    if not rooms <= last.keys() or (
        rooms
        and await transaction.value(
            "SELECT bool_or(owner = 'merged') FROM conversations WHERE id = ANY($1::uuid[])",
            list(rooms),
        )
    ):
        raise Gone


def _rows(
    deliveries: Sequence[Delivery], entries: Sequence[Entry], last: dict[UUID, int]
) -> dict[int, list[tuple[UUID, int]]]:
    """The rows that `entries` are about to become, by the `id()` of what brought them."""
    drawn: dict[UUID, int] = {}
    rows: dict[int, list[tuple[UUID, int]]] = {}
    for delivery, entry in zip(deliveries, entries, strict=True):
        room = entry.conversation
        if room in last:
            drawn[room] = drawn.get(room, last[room]) + STRIDE
            rows.setdefault(id(delivery), []).append((room, drawn[room]))
    return rows


Event = tuple[Delivery, Caller, Arrived | Preference]
"""What a customer did."""


def _people(deliveries: Sequence[Delivery]) -> list[Event]:
    return [
        (delivery, Caller(delivery.tenant, delivery.channel, event.sender), event)
        for delivery in deliveries
        for event in delivery.parsed.events
        if isinstance(event, Arrived | Preference)
    ]


def _moves(deliveries: Sequence[Delivery]) -> list[Move]:
    return [(d.tenant, e) for d in deliveries for e in d.parsed.events if isinstance(e, Moved)]


def _event_key(delivery: Delivery, event: ProviderEvent) -> tuple[UUID, bytes]:
    return delivery.channel, dedupe_key(event.key)


async def _places(
    transaction: Transaction, callers: Sequence[Caller], found: Places
) -> dict[Caller, Place]:
    """The places of all, under the locks of those that were not found."""
    new = [each for each in dict.fromkeys(callers) if found[each] is None]
    known = {each: place for each in callers if (place := found[each]) is not None}
    return known | await make_places(transaction, new)


def _received(
    deliveries: Sequence[Delivery], stored: dict[tuple[UUID, bytes], Stored]
) -> list[Received]:
    """What became of each delivery; a key counts for the first that brought it."""
    received: list[Received] = []
    for delivery in deliveries:
        keys = [_event_key(delivery, event) for event in delivery.parsed.events]
        places = tuple(stored.pop(key) for key in keys if key in stored)
        received.append(Received(len(places), len(keys) - len(places), places))
    return received


class _Batch:
    """The events of several deliveries, sorted by what has to be done with them."""

    def __init__(self) -> None:
        self.people: list[Event] = []
        self.statuses: list[tuple[UUID, Status]] = []
        self.echoes: list[tuple[UUID, Echo]] = []
        self.moves: list[Move] = []
        self.dead: list[tuple[Delivery, Unreadable]] = []
        self.templates: list[tuple[UUID, TemplateNews]] = []

    def add(self, delivery: Delivery, fresh: set[tuple[UUID, bytes]]) -> int:
        """Take a delivery's events whose keys are in `fresh`, each once; how many."""
        self.dead.extend((delivery, piece) for piece in delivery.parsed.unreadable)
        stored = 0
        for event in delivery.parsed.events:
            key = _event_key(delivery, event)
            if key not in fresh:
                continue
            fresh.discard(key)
            stored += 1
            match event:
                case Arrived() | Preference():
                    who = Caller(delivery.tenant, delivery.channel, event.sender)
                    self.people.append((delivery, who, event))
                case Status():
                    self.statuses.append((delivery.channel, event))
                case Echo():
                    self.echoes.append((delivery.channel, event))
                case Moved():
                    self.moves.append((delivery.tenant, event))
                case Notice():
                    if event.template is not None:
                        self.templates.append((delivery.tenant, event.template))
                    kept = f"{NEWS}{event.level}" if event.level else "notice"
                    self.dead.append((delivery, Unreadable(encode(event), kept)))
        return stored


def _entries(events: Sequence[Event], places: dict[Caller, Place]) -> list[Entry]:
    """Inbox rows, each key once; only the first message of a new contact is its first."""
    entries: dict[tuple[UUID, bytes], Entry] = {}
    met: set[UUID] = set()
    for delivery, who, event in events:
        key = _event_key(delivery, event)
        if key in entries:
            continue
        place = places[who]
        first = place.made and place.contact not in met
        met.add(place.contact)
        entries[key] = _entry(delivery, event, place.conversation, first, key[1])
    return list(entries.values())


def _entry(
    delivery: Delivery, event: Arrived | Preference, conversation: UUID, first: bool, key: bytes
) -> Entry:
    if isinstance(event, Preference):
        preference = PreferenceCame(event.purpose, event.give)
        return Entry(conversation, delivery.channel, preference, key)
    said = event.message
    message = NewMessage(
        id=new_id(),
        direction="in",
        author="contact",
        kind=said.kind,
        content=encode(said),
        text=said.text,
        provider_id=said.id,
        file=note_of(said),
    )
    came = MessageCame(said, first=first)
    return Entry(conversation, delivery.channel, came, key, message, said.at)


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
