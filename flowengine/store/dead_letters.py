"""Dead letters: what could not be delivered, why, and how it is tried once more.

A letter is open until a person has it sent again, puts it aside, or the provider says after all
that it arrived. Trying again keeps the message and its place in the transcript: its send goes to
the end of its conversation's lane, with the next attempt's number, so that a late status of an
earlier attempt still settles it. For a worker's transaction of the tenant (`Database.worker`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.messages import Send
from flowengine.store.consents import SERVICE
from flowengine.store.database import Transaction
from flowengine.store.inbox import lock
from flowengine.store.pages import Page, read_cursor, write_cursor
from flowengine.store.rows import must_touch, read_all
from flowengine.store.sends import CAMPAIGN, POSITIONS, REPLY, NewSend, insert_sends, lock_lanes

BATCH = 200
"""Letters that one transaction tries again: each holds its conversation's lock."""

TELL = "tell"

Row = Any
"""A row of the table; it does not leave this module."""

_send = msgspec.json.Decoder(Send)


class Letter(Struct, frozen=True):
    """A dead letter. `kind`: send (a message) or tell (a webhook of ours).

    One of no person (how a channel does) has the conversation of zeros and no names of a contact.
    `refused`: JSON of a `Refused`. `status`: of the message, empty for a tell. `settled_how`:
    retried, dismissed or delivered.
    """

    message_id: UUID
    conversation_id: UUID
    channel_id: UUID
    channel_name: str
    contact_name: str
    kind: str
    reason: str
    attempts: int
    at: datetime
    text: str
    status: str
    settled_how: str
    phone: str | None = None
    refused: bytes | None = None
    settled_at: datetime | None = None

    @property
    def of_channel(self) -> bool:
        """Whether it is about a channel, and no person."""
        return not self.conversation_id.int


class Asked(Struct, frozen=True):
    """Which letters are meant; empty fields mean all of them."""

    reason: str = ""
    channel: UUID | None = None
    conversation: UUID | None = None


ALL = Asked()


async def letters(
    transaction: Transaction,
    asked: Asked = ALL,
    *,
    open_only: bool = True,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Letter]:
    """The workspace's dead letters, the newest first."""
    after = read_cursor(cursor)
    rows = await transaction.rows(
        f"""
        SELECT d.message_id, d.conversation_id, d.channel_id, d.kind, d.reason, d.refused,
            d.attempts, d.at, d.settled_at, d.settled_how, h.name AS channel_name,
            coalesce(t.name, '') AS contact_name, t.phone, coalesce(m.text, '') AS text,
            coalesce(m.status, '') AS status
        FROM dead_letters d
        LEFT JOIN conversations c ON c.tenant_id = d.tenant_id AND c.id = d.conversation_id
        LEFT JOIN contacts t ON t.tenant_id = d.tenant_id AND t.id = c.contact_id
        JOIN channels h ON h.tenant_id = d.tenant_id AND h.id = d.channel_id
        LEFT JOIN messages m ON m.id = d.message_id
        WHERE {_ASKED} AND ($5 = false OR d.settled_at IS NULL)
            AND ($6::timestamptz IS NULL OR (d.at, d.message_id) < ($6, $7))
        ORDER BY d.at DESC, d.message_id DESC LIMIT $8
        """,
        *_arguments(transaction, asked),
        open_only,
        after.at if after else None,
        after.id if after else None,
        limit + 1,
    )
    items = read_all(Letter, rows[:limit])
    more = len(rows) > limit
    return Page(items, write_cursor(items[-1].at, items[-1].message_id) if more else None)


_ASKED = """
d.tenant_id = $1 AND ($2 = '' OR d.reason = $2) AND ($3::uuid IS NULL OR d.channel_id = $3)
AND ($4::uuid IS NULL OR d.conversation_id = $4)
"""


def _arguments(transaction: Transaction, asked: Asked) -> tuple[object, ...]:
    return transaction.tenant, asked.reason, asked.channel, asked.conversation


async def letter_counts(transaction: Transaction) -> dict[str, int]:
    """How many are open, by reason."""
    rows = await transaction.rows(
        """
        SELECT reason, count(*) AS n FROM dead_letters
        WHERE tenant_id = $1 AND settled_at IS NULL GROUP BY reason ORDER BY n DESC, reason
        """,
        transaction.tenant,
    )
    return {row["reason"]: row["n"] for row in rows}


async def open_letters(
    transaction: Transaction, asked: Asked = ALL, *, before: datetime, limit: int = BATCH
) -> list[UUID]:
    """Ids of open letters that came before a time, the oldest first."""
    rows = await transaction.rows(
        f"""
        SELECT d.message_id FROM dead_letters d
        WHERE {_ASKED} AND d.settled_at IS NULL AND d.at < $5
        ORDER BY d.at, d.message_id LIMIT $6
        """,
        *_arguments(transaction, asked),
        before,
        limit,
    )
    return [row["message_id"] for row in rows]


