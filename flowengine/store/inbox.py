"""The inbox: what happened to a conversation, in the order in which it was committed.

Everything comes in by `enter`: messages, people's actions, outcomes, starts, expiries. In one
transaction, always in this order: dedupe keys (sorted), conversations (locked by id), rows. So the
order of `seq` is the order of commits, and nothing can slip in behind a turn that has read on.

`seq` is drawn in strides, so that a turn has room to number the timers that it takes between two
rows. The inbox is insert-only: a turn only moves `conversations.taken_seq` forward.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import AnyHappening, SendRefused, TookOver
from flowengine.messages import Refused
from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.message_files import FileNote, note_files
from flowengine.store.sends import NewSend, insert_sends, lock_lanes
from flowengine.store.waking import start_wakes

STRIDE = 1000

PREVIEW = 120
"""Characters of the last message that lists show."""


class NewMessage(Struct, frozen=True):
    """A message that comes with an inbox row: `direction` in or out, `content` its JSON.

    `file`: what it brought or says of files.
    """

    id: UUID
    direction: str
    author: str
    kind: str
    content: bytes
    text: str = ""
    author_id: str = ""
    provider_id: str = ""
    status: str = ""
    effect_id: str = ""
    file: FileNote | None = None


class Entry(Struct, frozen=True):
    """One thing for a conversation's inbox.

    `key`: 16 bytes that a doubled delivery repeats (empty: it cannot double). `written_at`: the
    provider's time of a customer's message, from which the 24 h window counts. `send`: an agent's
    message that goes to the outbox in the same breath.
    """

    conversation: UUID
    channel: UUID
    happening: AnyHappening
    key: bytes = b""
    message: NewMessage | None = None
    written_at: datetime | None = None
    send: NewSend | None = None


def dedupe_key(*parts: str) -> bytes:
    """The 16 bytes of what makes a delivery that delivery."""
    return hashlib.blake2b("\x1f".join(parts).encode(errors="replace"), digest_size=16).digest()


async def unseen(
    transaction: Transaction, keys: Sequence[tuple[UUID, bytes]]
) -> set[tuple[UUID, bytes]]:
    """Those of `keys` that come for the first time; they count as seen from this commit on.

    Sorted, because a doubled delivery waits here for the first one's commit.
    """
    if not keys:
        return set()
    rows = await transaction.rows(
        """
        INSERT INTO inbox_seen (channel_id, key)
        SELECT DISTINCT channel_id, key FROM unnest($1::uuid[], $2::bytea[]) AS k (channel_id, key)
        ORDER BY channel_id, key
        ON CONFLICT DO NOTHING RETURNING channel_id, key
        """,
        [channel for channel, _ in keys],
        [key for _, key in keys],
    )
    return {(row["channel_id"], row["key"]) for row in rows}


async def lock(transaction: Transaction, conversations: Sequence[UUID]) -> dict[UUID, int]:
    """Lock conversations in id order; their `last_seq`. Those that are no more are left out."""
    rows = await transaction.rows(
        """
        SELECT id, last_seq FROM conversations WHERE id = ANY($1::uuid[])
        ORDER BY id FOR NO KEY UPDATE
        """,
        list(set(conversations)),
    )
    return {row["id"]: row["last_seq"] for row in rows}


async def enter(transaction: Transaction, entries: Sequence[Entry]) -> list[bool]:
    """Store `entries` in their order; for each, whether it was new.

    Cost: four statements, however many entries.
    """
    keys = [(entry.channel, entry.key) for entry in entries if entry.key]
    fresh = await unseen(transaction, keys)
    news: list[bool] = []
    for entry in entries:
        new = not entry.key or (entry.channel, entry.key) in fresh
        fresh.discard((entry.channel, entry.key))
        news.append(new)
    await enter_unseen(transaction, [e for e, new in zip(entries, news, strict=True) if new])
    return news


async def enter_unseen(
    transaction: Transaction, entries: Sequence[Entry], last: dict[UUID, int] | None = None
) -> None:
    """Store entries whose keys were already found to be new.

    `last`: what `lock` gave, where the caller had to lock more than these; it is moved on.
    """
    if not entries:
        return
    if last is None:
        last = await lock(transaction, [entry.conversation for entry in entries])
    rows = _Rows()
    for entry in entries:
        if entry.conversation in last:
            last[entry.conversation] += STRIDE
            rows.add(entry, last[entry.conversation])
    taken_over = [e.conversation for e in entries if isinstance(e.happening, TookOver)]
    for entry in await _silence(transaction, taken_over):
        last[entry.conversation] += STRIDE
        rows.add(entry, last[entry.conversation])
    await transaction.run(_INSERT, *rows.arguments())
    if rows.files:
        await note_files(transaction, rows.files)
    sends = [(e.send, seq) for e, seq in rows.sends if e.send is not None]
    if sends:
        await insert_sends(transaction, sends)


async def _silence(transaction: Transaction, conversations: Sequence[UUID]) -> list[Entry]:
    """A person takes these chats: the bot falls silent at once; what its flows are to be told.

    Only where the bot has the chat: what it said before it gave the chat to a queue still leaves.
    """
    if not conversations:
        return []
    rows = await transaction.rows(
        "SELECT id FROM conversations WHERE id = ANY($1::uuid[]) AND owner = 'bot'",
        list(conversations),
    )
    cancelled = await cancel_bot_sends(transaction, [row["id"] for row in rows])
    await start_wakes(transaction, cancelled.effects)
    return list(cancelled.entries)


class Cancelled(Struct, frozen=True):
    """Sends that will never leave. `effects`: theirs. `entries`: for flows that await them."""

    effects: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


async def cancel_bot_sends(transaction: Transaction, conversations: Sequence[UUID]) -> Cancelled:
    """What the bot has not begun to say stays unsaid, under the conversations' locks.

    What is in flight is left alone: it may have arrived. What was to be sent once more after nobody
    could tell its fate goes, but stays `unknown`: the first attempt's status may still come.
    """
    if not conversations:
        return Cancelled()
    await lock_lanes(transaction, conversations)
    rows = await transaction.rows(
        """
        WITH cancelled AS (
            DELETE FROM outbox
            WHERE conversation_id = ANY($1::uuid[]) AND author = 'bot' AND state = 'queued'
            RETURNING id, conversation_id, channel_id, effect_id, awaited
        ), unsaid AS (
            UPDATE messages m SET status = 'dropped', status_at = clock_timestamp()
            FROM cancelled WHERE m.id = cancelled.id AND m.status <> 'unknown'
        )
        SELECT conversation_id, channel_id, effect_id, awaited FROM cancelled ORDER BY id
        """,
        list(conversations),
    )
    return Cancelled(
        tuple(row["effect_id"] for row in rows),
        tuple(
            Entry(row["conversation_id"], row["channel_id"], dropped(row["effect_id"]))
            for row in rows
            if row["awaited"]
        ),
    )


def dropped(effect: str) -> SendRefused:
    """What a flow hears of a send that a person's take-over has dropped."""
    return SendRefused(effect, Refused("dropped", permanent=True))


