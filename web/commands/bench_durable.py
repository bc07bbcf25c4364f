"""The whole product, durable: PostgreSQL with fsync, webhooks in, sends out, over real HTTP.

Two settings: `production` (Redis, one web and one worker process) and `embedded` (one process). The
provider is on loopback. Beside it pgbench does on the same server what a turn costs at the least,
and as many rows as ours writes; and, where the harness of peers is given, the bare loop the job.
"""

import argparse
import asyncio
import json
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct

from flowengine.store.database import Database
from flowengine.store.embedded import Address, Embedded, find
from flowengine.store.measuring import PRELOAD, count, prepare
from flowengine.store.tags import put_tag
from flowengine.store.tenants import tenants
from web.commands.bench_bare import measure_bare
from web.commands.bench_load import Load, Provider
from web.commands.bench_pgbench import measure_pgbench
from web.commands.bench_processes import FLOWENGINE, Processes, free_port, tree_cpu
from web.commands.output import CommandError, note

NUMBER = "100"
SECRET = "bench-app-secret"  # noqa: S105 - of a provider that exists while this runs
RATE = "100000"  # messages a second: what is measured is us, not the number's limit at Meta
WARM_UP = 1000
"""Conversations. Each connection plans a statement five times before it keeps a plan."""

PGBENCH_CLIENTS = {"production": 64, "embedded": 32}
"""The embedded server takes no more than 60 connections, and the product has some of them."""

Cpu = Callable[[], dict[str, float]]
"""CPU seconds so far, by process."""


def measure_durable(triage: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Turns a second, percentiles, and CPU a turn; everything it started is stopped again."""
    folder = Path(tempfile.mkdtemp(prefix="flowengine-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    try:
        if arguments.setting == "embedded":
            return _embedded(folder, triage, arguments)
        return _production(folder, triage, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _embedded(folder: Path, triage: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    port = free_port()
    environ = {
        "FLOWENGINE_DATA": str(folder / "data"),
        "FLOWENGINE_PORT": str(port),
        "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",  # the fake Graph's
    }
    with Processes(folder, environ) as processes:
        processes.start("up", [*FLOWENGINE, "up", "--json"])
        processes.wait_ready(port)
        address = find(folder / "data")
        if address is None:
            raise CommandError("the embedded database is not there")
        figures = _play(processes, address, triage, port, arguments, processes.cpu_seconds)
        return _compared({"setting": "embedded", **figures, **_server(address, "embedded")})


class Site(Struct, frozen=True):
    """A product at work. `cpu`: seconds so far, by process."""

    processes: Processes
    address: Address
    port: int
    cpu: Cpu


@contextmanager
def production(folder: Path) -> Generator[Site]:
    """PostgreSQL, Redis, one web and one worker process, with data in `folder`."""
    port, redis = free_port(), free_port()
    server = Embedded.start(folder / "data", {"max_connections": "150", **PRELOAD})
    try:
        environ = {
            "FLOWENGINE_DATABASE_URL": server.dsn(),
            "FLOWENGINE_REDIS_URL": f"redis://127.0.0.1:{redis}/0",
            "FLOWENGINE_SECRET_KEY": b64encode(os.urandom(32)).decode(),
            "FLOWENGINE_PORT": str(port),
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",
        }
        with Processes(folder, environ) as processes:
            _redis(processes, redis)
            processes.flowengine("migrate", "--owner", "bia@exemplo.com.br")
            processes.start("web", [*FLOWENGINE, "web"])
            processes.start("worker", [*FLOWENGINE, "worker"])
            processes.wait_ready(port)
            postmaster = _postmaster(folder / "data")

            def cpu() -> dict[str, float]:
                return {**processes.cpu_seconds(), "postgres": tree_cpu([postmaster])}

            yield Site(processes, server.address, port, cpu)
    finally:
        server.stop()


def _production(folder: Path, triage: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    with production(folder) as site:
        figures = _play(site.processes, site.address, triage, site.port, arguments, site.cpu)
        postmaster = _postmaster(folder / "data")
        bare = measure_bare(site.processes, site.address, arguments, lambda: tree_cpu([postmaster]))
        return _compared(
            {
                "setting": "production",
                **figures,
                "bare_loop": bare,
                **_server(site.address, "production"),
            }
        )


def _compared(figures: dict[str, Any]) -> dict[str, Any]:
    """With the ratios to what else was measured in this run."""
    turns, pgbench, bare = figures["turns_per_s"], figures["pgbench"], figures.get("bare_loop")
    ratios: dict[str, float] = {}
    if pgbench:
        ratios["to_pgbench"] = round(turns / pgbench["least"]["turns_per_s"], 2)
        ratios["to_pgbench_with_the_same_rows"] = round(
            turns / pgbench["same_rows"]["turns_per_s"], 2
        )
    if bare:
        ratios["to_the_bare_loop"] = round(turns / max(0.1, bare["turns_per_s"]), 2)
        ratios["cpu_to_the_bare_loop"] = round(
            figures["cpu_ms_per_turn"] / max(0.001, bare["cpu_ms_per_turn"]), 2
        )
    return {**figures, "ratios": ratios}


def _redis(processes: Processes, port: int) -> None:
    found = shutil.which("redis-server")
    if found is None:
        raise CommandError("redis-server is not installed; try --setting embedded")
    where = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(processes.folder)]
    processes.start("redis", [found, *where, "--save", "", "--appendonly", "no"])


def _postmaster(data: Path) -> int:
    listed = sorted(data.glob("postgres-*/postmaster.pid"))
    return int(listed[0].read_text().splitlines()[0]) if listed else 0


def _play(
    processes: Processes,
    address: Address,
    triage: Path,
    port: int,
    arguments: argparse.Namespace,
    cpu: Cpu,
) -> dict[str, Any]:
    provider = free_port()
    asyncio.run(name_the_tag(address))
    webhook = settle(processes, provider, triage)
    load = Load(port, webhook, NUMBER, SECRET)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(load, provider, address, arguments, cpu))


def settle(processes: Processes, provider: int, *flows: Path) -> str:
    """Publish the flows on a channel whose provider listens on that port; its webhook's path."""
    for flow in flows:
        processes.flowengine("import", str(flow), "--publish")
    added = processes.flowengine(
        "channel", "add", "cloud", "--phone-number-id", NUMBER, "--token", "bench",
        "--app-secret", SECRET, "--base-url", f"http://127.0.0.1:{provider}",
        "--flows", ",".join(flow.name.partition(".")[0] for flow in flows), "--rate", RATE,
    )  # fmt: skip
    return str(json.loads(added.splitlines()[-1])["webhook"])


async def name_the_tag(address: Address) -> None:
    """The workspace must know the tag that the flow gives, or check refuses to publish it."""
    async with _database(address) as database, database.worker() as transaction:
        for tenant in await tenants(transaction):
            await put_tag(transaction.of(tenant.id), "suporte", "suporte")


@asynccontextmanager
async def _database(address: Address) -> AsyncGenerator[Database]:
    web, worker = address.dsn("flow_web"), address.dsn("flow_worker")
    database = await Database.open(web, worker, web_size=1, worker_size=1)
    try:
        yield database
    finally:
        await database.close()


async def _measure(
    load: Load, port: int, address: Address, arguments: argparse.Namespace, cpu: Cpu
) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(load), "127.0.0.1", port)
    try:
        note("warming up …")
        return await measure_round(load, address, arguments, cpu, 0)
    finally:
        server.close()


