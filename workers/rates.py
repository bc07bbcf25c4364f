"""How fast a channel may send: a bucket of tokens each, shared by all processes through Redis.

Without Redis, or while it is away, each process keeps to its own share of the rate: slower perhaps,
never faster. Tokens are taken for the heads of leased lanes, before any of them is marked as being
sent: a lane without one is put back and only waits.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.stdlib.get_logger()

BURST = 0.5
"""Seconds' worth of messages that may leave at once after a rest (one at least)."""

KEPT = 10_000
"""Buckets in memory; those that are full again are forgotten beyond it."""

AWAY = 5.0
"""Seconds that Redis is not asked after it failed."""


class Granted(Struct, frozen=True):
    """So many tokens were taken; `seconds` until there is the next one."""

    count: int
    seconds: float


class Rates(Protocol):
    async def reserve(self, channel: UUID, per_second: float, wanted: int) -> Granted:
        """Take up to `wanted` tokens of a channel."""
        ...


class OwnRates:
    """Buckets of this process: `share` of each channel's rate. `clock` in seconds."""

    def __init__(self, share: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._next: dict[UUID, float] = {}

    async def reserve(self, channel: UUID, per_second: float, wanted: int) -> Granted:
        interval = 1 / max(per_second * self._share, 1e-6)
        slack = max(BURST - interval, 0.0)
        now = self._clock()
        if len(self._next) > KEPT:
            self._next = {key: at for key, at in self._next.items() if at > now}
        at = max(self._next.get(channel, 0.0), now)
        count = min(wanted, max(0, math.floor((now + slack - at) / interval + 1 + 1e-9)))
        at += count * interval
        self._next[channel] = at
        return Granted(count, max(0.0, at - now - slack))


# The bucket is one number: when the next token would be due if all were spaced evenly (GCRA).
_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local interval, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local count = math.floor((now + slack - at) / interval + 1 + 0.000001)
count = math.min(tonumber(ARGV[3]), math.max(0, count))
at = at + count * interval
redis.call('SET', KEYS[1], string.format('%.6f', at), 'PX', math.ceil((at - now) * 1000) + 1000)
return {count, tostring(math.max(0, at - now - slack))}
"""


class SharedRates:
    """Buckets in Redis, with `own` to fall back to while it is away."""

    def __init__(self, redis: Redis, own: OwnRates) -> None:
        self._reserve: Any = redis.register_script(_SCRIPT)
        self._own = own
        self._away_until = 0.0

    async def reserve(self, channel: UUID, per_second: float, wanted: int) -> Granted:
        if time.monotonic() < self._away_until:
            return await self._own.reserve(channel, per_second, wanted)
        interval = 1 / max(per_second, 1e-6)
        arguments = [repr(interval), repr(max(BURST - interval, 0.0)), wanted]
        try:
            count, seconds = await self._reserve(
                keys=[f"flowengine:rate:{channel}"], args=arguments
            )
            return Granted(int(count), float(seconds))
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis is away, keeping to our share", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY
            return await self._own.reserve(channel, per_second, wanted)
