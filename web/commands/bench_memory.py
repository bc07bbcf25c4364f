"""Memory of web and worker under load that goes on: what they hold must not grow with time.

Customers come at a steady pace, each a new one with a conversation of three turns, as in `bench
durable`. Memory is what the system says that a process has (RSS). Caches and pools fill in the
first quarter; after it, nothing is left to grow.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from web.commands.bench_durable import (
    NUMBER,
    SECRET,
    Site,
    name_the_tag,
    production,
    settle,
)
from web.commands.bench_load import Load, Provider
from web.commands.bench_processes import free_port
from web.commands.output import note

SAMPLES = 80
"""How often it is looked in all."""

WATCHED = ("web", "worker")
LOST_AFTER = 60.0


def measure_memory(triage: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Megabytes by process in the four quarters, and the last quarter's to the second's."""
    folder = Path(tempfile.mkdtemp(prefix="flowengine-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    try:
        with production(folder) as site:
            provider = free_port()
            asyncio.run(name_the_tag(site.address))
            webhook = settle(site.processes, provider, triage)
            load = Load(site.port, webhook, NUMBER, SECRET, LOST_AFTER)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                seen = runner.run(_watch(load, provider, site, arguments))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    quarters = {name: _quarters([sample[name] for sample in seen]) for name in WATCHED}
    return {
        "minutes": arguments.minutes,
        "turns": len(load.latencies),
        "lost": load.lost,
        "duplicated": load.duplicated,
        "wrong": load.wrong,
        "resident_mb_by_quarter": quarters,
        "last_to_second": {name: round(q[3] / q[1], 3) for name, q in quarters.items()},
    }


async def _watch(
    load: Load, port: int, site: Site, arguments: argparse.Namespace
) -> list[dict[str, float]]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(load), "127.0.0.1", port)
    playing = asyncio.create_task(_customers(load, arguments))
    seen: list[dict[str, float]] = []
    try:
        for place in range(SAMPLES):
            await asyncio.sleep(60 * arguments.minutes / SAMPLES)
            seen.append(site.processes.resident())
            if place % (SAMPLES // 4) == SAMPLES // 4 - 1:
                note(", ".join(f"{name} {seen[-1][name]:.0f} MB" for name in WATCHED))
    finally:
        await playing
        server.close()
    return seen


async def _customers(load: Load, arguments: argparse.Namespace) -> None:
    """New ones at the pace asked for, a second's worth at a time, until the minutes are over."""
    until = time.monotonic() + 60 * arguments.minutes
    number = 0
    while time.monotonic() < until:
        began = time.monotonic()
        await load.play(number, arguments.pace, arguments.pace)
        number += arguments.pace
        await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))


def _quarters(samples: list[float]) -> list[float]:
    part = len(samples) // 4
    return [round(statistics.median(samples[n * part : (n + 1) * part]), 1) for n in range(4)]
