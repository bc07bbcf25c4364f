"""Conversations as pages see them: the list, one of them, and what changed since one looked.

Reading only, but for `mark_read`: what people do to a conversation goes through its inbox.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.store.executions import (
    ExecutionRow,
    JournalRow,
    execution,
    execution_journal,
    executions,
    journal,
)
from flowengine.store.messages import Message, found_messages, messages
from flowengine.store.pages import Page, read_cursor, write_cursor
from flowengine.store.rows import like, plain, read_all, read_found
from flowengine.store.transaction import Transaction

__all__ = [
    "ConversationRow",
    "ExecutionRow",
    "JournalRow",
    "Message",
    "conversation",
    "conversations",
    "execution",
    "execution_journal",
    "executions",
    "found_messages",
    "journal",
    "mark_read",
    "messages",
    "waiting_counts",
]


class ConversationRow(Struct, frozen=True):
    """A conversation with its contact and channel. `owner`: bot, queue or agent (`owner_id`).

    `priority`: 0 to 9, of the transfer that put it into a queue.
    """

    id: UUID
    contact_id: UUID
    contact_name: str
    channel_id: UUID
    channel_name: str
    channel_kind: str
    owner: str
    owner_id: str
    epoch: int
    priority: int
    preview: str
    unread: int
    created_at: datetime
    phone: str | None = None
    last_message_at: datetime | None = None
    last_inbound_at: datetime | None = None
    closed_at: datetime | None = None


async def conversations(
    transaction: Transaction,
    *,
    owner: str = "",
    owner_id: str = "",
    contact_id: UUID | None = None,
    channel_id: UUID | None = None,
    closed: bool | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ConversationRow]:
    """Those with the newest message first; out of a queue the most urgent before all others.

    `search`: part of the contact's name or phone.
    """
    asked = _Asked(transaction.tenant)
    order = _URGENT if owner == "queue" else "c.last_message_at"
    asked.equal("c.owner", owner)
    asked.equal("c.owner_id", owner_id)
    asked.equal("c.contact_id", contact_id)
    asked.equal("c.channel_id", channel_id)
    if closed is not None:
        asked.where.append(f"c.closed_at IS {'NOT ' if closed else ''}NULL")
    if contact_id is None:
        asked.where.append("c.last_message_at IS NOT NULL")
    if search.strip():
        words = f"%{like(plain(search).strip())}%"
        asked.where.append(f"(t.name ILIKE {asked.argument(words)} OR t.phone LIKE ${asked.count})")
    after = read_cursor(cursor)
    if after is not None and after.at is not None:
        at, identifier = asked.argument(after.at), asked.argument(after.id)
        asked.where.append(f"({order}, c.id) < ({at}, {identifier})")
    rows = await transaction.rows(
        f"""
        {_CONVERSATIONS} WHERE {" AND ".join(asked.where)}
        ORDER BY {order} DESC, c.id DESC LIMIT {asked.argument(limit + 1)}
        """,
        *asked.arguments,
    )
    items = read_all(ConversationRow, rows[:limit])
    more = len(rows) > limit
    return Page(items, write_cursor(_place(items[-1], owner), items[-1].id) if more else None)


_URGENT = "c.last_message_at + c.priority * interval '100 years'"
"""What a queue is sorted by: a time, so that one kind of cursor leads through every list."""


def _place(row: ConversationRow, owner: str) -> datetime | None:
    """Where a row stands in its list."""
    at = row.last_message_at
    if at is None or owner != "queue":
        return at
    return at.replace(year=at.year + 100 * row.priority)


async def conversation(transaction: Transaction, conversation_id: UUID) -> ConversationRow:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        f"{_CONVERSATIONS} WHERE c.tenant_id = $1 AND c.id = $2",
        transaction.tenant,
        conversation_id,
    )
    return read_found(ConversationRow, row, "such conversation")


async def mark_read(transaction: Transaction, conversation_id: UUID) -> None:
    """Somebody has looked at it."""
    await transaction.run(
        "UPDATE conversations SET unread = 0 WHERE tenant_id = $1 AND id = $2 AND unread > 0",
        transaction.tenant,
        conversation_id,
    )


async def waiting_counts(transaction: Transaction) -> dict[str, int]:
    """How many conversations wait in each queue that has any."""
    rows = await transaction.rows(
        """
        SELECT owner_id, count(*) AS n FROM conversations
        WHERE tenant_id = $1 AND owner = 'queue' GROUP BY owner_id
        """,
        transaction.tenant,
    )
    return {row["owner_id"]: row["n"] for row in rows}


class _Asked:
    """The conditions of a list that was asked for, and their arguments in order."""

    def __init__(self, tenant: UUID) -> None:
        self.where = ["c.tenant_id = $1"]
        self.arguments: list[Any] = [tenant]

    @property
    def count(self) -> int:
        return len(self.arguments)

    def argument(self, value: Any) -> str:
        self.arguments.append(value)
        return f"${self.count}"

    def equal(self, column: str, value: Any) -> None:
        if value:
            self.where.append(f"{column} = {self.argument(value)}")


_CONVERSATIONS = """
SELECT c.id, c.contact_id, t.name AS contact_name, t.phone, c.channel_id,
    h.name AS channel_name, h.kind AS channel_kind, c.owner, c.owner_id, c.epoch,
    c.priority, c.preview,
    c.unread, c.created_at, c.last_message_at, c.last_inbound_at, c.closed_at
FROM conversations c
JOIN contacts t ON t.tenant_id = c.tenant_id AND t.id = c.contact_id
JOIN channels h ON h.tenant_id = c.tenant_id AND h.id = c.channel_id
"""
