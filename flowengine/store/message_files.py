"""Which file a message brought or said: fetched from the provider in the background, then kept.

A file that came is `waiting` until its bytes are in our own store (`kept`), the provider will not
give it (`refused`), or its time is over (`gone`: providers keep files for some days only, and
policies delete them). What people and programs of the workspace send is noted too, so that the
erasure of whom it was sent to finds it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.messages import Content, Inbound, MediaRef
from flowengine.store.assets import Asset, put_asset
from flowengine.store.rows import plain, read, read_all
from flowengine.store.transaction import Transaction

HELD = timedelta(minutes=15)
"""How long a process may be at one file; then another one takes it up."""

DAYS = 7
"""How long a provider keeps a file at most (Meta: 7 days)."""

_encode = msgspec.json.encode
_reference = msgspec.json.Decoder(MediaRef).decode


class FileNote(Struct, frozen=True):
    """A message's file. `reference`: what to fetch it by, JSON; `hash`: it is kept already."""

    reference: bytes = b"{}"
    hash: str = ""
    name: str = ""


class Fetching(Struct, frozen=True):
    """A file to be fetched, and by which channel. `tries` counts this one."""

    tenant_id: UUID
    message_id: UUID
    channel_id: UUID
    channel_kind: str
    channel_updated_at: datetime
    reference: bytes
    tries: int
    at: datetime

    @property
    def media(self) -> MediaRef:
        return _reference(self.reference)


class MessageFile(Struct, frozen=True):
    """A message's file as pages show it. `mime` and `size`: of a kept one."""

    message_id: UUID
    state: str
    hash: str
    name: str
    reason: str
    mime: str = ""
    size: int = 0


def note_of(said: Inbound) -> FileNote | None:
    """The note of a file that came with a message; None where none did."""
    media = said.media
    if media is None or not (media.id or media.url):
        return None
    return FileNote(_encode(media), name=media.filename)


def note_of_content(content: Content) -> FileNote | None:
    """The note of our own file in what is said; None where there is none."""
    media = getattr(content, "media", None) or getattr(content, "header", None)
    asset = getattr(media, "asset", None)
    return FileNote(hash=asset) if asset else None


async def note_files(
    transaction: Transaction, notes: Sequence[tuple[UUID, UUID, UUID, FileNote]]
) -> None:
    """Note files of messages that were just stored: conversation, channel, message, note."""
    await transaction.run(
        """
        INSERT INTO message_files (tenant_id, message_id, conversation_id, channel_id, reference,
            hash, name, state)
        SELECT c.tenant_id, n.message_id, c.id, n.channel_id, n.reference, n.hash, n.name,
            CASE WHEN n.hash = '' THEN 'waiting' ELSE 'kept' END
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::text[], $6::text[])
            AS n (conversation_id, channel_id, message_id, reference, hash, name)
        JOIN conversations c ON c.id = n.conversation_id
        ON CONFLICT DO NOTHING
        """,
        [note[0] for note in notes],
        [note[1] for note in notes],
        [note[2] for note in notes],
        [note[3].reference for note in notes],
        [note[3].hash for note in notes],
        [plain(note[3].name) for note in notes],
    )


async def claim_files(transaction: Transaction, most: int) -> tuple[Fetching, ...]:
    """Files that are due, the longest waiting first; nobody else gets them for a while."""
    rows = await transaction.rows(
        """
        WITH due AS (
            SELECT tenant_id, message_id FROM message_files
            WHERE state = 'waiting' AND due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE message_files f SET tries = f.tries + 1, due_at = now() + $2
        FROM due, channels h
        WHERE f.tenant_id = due.tenant_id AND f.message_id = due.message_id
            AND h.tenant_id = f.tenant_id AND h.id = f.channel_id
        RETURNING f.tenant_id, f.message_id, f.channel_id, h.kind AS channel_kind,
            h.updated_at AS channel_updated_at, f.reference, f.tries, f.at
        """,
        most,
        HELD,
    )
    return read_all(Fetching, rows)


