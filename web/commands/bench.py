"""`flowengine bench engine | check | durable | webhooks | …`: how fast it is here."""

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Any

from web.commands.output import bad_usage, json_line, text

TRIAGE = Path(__file__).parents[2] / "tests" / "benchmarks" / "triage.flow.json"
"""The flow that is played: 3 messages in, 3 out."""


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument(
        "what",
        choices=("engine", "check", "durable", "webhooks", "growth", "memory", "editor"),
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each round measures")
    parser.add_argument(
        "--rounds", type=int, default=5, help="the median counts (engine, check, editor)"
    )
    parser.add_argument(
        "--peers",
        type=Path,
        help="a harness: its engines (engine), its bare loop (durable) play too",
    )
    parser.add_argument(
        "--peers-in",
        type=Path,
        default=Path.home() / ".cache" / "flowengine-peers",
        help="the folder that peers are installed into (engine)",
    )
    parser.add_argument(
        "--conversations", type=int, default=2000, help="how many (durable, growth)"
    )
    parser.add_argument(
        "--users", type=int, default=64, help="writing at the same time (durable, growth)"
    )
    parser.add_argument(
        "--setting", choices=("production", "embedded"), default="production", help="(durable)"
    )
    parser.add_argument(
        "--peers-python", default=sys.executable, help="a Python with its libraries (durable)"
    )
    parser.add_argument(
        "--stored", type=int, default=1_000_000, help="conversations in the database (growth)"
    )
    parser.add_argument("--timers", type=int, default=1_000_000, help="of them waiting (growth)")
    parser.add_argument("--minutes", type=float, default=20.0, help="of load (memory)")
    parser.add_argument("--pace", type=int, default=10, help="new customers a second (memory)")
    parser.add_argument(
        "--steps", type=int, nargs="+", default=[20, 500, 2000], help="sizes of the flow (editor)"
    )
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """The last line has the figures."""
    if arguments.what == "check":
        from web.commands.bench_check import measure_check

        show({**measure_check(arguments.rounds), "measured_on": machine()}, arguments.json)
        return 0
    if arguments.what == "editor":
        from web.commands.bench_editor import measure_editor, table_of

        measured = measure_editor(arguments.rounds, arguments.steps)
        for line in () if arguments.json else table_of(measured):
            text(line)
        show({**measured, "measured_on": machine()}, arguments.json)
        return 0
    if arguments.what == "webhooks":
        from web.commands.bench_webhooks import measure_webhooks

        show({**measure_webhooks(arguments), "measured_on": machine()}, arguments.json)
        return 0
    if not TRIAGE.is_file():
        raise bad_usage(f"{TRIAGE} is not there: the benches run in the repository")
    if arguments.what == "engine":
        from web.commands.bench_engine import measure

        if arguments.peers is not None and not (arguments.peers / "engine/common.py").is_file():
            raise bad_usage(f"--peers: {arguments.peers} has no engine/common.py")
        figures = measure(TRIAGE.read_bytes(), arguments.rounds, arguments.seconds)
        if arguments.peers is not None:
            from web.commands.bench_peers import measure_peers

            arguments.peers_in.mkdir(parents=True, exist_ok=True)
            figures |= measure_peers(arguments.peers, arguments.peers_in, arguments.rounds)
    elif arguments.what == "growth":
        from web.commands.bench_stored import FEW, measure_stored

        if not FEW < arguments.stored >= arguments.timers >= 1:
            raise bad_usage(f"--stored: more than {FEW}; --timers: at least 1, at most --stored")
        figures = measure_stored(TRIAGE, arguments)
    elif arguments.what == "memory":
        from web.commands.bench_memory import measure_memory

        figures = measure_memory(TRIAGE, arguments)
    else:
        from web.commands.bench_durable import measure_durable

        figures = measure_durable(TRIAGE, arguments)
    show({**figures, "measured_on": machine()}, arguments.json)
    return 0


def show(figures: dict[str, Any], as_json: bool) -> None:
    """One line for programs; a few for people, and the same line last."""
    if not as_json:
        for name, value in figures.items():
            if not isinstance(value, dict):
                text(f"{name:<28} {value}")
    json_line(figures)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "implementation": sys.implementation.name,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())
