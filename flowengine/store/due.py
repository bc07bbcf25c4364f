"""Who has work: found before anything is claimed, so that shares can be dealt out.

Two ways to look. As long as few wait, the longest waiting are all there is: one read of an index,
however many tenants exist. A crowd hides others behind it: then each tenant (or channel) is visited
once, from one to the next through an index that is led by it. That costs some microseconds each, so
who asks does it seldom and keeps what it found (`workers/shares.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.store.transaction import Transaction

LOOKED = 200
"""Rows that the first way looks at."""


class DueChannel(Struct, frozen=True):
    """A channel with lanes that are due. `lanes`: how many of them were seen (None: not counted).

    `state`, `rests` (seconds until it may send again) and `strikes` say whether it sends at all.
    """

    channel: UUID
    tenant: UUID
    lane_class: int
    lanes: int | None
    kind: str
    rate: float | None
    updated_at: datetime
    state: str
    rests: float
    strikes: int


class Due(Struct, frozen=True):
    """What a look found. `crowded`: there may be others behind those that were seen."""

    channels: tuple[DueChannel, ...] = ()
    crowded: bool = False


async def due_channels(transaction: Transaction) -> Due:
    """The channels of the lanes that wait longest, in that order."""
    rows = await transaction.rows(_LONGEST_LANES, LOOKED)
    seen: dict[int, int] = {}
    for row in rows:
        seen[row["class"]] = seen.get(row["class"], 0) + row["lanes"]
    return Due(tuple(map(_channel, rows)), any(count >= LOOKED for count in seen.values()))


async def every_due_channel(transaction: Transaction) -> tuple[DueChannel, ...]:
    """All channels that have lanes to send, each visited once."""
    return tuple(map(_channel, await transaction.rows(_EVERY_LANE)))


def _channel(row: Any) -> DueChannel:
    return DueChannel(
        channel=row["channel_id"],
        tenant=row["tenant_id"],
        lane_class=row["class"],
        lanes=row["lanes"],
        kind=row["kind"],
        rate=row["rate"],
        updated_at=row["updated_at"],
        state=row["state"],
        rests=row["rests"],
        strikes=row["strikes"],
    )


_CHANNEL = """
    ch.tenant_id, ch.kind, ch.rate, ch.updated_at, ch.state, ch.strikes,
    coalesce(greatest(0, extract(epoch FROM ch.next_send_at - now())), 0)::float8 AS rests
"""

_LONGEST_LANES = f"""
WITH due AS (
    (SELECT class, channel_id, next_at FROM lanes
     WHERE class = 0 AND next_at <= now() ORDER BY next_at LIMIT $1)
    UNION ALL
    (SELECT class, channel_id, next_at FROM lanes
     WHERE class = 1 AND next_at <= now() ORDER BY next_at LIMIT $1)
), seen AS (
    SELECT class, channel_id, count(*) AS lanes, min(next_at) AS since FROM due GROUP BY 1, 2
)
SELECT s.class, s.channel_id, s.lanes, {_CHANNEL}
FROM seen s JOIN channels ch ON ch.id = s.channel_id ORDER BY s.since
"""

_EVERY_LANE = f"""
WITH RECURSIVE visited AS (
    (SELECT class, channel_id, next_at FROM lanes WHERE next_at IS NOT NULL
     ORDER BY class, channel_id, next_at LIMIT 1)
    UNION ALL
    SELECT n.* FROM visited v CROSS JOIN LATERAL (
        SELECT class, channel_id, next_at FROM lanes
        WHERE next_at IS NOT NULL AND (class, channel_id) > (v.class, v.channel_id)
        ORDER BY class, channel_id, next_at LIMIT 1
    ) n
)
SELECT v.class, v.channel_id, NULL::bigint AS lanes, {_CHANNEL}
FROM visited v JOIN channels ch ON ch.id = v.channel_id
WHERE v.next_at <= now() ORDER BY v.next_at
"""


class DueTenant(Struct, frozen=True):
    """A tenant with rows that are due. `count`: how many of them were seen (None: not counted)."""

    tenant: UUID
    count: int | None


class DueCalls(Struct, frozen=True):
    """`tenants`: whose calls are due. `seconds`: until the first call is (None: there is none)."""

    tenants: tuple[DueTenant, ...] = ()
    crowded: bool = False
    seconds: float | None = None


async def due_calls(transaction: Transaction) -> DueCalls:
    """The tenants of the calls that wait longest, in that order; else when the next is due."""
    rows = await transaction.rows(_LONGEST_CALLS, LOOKED)
    tenants = tuple(DueTenant(r["tenant_id"], r["count"]) for r in rows if r["count"])
    seen = sum(tenant.count or 0 for tenant in tenants)
    return DueCalls(tenants, seen >= LOOKED, rows[0]["seconds"] if rows else None)


async def every_tenant_with_calls(transaction: Transaction) -> tuple[DueTenant, ...]:
    """All tenants that have calls to make, each visited once."""
    return _tenants(await transaction.rows(_EVERY_CALL))


async def every_tenant_with_work(transaction: Transaction) -> tuple[DueTenant, ...]:
    """All tenants whose conversations have work, each visited once."""
    return _tenants(await transaction.rows(_EVERY_WORK))


def _tenants(rows: Sequence[Any]) -> tuple[DueTenant, ...]:
    return tuple(DueTenant(row["tenant_id"], None) for row in rows)


_LONGEST_CALLS = """
WITH due AS (
    SELECT tenant_id, next_at FROM calls WHERE next_at <= now() ORDER BY next_at LIMIT $1
), next AS (
    SELECT extract(epoch FROM min(next_at) - now())::float8 AS seconds FROM calls
)
SELECT d.tenant_id, d.count, n.seconds
FROM next n LEFT JOIN (
    SELECT tenant_id, count(*), min(next_at) AS since FROM due GROUP BY 1
) d ON true ORDER BY d.since
"""

_VISIT = """
WITH RECURSIVE visited AS (
    (SELECT tenant_id, {at} AS at FROM {table} WHERE {at} IS NOT NULL
     ORDER BY tenant_id, {at} LIMIT 1)
    UNION ALL
    SELECT n.* FROM visited v CROSS JOIN LATERAL (
        SELECT tenant_id, {at} AS at FROM {table}
        WHERE {at} IS NOT NULL AND tenant_id > v.tenant_id ORDER BY tenant_id, {at} LIMIT 1
    ) n
)
SELECT tenant_id FROM visited WHERE at <= now() ORDER BY at
"""

_EVERY_CALL = _VISIT.format(table="calls", at="next_at")
_EVERY_WORK = _VISIT.format(table="conversations", at="work_at")
