"""Merging by hand: two contacts turn out to be one person (RUNTIME rule 21).

Ids that lead to two contacts are only ever flagged; a person decides. Locks: identities, all
conversations of both, then the contacts. What was said stays where it was said. On a channel where
both talk, the kept contact's conversation goes on and the other one ends: what came into it and was
not taken yet moves over, in order, and both take the merge as a row of their inbox, so that their
journals tell it. The other contact stays as a signpost (`merged_into`): sends under way still find
its ids through it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.happenings import ContactMerged, MessageCame
from flowengine.messages import Identity
from flowengine.store.errors import InUse, NotFound
from flowengine.store.identities import Seen, lock_identities
from flowengine.store.inbox import STRIDE, Entry, enter_unseen
from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction

MERGED = "merged"
"""The owner of a conversation that goes on in another one, whose id is its `owner_id`."""


class Merged(Struct, frozen=True):
    """How many conversations changed their contact, and how many ended in one that goes on."""

    moved: int
    joined: int


class _Room(Struct, frozen=True):
    id: UUID
    contact_id: UUID
    channel_id: UUID
    owner: str
    owner_id: str
    taken_seq: int


async def merge(transaction: Transaction, keep: UUID, other: UUID) -> Merged:
    """Join `other` to `keep`, contacts of the transaction's workspace, in a worker's transaction.

    Raises `NotFound`, also for one that was merged before, and `InUse` where both are the same.
    """
    if keep == other:
        raise InUse("a contact cannot be merged with itself")
    await _lock_identities(transaction, (keep, other))
    rooms = await _lock_rooms(transaction, (keep, other))
    people = await _lock_people(transaction, keep, other)
    mine = {room.channel_id: room for room in rooms if room.contact_id == keep}
    theirs = [room for room in rooms if room.contact_id == other]
    pairs = [(mine[room.channel_id], room) for room in theirs if room.channel_id in mine]
    alone = [room for room in theirs if room.channel_id not in mine]
    await _move_alone(transaction, keep, alone)
    for goes_on, ends in pairs:
        await _join(transaction, goes_on, ends)
    tags, fields = _news(*people)
    await _write(transaction, keep, other)
    await _enter(transaction, other, [*mine.values(), *alone], pairs, tags, fields)
    return Merged(len(alone), len(pairs))


async def _lock_identities(transaction: Transaction, people: Sequence[UUID]) -> None:
    rows = await transaction.rows(
        """
        SELECT kind, value, scope FROM identities
        WHERE tenant_id = $1 AND contact_id = ANY($2::uuid[])
        """,
        transaction.tenant,
        list(people),
    )
    if rows:
        seen = Seen(transaction.tenant, read_all(Identity, rows))
        await lock_identities(transaction, [seen])


async def _lock_rooms(transaction: Transaction, people: Sequence[UUID]) -> tuple[_Room, ...]:
    rows = await transaction.rows(
        """
        SELECT id, contact_id, channel_id, owner, owner_id, taken_seq FROM conversations
        WHERE contact_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
        """,
        list(people),
    )
    return tuple(room for room in read_all(_Room, rows) if room.owner != MERGED)


async def _lock_people(transaction: Transaction, keep: UUID, other: UUID) -> tuple[Any, Any]:
    rows = await transaction.rows(
        """
        SELECT id, fields, tags FROM contacts
        WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND merged_into IS NULL
        ORDER BY id FOR UPDATE
        """,
        transaction.tenant,
        [keep, other],
    )
    found = {row["id"]: row for row in rows}
    if len(found) < 2:
        raise NotFound("there is no such contact")
    return found[keep], found[other]


def _news(kept: Any, other: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tags and fields that the kept contact gets."""
    tags = tuple(sorted(set(other["tags"]) - set(kept["tags"])))
    return tags, tuple(sorted(set(other["fields"]) - set(kept["fields"])))


async def _move_alone(transaction: Transaction, keep: UUID, rooms: Sequence[_Room]) -> None:
    """Conversations on channels where the kept contact has none."""
    ids = [room.id for room in rooms]
    await transaction.run(
        "UPDATE conversations SET contact_id = $2 WHERE id = ANY($1::uuid[])", ids, keep
    )
    await transaction.run(
        "UPDATE executions SET contact_id = $2 WHERE conversation_id = ANY($1::uuid[])", ids, keep
    )


_came = msgspec.json.Decoder(MessageCame)


async def _join(transaction: Transaction, goes_on: _Room, ends: _Room) -> None:
    """What came in and nobody has taken yet, and what is planned, goes over to the one."""
    rows = await transaction.rows(
        """
        DELETE FROM inbox
        WHERE conversation_id = $1 AND seq > $2 AND kind IN ('message', 'preference')
        RETURNING seq, kind, received_at, event
        """,
        ends.id,
        ends.taken_seq,
    )
    rows.sort(key=lambda row: row["seq"])
    said = [_came.decode(row["event"]).message.id for row in rows if row["kind"] == "message"]
    await transaction.run(
        """
        UPDATE messages SET conversation_id = $2
        WHERE conversation_id = $1 AND direction = 'in' AND provider_id = ANY($3::text[])
        """,
        ends.id,
        goes_on.id,
        said,
    )
    await transaction.run(
        """
        UPDATE message_files f SET conversation_id = $2 FROM messages m
        WHERE f.conversation_id = $1 AND m.id = f.message_id AND m.conversation_id = $2
        """,
        ends.id,
        goes_on.id,
    )
    await transaction.run(
        """
        INSERT INTO inbox (conversation_id, seq, kind, received_at, event)
        SELECT c.id, c.last_seq + r.place * $2::bigint, r.kind, r.received_at, r.event
        FROM conversations c, unnest($3::text[], $4::timestamptz[], $5::bytea[]) WITH ORDINALITY
            AS r (kind, received_at, event, place)
        WHERE c.id = $1
        """,
        goes_on.id,
        STRIDE,
        [row["kind"] for row in rows],
        [row["received_at"] for row in rows],
        [row["event"] for row in rows],
    )
    await transaction.run(_SUMS, goes_on.id, ends.id, STRIDE * len(rows), len(said) > 0, MERGED)
    await transaction.run(
        """
        UPDATE scheduled_messages SET conversation_id = $2
        WHERE conversation_id = $1 AND state = 'waiting'
        """,
        ends.id,
        goes_on.id,
    )


