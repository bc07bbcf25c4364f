"""How the two sides of a plan do: what left by each channel since it began, and what came of it.

A side is the channel that a message really left by, so what stayed where it was counts there.
Rates come with Wilson's interval, the median time to delivery with that of the order statistics,
both at 95 %: where two intervals overlap, the figures tell nothing yet.
"""

import math
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.plans import Plan
from flowengine.store.transaction import Transaction

LONGEST = timedelta(days=30)
"""So far back it looks: ids of providers are kept for forty days."""

Z = 1.96


class Rate(Struct, frozen=True):
    """`count` of all; the share, and between what it lies with 95 % certainty (null of nothing)."""

    count: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Side(Struct, frozen=True):
    """What left by one channel. `seconds`: the median from acceptance to delivery, and between what
    it lies (null with too few)."""

    channel: UUID
    sent: int
    delivered: Rate
    read: Rate
    failed: Rate
    seconds: float | None = None
    seconds_low: float | None = None
    seconds_high: float | None = None


class Report(Struct, frozen=True):
    """`moved`: conversations that went over and have not returned."""

    moved: int
    old: Side
    new: Side


async def report(transaction: Transaction, plan: Plan) -> Report:
    """Both sides of one of the workspace's plans: a worker's transaction."""
    moved = await transaction.value(
        """
        SELECT count(*) FROM channel_switches
        WHERE tenant_id = $1 AND from_channel_id = $2 AND to_channel_id = $3 AND why = 'plan'
            AND back_at IS NULL AND at >= $4
        """,
        plan.tenant_id,
        plan.from_channel_id,
        plan.to_channel_id,
        plan.created_at,
    )
    return Report(
        moved,
        await _side(transaction, plan, plan.from_channel_id),
        await _side(transaction, plan, plan.to_channel_id),
    )


async def _side(transaction: Transaction, plan: Plan, channel: UUID) -> Side:
    row = await transaction.row(_COUNT, plan.tenant_id, channel, plan.created_at, LONGEST)
    counted = {} if row is None else dict(row.items())
    sent, timed = counted.get("sent", 0), counted.get("timed", 0)
    times: list[float] = []
    if timed >= 6:  # with fewer no interval of 95 % exists
        half = Z / (2 * math.sqrt(timed))
        places = [max(0.0, 0.5 - half), 0.5, min(1.0, 0.5 + half)]
        found = await transaction.value(
            _TIMES, plan.tenant_id, channel, plan.created_at, LONGEST, places
        )
        times = [round(each, 3) for each in found]
    low, middle, high = times or (None, None, None)
    return Side(
        channel,
        sent,
        rate(counted.get("delivered", 0), sent),
        rate(counted.get("read", 0), sent),
        rate(counted.get("failed", 0), sent),
        middle,
        low,
        high,
    )


def rate(count: int, total: int) -> Rate:
    """A share with Wilson's interval at 95 %."""
    if not total:
        return Rate(count)
    share = count / total
    middle = share + Z * Z / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    scale = 1 + Z * Z / total
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Rate(count, round(share, 4), round(max(0.0, low), 4), round(min(1.0, high), 4))


# What a provider took has an id there; what it never took is a dead letter. A message is one of
# them once: accepted and failed later it has both, and is counted by its id.
_SENT = """
SELECT p.message_id AS id, p.at FROM provider_ids p
JOIN channels h ON h.id = p.channel_id AND h.tenant_id = $1
WHERE p.channel_id = $2 AND p.at >= greatest($3::timestamptz, now() - $4::interval)
UNION ALL
SELECT d.message_id, NULL FROM dead_letters d
WHERE d.tenant_id = $1 AND d.channel_id = $2 AND d.kind = 'send'
    AND d.at >= greatest($3::timestamptz, now() - $4::interval)
    AND NOT EXISTS (SELECT FROM messages m JOIN provider_ids p
        ON p.channel_id = $2 AND p.provider_id = m.provider_id
        WHERE m.id = d.message_id AND m.provider_id <> '')
"""

_COUNT = f"""
SELECT count(*) AS sent,
    count(*) FILTER (WHERE m.status IN ('delivered', 'read', 'played')) AS delivered,
    count(*) FILTER (WHERE m.status IN ('read', 'played')) AS read,
    count(*) FILTER (WHERE m.status = 'failed') AS failed,
    count(*) FILTER (WHERE m.delivered_at >= s.at) AS timed
FROM ({_SENT}) s JOIN messages m ON m.id = s.id AND m.direction = 'out'
"""

_TIMES = f"""
SELECT percentile_cont($5::float8[]) WITHIN GROUP (
    ORDER BY extract(epoch FROM m.delivered_at - s.at)::float8)
FROM ({_SENT}) s JOIN messages m ON m.id = s.id AND m.delivered_at >= s.at
"""
