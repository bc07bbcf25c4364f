"""Is it alive, is it ready, what is it doing: for supervisors, load balancers and the curious.

`/health` and `/health/ready` answer everybody. The rest, and `/metrics`, answer who shows the
token of FLOWENGINE_METRICS_TOKEN or, where none is set, this machine only (`web.admission`).
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Response, get
from msgspec import Struct

from flowengine.store.channel_counts import ChannelCount, channel_counts
from flowengine.store.counts import MOST, Waiting
from flowengine.store.partitions import months_ready
from web.request import AnyRequest, runtime, services
from workers.metrics import CONTENT_TYPE

BEHIND = 30.0
"""Seconds that something due may wait before a queue is said to be behind."""


class Health(Struct, frozen=True, omit_defaults=True):
    """`memory_mb` is resident; `pools` name to [size, idle]; `work` as the workers count it.

    What needs the database is left out while it is not there.
    """

    status: str
    version: str
    uptime_seconds: int
    memory_mb: float
    connections: int
    stage: str = ""
    problem: str = ""
    pools: dict[str, tuple[int, int]] = {}
    work: dict[str, Any] = {}


class DatabaseHealth(Struct, frozen=True):
    """`milliseconds`: of one round trip. `months_ready`: whole months ahead that have partitions;
    below 1 somebody has to look."""

    status: str
    milliseconds: float = 0.0
    months_ready: int = 0
    pools: dict[str, tuple[int, int]] = {}


class QueueHealth(Struct, frozen=True):
    """`due`: how many are, counted up to ten thousand. `oldest_seconds`: how long the first waits,
    null where that is not known."""

    due: int
    many: bool
    oldest_seconds: float | None = None


class QueuesHealth(Struct, frozen=True):
    """`status`: ok, or behind where something due waits for long."""

    status: str
    queues: dict[str, QueueHealth]
    outbox: dict[str, int]
    dead_letters: int


class ChannelsHealth(Struct, frozen=True):
    """By kind and state, without names. `status`: resting where a provider is in trouble."""

    status: str
    channels: tuple[ChannelCount, ...]


@get("/health", tags=["health"])
async def health(request: AnyRequest) -> Health:
    """Answers at once, from the first moment on: 200 as long as the process can answer at all."""
    run = runtime(request)
    opened = run.boot.services
    status = "ok" if opened else "failed" if run.boot.problem else "starting"
    return Health(
        status=status,
        version=run.version,
        uptime_seconds=int((datetime.now(UTC) - run.started_at).total_seconds()),
        memory_mb=round(resident_bytes() / 1024**2, 1),
        connections=open_sockets(),
        stage="" if opened else run.boot.stage,
        problem=run.boot.problem,
        pools=opened.database.connections() if opened else {},
        work=await opened.workers.health() if opened else {},
    )


@get("/health/ready", tags=["health"])
async def ready(request: AnyRequest) -> Response[dict[str, str]]:
    """200 when every page and webhook works, else 503."""
    boot = runtime(request).boot
    if boot.services:
        return Response({"status": "ready"})
    status = "failed" if boot.problem else "starting"
    body = {"status": status, "stage": boot.stage, "problem": boot.problem}
    return Response(body, status_code=503, headers={"Retry-After": "2"})


@get("/health/db", tags=["health"])
async def database_health(request: AnyRequest) -> Response[DatabaseHealth]:
    """Whether the database answers, and how fast; 503 where it does not."""
    database = services(request).database
    began = time.perf_counter()
    try:
        async with database.worker() as transaction:
            await transaction.now()
            spent = (time.perf_counter() - began) * 1000
            months = await months_ready(transaction)
    except Exception:  # whatever it is: the page's answer is that it is away
        return Response(DatabaseHealth("away"), status_code=503)
    status = "ok" if months >= 1 else "partitions"
    return Response(DatabaseHealth(status, round(spent, 2), months, database.connections()))


@get("/health/redis", tags=["health"])
async def redis_health(request: AnyRequest) -> dict[str, Any]:
    """Doorbells' broker and Redis: `ok`, `away` (work goes on by polling) or `unused`."""
    return await services(request).workers.broker_health()


@get("/health/queues", tags=["health"])
async def queues_health(request: AnyRequest) -> Response[QueuesHealth | dict[str, str]]:
    """What is due and how long it has waited; cheap however much there is."""
    try:
        counts = await services(request).workers.counts()
    except Exception:  # as above
        return Response({"status": "away"}, status_code=503)
    return Response(queues_of(counts))


@get("/health/channels", tags=["health"])
async def channels_health(request: AnyRequest) -> Response[ChannelsHealth | dict[str, str]]:
    """How many channels there are of each kind and state, and how many rest."""
    try:
        async with services(request).database.worker() as transaction:
            found = await channel_counts(transaction)
    except Exception:  # as above
        return Response({"status": "away"}, status_code=503)
    resting = any(each.resting for each in found)
    return Response(ChannelsHealth("resting" if resting else "ok", found))


@get("/metrics", include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[bytes]:
    """Everything that this process counts, as Prometheus reads it."""
    body = await services(request).workers.scrape.render()
    return Response(body, media_type=CONTENT_TYPE)


HEALTH = [
    health,
    ready,
    database_health,
    redis_health,
    queues_health,
    channels_health,
    metrics,
]


def queues_of(counts: Waiting) -> QueuesHealth:
    queues = {
        "turns": queue_of(counts.conversations, counts.lag),
        "sends": queue_of(counts.outbox_queued, counts.outbox_age),
        "calls": queue_of(counts.calls),
        "starts": queue_of(counts.starts),
    }
    behind = max(counts.lag, counts.outbox_age) > BEHIND
    outbox = {
        "queued": counts.outbox_queued,
        "sending": counts.outbox_sending,
        "unknown": counts.outbox_unknown,
    }
    return QueuesHealth("behind" if behind else "ok", queues, outbox, counts.dead_letters)


def queue_of(due: int, oldest: float | None = None) -> QueueHealth:
    return QueueHealth(due, due >= MOST, None if oldest is None else round(oldest, 3))


def resident_bytes() -> int:
    """Memory of this process, from /proc; 0 where there is none (not Linux)."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_sockets() -> int:
    """Sockets that this process holds open: browsers, providers, the database; 0 if unknown."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return 0
    count = 0
    for entry in folder.iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except OSError:  # closed while we looked
            continue
    return count
