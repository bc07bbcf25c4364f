"""Scheduled messages that are due, in all workspaces: said once, late rather than never."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.happenings import AgentSaid
from flowengine.messages import Content, Refused, Send
from flowengine.state import encode
from flowengine.store.consents import SERVICE
from flowengine.store.database import Transaction
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, enter_unseen, lock
from flowengine.store.message_files import note_of_content
from flowengine.store.rows import read_all
from flowengine.store.sends import NewSend

CLOSED = Refused("window_closed", permanent=True)

_content = msgspec.json.Decoder(Content, float_hook=Decimal)


class Due(Struct, frozen=True):
    """A scheduled message that is due, and what its window needs. Not locked yet."""

    id: UUID
    conversation_id: UUID
    channel_id: UUID
    channel_kind: str
    channel_updated_at: datetime
    kind: str
    last_inbound_at: datetime | None = None


async def due_messages(transaction: Transaction, limit: int) -> tuple[Due, ...]:
    """Those that are due, the longest due first."""
    rows = await transaction.rows(
        """
        SELECT s.id, s.conversation_id, s.kind, c.channel_id, c.last_inbound_at,
            h.kind AS channel_kind, h.updated_at AS channel_updated_at
        FROM scheduled_messages s JOIN conversations c ON c.id = s.conversation_id
        JOIN channels h ON h.id = c.channel_id
        WHERE s.state = 'waiting' AND s.due_at <= clock_timestamp() ORDER BY s.due_at LIMIT $1
        """,
        limit,
    )
    return read_all(Due, rows)


async def next_message_at(transaction: Transaction) -> datetime | None:
    """When the next one is due, in any workspace; None where none waits."""
    at: datetime | None = await transaction.value(
        "SELECT due_at FROM scheduled_messages WHERE state = 'waiting' ORDER BY due_at LIMIT 1"
    )
    return at


async def say_due(
    transaction: Transaction, due: Sequence[Due], closed: Collection[UUID] = ()
) -> int:
    """Give `due` to their conversations' lanes; how many were still waiting.

    `closed`: those whose window is closed and that are no template: they are refused, and lie among
    the dead letters, from where a person may send them once the customer has written again.
    """
    last = await lock(transaction, [each.conversation_id for each in due])
    channels = {each.id: each.channel_id for each in due}
    refused = set(closed)
    rows = await transaction.rows(
        """
        UPDATE scheduled_messages SET version = version + 1, settled_at = clock_timestamp(),
            state = CASE WHEN id = ANY($2::uuid[]) THEN 'refused' ELSE 'sent' END,
            reason = CASE WHEN id = ANY($2::uuid[]) THEN $3 ELSE '' END
        WHERE id = ANY($1::uuid[]) AND state = 'waiting' AND due_at <= clock_timestamp()
        RETURNING id, conversation_id, author_id, kind, content, text, due_at
        """,
        list(channels),
        list(refused),
        CLOSED.reason,
    )
    entries: list[Entry] = []
    for row in sorted(rows, key=lambda row: row["due_at"]):
        said = _Said(**{name: row[name] for name in _Said.__struct_fields__})
        if said.id in refused:
            await _refuse(transaction, said)
        else:
            entries.append(_entry(said, channels[said.id]))
    await enter_unseen(transaction, entries, last)
    return len(rows)


class _Said(Struct, frozen=True):
    id: UUID
    conversation_id: UUID
    author_id: str
    kind: str
    content: bytes
    text: str

    @property
    def send(self) -> Send:
        """Nobody asked for it just now: it goes only to who has not opted out."""
        return Send(f"scheduled:{self.id}", "", "", _content.decode(self.content), purpose=SERVICE)


def _entry(said: _Said, channel: UUID) -> Entry:
    id, effect = new_id(), said.send
    message = NewMessage(
        id=id,
        direction="out",
        author="agent",
        author_id=said.author_id,
        kind=said.kind,
        content=said.content,
        text=said.text,
        status="queued",
        effect_id=effect.id,
        file=note_of_content(effect.content),
    )
    send = NewSend(
        id=id,
        effect_id=effect.id,
        conversation=said.conversation_id,
        effect=encode(effect),
        author="agent",
    )
    happening = AgentSaid(said.author_id, said.text)
    return Entry(said.conversation_id, channel, happening, message=message, send=send)


async def _refuse(transaction: Transaction, said: _Said) -> None:
    effect = said.send
    await transaction.run(
        """
        WITH said AS (
            INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, author_id,
                kind, content, text, status, status_at, effect_id, error)
            SELECT $1, tenant_id, id, clock_timestamp(), 'out', 'agent', $3, $4, $5, $6, 'failed',
                clock_timestamp(), $7, $8 FROM conversations WHERE id = $2
        )
        INSERT INTO dead_letters (message_id, tenant_id, conversation_id, channel_id, effect,
            reason, refused, attempts)
        SELECT $1, tenant_id, id, channel_id, $9, $10, $8, 0 FROM conversations WHERE id = $2
        """,
        new_id(),
        said.conversation_id,
        said.author_id,
        said.kind,
        said.content,
        said.text,
        effect.id,
        encode(CLOSED),
        encode(effect),
        CLOSED.reason,
    )
