"""How fast a channel may send, and how often a model may answer somebody: buckets of tokens.

In production they are shared by all processes through Redis: one script takes from all the buckets
of a claim at once, by Redis's own clock. Without Redis, or while it is away, each process keeps to
its own share of each rate (one `worker_processes`-th): slower perhaps, never faster. What was used
in the last moments before Redis went away is not known to the shares, so at that moment a burst
(half a second's worth) may leave once more.

Tokens are taken before anything is claimed, and those that were not needed are given back.
"""

import math
import time
from collections.abc import Callable, Sequence
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

PREFIX = "flowengine:rate:"


class Want(Struct, frozen=True):
    """`wanted` tokens of a bucket (negative: so many given back).

    `seconds`: from one token to the next. `slack`: seconds that one may be ahead of that, which is
    the burst: `slack / seconds + 1` tokens at once.
    """

    bucket: str
    seconds: float
    slack: float
    wanted: int

    def back(self, count: int) -> "Want":
        """The same bucket, to be given back what was not needed."""
        return Want(self.bucket, self.seconds, self.slack, -count)


class Granted(Struct, frozen=True):
    """So many tokens were taken; `seconds` until there is the next one."""

    count: int
    seconds: float


class Rates(Protocol):
    async def reserve(self, wants: Sequence[Want]) -> list[Granted]:
        """Take up to as many tokens as are wanted of each bucket, all at one moment."""
        ...


def of_channel(channel: UUID, per_second: float, wanted: int) -> Want:
    """Messages of a channel: half a second's worth at once after a rest."""
    seconds = 1 / max(per_second, 1e-6)
    return Want(f"channel:{channel}", seconds, max(BURST - seconds, 0.0), wanted)


def of_model(conversation: UUID, a_minute: int) -> Want:
    """One answer of a model to a contact: so many at once, and so many a minute."""
    seconds = 60 / a_minute
    return Want(f"model:{conversation}", seconds, 60 - seconds, 1)


def take(at: float, now: float, seconds: float, slack: float, wanted: int) -> tuple[float, int]:
    """One bucket's arithmetic (GCRA): what it is afterwards, and how many tokens were taken.

    The bucket is one number: when the next token would be due if all were spaced evenly.
    """
    if wanted < 0:
        return at + wanted * seconds, wanted
    at = max(at, now)
    count = min(wanted, max(0, math.floor((now + slack - at) / seconds + 1 + 1e-6)))
    return at + count * seconds, count


class OwnRates:
    """Buckets of this process: `share` of each rate. `clock` in seconds."""

    def __init__(self, share: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._next: dict[str, float] = {}

    async def reserve(self, wants: Sequence[Want]) -> list[Granted]:
        now = self._clock()
        if len(self._next) > KEPT:
            self._next = {key: at for key, at in self._next.items() if at > now}
        return [self._take(want, now) for want in wants]

    def _take(self, want: Want, now: float) -> Granted:
        seconds = want.seconds / self._share
        slack = max(want.slack + want.seconds - seconds, 0.0)
        at, count = take(self._next.get(want.bucket, 0.0), now, seconds, slack, want.wanted)
        self._next[want.bucket] = at
        return Granted(count, max(0.0, at - now - slack))


# `take` for many buckets, in Redis. A bucket that is full again expires by itself.
_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local answer = {}
for i, key in ipairs(KEYS) do
    local seconds, slack = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
    local wanted, kept = tonumber(ARGV[3 * i]), redis.call('GET', key)
    local at, count = tonumber(kept or '0'), wanted
    if wanted >= 0 then
        at = math.max(at, now)
        count = math.floor((now + slack - at) / seconds + 1 + 0.000001)
        count = math.min(wanted, math.max(0, count))
    end
    at = at + count * seconds
    if kept or wanted >= 0 then
        local left = math.max(0, math.ceil((at - now) * 1000)) + 1000
        redis.call('SET', key, string.format('%.6f', at), 'PX', left)
    end
    answer[2 * i - 1] = count
    answer[2 * i] = tostring(math.max(0, at - now - slack))
end
return answer
"""


class SharedRates:
    """Buckets in Redis, with `own` to fall back to while it is away."""

    def __init__(self, redis: Redis, own: OwnRates) -> None:
        self._reserve: Any = redis.register_script(_SCRIPT)
        self._own = own
        self._away_until = 0.0

    async def reserve(self, wants: Sequence[Want]) -> list[Granted]:
        if time.monotonic() < self._away_until:
            return await self._own.reserve(wants)
        arguments = [repr(n) for want in wants for n in (want.seconds, want.slack, want.wanted)]
        try:
            answer = await self._reserve(
                keys=[PREFIX + want.bucket for want in wants], args=arguments
            )
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis is away, keeping to our share", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY
            return await self._own.reserve(wants)
        return [
            Granted(int(answer[2 * place]), float(answer[2 * place + 1]))
            for place in range(len(wants))
        ]
