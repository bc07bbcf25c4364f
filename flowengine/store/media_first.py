"""After a file the next message waits: else the provider, still fetching it, shows the text first.

The next send of the lane is held until a status of the file's message comes, `HOLD` at the most.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.store.database import Transaction

HOLD = 4.0
"""Seconds."""

MEDIA = frozenset({"image", "audio", "video", "document", "sticker"})


class _Kind(Struct, frozen=True):
    kind: str = ""


class _What(Struct, frozen=True):
    content: _Kind


_what = msgspec.json.Decoder(_What)


async def hold_behind(transaction: Transaction, taken: Mapping[UUID, bytes]) -> None:
    """Hold what comes next in the lanes of those of `taken` (send to effect) that are files.

    Under the lanes' locks, before they are let go.
    """
    files = [id for id, effect in taken.items() if _what.decode(effect).content.kind in MEDIA]
    if not files:
        return
    await transaction.run(
        """
        UPDATE outbox o SET after_id = n.after_id,
            next_at = clock_timestamp() + $2 * interval '1 second'
        FROM (
            SELECT m.id AS after_id, h.id
            FROM unnest($1::uuid[]) AS f (id) JOIN messages m ON m.id = f.id
            CROSS JOIN LATERAL (
                SELECT id, state, next_at FROM outbox
                WHERE conversation_id = m.conversation_id ORDER BY seq, pos LIMIT 1
            ) h
            WHERE h.state = 'queued' AND h.next_at IS NULL
        ) n
        WHERE o.id = n.id
        """,
        files,
        HOLD,
    )


async def release_behind(transaction: Transaction, told: Sequence[tuple[UUID, UUID]]) -> None:
    """The provider has told of these (message, conversation): what waits behind may go."""
    if not told:
        return
    conversations = [conversation for _, conversation in told]
    held = await transaction.rows(
        """
        SELECT o.id FROM unnest($1::uuid[], $2::uuid[]) AS t (id, conversation_id)
        JOIN outbox o ON o.conversation_id = t.conversation_id AND o.after_id = t.id
        """,
        [message for message, _ in told],
        conversations,
    )
    if not held:
        return
    await transaction.run(
        """
        WITH lane AS (
            SELECT conversation_id FROM lanes WHERE conversation_id = ANY($2::uuid[])
            ORDER BY conversation_id FOR NO KEY UPDATE
        ), freed AS (
            UPDATE outbox SET next_at = NULL, after_id = NULL
            WHERE id = ANY($1::uuid[]) AND state = 'queued' RETURNING conversation_id
        )
        UPDATE lanes l SET next_at = clock_timestamp() FROM freed, lane
        WHERE l.conversation_id = freed.conversation_id AND l.owner IS NULL
            AND lane.conversation_id = l.conversation_id
        """,
        [row["id"] for row in held],
        conversations,
    )
