"""A conversation goes on through another channel, with what it has still to say.

One transaction, in the order of locks that holds everywhere (conversations by id, lanes, outbox):
either all of it has moved or nothing. What a provider may have taken already stays where it is: a
conversation with a send under way or in doubt does not move until that is settled, so nothing is
said twice (RUNTIME.md 12). A conversation that the same person has on the other channel changes
places with it, if nothing is under way there; so each channel leads to one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from flowengine.happenings import ChannelSwitched
from flowengine.messages import Send
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, enter_unseen, lock
from flowengine.store.lanes import last_heard
from flowengine.store.rows import read, read_all
from flowengine.store.sends import lock_lanes
from flowengine.store.transaction import Transaction

_NOBODY = UUID(int=0)
_send = msgspec.json.Decoder(Send)


class Way(Struct, frozen=True):
    """Where a conversation is to go on. `why`: fallback, plan, hand or back.

    `window_hours`: how long a customer's message opens that channel for free text (0: always).
    `replies_only`: it begins no talk and takes no campaigns. `busy`: also one that is in the middle
    of something goes.
    """

    channel: UUID
    name: str
    why: str
    window_hours: int = 0
    replies_only: bool = False
    busy: bool = False


class Switched(Struct, frozen=True):
    """`sends`: so many went along. `stays`: why it did not move, "" where it did: gone, here
    already, under_way (or in doubt), busy, busy_there, unknown_there, window, replies_only."""

    sends: int = 0
    stays: str = ""


class Switch(Struct, frozen=True):
    """A switch that took place. `why`: of a `Way`, or swap: it made room for another conversation.

    `back_at`: since when the conversation is where it was before.
    """

    id: UUID
    conversation_id: UUID
    from_channel_id: UUID
    to_channel_id: UUID
    why: str
    sends: int
    at: datetime
    back_at: datetime | None = None


async def switch(transaction: Transaction, conversation: UUID, way: Way) -> Switched:
    """Have a conversation go on through another channel; a worker's transaction.

    What it was told to say and nobody has taken goes along, in its order.
    """
    rooms = await _locked(transaction, conversation, way.channel)
    here = next((room for room in rooms if room["id"] == conversation), None)
    there = next((room for room in rooms if room["id"] != conversation), None)
    if here is None or here["owner"] == "merged" or not here["welcome"]:
        return Switched(stays="gone")
    if here["channel_id"] == way.channel:
        return Switched(stays="here")
    both = [room["id"] for room in rooms]
    await lock_lanes(transaction, both)
    waiting = await _waiting(transaction, both)
    inbound = await _inbound(transaction, here, way.channel, there)
    stays = _stays(here, there, waiting, inbound, way)
    if stays:
        return Switched(stays=stays)
    heard = await last_heard(transaction, [(room["id"], room["channel_id"]) for room in rooms])
    try:
        async with transaction.savepoint():
            await _exchange(transaction, here, there, way.channel, inbound)
    except asyncpg.UniqueViolationError:  # the person began to write there in this moment
        return Switched(stays="busy_there")
    sends = [row for row in waiting if row["conversation_id"] == conversation]
    await _note(transaction, here, way.channel, way.why, len(sends), heard)
    if there is not None:
        await _note(transaction, there, here["channel_id"], "swap", 0, heard)
    entry = Entry(conversation, way.channel, ChannelSwitched(way.name, way.why, inbound))
    await enter_unseen(transaction, [entry], {room["id"]: room["last_seq"] for room in rooms})
    return Switched(len(sends))


async def _locked(transaction: Transaction, conversation: UUID, channel: UUID) -> list[Any]:
    """The conversation and the one that its person has on the other channel, under their locks."""
    found = await transaction.rows(
        """
        SELECT t.id FROM conversations c
        JOIN conversations t ON t.contact_id = c.contact_id
            AND (t.id = c.id OR t.channel_id = $2)
        WHERE c.id = $1
        """,
        conversation,
        channel,
    )
    await lock(transaction, [row["id"] for row in found] or [conversation])
    return await transaction.rows(
        """
        SELECT c.id, c.tenant_id, c.channel_id, c.contact_id, c.owner, c.last_seq, c.taken_seq,
            c.last_inbound_at, clock_timestamp() AS now, EXISTS (
                SELECT FROM channels h
                WHERE h.id = $2 AND h.tenant_id = c.tenant_id AND h.state = 'active'
            ) AS welcome, EXISTS (
                SELECT FROM executions e WHERE e.conversation_id = c.id AND e.ended_at IS NULL
            ) AS live, EXISTS (
                SELECT FROM inbox i WHERE i.conversation_id = c.id AND i.seq > c.taken_seq
                    AND i.kind <> 'switched'
            ) AS unread_rows, EXISTS (
                SELECT FROM identities i WHERE i.tenant_id = c.tenant_id
                    AND i.contact_id = c.contact_id AND i.kind = 'phone'
            ) AS has_phone
        FROM conversations c WHERE c.id = ANY($1::uuid[]) ORDER BY c.id
        """,
        [row["id"] for row in found],
        channel,
    )


async def _waiting(transaction: Transaction, rooms: Sequence[UUID]) -> list[Any]:
    """What is in the outbox of these, under its locks."""
    return await transaction.rows(
        """
        SELECT o.id, o.conversation_id, o.state, o.effect, o.class, l.owner IS NOT NULL AS leased,
            coalesce(m.status <> 'queued', false) AS doubtful
        FROM outbox o LEFT JOIN lanes l ON l.conversation_id = o.conversation_id
        LEFT JOIN messages m ON m.id = o.id
        WHERE o.conversation_id = ANY($1::uuid[]) ORDER BY o.id FOR UPDATE OF o
        """,
        list(rooms),
    )


async def _inbound(
    transaction: Transaction, here: Any, channel: UUID, there: Any
) -> datetime | None:
    """When the customer last wrote to that channel, as far as we know."""
    left: datetime | None = await transaction.value(
        """
        SELECT max(s.inbound_at) FROM conversations c
        JOIN channel_switches s ON s.conversation_id = c.id AND s.from_channel_id = $3
        WHERE c.tenant_id = $1 AND c.contact_id = $2
        """,
        here["tenant_id"],
        here["contact_id"],
        channel,
    )
    known = [at for at in (left, there["last_inbound_at"] if there else None) if at is not None]
    return max(known, default=None)


def _stays(
    here: Any, there: Any, waiting: Sequence[Any], inbound: datetime | None, way: Way
) -> str:
    # `doubtful`: queued anew after nobody could tell whether it left, or told of by a status. Only
    # there is a second time the same message, so it and what is behind it wait for that channel.
    if any(row["state"] != "queued" or row["leased"] or row["doubtful"] for row in waiting):
        return "under_way"
    mine = [row for row in waiting if row["conversation_id"] == here["id"]]
    if there is not None and (
        there["owner"] != "bot"
        or there["live"]
        or there["unread_rows"]
        or len(mine) != len(waiting)
    ):
        return "busy_there"
    if not way.busy and (here["live"] or here["owner"] != "bot" or mine or here["unread_rows"]):
        return "busy"
    if there is None and not here["has_phone"]:
        return "unknown_there"
    # Also with nothing to say: whatever it is told later, that channel would refuse for good.
    said = [_send.decode(row["effect"]) for row in mine]
    if way.replies_only and (inbound is None or any(send.purpose for send in said)):
        return "replies_only"
    free = here["live"] or any(_is_free(send) for send in said)
    if free and way.window_hours and not _open(inbound, way.window_hours, here):
        return "window"
    return ""


def _open(inbound: datetime | None, hours: int, here: Any) -> bool:
    return inbound is not None and here["now"] - inbound < timedelta(hours=hours)


def _is_free(send: Send) -> bool:
    """Whether only an open window lets it through."""
    return str(send.content.__struct_config__.tag) != "template"


async def _exchange(
    transaction: Transaction, here: Any, there: Any, channel: UUID, inbound: datetime | None
) -> None:
    """Each leads to the other's channel. In steps, as at no time two may stand on one channel."""
    if there is not None:
        await transaction.run(
            "UPDATE conversations SET channel_id = $2 WHERE id = $1", there["id"], _NOBODY
        )
    await transaction.run(
        "UPDATE conversations SET channel_id = $2, last_inbound_at = $3 WHERE id = $1",
        here["id"],
        channel,
        inbound,
    )
    moved = [(here["id"], channel)]
    if there is not None:
        await transaction.run(
            "UPDATE conversations SET channel_id = $2, last_inbound_at = $3 WHERE id = $1",
            there["id"],
            here["channel_id"],
            here["last_inbound_at"],
        )
        moved.append((there["id"], here["channel_id"]))
    rooms, channels = [room for room, _ in moved], [to for _, to in moved]
    await transaction.run(
        """
        UPDATE lanes l SET channel_id = m.channel_id,
            next_at = CASE WHEN l.next_at IS NULL THEN NULL ELSE clock_timestamp() END
        FROM unnest($1::uuid[], $2::uuid[]) AS m (id, channel_id) WHERE l.conversation_id = m.id
        """,
        rooms,
        channels,
    )
    await transaction.run(
        """
        UPDATE outbox o SET channel_id = m.channel_id, next_at = NULL
        FROM unnest($1::uuid[], $2::uuid[]) AS m (id, channel_id) WHERE o.conversation_id = m.id
        """,
        rooms,
        channels,
    )


