"""`flowengine bench engine --peers HARNESS`: the same conversation by other engines, in one run.

HARNESS is a folder with `engine/` (a script for each peer, which prints a line of JSON with its
rates) and `requirements/` (pinned versions). What the peers need is installed into a folder of its
own, never beside ours. Rounds go through all peers one after the other, each on one core.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from web.commands.output import note, text

OURS = Path(__file__).parents[2] / "tests" / "benchmarks" / "engine_peer.py"
PYTHON_PEERS = {
    "handwritten.py": (),
    "py_transitions.py": ("transitions",),
    "py_statemachine.py": ("python-statemachine",),
    "py_langgraph.py": ("langgraph", "langgraph-checkpoint"),
}
"""Script to what it needs of the package index."""

NODE_PEER = "js_xstate.mjs"
YARDSTICK = ("xstate (Node.js)", "json-per-turn")
"""The peer and mode that all others are compared with."""

INSTALL_TIME = 600
"""Seconds that an installation may take."""

RUN_TIME = 300
"""Seconds that a peer may take in one round."""


def measure_peers(harness: Path, scratch: Path, rounds: int) -> dict[str, Any]:
    """A row for each peer and mode, and who is missing and why. Prints a table of them."""
    scripts = harness / "engine"
    missing: dict[str, str] = {}
    jobs: list[tuple[str, list[str], dict[str, str]]] = [
        ("flowengine", [sys.executable, str(OURS)], {"PYTHONPATH": _path(scripts, OURS.parents[2])})
    ]
    python = _python(harness, scratch, missing)
    for script in PYTHON_PEERS:
        if script not in missing:
            command = [python, str(scripts / script)]
            jobs.append((script, command, {"PYTHONPATH": str(scripts)}))
    node = _node(harness, scratch, missing)
    if node:
        jobs.append(
            (NODE_PEER, [node, str(scripts / NODE_PEER)], {"PEER_DIR": str(scratch / "js")})
        )
    rows = play_rounds(jobs, rounds, scratch, missing)
    for name, why in missing.items():
        note(f"not measured: {name}: {why}")
    _table(rows)
    return {"peers": rows, "peers_missing": missing}


def _path(*folders: Path) -> str:
    return os.pathsep.join(str(folder) for folder in folders)


# -- installing ----------------------------------------------------------------------------------


def _python(harness: Path, scratch: Path, missing: dict[str, str]) -> str:
    """A Python with the peers' libraries."""
    home = scratch / "venv"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        _install([sys.executable, "-m", "venv", str(home)], scratch)
    pins = _pins(harness / "requirements" / "python.txt")
    for script, needs in PYTHON_PEERS.items():
        wanted = [f"{name}=={pins[name]}" for name in needs if name in pins]
        if wanted:
            pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            trouble = _install([*pip, *wanted], scratch)
            if trouble:
                missing[script] = trouble
    return str(python)


def _node(harness: Path, scratch: Path, missing: dict[str, str]) -> str:
    """A Node.js with XState beside it; empty where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing[NODE_PEER] = "node and npm are not installed"
        return ""
    folder = scratch / "js"
    folder.mkdir(parents=True, exist_ok=True)
    pinned = msgspec.json.decode((harness / "requirements" / "js.package.json").read_bytes())
    needs = {"xstate": pinned["dependencies"]["xstate"]}
    package = {"private": True, "type": "module", "dependencies": needs}
    (folder / "package.json").write_bytes(msgspec.json.encode(package))
    trouble = _install([npm, "install", "--no-audit", "--no-fund", "--silent"], folder)
    if trouble:
        missing[NODE_PEER] = trouble
    return "" if trouble else node


def _pins(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def _install(command: Sequence[str], folder: Path) -> str:
    """Runs it; why it failed, empty where it did not."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_TIME, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the installation took more than {INSTALL_TIME} s"
    if not done.returncode:
        return ""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"not installed: {lines[-1] if lines else 'no reason given'}"


# -- measuring -----------------------------------------------------------------------------------


def play_rounds(
    jobs: Sequence[tuple[str, list[str], dict[str, str]]],
    rounds: int,
    scratch: Path,
    missing: dict[str, str],
) -> list[dict[str, Any]]:
    """What each printed, its rates of all rounds together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(rounds):
        for name, command, environ in jobs:
            if name in missing:
                continue
            printed, trouble = _play(command, environ, scratch)
            if trouble:
                missing[name] = trouble
            for row in printed:
                known = found.setdefault(
                    (row["peer"], row["mode"]), {"version": row["version"], "rates": []}
                )
                known["rates"] += row["rates"]
    middle = {key: statistics.median(row["rates"]) for key, row in found.items()}
    yardstick = middle.get(YARDSTICK)
    rows = [
        {
            "peer": peer,
            "version": row["version"],
            "mode": mode,
            "conversations_per_s": round(middle[peer, mode], 1),
            "us_per_inbound": round(1e6 / 3 / middle[peer, mode], 1),
            "best_conversations_per_s": max(row["rates"]),
            "times_xstate": round(middle[peer, mode] / yardstick, 2) if yardstick else None,
        }
        for (peer, mode), row in found.items()
    ]
    return sorted(rows, key=lambda row: -row["conversations_per_s"])


def _play(
    command: list[str], environ: Mapping[str, str], folder: Path
) -> tuple[list[dict[str, Any]], str]:
    """`(what a peer printed, why it failed)`."""
    pin = ["taskset", "-c", str(max(_cores()))] if shutil.which("taskset") and _cores() else []
    try:
        done = subprocess.run(
            [*pin, *command, "--repeats", "3"],
            env={**os.environ, **environ},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=RUN_TIME,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            words = re.sub(r"\s+", " ", done.stderr.strip())[-200:]
            return [], f"it failed: {words or 'it printed nothing'}"
        return msgspec.json.decode(lines[-1]), ""
    except subprocess.TimeoutExpired:
        return [], f"it took more than {RUN_TIME} s"
    except OSError as error:
        return [], f"it did not start: {error}"


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    head = f"{'peer':<26} {'mode':<44} {'conv/s':>9} {'us/inbound':>10} {'x XState':>8}"
    text(head)
    for row in rows:
        times = "" if row["times_xstate"] is None else f"{row['times_xstate']:.2f}"
        text(
            f"{row['peer'] + ' ' + row['version']:<26.26} {row['mode']:<44} "
            f"{row['conversations_per_s']:>9} {row['us_per_inbound']:>10} {times:>8}"
        )
