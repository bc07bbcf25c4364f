"""Lanes: the sends of one conversation leave one after the other.

A lane is claimed, not a row: whoever holds its lease performs its head, and nobody performs
anything else of that conversation. `next_at` says when a lane wants to be looked at again; while it
is leased that is the end of the lease, so a dead holder's lane comes back by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Identity, Refused
from flowengine.store.database import Transaction
from flowengine.store.verdicts import Failed, Result


class Head(Struct, frozen=True):
    """The first send of a leased lane, and what it takes to perform or refuse it.

    `state`: queued; sending (its sender died); unknown. `epoch` of the send against
    `conversation_epoch`: they differ once a person took over. `channel_next_send_at`: the channel
    rests until then; `channel_strikes`: its outages in a row. `identities`: of the contact, best
    first. `seq`: of the inbox row (or timer) that it answers, `received_at`: when that came in.
    `late`: what was done about its lateness.
    """

    id: UUID
    conversation: UUID
    tenant: UUID
    channel: UUID
    contact: UUID
    state: str
    attempt: int
    effect: bytes
    author: str
    epoch: int
    conversation_epoch: int
    created_at: datetime
    horizon: datetime
    next_at: datetime | None
    sending_at: datetime | None
    channel_kind: str
    channel_state: str
    channel_rate: float | None
    channel_updated_at: datetime
    channel_next_send_at: datetime | None
    identities: tuple[Identity, ...]
    channel_strikes: int = 0
    seq: int = 0
    received_at: datetime | None = None
    late: str = ""


class Quota(Struct, frozen=True):
    """So many lanes of a channel and class may be leased."""

    channel: UUID
    lane_class: int
    lanes: int


class Claimed(Struct, frozen=True):
    """Lanes that are ours until their lease ends.

    `empty`: those that have nothing to send. `broken`: heads that cannot be read, with the verdict
    that moves them out of the way: one odd row must not hold up everybody's sends. `paces`: by
    conversation, when its next message would be due if they were spaced evenly.
    """

    now: datetime
    heads: tuple[Head, ...] = ()
    empty: tuple[UUID, ...] = ()
    broken: tuple[Result, ...] = ()
    paces: dict[UUID, datetime] = {}


async def claim(
    transaction: Transaction, owner: UUID, lease: timedelta, quotas: Sequence[Quota]
) -> Claimed:
    """Lease lanes that are due, of each channel as many as its quota, the longest waiting first."""
    leased = await transaction.rows(
        _LEASE,
        owner,
        lease,
        [quota.channel for quota in quotas],
        [quota.lane_class for quota in quotas],
        [quota.lanes for quota in quotas],
    )
    lanes = [row["conversation_id"] for row in leased]
    if not lanes:
        return Claimed(await transaction.now())
    # A later statement: it sees what a turn had put into a lane that we waited for.
    rows = await transaction.rows(_HEADS, lanes)
    full = [row for row in rows if row["id"] is not None]
    heads, broken = read_heads(full)
    taken = {row["conversation_id"] for row in full}
    empty = tuple(lane for lane in lanes if lane not in taken)
    now = rows[0]["now"] if rows else await transaction.now()
    paces = {row["conversation_id"]: row["pace_at"] for row in leased if row["pace_at"]}
    return Claimed(now, heads, empty, broken, paces)


# LIMIT may speak of the quota beside it: each channel is one short walk of its own index range.
_LEASE = """
WITH due AS (
    SELECT mine.conversation_id
    FROM unnest($3::uuid[], $4::int[], $5::int[]) AS q (channel_id, class, lanes)
    CROSS JOIN LATERAL (
        SELECT conversation_id FROM lanes
        WHERE class = q.class AND channel_id = q.channel_id AND next_at <= now()
        ORDER BY next_at LIMIT q.lanes FOR NO KEY UPDATE SKIP LOCKED
    ) mine
)
UPDATE lanes l SET owner = $1, epoch = l.epoch + 1,
    until = clock_timestamp() + $2::interval, next_at = clock_timestamp() + $2::interval
