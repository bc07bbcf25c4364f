"""What a turn costs as the database grows: conversations that are stored, timers that wait.

The product is the production setting's, the load that of `bench durable`, played on an empty
database, with many conversations stored, and with a timer waiting in each of them besides. At each
size some customers are reminded in five seconds, which tells how late due timers are.
"""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from flowengine.store.filling import arm, fill, size, tidy
from web.commands.bench_durable import (
    NUMBER,
    SECRET,
    Site,
    measure_round,
    name_the_tag,
    production,
    settle,
)
from web.commands.bench_load import Load, Provider
from web.commands.bench_processes import free_port
from web.commands.output import note

FEW = 1000
"""Conversations that are stored at the first size."""

REMINDED = 200
APART = 0.05
"""Seconds between two customers who want to be reminded."""

DELAY, REMINDER = 5.0, "Aqui está o seu lembrete."
"""What tests/benchmarks/lembra.flow.json does, and after how many seconds."""

FAR = 86_400.0
"""Seconds from now until the first of the many timers is due: after the bench."""


def measure_stored(triage: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures at each size, and the last ones' ratios to the first ones."""
    folder = Path(tempfile.mkdtemp(prefix="flowengine-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    try:
        with production(folder) as site:
            provider = free_port()
            asyncio.run(name_the_tag(site.address))
            webhook = settle(site.processes, provider, triage, triage.with_name("lembra.flow.json"))
            load = Load(site.port, webhook, NUMBER, SECRET)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                sizes = runner.run(_sizes(load, provider, site, arguments))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    first, last = sizes[0], sizes[-1]
    grown = ("cpu_ms_per_turn", "statement_ms_per_turn", "statements_per_turn")
    ratios = {name: round(last[name] / max(first[name], 0.001), 2) for name in grown}
    return {"sizes": sizes, "last_to_first": ratios}


async def _sizes(
    load: Load, port: int, site: Site, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(load), "127.0.0.1", port)
    try:
        return [
            await _at(place, stored, timers, load, site, arguments)
            for place, (stored, timers) in enumerate(
                ((FEW, 0), (arguments.stored, 0), (arguments.stored, arguments.timers))
            )
        ]
    finally:
        server.close()


async def _at(
    place: int, stored: int, timers: int, load: Load, site: Site, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Grow to a size, play, and remind. `place`: of the size, so that customers are new ones."""
    dsn = site.address.dsn()
    note(f"filling: {stored} conversations, {timers} timers …")
    if place < 2:
        await fill(dsn, 1 if place == 0 else FEW + 1, stored)
    else:
        await arm(dsn, 1, timers, FAR)
    await tidy(dsn)
    figures = await measure_round(load, site.address, arguments, site.cpu, place * 100_000)
    conversations, waiting, size_now = await size(dsn)
    note("reminding …")
    late = await _remind(load, place)
    return {
        "stored": conversations,
        "timers": waiting,
        "database_mb": size_now // 1_000_000,
        **figures,
        **late,
    }


async def _remind(load: Load, place: int) -> dict[str, Any]:
    """How late reminders come: from the webhook's bytes to the reply's request, less the delay."""
    load.reset()
    tasks: list[asyncio.Task[bool]] = []
    for number in range(REMINDED):
        phone = str(5511980000000 + place * 10_000 + number)
        tasks.append(asyncio.create_task(_reminded(load, phone)))
        await asyncio.sleep(APART)
    came = await asyncio.gather(*tasks)
    late = sorted(1000 * (seconds - DELAY) for seconds in load.latencies)
    load.reset()
    if not late:
        return {"reminders_lost": REMINDED}
    return {
        "timer_late_p50_ms": round(late[len(late) // 2]),
        "timer_late_max_ms": round(late[-1]),
        "reminders_lost": REMINDED - sum(came),
    }


async def _reminded(load: Load, phone: str) -> bool:
    customer = await load.connect()
    try:
        return await load.ask(customer, phone, "lembra", f"wamid.lembra.{phone}", REMINDER)
    finally:
        if customer.transport is not None:
            customer.transport.close()
