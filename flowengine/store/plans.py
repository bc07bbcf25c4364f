"""Moving from one channel to another by degrees, to compare them or to change the provider.

So many percent of the contacts belong to the other channel: by a hash of plan and contact, so that
raising the percentage only adds to them, and whoever was asked twice is on the same side.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.store.errors import NotFound, Taken
from flowengine.store.ids import new_id
from flowengine.store.rows import read_all, read_found
from flowengine.store.transaction import Transaction

PARTS = 10_000

_COLUMNS = (
    "tenant_id, id, from_channel_id, to_channel_id, percent, at_once, state, created_at, updated_at"
)
_SIDE = "('x' || substr(md5({plan}::text || {contact}::text), 1, 8))::bit(32)::bigint % 10000"


class Plan(Struct, frozen=True):
    """`percent` of the contacts go by `to_channel_id`. `at_once`: conversations that are in the
    middle of something too, where that channel's window lets them. `state`: active, undoing (they
    return) or ended (they stay where they are)."""

    tenant_id: UUID
    id: UUID
    from_channel_id: UUID
    to_channel_id: UUID
    percent: int
    at_once: bool
    state: str
    created_at: datetime
    updated_at: datetime


def place_of(plan: UUID, contact: UUID) -> int:
    """Where a contact stands among 10,000: below percent times 100 it belongs to the other side."""
    digest = hashlib.md5(f"{plan}{contact}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % PARTS


async def make_plan(
    transaction: Transaction, source: UUID, target: UUID, percent: int, at_once: bool
) -> Plan:
    """Begin to move from one of the workspace's channels to another.

    Raises `NotFound`, and `Taken` where the channel has a plan already.
    """
    known = await transaction.value(
        """
        SELECT count(*) FROM channels
        WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND state <> 'removed'
        """,
        transaction.tenant,
        [source, target],
    )
    if known != 2:
        raise NotFound("there is no such channel")
    try:
        row = await transaction.row(
            f"""
            INSERT INTO channel_plans (tenant_id, id, from_channel_id, to_channel_id, percent,
                at_once)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}
            """,
            transaction.tenant,
            new_id(),
            source,
            target,
            percent,
            at_once,
        )
    except asyncpg.UniqueViolationError:
        raise Taken("the channel has a plan already") from None
    return read_found(Plan, row, "new plan")


async def plan(transaction: Transaction, id: UUID) -> Plan:
    """One of the workspace's. Raises `NotFound`."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM channel_plans WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        id,
    )
    return read_found(Plan, row, "such plan")


async def plans(transaction: Transaction) -> tuple[Plan, ...]:
    """The workspace's, the newest first."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM channel_plans WHERE tenant_id = $1 ORDER BY id DESC LIMIT 100",
        transaction.tenant,
    )
    return read_all(Plan, rows)


async def change_plan(
    transaction: Transaction,
    id: UUID,
    *,
    percent: int | None = None,
    at_once: bool | None = None,
    state: str | None = None,
) -> Plan:
    """Raise or lower it, undo it (conversations return) or end it (they stay). Raises `NotFound`.

    One that has ended is not changed any more.
    """
    if state not in (None, "undoing", "ended"):
        raise ValueError(f"a plan is undone or ended, not {state}")
    row = await transaction.row(
        f"""
        UPDATE channel_plans SET percent = coalesce($3, percent), at_once = coalesce($4, at_once),
            state = coalesce($5, state), updated_at = clock_timestamp()
        WHERE tenant_id = $1 AND id = $2 AND state <> 'ended' RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        id,
        percent,
        at_once,
        state,
    )
    return read_found(Plan, row, "such plan that is not ended")


# --- For workers ------------------------------------------------------------------------------


async def open_plans(transaction: Transaction) -> tuple[Plan, ...]:
    """Those that are not ended, of all workspaces, whose old channel is at work: whoever is to
    return can, however the new one does."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM channel_plans p
        WHERE state <> 'ended' AND EXISTS (
            SELECT FROM channels c
            WHERE c.tenant_id = p.tenant_id AND c.id = p.from_channel_id AND c.state = 'active'
        ) ORDER BY tenant_id, id
        """
    )
    return read_all(Plan, rows)


