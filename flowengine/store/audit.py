"""What a whole database holds, read after the fact: for proofs, not for pages.

A worker's transactions, and small databases: each reads everything there is of its kind.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction


class Said(Struct, frozen=True):
    """A message, and the phone of whose conversation it is in."""

    id: UUID
    conversation_id: UUID
    phone: str
    direction: str
    author: str
    text: str
    status: str
    provider_id: str
    effect_id: str
    at: datetime


class GivenUp(Struct, frozen=True):
    """A send that was left to a person. `reason`: a connector's word, "unclear" for unknown."""

    message_id: UUID
    conversation_id: UUID
    phone: str
    reason: str


async def everything_said(transaction: Transaction) -> tuple[Said, ...]:
    """All messages, in the order in which they were made."""
    rows = await transaction.rows(
        """
        SELECT m.id, m.conversation_id, coalesce(t.phone, '') AS phone, m.direction, m.author,
            m.text, m.status, m.provider_id, m.effect_id, m.at
        FROM messages m JOIN conversations c ON c.id = m.conversation_id
        JOIN contacts t ON t.id = c.contact_id ORDER BY m.id
        """
    )
    return read_all(Said, rows)


async def given_up(transaction: Transaction) -> tuple[GivenUp, ...]:
    """All sends that wait for a person's decision."""
    rows = await transaction.rows(
        """
        SELECT d.message_id, d.conversation_id, coalesce(t.phone, '') AS phone, d.reason
        FROM dead_letters d JOIN conversations c ON c.id = d.conversation_id
        JOIN contacts t ON t.id = c.contact_id WHERE d.settled_at IS NULL
        """
    )
    return read_all(GivenUp, rows)


async def unfinished(transaction: Transaction) -> dict[str, int]:
    """How much is left to be done now or soon, by table; nothing where all is done."""
    rows = await transaction.rows(
        """
        SELECT 'conversations' AS what, count(*) AS n FROM conversations
            WHERE work_at <= clock_timestamp()
        UNION ALL SELECT 'outbox', count(*) FROM outbox
        UNION ALL SELECT 'calls', count(*) FROM calls
        UNION ALL SELECT 'wakes', count(*) FROM wakes
        """
    )
    return {row["what"]: row["n"] for row in rows if row["n"]}