# The window of 24 hours counts from the last time that the person wrote, wherever that was.
_SUMS = """
WITH other AS (
    SELECT last_inbound_at, last_message_at, preview, unread FROM conversations WHERE id = $2
), ended AS (
    UPDATE conversations SET owner = $5, owner_id = $1::uuid::text, unread = 0 WHERE id = $2
)
UPDATE conversations c
SET last_seq = c.last_seq + $3::bigint, unread = c.unread + o.unread,
    last_inbound_at = greatest(c.last_inbound_at, o.last_inbound_at),
    preview = CASE WHEN $4 THEN o.preview ELSE c.preview END,
    last_message_at = CASE WHEN $4 THEN greatest(c.last_message_at, o.last_message_at)
                           ELSE c.last_message_at END,
    closed_at = CASE WHEN $4 THEN NULL ELSE c.closed_at END
FROM other o WHERE c.id = $1::uuid
"""


async def _write(transaction: Transaction, keep: UUID, other: UUID) -> None:
    """The contacts themselves: what the kept one knows wins, the later word on consent counts."""
    for statement in _PEOPLE:
        await transaction.run(statement, transaction.tenant, keep, other)


_PEOPLE = (
    "UPDATE identities SET contact_id = $2 WHERE tenant_id = $1 AND contact_id = $3",
    """
    INSERT INTO consents AS c (tenant_id, contact_id, purpose, given, at)
    SELECT tenant_id, $2, purpose, given, at FROM consents
    WHERE tenant_id = $1 AND contact_id = $3
    ON CONFLICT (tenant_id, contact_id, purpose) DO UPDATE
    SET given = excluded.given, at = excluded.at WHERE excluded.at > c.at
    """,
    """
    UPDATE scheduled_starts o SET state = 'cancelled', settled_at = now(), version = version + 1
    WHERE o.tenant_id = $1 AND o.contact_id = $3 AND o.state = 'waiting' AND o.key <> ''
        AND EXISTS (SELECT FROM scheduled_starts m WHERE m.tenant_id = $1 AND m.contact_id = $2
            AND m.flow = o.flow AND m.key = o.key AND m.state = 'waiting')
    """,
    """
    UPDATE scheduled_starts SET contact_id = $2
    WHERE tenant_id = $1 AND contact_id = $3 AND state = 'waiting'
    """,
    """
    WITH moved AS (DELETE FROM testers WHERE tenant_id = $1 AND contact_id = $3 RETURNING *)
    INSERT INTO testers AS t (tenant_id, flow, contact_id, begun_at, ends_at)
    SELECT tenant_id, flow, $2, begun_at, ends_at FROM moved
    ON CONFLICT (tenant_id, flow, contact_id) DO UPDATE
    SET begun_at = excluded.begun_at, ends_at = excluded.ends_at WHERE excluded.ends_at > t.ends_at
    """,
    """
    UPDATE contacts k SET name = CASE WHEN k.name = '' THEN o.name ELSE k.name END,
        phone = coalesce(k.phone, o.phone), language = coalesce(k.language, o.language),
        owner_id = coalesce(k.owner_id, o.owner_id), fields = o.fields || k.fields,
        tags = (SELECT coalesce(array_agg(DISTINCT tag ORDER BY tag), '{}')
                FROM unnest(k.tags || o.tags) tag),
        conflict = false, updated_at = now()
    FROM contacts o
    WHERE k.tenant_id = $1 AND k.id = $2 AND o.tenant_id = $1 AND o.id = $3
    """,
    """
    UPDATE contacts SET phone = NULL, fields = '{}', tags = '{}', conflict = false,
        merged_into = $2, updated_at = now()
    WHERE tenant_id = $1 AND (id = $3 OR merged_into = $3)
    """,
)


async def _enter(
    transaction: Transaction,
    other: UUID,
    going_on: Sequence[_Room],
    pairs: Sequence[tuple[_Room, _Room]],
    tags: tuple[str, ...],
    fields: tuple[str, ...],
) -> None:
    """Every conversation takes the merge as a row; what the contact got is told to one of them."""
    ended = {goes_on.id: ends for goes_on, ends in pairs}
    entries: list[Entry] = []
    for room in going_on:
        ends = ended.get(room.id)
        entries.append(Entry(room.id, room.channel_id, _told(other, ends, tags, fields)))
        tags, fields = (), ()  # a trigger begins its flow once
    for goes_on, ends in pairs:
        happening = ContactMerged(str(other), into=str(goes_on.id))
        entries.append(Entry(ends.id, ends.channel_id, happening))
    await enter_unseen(transaction, entries)


def _told(
    other: UUID, ends: _Room | None, tags: tuple[str, ...], fields: tuple[str, ...]
) -> ContactMerged:
    owner = (ends.owner, ends.owner_id) if ends is not None else ("", "")
    return ContactMerged(
        str(other),
        tags,
        fields,
        agent=owner[1] if owner[0] == "agent" else "",
        queue=owner[1] if owner[0] == "queue" else "",
    )