async def _note(
    transaction: Transaction, room: Any, to: UUID, why: str, sends: int, heard: dict[UUID, str]
) -> None:
    await transaction.run(
        """
        UPDATE channel_switches SET back_at = clock_timestamp()
        WHERE conversation_id = $1 AND from_channel_id = $2 AND back_at IS NULL
        """,
        room["id"],
        to,
    )
    await transaction.run(
        """
        INSERT INTO channel_switches (tenant_id, id, conversation_id, from_channel_id,
            to_channel_id, why, sends, inbound_at, heard, back_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
            CASE WHEN $6 IN ('back', 'hand', 'swap') THEN clock_timestamp() END)
        """,
        room["tenant_id"],
        new_id(),
        room["id"],
        room["channel_id"],
        to,
        why,
        sends,
        room["last_inbound_at"],
        heard.get(room["id"], ""),
    )


async def switches_of(transaction: Transaction, conversation: UUID) -> tuple[Switch, ...]:
    """Where a conversation of the workspace went on, the oldest first."""
    rows = await transaction.rows(
        """
        SELECT id, conversation_id, from_channel_id, to_channel_id, why, sends, at, back_at
        FROM channel_switches WHERE tenant_id = $1 AND conversation_id = $2 ORDER BY at
        """,
        transaction.tenant,
        conversation,
    )
    return read_all(Switch, rows)