async def dismiss(transaction: Transaction, ids: Sequence[UUID]) -> int:
    """Put letters aside: they stay readable, and are not sent. How many were open.

    Raises `NotFound` where the workspace has none of them.
    """
    await _conversations(transaction, ids)
    return await transaction.run(
        """
        UPDATE dead_letters SET settled_at = clock_timestamp(), settled_how = 'dismissed'
        WHERE tenant_id = $1 AND message_id = ANY($2::uuid[]) AND settled_at IS NULL
        """,
        transaction.tenant,
        list(ids),
    )


async def retry(transaction: Transaction, ids: Sequence[UUID]) -> int:
    """Try open letters once more; how many. Those that somebody else has settled are left out.

    Raises `NotFound` where the workspace has none of them, settled or not.
    """
    conversations = await _conversations(transaction, ids)
    last = await lock(transaction, conversations)
    await lock_lanes(transaction, conversations)
    rows = await transaction.rows(
        """
        WITH taken AS (
            UPDATE dead_letters SET settled_at = clock_timestamp(), settled_how = 'retried'
            WHERE tenant_id = $1 AND message_id = ANY($2::uuid[]) AND settled_at IS NULL
            RETURNING *
        )
        SELECT t.*, coalesce(m.effect_id, '') AS effect_id FROM taken t
        LEFT JOIN messages m ON m.id = t.message_id ORDER BY t.message_id
        """,
        transaction.tenant,
        list(ids),
    )
    sends = [row for row in rows if row["kind"] != TELL and row["conversation_id"] in last]
    await _send_again(transaction, sends, last)
    await _tell_again(transaction, [row["message_id"] for row in rows if row["kind"] == TELL])
    return len(rows)


async def _conversations(transaction: Transaction, ids: Sequence[UUID]) -> list[UUID]:
    """Of the workspace's letters among these. Raises `NotFound` where there is none."""
    rows = await transaction.rows(
        """
        SELECT DISTINCT conversation_id FROM dead_letters
        WHERE tenant_id = $1 AND message_id = ANY($2::uuid[]) ORDER BY conversation_id
        """,
        transaction.tenant,
        list(ids),
    )
    must_touch(len(rows), "such letter")
    return [row["conversation_id"] for row in rows]


async def _send_again(transaction: Transaction, rows: Sequence[Row], last: dict[UUID, int]) -> None:
    if not rows:
        return
    behind = await _ends(transaction, last)
    new: list[tuple[NewSend, int]] = []
    for row in rows:
        conversation = row["conversation_id"]
        behind[conversation] += 1
        new.append((_again(row, behind[conversation]), last[conversation]))
    await insert_sends(transaction, new)
    await transaction.run(
        """
        UPDATE messages SET status = 'queued', status_at = clock_timestamp(), error = NULL
        WHERE id = ANY($1::uuid[])
        """,
        [row["message_id"] for row in rows],
    )


async def _ends(transaction: Transaction, last: dict[UUID, int]) -> dict[UUID, int]:
    """The position of the last send in each lane that has the conversation's newest number."""
    rows = await transaction.rows(
        """
        SELECT w.id, max(o.pos) AS pos FROM unnest($1::uuid[], $2::bigint[]) AS w (id, seq)
        LEFT JOIN outbox o ON o.conversation_id = w.id AND o.seq = w.seq GROUP BY w.id
        """,
        list(last),
        list(last.values()),
    )
    return {row["id"]: max(row["pos"] or 0, POSITIONS) for row in rows}


def _again(row: Row, pos: int) -> NewSend:
    """As from a person: nobody's take-over drops it, no flow awaits it, it is never too late."""
    purpose = _send.decode(row["effect"]).purpose
    return NewSend(
        id=row["message_id"],
        effect_id=row["effect_id"] or f"again:{row['message_id']}",
        conversation=row["conversation_id"],
        effect=row["effect"],
        author="agent",
        pos=pos,
        lane_class=REPLY if purpose in ("", SERVICE) else CAMPAIGN,
        attempt=row["attempts"],
    )


async def _tell_again(transaction: Transaction, calls: Sequence[UUID]) -> None:
    """A letter of this kind keeps its call's id and effect."""
    if not calls:
        return
    await transaction.run(
        """
        INSERT INTO calls (id, effect_id, tenant_id, conversation_id, kind, effect, next_at,
            created_at)
        SELECT message_id, 'again:' || message_id, tenant_id, conversation_id, kind, effect,
            clock_timestamp(), clock_timestamp()
        FROM dead_letters WHERE message_id = ANY($1::uuid[])
        ON CONFLICT DO NOTHING
        """,
        list(calls),
    )
