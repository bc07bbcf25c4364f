"""Whether what carries doorbells answers: for /health/redis. Work goes on by polling where not."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from dramatiq import Broker
from redis import Redis

from workers.actors import TURNS
from workers.broker import PATIENCE, EmbeddedBroker, waiting
from workers.settings import Settings


async def broker_health(settings: Settings, broker: Broker | None) -> dict[str, Any]:
    """`status`: ok, away, or unused. `broker` and `redis`: each by itself, with milliseconds."""
    parts: dict[str, Any] = {}
    if broker is not None and not isinstance(broker, EmbeddedBroker):
        parts["broker"] = await _asked(lambda: waiting(broker, TURNS))
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        parts["redis"] = await _asked(lambda: _ping(url))
    away = any(part["status"] == "away" for part in parts.values())
    return {"status": "away" if away else "ok" if parts else "unused", **parts}


async def _asked(ask: Callable[[], object]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        await asyncio.wait_for(asyncio.to_thread(ask), PATIENCE)
    except Exception as error:  # each library has its own
        return {"status": "away", "error": type(error).__name__}
    return {"status": "ok", "milliseconds": round((time.perf_counter() - began) * 1000, 2)}


def _ping(url: str) -> None:
    connect: Any = Redis
    with connect.from_url(url, socket_timeout=1, socket_connect_timeout=1) as redis:
        redis.ping()
