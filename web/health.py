"""Is it alive, is it ready, what is it doing: for supervisors, load balancers and the curious."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Response, get
from msgspec import Struct

from web.request import AnyRequest, runtime


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


@get("/health", tags=["health"])
async def health(request: AnyRequest) -> Health:
    """Answers at once, from the first moment on: 200 as long as the process can answer at all."""
    run = runtime(request)
    services = run.boot.services
    status = "ok" if services else "failed" if run.boot.problem else "starting"
    return Health(
        status=status,
        version=run.version,
        uptime_seconds=int((datetime.now(UTC) - run.started_at).total_seconds()),
        memory_mb=round(resident_bytes() / 1024**2, 1),
        connections=open_sockets(),
        stage="" if services else run.boot.stage,
        problem=run.boot.problem,
        pools=services.database.connections() if services else {},
        work=await services.workers.health() if services else {},
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
