"""How often one workspace may ask the API: a bucket a workspace, in Redis or in this process.

The same buckets as those of channels (`workers/rates.py`): a steady rate, and some seconds' worth
at once after a rest. While Redis is away each process counts by itself.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from workers.metrics import API
from workers.settings import Settings

log = structlog.stdlib.get_logger()

BURST = 10.0
"""Seconds' worth of requests that may come at once."""

AWAY = 5.0
"""Seconds that Redis is not asked after it failed."""

KEPT = 10_000

# GCRA: the bucket is one number, when the next request would be due if all were spaced evenly.
_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local interval, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if at - now > slack then return tostring(at - now - slack) end
redis.call('SET', KEYS[1], string.format('%.6f', at + interval), 'PX',
    math.ceil((at + interval - now) * 1000) + 1000)
return '0'
"""


class Limits(Struct):
    """`per_minute`: requests of one workspace. `redis`: where the buckets are shared."""

    per_minute: int
    redis: Redis | None = None
    clock: Callable[[], float] = time.monotonic
    own: dict[UUID, float] = {}
    away_until: float = 0.0

    async def wait(self, tenant: UUID) -> float:
        """Take one request of a workspace: 0, or the seconds after which it may come again."""
        seconds = await self._asked(tenant)
        API.labels("limited" if seconds else "taken").inc()
        return seconds

    async def close(self) -> None:
        if self.redis is not None:
            await self.redis.aclose()

    async def _asked(self, tenant: UUID) -> float:
        if self.redis is None or self.clock() < self.away_until:
            return self._take(tenant)
        interval = 60 / self.per_minute
        try:
            script: Any = self.redis.register_script(_SCRIPT)
            key = f"flowengine:api:{tenant}"
            return float(await script(keys=[key], args=[repr(interval), repr(BURST)]))
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis is away, the api's limit is per process", error=type(error).__name__)
            self.away_until = self.clock() + AWAY
            return self._take(tenant)

    def _take(self, tenant: UUID) -> float:
        now = self.clock()
        if len(self.own) > KEPT:
            self.own = {key: at for key, at in self.own.items() if at > now}
        at = max(self.own.get(tenant, 0.0), now)
        if at - now > BURST:
            return at - now - BURST
        self.own[tenant] = at + 60 / self.per_minute
        return 0.0


def open_limits(settings: Settings) -> Limits:
    """By the settings."""
    if settings.redis_url is None:
        return Limits(settings.api_per_minute)
    connect: Any = Redis
    url = settings.redis_url.get_secret_value()
    redis = connect.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)
    return Limits(settings.api_per_minute, redis)