async def measure_round(
    load: Load, address: Address, arguments: argparse.Namespace, cpu: Cpu, first: int
) -> dict[str, Any]:
    """Conversations of customers number `first` and on, after a warm-up with others."""
    await load.play(first + 9_000_000, WARM_UP, arguments.users)
    if not load.latencies:
        raise CommandError(f"no reply was seen: {load.figures()}")
    await asyncio.sleep(1)
    load.reset()
    note("measuring …")
    await prepare(address)
    before, began = await count(address), cpu()
    await load.play(first, arguments.conversations, arguments.users)
    ended = cpu()
    await asyncio.sleep(1.5)  # whatever comes twice comes now
    after = await count(address)
    figures = load.figures()
    turns = max(1, figures["turns"])
    by_process = {name: round(1000 * (ended[name] - began[name]) / turns, 3) for name in began}
    return {
        **figures,
        "cpu_ms_per_turn": round(sum(by_process.values()), 3),
        "cpu_by_process": by_process,
        **after.since(before, turns),
        "users": arguments.users,
    }


def _server(address: Address, setting: str) -> dict[str, Any]:
    """What PostgreSQL is, and what it can do at the most."""
    return {
        "postgres": asyncio.run(_facts(address)),
        "pgbench": measure_pgbench(address, PGBENCH_CLIENTS[setting]),
    }


async def _facts(address: Address) -> dict[str, str]:
    async with _database(address) as database, database.worker() as transaction:
        names = ("server_version", "fsync", "synchronous_commit")
        return {name: str(await transaction.value(f"SHOW {name}")) for name in names}