FROM due WHERE l.conversation_id = due.conversation_id
RETURNING l.conversation_id, l.pace_at
"""


def read_heads(rows: Sequence[Any]) -> tuple[tuple[Head, ...], tuple[Result, ...]]:
    """Heads out of rows, one by one; those that cannot be read are flagged to a person."""
    heads: list[Head] = []
    broken: list[Result] = []
    for row in rows:
        try:
            heads.append(_head(row))
        except Exception as error:
            refused = Refused("invalid", permanent=True, detail=f"unreadable: {error!r}"[:300])
            verdict = Failed(refused, flagged=True)
            broken.append(Result(row["id"], row["conversation_id"], row["attempt"], verdict))
    return tuple(heads), tuple(broken)


_HEADS = """
SELECT clock_timestamp() AS now, h.*, c.id AS conversation_id, c.tenant_id, c.contact_id,
    c.epoch AS conversation_epoch, ch.id AS channel_id, ch.state AS channel_state,
    ch.kind AS channel_kind, ch.rate AS channel_rate, ch.updated_at AS channel_updated_at,
    ch.next_send_at AS channel_next_send_at, ch.strikes AS channel_strikes, i.received_at,
    ARRAY(
        SELECT ARRAY[i.kind, i.value, i.scope] FROM identities i
        WHERE i.tenant_id = c.tenant_id AND i.contact_id = coalesce(p.merged_into, p.id)
        ORDER BY array_position(ARRAY['phone', 'bsuid', 'lid'], i.kind), i.first_seen_at DESC
    ) AS identities