class _Rows:
    """The columns of one insert: inbox rows, their messages, and each conversation's sums."""

    def __init__(self) -> None:
        self.inbox: tuple[list[UUID], list[int], list[str], list[bytes]] = ([], [], [], [])
        self.messages: list[tuple[UUID, NewMessage]] = []
        self.last: dict[UUID, int] = {}
        self.unread: dict[UUID, int] = {}
        self.preview: dict[UUID, str] = {}
        self.written_at: dict[UUID, datetime] = {}
        self.sends: list[tuple[Entry, int]] = []
        self.files: list[tuple[UUID, UUID, UUID, FileNote]] = []

    def add(self, entry: Entry, seq: int) -> None:
        conversation = entry.conversation
        ids, seqs, kinds, events = self.inbox
        ids.append(conversation)
        seqs.append(seq)
        kinds.append(str(entry.happening.__struct_config__.tag))
        events.append(encode(entry.happening))
        self.last[conversation] = seq
        if entry.message is not None:
            self.messages.append((conversation, entry.message))
            if entry.message.file is not None:
                note = entry.message.file
                self.files.append((conversation, entry.channel, entry.message.id, note))
            self.preview[conversation] = entry.message.text.replace("\x00", "")[:PREVIEW]
            if entry.message.direction == "in":
                self.unread[conversation] = self.unread.get(conversation, 0) + 1
        if entry.written_at is not None:
            before = self.written_at.get(conversation, entry.written_at)
            self.written_at[conversation] = max(before, entry.written_at)
        if entry.send is not None:
            self.sends.append((entry, seq))

    def arguments(self) -> tuple[list[object], ...]:
        said = [message for _, message in self.messages]
        conversations = list(self.last)
        return (
            list(self.inbox[0]),
            list(self.inbox[1]),
            list(self.inbox[2]),
            list(self.inbox[3]),
            [conversation for conversation, _ in self.messages],
            [m.id for m in said],
            [m.direction for m in said],
            [m.author for m in said],
            [m.author_id for m in said],
            [m.kind for m in said],
            [m.content for m in said],
            [m.text.replace("\x00", "") for m in said],
            [m.provider_id for m in said],
            [m.status for m in said],
            list(conversations),
            [self.last[c] for c in conversations],
            [self.unread.get(c, 0) for c in conversations],
            [self.preview.get(c) for c in conversations],
            [self.written_at.get(c) for c in conversations],
            [m.effect_id for m in said],
        )


_INSERT = """
WITH events AS (
    INSERT INTO inbox (conversation_id, seq, kind, received_at, event)
    SELECT conversation_id, seq, kind, clock_timestamp(), event
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[])
        AS r (conversation_id, seq, kind, event)
), said AS (
    INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, author_id, kind,
        content, text, provider_id, status, effect_id)
    SELECT r.id, c.tenant_id, c.id, clock_timestamp(), direction, author, author_id, kind,
        content, text, provider_id, r.status, r.effect_id
    FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::bytea[], $12::text[], $13::text[], $14::text[], $20::text[])
        AS r (conversation_id, id, direction, author, author_id, kind, content, text, provider_id,
              status, effect_id)
    JOIN conversations c ON c.id = r.conversation_id
)
UPDATE conversations c
SET last_seq = u.last_seq, work_at = least(c.work_at, clock_timestamp()),
    unread = c.unread + u.unread, preview = coalesce(u.preview, c.preview),
    last_message_at = CASE WHEN u.preview IS NULL THEN c.last_message_at ELSE clock_timestamp() END,
    last_inbound_at = greatest(c.last_inbound_at, u.written_at),
    closed_at = CASE WHEN u.unread > 0 THEN NULL ELSE c.closed_at END
FROM unnest($15::uuid[], $16::bigint[], $17::int[], $18::text[], $19::timestamptz[])
    AS u (id, last_seq, unread, preview, written_at)
WHERE c.id = u.id
"""