async def to_move(
    transaction: Transaction, plan: Plan, after: UUID, limit: int
) -> tuple[tuple[UUID, UUID], ...]:
    """Conversations that belong to the other side, with their contacts, by contact.

    None of those whose person has one there already: it is left where it is.
    """
    rows = await transaction.rows(
        f"""
        SELECT c.id, c.contact_id FROM conversations c
        WHERE c.channel_id = $1 AND c.contact_id > $2 AND c.owner <> 'merged'
            AND {_SIDE.format(plan="$3::uuid", contact="c.contact_id")} < $4
            AND NOT EXISTS (
                SELECT FROM conversations t
                WHERE t.channel_id = $5 AND t.contact_id = c.contact_id
            )
        ORDER BY c.contact_id LIMIT $6
        """,
        plan.from_channel_id,
        after,
        plan.id,
        plan.percent * 100,
        plan.to_channel_id,
        limit,
    )
    return tuple((row["id"], row["contact_id"]) for row in rows)


async def to_return(
    transaction: Transaction, plan: Plan, limit: int, after: UUID
) -> tuple[tuple[UUID, UUID], ...]:
    """Conversations that the plan moved and that do not belong there (any more), with the switch.

    Those of a plan that is undone all; else those above its percentage. A channel has one plan at a
    time, so what left since it began is its own; whom one before it has moved stays.
    """
    rows = await transaction.rows(
        f"""
        SELECT s.id, s.conversation_id FROM channel_switches s
        JOIN conversations c ON c.id = s.conversation_id
        WHERE s.from_channel_id = $1 AND s.to_channel_id = $2 AND s.why = 'plan'
            AND s.back_at IS NULL AND c.channel_id = $2 AND s.id > $6 AND s.at >= $7
            AND {_SIDE.format(plan="$3::uuid", contact="c.contact_id")} >= $4
        ORDER BY s.id LIMIT $5
        """,
        plan.from_channel_id,
        plan.to_channel_id,
        plan.id,
        0 if plan.state == "undoing" else plan.percent * 100,
        limit,
        after,
        plan.created_at,
    )
    return tuple((row["conversation_id"], row["id"]) for row in rows)


async def end_plan(transaction: Transaction, plan: Plan) -> None:
    """Everything that is to return has returned."""
    await transaction.run(
        """
        UPDATE channel_plans SET state = 'ended', updated_at = clock_timestamp()
        WHERE tenant_id = $1 AND id = $2 AND state = 'undoing'
        """,
        plan.tenant_id,
        plan.id,
    )


# --- Where what we begin leaves ---------------------------------------------------------------


class Rules(Struct, frozen=True):
    """What holds on a channel, as a `switching.Way` says it."""

    window_hours: int = 0
    replies_only: bool = False


RulesOf = Callable[[Transaction, UUID], Awaitable[Rules | None]]
"""A channel's rules; None where it is not at work or its settings cannot be used."""


class Wanted(Struct, frozen=True):
    """What is to begin with a contact on a channel. `unasked`: it has a purpose, so it needs
    consent and no channel that only answers takes it. `template`: it needs no open window.
    `awaited`: what is under way may wait for it, wherever that goes on."""

    tenant: UUID
    channel: UUID
    contact: UUID
    unasked: bool = False
    template: bool = False
    awaited: bool = False