FROM unnest($1::uuid[]) AS l (id)
JOIN conversations c ON c.id = l.id
JOIN channels ch ON ch.id = c.channel_id
LEFT JOIN contacts p ON p.id = c.contact_id
LEFT JOIN LATERAL (
    SELECT o.id, o.state, o.attempt, o.effect, o.author, o.epoch, o.created_at, o.horizon,
        o.next_at, o.sending_at, o.seq, o.late
    FROM outbox o WHERE o.conversation_id = l.id ORDER BY o.seq, o.pos LIMIT 1
) h ON true
LEFT JOIN inbox i ON i.conversation_id = l.id AND i.seq = h.seq
"""


def _head(row: Any) -> Head:
    return Head(
        id=row["id"],
        conversation=row["conversation_id"],
        tenant=row["tenant_id"],
        channel=row["channel_id"],
        contact=row["contact_id"],
        state=row["state"],
        attempt=row["attempt"],
        effect=row["effect"],
        author=row["author"],
        epoch=row["epoch"],
        conversation_epoch=row["conversation_epoch"],
        created_at=row["created_at"],
        horizon=row["horizon"],
        next_at=row["next_at"],
        sending_at=row["sending_at"],
        channel_kind=row["channel_kind"],
        channel_state=row["channel_state"],
        channel_rate=row["channel_rate"],
        channel_updated_at=row["channel_updated_at"],
        channel_next_send_at=row["channel_next_send_at"],
        identities=tuple(Identity(*each) for each in row["identities"]),
        channel_strikes=row["channel_strikes"],
        seq=row["seq"],
        received_at=row["received_at"],
        late=row["late"],
    )


async def mark(
    transaction: Transaction, sends: Sequence[UUID], paces: Sequence[float] = ()
) -> dict[UUID, int]:
    """Mark leased heads as being sent; their attempts.

    Those that a person's take-over has dropped meanwhile, or whose epoch has passed, are left out.
    `paces`: for each, how many seconds of its contact's patience it costs. To be committed before
    the request leaves.
    """
    rows = await transaction.rows(_MARK, list(sends), list(paces or (0.0 for _ in sends)))
    return {row["id"]: row["attempt"] for row in rows}


_MARK = """
WITH marked AS (
    UPDATE outbox o
    SET state = 'sending', attempt = o.attempt + 1, sending_at = clock_timestamp(), next_at = NULL
    FROM unnest($1::uuid[], $2::float8[]) AS s (id, pace), conversations c
    WHERE o.id = s.id AND o.state = 'queued' AND c.id = o.conversation_id
        AND (o.author <> 'bot' OR o.epoch = c.epoch)
    RETURNING o.id, o.attempt, o.conversation_id, s.pace
), paced AS (
    UPDATE lanes l
    SET pace_at = greatest(l.pace_at, clock_timestamp()) + m.pace * interval '1 second'
    FROM marked m WHERE l.conversation_id = m.conversation_id AND m.pace > 0
)
SELECT id, attempt FROM marked
"""


async def put_back(
    transaction: Transaction, lanes: Sequence[tuple[UUID, datetime]], typing: Sequence[UUID] = ()
) -> None:
    """Let go of lanes whose heads have to wait until a time.

    `typing`: heads (their ids) that wait only because "typing…" is shown first: they are due then.
    """
    await transaction.run(
        """
        WITH shown AS (
            UPDATE outbox o SET next_at = w.at
            FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, at)
            WHERE o.conversation_id = w.id AND o.id = ANY($3::uuid[])
        )
        UPDATE lanes l SET owner = NULL, until = NULL, next_at = w.at
        FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, at) WHERE l.conversation_id = w.id
        """,
        [lane for lane, _ in lanes],
        [at for _, at in lanes],
        list(typing),
    )


async def talking(transaction: Transaction, heads: Sequence[UUID]) -> list[UUID]:
    """Of `heads`, those whose customer has written since, or before which a person waits."""
    rows = await transaction.rows(
        """
        SELECT h.id FROM outbox h CROSS JOIN LATERAL (
            SELECT FROM inbox WHERE conversation_id = h.conversation_id AND seq > h.seq
                AND kind = 'message' LIMIT 1
        ) wrote WHERE h.id = ANY($1::uuid[])
        UNION
        SELECT h.id FROM outbox h CROSS JOIN LATERAL (
            SELECT FROM outbox WHERE conversation_id = h.conversation_id AND author <> 'bot' LIMIT 1
        ) person WHERE h.id = ANY($1::uuid[])
        """,
        list(heads),
    )
    return [row["id"] for row in rows]


async def let_go_empty(transaction: Transaction, lanes: Sequence[UUID]) -> None:
    """Let go of lanes that have nothing to send; a turn that adds something makes them due."""
    await transaction.run(
        """
        UPDATE lanes SET owner = NULL, until = NULL, next_at = NULL
        WHERE conversation_id = ANY($1::uuid[])
        """,
        list(lanes),
    )


async def reclaim(transaction: Transaction) -> int:
    """Make every leased lane and call due now; how many. Only where no other process works.

    For the embedded product's start: whoever held them is dead.
    """
    lanes = await transaction.run("UPDATE lanes SET next_at = now() WHERE owner IS NOT NULL")
    calls = await transaction.run("UPDATE calls SET next_at = now() WHERE owner IS NOT NULL")
    return lanes + calls


async def proves_alive(transaction: Transaction, channel: UUID, send: UUID) -> bool:
    """Whether the channel has told the fate of something sent after `send`.

    Then its statuses do come, and the silence about `send` means that it never arrived.
    """
    # In the order of ids, which is that of time: what was sent since is soon walked through.
    told = await transaction.value(
        """
        SELECT m.id FROM messages m
        WHERE m.id > $2 AND m.status IN ('delivered', 'read', 'played', 'failed') AND EXISTS (
            SELECT FROM provider_ids p
            WHERE p.channel_id = $1 AND p.provider_id = m.provider_id AND p.message_id = m.id
                AND p.at > (SELECT sending_at FROM outbox WHERE id = $2)
        ) ORDER BY m.id LIMIT 1
        """,
        channel,
        send,
    )
    return told is not None


async def last_heard(
    transaction: Transaction, rooms: Sequence[tuple[UUID, UUID]]
) -> dict[UUID, str]:
    """The provider's id of what the customer last said to each conversation's channel.

    `rooms`: conversations and the channels they go through. Reactions and "typing…" refer to it. A
    conversation that came from another channel heard there what this one knows nothing of: until
    the customer writes here it is what they had said here before, if anything, be it in another
    conversation. Switches of before migration 0021 do not say: then it is the last one before it.
    """
    if not rooms:
        return {}
    rows = await transaction.rows(
        """
        SELECT w.id, CASE WHEN came.at IS NULL OR m.at > came.at THEN m.provider_id END AS here,
            former.heard AS formerly
        FROM unnest($1::uuid[], $2::uuid[]) AS w (id, channel_id)
        LEFT JOIN LATERAL (
            SELECT provider_id, at FROM messages
            WHERE conversation_id = w.id AND direction = 'in' ORDER BY id DESC LIMIT 1
        ) m ON true
        LEFT JOIN LATERAL (
            SELECT at FROM channel_switches WHERE conversation_id = w.id ORDER BY at DESC LIMIT 1
        ) came ON true
        LEFT JOIN LATERAL (
            SELECT CASE WHEN s.heard <> '' THEN s.heard ELSE (
                SELECT provider_id FROM messages b
                WHERE b.conversation_id = o.id AND b.direction = 'in' AND b.at <= s.at
                ORDER BY b.id DESC LIMIT 1
            ) END AS heard
            FROM conversations c
            JOIN conversations o ON o.tenant_id = c.tenant_id AND o.contact_id = c.contact_id
            JOIN channel_switches s ON s.conversation_id = o.id
                AND s.from_channel_id = w.channel_id
                AND (s.heard <> '' OR s.inbound_at IS NOT NULL)
            WHERE c.id = w.id AND (came.at IS NOT NULL OR m.at IS NULL)
            ORDER BY s.inbound_at DESC NULLS LAST LIMIT 1
        ) former ON true
        """,
        [conversation for conversation, _ in rooms],
        [channel for _, channel in rooms],
    )
    heard = {row["id"]: row["here"] or row["formerly"] for row in rows}
    return {conversation: said for conversation, said in heard.items() if said}
