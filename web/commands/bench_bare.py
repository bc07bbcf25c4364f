"""The bare loop: a hand-written Starlette and asyncpg application that does the same job.

It has no engine, no queue, no journal and no retry: what one writes in an afternoon, and the floor
of what a turn costs in Python. It comes with the harness of peers; its Python has its libraries.
"""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from flowengine.store.embedded import Address
from flowengine.store.measuring import make_database
from web.commands.bench_load import Load, Provider
from web.commands.bench_processes import Processes, free_port, wait_for_port
from web.commands.output import bad_usage, note

WARM_UP = 1000


def measure_bare(
    processes: Processes,
    address: Address,
    arguments: argparse.Namespace,
    postgres: Callable[[], float],
) -> dict[str, Any] | None:
    """Its figures in this very run; None where no harness is given."""
    if arguments.peers is None:
        return None
    folder = Path(arguments.peers) / "durable" / "apps"
    if not (folder / "handwritten_app.py").is_file():
        raise bad_usage(f"--peers: {folder} has no handwritten_app.py")
    port, provider = free_port(), free_port()
    asyncio.run(make_database(address, "bare"))
    processes.environ |= {
        "DSN": address.dsn(database="bare"),
        "MOCK": f"http://127.0.0.1:{provider}/v20.0/100/messages",
    }
    command = [
        arguments.peers_python, "-m", "uvicorn", "handwritten_app:app", "--app-dir", str(folder),
        "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    processes.start("bare", command)
    wait_for_port(port)
    load = Load(port, "/webhook", "100", "bench")
    cpu = lambda: processes.cpu_seconds()["bare"] + postgres()  # noqa: E731
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_play(load, provider, arguments, cpu))


async def _play(
    load: Load, port: int, arguments: argparse.Namespace, cpu: Callable[[], float]
) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(load), "127.0.0.1", port)
    try:
        note("the bare loop …")
        await load.play(9_000_000, WARM_UP, arguments.users)
        load.reset()
        began = cpu()
        await load.play(0, arguments.conversations, arguments.users)
        ended = cpu()
    finally:
        server.close()
    figures = load.figures()
    spent = 1000 * (ended - began) / max(1, figures["turns"])
    return {**figures, "cpu_ms_per_turn": round(spent, 3)}
