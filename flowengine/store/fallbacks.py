"""What a channel falls back to: a second one, once the first has been off for a while.

Off unless a workspace says so. Who is due is found by what the last look at both found.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.store.channel_health import BAD
from flowengine.store.errors import NotFound
from flowengine.store.rows import read, read_all
from flowengine.store.transaction import Transaction


class Fallback(Struct, frozen=True):
    """`after_seconds`: how long the channel has to be off. `go_back`: conversations return once it
    is well again for as long and nothing is under way in them."""

    channel_id: UUID
    to_channel_id: UUID
    after_seconds: int = 300
    go_back: bool = True


class Due(Struct, frozen=True):
    """A channel that is off for long enough (`off`), or well again for as long."""

    tenant_id: UUID
    channel_id: UUID
    to_channel_id: UUID
    go_back: bool
    off: bool


async def fallback(transaction: Transaction, channel: UUID) -> Fallback | None:
    """What a channel of the workspace falls back to; None: to nothing."""
    row = await transaction.row(
        """
        SELECT channel_id, to_channel_id, after_seconds, go_back FROM channel_fallbacks
        WHERE tenant_id = $1 AND channel_id = $2
        """,
        transaction.tenant,
        channel,
    )
    return None if row is None else read(Fallback, row)


async def put_fallback(transaction: Transaction, wanted: Fallback) -> None:
    """Fall back from now on. Raises `NotFound` where either channel is none of the workspace's."""
    known = await transaction.value(
        """
        SELECT count(*) FROM channels
        WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND state <> 'removed'
        """,
        transaction.tenant,
        [wanted.channel_id, wanted.to_channel_id],
    )
    if known != 2:
        raise NotFound("there is no such channel")
    await transaction.run(
        """
        INSERT INTO channel_fallbacks (tenant_id, channel_id, to_channel_id, after_seconds, go_back)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, channel_id) DO UPDATE SET to_channel_id = excluded.to_channel_id,
            after_seconds = excluded.after_seconds, go_back = excluded.go_back,
            updated_at = clock_timestamp()
        """,
        transaction.tenant,
        wanted.channel_id,
        wanted.to_channel_id,
        wanted.after_seconds,
        wanted.go_back,
    )


async def remove_fallback(transaction: Transaction, channel: UUID) -> None:
    """What waits for the channel waits from now on; what has moved stays where it is."""
    await transaction.run(
        "DELETE FROM channel_fallbacks WHERE tenant_id = $1 AND channel_id = $2",
        transaction.tenant,
        channel,
    )


# --- For workers ------------------------------------------------------------------------------


async def due_fallbacks(transaction: Transaction) -> tuple[Due, ...]:
    """Those whose channel is off, and whose second channel is well; and those to go back from,
    however the second one does: nobody has to wait for it."""
    rows = await transaction.rows(
        """
        SELECT f.tenant_id, f.channel_id, f.to_channel_id, f.go_back,
            h.state = ANY($1::text[]) AS off
        FROM channel_fallbacks f
        JOIN channels c ON c.tenant_id = f.tenant_id AND c.id = f.channel_id
        JOIN channels t ON t.tenant_id = f.tenant_id AND t.id = f.to_channel_id
        JOIN channel_health h ON h.tenant_id = f.tenant_id AND h.channel_id = f.channel_id
        LEFT JOIN channel_health th
            ON th.tenant_id = f.tenant_id AND th.channel_id = f.to_channel_id
        WHERE c.state = 'active' AND h.since <= now() - f.after_seconds * interval '1 second'
            AND (h.state = 'connected'
                 OR h.state = ANY($1::text[]) AND t.state = 'active' AND th.state = 'connected')
        ORDER BY f.tenant_id, f.channel_id
        """,
        list(BAD),
    )
    return read_all(Due, rows)


async def waiting_rooms(
    transaction: Transaction, channel: UUID, after: UUID, limit: int
) -> Sequence[UUID]:
    """Conversations with something to say on a channel, from one to the next."""
    rows = await transaction.rows(
        """
        SELECT conversation_id FROM lanes
        WHERE channel_id = $1 AND class IN (0, 1) AND next_at IS NOT NULL AND conversation_id > $2
        ORDER BY conversation_id LIMIT $3
        """,
        channel,
        after,
        limit,
    )
    return [row["conversation_id"] for row in rows]