async def keep_file(
    transaction: Transaction, message: UUID, place: str, asset: Asset, data: bytes | None = None
) -> bool:
    """Its bytes are at `place`, or are `data`; False where the message was erased meanwhile."""
    there = await transaction.value(
        """
        SELECT true FROM message_files WHERE tenant_id = $1 AND message_id = $2 FOR UPDATE
        """,
        transaction.tenant,
        message,
    )
    if there is None:
        await transaction.run("UPDATE dropped_files SET due_at = now() WHERE place = $1", place)
        return False
    await put_asset(transaction, place, asset, "received", data)
    await transaction.run(
        """
        UPDATE message_files SET state = 'kept', hash = $3
        WHERE tenant_id = $1 AND message_id = $2
        """,
        transaction.tenant,
        message,
        asset.hash,
    )
    return True


async def put_off(
    transaction: Transaction, message: UUID, reason: str, seconds: float | None
) -> None:
    """It could not be had: again after some seconds, or (None) never."""
    await transaction.run(
        """
        UPDATE message_files SET reason = $3,
            state = CASE WHEN $4::float IS NULL THEN 'refused' ELSE state END,
            due_at = now() + make_interval(secs => coalesce($4::float, 0))
        WHERE tenant_id = $1 AND message_id = $2 AND state = 'waiting'
        """,
        transaction.tenant,
        message,
        reason,
        seconds,
    )


async def files_of(transaction: Transaction, messages: Sequence[UUID]) -> dict[UUID, MessageFile]:
    """The files of messages, by message."""
    rows = await transaction.rows(
        """
        SELECT f.message_id, f.hash, f.reason, coalesce(a.mime, '') AS mime,
            CASE WHEN f.state = 'kept' AND a.hash IS NULL THEN 'gone' ELSE f.state END AS state,
            coalesce(nullif(f.name, ''), a.name, '') AS name, coalesce(a.size, 0) AS size
        FROM message_files f LEFT JOIN assets a ON a.tenant_id = f.tenant_id AND a.hash = f.hash
        WHERE f.tenant_id = $1 AND f.message_id = ANY($2::uuid[])
        """,
        transaction.tenant,
        list(messages),
    )
    return {file.message_id: file for file in (read(MessageFile, row) for row in rows)}


async def erase_files(transaction: Transaction, rooms: Sequence[UUID]) -> None:
    """Forget the files of conversations, and delete those that nobody else sent or was sent."""
    await _forget(transaction, rooms, None)


async def forget_files(transaction: Transaction, rooms: Sequence[UUID], before: datetime) -> int:
    """The same for what was said before a time; how many files were deleted."""
    return await _forget(transaction, rooms, before)


async def _forget(transaction: Transaction, rooms: Sequence[UUID], before: datetime | None) -> int:
    """The files' rows are locked first: a message that brings the same bytes at this moment is
    either seen by the second statement, or writes the row anew after it."""
    await transaction.run(_LOCK, list(rooms), before)
    return await transaction.run(_FORGET, list(rooms), before)


_LOCK = """
SELECT FROM assets a WHERE a.origin <> 'made' AND (a.tenant_id, a.hash) IN (
    SELECT tenant_id, hash FROM message_files
    WHERE conversation_id = ANY($1::uuid[]) AND ($2::timestamptz IS NULL OR at < $2))
ORDER BY a.tenant_id, a.hash FOR UPDATE
"""


# What waits to be said still needs its file; what authors keep is theirs.
_FORGET = """
WITH gone AS (
    DELETE FROM message_files
    WHERE conversation_id = ANY($1::uuid[]) AND ($2::timestamptz IS NULL OR at < $2)
    RETURNING tenant_id, message_id, hash
), files AS (
    SELECT DISTINCT tenant_id, hash, convert_to(hash, 'UTF8') AS name FROM gone WHERE hash <> ''
)
DELETE FROM assets a USING files g
WHERE a.tenant_id = g.tenant_id AND a.hash = g.hash AND a.origin <> 'made'
    AND NOT EXISTS (SELECT FROM message_files f
        WHERE f.tenant_id = a.tenant_id AND f.hash = a.hash
            AND f.message_id NOT IN (SELECT message_id FROM gone))
    AND NOT EXISTS (SELECT FROM scheduled_messages s
        WHERE s.tenant_id = a.tenant_id AND s.state = 'waiting'
            AND position(g.name IN s.content) > 0)
    AND NOT EXISTS (SELECT FROM outbox o
        WHERE o.tenant_id = a.tenant_id AND position(g.name IN o.effect) > 0)
"""
