"""How often the API may be asked: buckets by workspace, key and address, in Redis or in here.

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

ADDRESS_SECONDS, KEY_SECONDS = 15 * 60.0, 3600.0

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
    """`per_minute`: requests of one workspace; `per_address` in 15 minutes and `per_key` in an hour
    (0: any number), all of which may come at once after a rest. `redis`: where the buckets are
    shared.
    """

    per_minute: int
    redis: Redis | None = None
    clock: Callable[[], float] = time.monotonic
    own: dict[str, float] = {}
    away_until: float = 0.0
    per_address: int = 0
    per_key: int = 0

    async def wait(self, tenant: UUID) -> float:
        """Take one request of a workspace: 0, or the seconds after which it may come again."""
        return await self._wait(str(tenant), 60 / self.per_minute, BURST)

    async def wait_address(self, address: str) -> float:
        """The same of an address, before it is known who asks: keys cannot be tried for long."""
        return await self._spaced(f"address:{address}", self.per_address, ADDRESS_SECONDS)

    async def wait_key(self, key: UUID) -> float:
        """The same of a key, or of a user who asks by a token."""
        return await self._spaced(f"key:{key}", self.per_key, KEY_SECONDS)

    async def _spaced(self, name: str, count: int, seconds: float) -> float:
        if not count:
            return 0.0
        interval = seconds / count
        return await self._wait(name, interval, seconds - interval)

    async def _wait(self, name: str, interval: float, slack: float) -> float:
        seconds = await self._asked(name, interval, slack)
        API.labels("limited" if seconds else "taken").inc()
        return seconds

    async def close(self) -> None:
        if self.redis is not None:
            await self.redis.aclose()

    async def _asked(self, name: str, interval: float, slack: float) -> float:
        if self.redis is None or self.clock() < self.away_until:
            return self._take(name, interval, slack)
        try:
            script: Any = self.redis.register_script(_SCRIPT)
            key = f"flowengine:api:{name}"
            return float(await script(keys=[key], args=[repr(interval), repr(slack)]))
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis is away, the api's limit is per process", error=type(error).__name__)
            self.away_until = self.clock() + AWAY
            return self._take(name, interval, slack)

    def _take(self, name: str, interval: float, slack: float) -> float:
        now = self.clock()
        if len(self.own) > KEPT:
            self.own = {key: at for key, at in self.own.items() if at > now}
        at = max(self.own.get(name, 0.0), now)
        if at - now > slack:
            return at - now - slack
        self.own[name] = at + interval
        return 0.0


def open_limits(settings: Settings) -> Limits:
    """By the settings."""
    if settings.redis_url is None:
        return Limits(settings.api_per_minute, None, **_both(settings))
    connect: Any = Redis
    url = settings.redis_url.get_secret_value()
    redis = connect.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)
    return Limits(settings.api_per_minute, redis, **_both(settings))


def _both(settings: Settings) -> dict[str, Any]:
    return {"per_address": settings.api_per_address, "per_key": settings.api_per_key}
