"""How fast a channel may send: a bucket of tokens each, shared by all processes through Redis.

Without Redis, or while it is away, each process keeps to its own share of the rate: slower perhaps,
never faster. Reserving comes before claiming a send, so a lane without a token only waits.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.stdlib.get_logger()

BURST = 0.5
"""Seconds' worth of messages that may leave at once after a rest (one at least)."""

AWAY = 5.0
"""Seconds that Redis is not asked after it failed."""


class Rates(Protocol):
    async def reserve(self, channel: UUID, per_second: float) -> float:
        """Take a token; seconds until there is one (0: it was taken)."""
        ...


class OwnRates:
    """Buckets of this process: `share` of each channel's rate. `clock` in seconds."""

    def __init__(self, share: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._next: dict[UUID, float] = {}

    async def reserve(self, channel: UUID, per_second: float) -> float:
        interval = 1 / max(per_second * self._share, 1e-6)
        now = self._clock()
        if len(self._next) > 10_000:
            self._next = {key: at for key, at in self._next.items() if at > now}
        at = max(self._next.get(channel, 0.0), now)
        wait = at - now - max(BURST - interval, 0.0)
        if wait > 1e-9:
            return wait
        self._next[channel] = at + interval
        return 0.0


# The bucket is one number: when the next token would be due if all were spaced evenly (GCRA).
_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local interval, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = at - now - slack
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', at + interval), 'PX',
    math.ceil((at + interval - now + slack) * 1000) + 1000)
return '0'
"""


class SharedRates:
    """Buckets in Redis, with `own` to fall back to while it is away."""

    def __init__(self, redis: Redis, own: OwnRates) -> None:
        self._reserve: Any = redis.register_script(_SCRIPT)
        self._own = own
        self._away_until = 0.0

    async def reserve(self, channel: UUID, per_second: float) -> float:
        if time.monotonic() < self._away_until:
            return await self._own.reserve(channel, per_second)
        interval = 1 / max(per_second, 1e-6)
        arguments = [repr(interval), repr(max(BURST - interval, 0.0))]
        try:
            return float(await self._reserve(keys=[f"flowengine:rate:{channel}"], args=arguments))
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis is away, keeping to our share", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY
            return await self._own.reserve(channel, per_second)
