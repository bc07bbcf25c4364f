"""What a late status makes of dead letters: a message failed after all, or arrived after all."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from flowengine.messages import Content, Effect, Refused, Send
from flowengine.state import encode
from flowengine.store.database import Transaction

Row = Any
"""A row of a query; it does not leave this module."""

_effects = msgspec.json.Decoder(list[Effect], float_hook=Decimal)
_content = msgspec.json.Decoder(Content, float_hook=Decimal)


async def settle_arrived(transaction: Transaction, messages: Sequence[UUID]) -> None:
    """The provider has told that these arrived after all: nobody needs to care any more."""
    if messages:
        await transaction.run(
            """
            UPDATE dead_letters SET settled_at = clock_timestamp(), settled_how = 'delivered'
            WHERE message_id = ANY($1::uuid[]) AND settled_at IS NULL
            """,
            list(messages),
        )


async def bury(
    transaction: Transaction,
    failed: Mapping[UUID, Refused],
    channels: Mapping[UUID, UUID] | None = None,
) -> None:
    """Messages that the provider had taken and could not deliver after all are letters too.

    `channels`: by which each had left, where that may not be its conversation's of now. Their sends
    are gone from the outbox: the journal has them (with the offers of their buttons), else the
    message is all there is.
    """
    if not failed:
        return
    rows = await transaction.rows(
        """
        SELECT m.id, m.tenant_id, m.conversation_id, c.channel_id, m.effect_id, m.flow, m.node,
            m.content, j.effects
        FROM messages m JOIN conversations c ON c.id = m.conversation_id
        LEFT JOIN LATERAL (
            SELECT effects FROM journal
            WHERE execution_id = m.execution_id
                AND position(convert_to('"' || m.effect_id || '"', 'UTF8') IN effects) > 0
            ORDER BY turn LIMIT 1
        ) j ON true
        WHERE m.id = ANY($1::uuid[])
        """,
        list(failed),
    )
    await transaction.run(
        """
        INSERT INTO dead_letters (message_id, tenant_id, conversation_id, channel_id, effect,
            reason, refused, attempts)
        SELECT id, tenant_id, conversation_id, channel_id, effect, reason, refused, 1
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::text[],
                $7::bytea[])
            AS f (id, tenant_id, conversation_id, channel_id, effect, reason, refused)
        ON CONFLICT (message_id) DO UPDATE
        SET reason = excluded.reason, refused = excluded.refused, at = excluded.at,
            settled_at = NULL, settled_how = ''
        """,
        [row["id"] for row in rows],
        [row["tenant_id"] for row in rows],
        [row["conversation_id"] for row in rows],
        [(channels or {}).get(row["id"], row["channel_id"]) for row in rows],
        [encode(_sent(row)) for row in rows],
        [failed[row["id"]].reason for row in rows],
        [encode(failed[row["id"]]) for row in rows],
    )


def _sent(row: Row) -> Send:
    """The send of a message, as the flow wanted it."""
    for effect in _effects.decode(row["effects"]) if row["effects"] else ():
        if isinstance(effect, Send) and effect.id == row["effect_id"]:
            return effect
    return Send(row["effect_id"], row["node"], row["flow"], _content.decode(row["content"]))
