"""What was said: a conversation's messages, page by page, and found by their words."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import plain, read_all
from flowengine.store.transaction import Transaction

_LAST = UUID(int=2**128 - 1)
_FIRST = UUID(int=0)


class Message(Struct, frozen=True):
    """A message. `content`: JSON of an `Inbound` (direction in) or of a content (out).

    `status` only moves forward; `error`: JSON of a `Refused`. `status_at` is the provider's time.
    """

    id: UUID
    conversation_id: UUID
    at: datetime
    direction: str
    author: str
    author_id: str
    kind: str
    content: bytes
    text: str
    status: str
    provider_id: str
    effect_id: str
    flow: str
    node: str
    status_at: datetime | None = None
    error: bytes | None = None
    execution_id: UUID | None = None


class MessageMark(Struct, frozen=True):
    """A message's id and status, of one that came its file's: to see whether it changed."""

    id: UUID
    status: str


async def messages(
    transaction: Transaction,
    conversation_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[Message, ...]:
    """A page, the oldest first: those next after `after`, else the last ones before `before`."""
    order = "ASC" if after is not None else "DESC"
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM messages
        WHERE conversation_id = $1 AND id > $2 AND id < $3 ORDER BY id {order} LIMIT $4
        """,
        conversation_id,
        after or _FIRST,
        before or _LAST,
        limit,
    )
    return read_all(Message, rows if after is not None else reversed(rows))


async def message_marks(
    transaction: Transaction, conversation_id: UUID, limit: int
) -> tuple[MessageMark, ...]:
    """The last messages' ids and statuses, the newest first."""
    rows = await transaction.rows(
        """
        SELECT id, CASE WHEN direction = 'out' THEN status ELSE coalesce((SELECT f.state
            FROM message_files f WHERE f.tenant_id = m.tenant_id AND f.message_id = m.id), '')
            END AS status
        FROM messages m WHERE conversation_id = $1 ORDER BY id DESC LIMIT $2
        """,
        conversation_id,
        limit,
    )
    return read_all(MessageMark, rows)


async def messages_by_id(transaction: Transaction, message_ids: list[UUID]) -> tuple[Message, ...]:
    """Several messages, the oldest first; unknown ones left out."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM messages WHERE id = ANY($1::uuid[]) ORDER BY id", message_ids
    )
    return read_all(Message, rows)


async def found_messages(
    transaction: Transaction, words: str, limit: int = 50
) -> tuple[Message, ...]:
    """Messages of the workspace that have all these words (or words that begin so), newest first.

    Case and accents do not matter. For the web's transactions.
    """
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM messages
        WHERE id IN (SELECT found_messages($1, $2)) ORDER BY id DESC
        """,
        plain(words),
        limit,
    )
    return read_all(Message, rows)


_COLUMNS = """
id, conversation_id, at, direction, author, author_id, kind, content, text, status, provider_id,
effect_id, flow, node, status_at, error, execution_id
"""
