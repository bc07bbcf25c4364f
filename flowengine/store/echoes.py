"""Messages that left from our side by another hand: the business's own phone, or ourselves.

An echo of our own send may come before we have recorded its provider id. So an unknown one is held
among the orphans; recording the send takes it away, and only what stays unmatched once nothing of
that conversation is in flight was written by a person, who thereby takes the chat over.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from flowengine.happenings import TookOver
from flowengine.messages import Echo, Text
from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, enter_unseen
from flowengine.store.message_files import note_of
from flowengine.store.statuses import ECHO

HOLD = timedelta(seconds=5)
PHONE = "phone"
"""The agent that an unmatched echo stands for: somebody with the business's phone in hand."""

_decode = msgspec.json.Decoder(Echo).decode


async def hold_echoes(transaction: Transaction, echoes: Sequence[tuple[UUID, Echo]]) -> None:
    """Hold those (each with its channel) that are not of a message known to be ours."""
    if not echoes:
        return
    await transaction.run(
        """
        INSERT INTO status_orphans (channel_id, provider_id, status, event)
        SELECT e.channel_id, e.provider_id, $4, e.event
        FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS e (channel_id, provider_id, event)
        WHERE NOT EXISTS (
            SELECT FROM provider_ids p
            WHERE p.channel_id = e.channel_id AND p.provider_id = e.provider_id
        )
        ON CONFLICT DO NOTHING
        """,
        [channel for channel, _ in echoes],
        [echo.message.id for _, echo in echoes],
        [encode(echo) for _, echo in echoes],
        ECHO,
    )


async def release_echoes(transaction: Transaction, limit: int = 100) -> int:
    """Turn echoes that nothing of ours explains into take-overs; how many."""
    rows = await transaction.rows(
        """
        SELECT o.channel_id, o.provider_id, o.event, c.id AS conversation_id,
            EXISTS (SELECT FROM provider_ids p WHERE p.channel_id = o.channel_id
                    AND p.provider_id = o.provider_id) AS ours
        FROM status_orphans o
        JOIN channels ch ON ch.id = o.channel_id
        LEFT JOIN LATERAL (
            SELECT c.id FROM jsonb_to_recordset(
                convert_from(o.event, 'UTF8')::jsonb -> 'to' -> 'identities'
            ) AS w (kind text, value text, scope text)
            JOIN identities i ON i.tenant_id = ch.tenant_id AND i.kind = w.kind
                AND i.value = w.value AND i.scope = coalesce(w.scope, '')
            JOIN conversations c ON c.channel_id = o.channel_id AND c.contact_id = i.contact_id
            LIMIT 1
        ) c ON true
        WHERE o.status = $1 AND o.at < clock_timestamp() - $2::interval
            AND NOT EXISTS (SELECT FROM outbox s WHERE s.conversation_id = c.id
                            AND s.state IN ('sending', 'unknown'))
        ORDER BY o.at LIMIT $3 FOR UPDATE OF o SKIP LOCKED
        """,
        ECHO,
        HOLD,
        limit,
    )
    entries: list[Entry] = []
    for row in rows:
        if row["conversation_id"] is not None and not row["ours"]:
            entries.append(_taken_over(row["conversation_id"], row["channel_id"], row["event"]))
    await transaction.run(
        """
        DELETE FROM status_orphans o
        USING unnest($1::uuid[], $2::text[]) AS d (channel, provider_id)
        WHERE o.channel_id = d.channel AND o.provider_id = d.provider_id AND o.status = $3
        """,
        [row["channel_id"] for row in rows],
        [row["provider_id"] for row in rows],
        ECHO,
    )
    await enter_unseen(transaction, entries)
    return len(rows)


def _taken_over(conversation: UUID, channel: UUID, event: bytes) -> Entry:
    said = _decode(event).message
    message = NewMessage(
        id=new_id(),
        direction="out",
        author="agent",
        author_id=PHONE,
        kind="text",
        content=encode(Text(said.text)),
        text=said.text,
        provider_id=said.id,
        status="sent",
        file=note_of(said),
    )
    return Entry(conversation, channel, TookOver(PHONE), message=message)