async def away(
    transaction: Transaction, channel: UUID, why: str, after: UUID, limit: int
) -> tuple[Switch, ...]:
    """Conversations that left a channel and are not back, from one switch to the next."""
    rows = await transaction.rows(
        """
        SELECT id, conversation_id, from_channel_id, to_channel_id, why, sends, at, back_at
        FROM channel_switches
        WHERE from_channel_id = $1 AND why = $2 AND back_at IS NULL AND id > $3
        ORDER BY id LIMIT $4
        """,
        channel,
        why,
        after,
        limit,
    )
    return tuple(read(Switch, row) for row in rows)


async def stranded(transaction: Transaction, after: UUID, limit: int) -> tuple[Switch, ...]:
    """Conversations that went on through a channel which was removed since; they can go home."""
    rows = await transaction.rows(
        """
        SELECT s.id, s.conversation_id, s.from_channel_id, s.to_channel_id, s.why, s.sends, s.at,
            s.back_at
        FROM channels t
        JOIN channel_switches s ON s.tenant_id = t.tenant_id AND s.to_channel_id = t.id
        JOIN channels f ON f.tenant_id = s.tenant_id AND f.id = s.from_channel_id
        JOIN conversations c ON c.id = s.conversation_id AND c.channel_id = t.id
        WHERE t.state = 'removed' AND f.state = 'active' AND s.back_at IS NULL AND s.id > $1
        ORDER BY s.id LIMIT $2
        """,
        after,
        limit,
    )
    return read_all(Switch, rows)