async def routed(
    transaction: Transaction, wanted: Sequence[Wanted], rules: RulesOf
) -> dict[Wanted, UUID]:
    """The channel by which each leaves.

    Its own, unless the contact's conversation went on through another one, or the contact belongs
    to the other side of a plan; and only where that one is at work and its rules let it through.
    One that only answers lets nothing through that nobody asked for, nor to whom it never heard;
    one whose window is shut only templates, as long as the own one's is open.
    """
    rows = await transaction.rows(
        _ROUTED,
        [each.tenant for each in wanted],
        [each.channel for each in wanted],
        [each.contact for each in wanted],
    )
    places = {(row["channel_id"], row["contact_id"]): row for row in rows}
    known: dict[UUID, Rules | None] = {}
    found: dict[Wanted, UUID] = {}
    for each in wanted:
        row = places[each.channel, each.contact]
        found[each] = row["target"] or each.channel
        for channel in (each.channel, found[each]) if row["target"] else ():
            if channel not in known:
                known[channel] = await rules(transaction, channel)
        if row["target"] and not _lets(each, row, known):
            found[each] = each.channel
    return found


def _lets(wanted: Wanted, row: Any, known: Mapping[UUID, Rules | None]) -> bool:
    if wanted.awaited and row["live"]:
        return True
    there = known[row["target"]]
    if there is None or (there.replies_only and (wanted.unasked or row["there_at"] is None)):
        return False
    if wanted.template or _is_open(there, row["there_at"], row["now"]):
        return True
    here = known[wanted.channel]
    return here is not None and not _is_open(here, row["here_at"], row["now"])


def _is_open(rules: Rules, heard: datetime | None, now: datetime) -> bool:
    """Whether free text gets through, `heard` being when the customer last wrote there."""
    hours = timedelta(hours=rules.window_hours)
    return not hours or (heard is not None and now - heard < hours)


_HEARD = """(
    SELECT greatest(
        (SELECT max(o.last_inbound_at) FROM conversations o
         WHERE o.channel_id = {channel} AND o.contact_id = w.contact_id),
        (SELECT max(s.inbound_at) FROM conversations o
         JOIN channel_switches s ON s.conversation_id = o.id AND s.from_channel_id = {channel}
         WHERE o.tenant_id = w.tenant_id AND o.contact_id = w.contact_id))
)"""

_ROUTED = f"""
SELECT w.channel_id, w.contact_id, t.id AS target, t.live, clock_timestamp() AS now,
    CASE WHEN t.id IS NOT NULL THEN {_HEARD.format(channel="w.channel_id")} END AS here_at,
    CASE WHEN t.id IS NOT NULL THEN {_HEARD.format(channel="t.id")} END AS there_at
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
      AS u (tenant_id, channel_id, contact_id)) w
LEFT JOIN channel_plans p ON p.tenant_id = w.tenant_id AND p.from_channel_id = w.channel_id
    AND p.state = 'active'
    AND {_SIDE.format(plan="p.id", contact="w.contact_id")} < p.percent * 100
    AND EXISTS (SELECT FROM channels t WHERE t.tenant_id = p.tenant_id
        AND t.id = p.to_channel_id AND t.state = 'active')
    AND NOT EXISTS (SELECT FROM conversations h JOIN executions e
        ON e.conversation_id = h.id AND e.ended_at IS NULL
        WHERE h.channel_id = w.channel_id AND h.contact_id = w.contact_id)
    AND (EXISTS (SELECT FROM identities i WHERE i.tenant_id = w.tenant_id
            AND i.contact_id = w.contact_id AND i.kind = 'phone')
        OR EXISTS (SELECT FROM conversations h
            WHERE h.channel_id = p.to_channel_id AND h.contact_id = w.contact_id))
LEFT JOIN LATERAL (
    SELECT c.channel_id, EXISTS (SELECT FROM executions e
        WHERE e.conversation_id = c.id AND e.ended_at IS NULL) AS live
    FROM conversations c
    JOIN channel_switches s ON s.conversation_id = c.id AND s.back_at IS NULL
        AND s.from_channel_id = w.channel_id AND s.to_channel_id = c.channel_id
    JOIN channels h ON h.id = c.channel_id AND h.state = 'active'
    WHERE c.contact_id = w.contact_id AND c.tenant_id = w.tenant_id
    ORDER BY s.at DESC LIMIT 1
) away ON true
CROSS JOIN LATERAL (
    SELECT coalesce(away.channel_id, p.to_channel_id) AS id, coalesce(away.live, false) AS live
) t
"""
