"""The installation that a chaos run torments: PostgreSQL, Redis, web and worker processes.

Each is a process of its own, killed with -9 and started again. What dies without having been
killed is started again too, as a supervisor would, and counted.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from flowengine.store.embedded import Embedded
from flowengine.store.postgres_home import Account
from web.commands.bench_processes import FLOWENGINE, answers, free_port
from web.commands.output import CommandError

POLL = 0.1
RESTART = 1.0
"""Seconds until what died by itself is started again."""

START = 120.0
"""Seconds that the whole installation has to become ready, on a busy machine."""


class Member:
    """A process that can be killed and started again."""

    def __init__(self, name: str, command: Sequence[str], environ: dict[str, str], log: Path):
        self.name = name
        self.log = log
        # The launcher of the embedded PostgreSQL: what it starts ends with us, even by kill -9.
        self._command = Account().command(Path(command[0]), *command[1:])
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self._back_at: float | None = None
        self._read_from = 0

    def start(self) -> None:
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )
        self._back_at = None

    @property
    def up(self) -> bool:
        return self._process is not None

    def says(self, words: bytes) -> bool:
        """Whether it has logged these words since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            return words in log.read()

    def kill(self, rest: float = RESTART) -> None:
        """With -9; `look` starts it again after `rest` seconds."""
        process, self._process = self._process, None
        self._back_at = time.monotonic() + rest
        if process is not None:
            process.kill()
            process.wait()

    def look(self) -> None:
        """Start it again if its rest is over; note whether it has died by itself."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
            self.deaths += 1
            self._back_at = time.monotonic() + RESTART
        if self._back_at is not None and time.monotonic() >= self._back_at:
            self.start()

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-600:] if self.log.exists() else ""


class Postgres:
    """A PostgreSQL of our own with the product's own settings, durable."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._settings = {"max_connections": "150"}
        self.server = Embedded.start(data, self._settings)

    def kill(self, how: str) -> None:
        """`how`: "backend" (one of its processes; it recovers by itself), "all", "postmaster"."""
        postmaster = self._postmaster()
        children = children_of(postmaster)
        mortal = [child for child in children if not _recovers(child)]
        if how == "backend" and mortal:
            _kill(mortal[len(mortal) // 2])
            return
        _kill(postmaster)
        if how == "all":
            for child in children:
                _kill(child)
        self.server.wait(60)

    def restart(self) -> None:
        """After the postmaster was killed."""
        self.server.stop()
        self.server = Embedded.start(self._data, self._settings)

    def _postmaster(self) -> int:
        listed = sorted(self._data.glob("postgres-*/postmaster.pid"))
        return int(listed[0].read_text().splitlines()[0])


def _recovers(pid: int) -> bool:
    """Whether it is the process that recovers the database after a crash.

    Killed while the postmaster restarts its children, PostgreSQL 18 waits for it for ever, without
    a word in its log: only a restart of all of it helps, which is another kind of death here.
    """
    try:
        return b"startup" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def children_of(parent: int) -> list[int]:
    """The processes that a process started; none where there is no /proc."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.name))
    return sorted(found)


class Site:
    """The whole of it; `ports` are those of its web processes."""

    def __init__(self, folder: Path, webs: int, workers: int, more: dict[str, str]) -> None:
        self.folder = folder
        self.ports = [free_port() for _ in range(webs)]
        self.postgres = Postgres(folder / "postgres")
        self.key = os.urandom(32)
        redis = free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FLOWENGINE_")}
        self.environ = {
            **kept,
            "FLOWENGINE_DATABASE_URL": self.postgres.server.dsn(),
            "FLOWENGINE_REDIS_URL": f"redis://127.0.0.1:{redis}/0",
            "FLOWENGINE_SECRET_KEY": b64encode(self.key).decode(),
            "FLOWENGINE_DATA": str(folder / "data"),
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",
            "FLOWENGINE_API_PER_ADDRESS": "0",
            "FLOWENGINE_API_PER_KEY": "0",
            "FLOWENGINE_WORKER_PROCESSES": str(workers),
            **more,
        }
        where = ("--port", str(redis), "--bind", "127.0.0.1", "--dir", str(folder))
        self.redis = self._member("redis", [_redis(), *where, "--save", "", "--appendonly", "no"])
        self.webs = [
            self._member(f"web{n}", [*FLOWENGINE, "web"], FLOWENGINE_PORT=str(port))
            for n, port in enumerate(self.ports)
        ]
        self.workers = [self._member(f"worker{n}", [*FLOWENGINE, "worker"]) for n in range(workers)]

    def _member(self, name: str, command: Sequence[str], **more: str) -> Member:
        return Member(name, command, {**self.environ, **more}, self.folder / f"{name}.log")

    @property
    def members(self) -> list[Member]:
        return [self.redis, *self.webs, *self.workers]

    def migrate(self) -> None:
        done = subprocess.run(
            [*FLOWENGINE, "migrate"], env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"flowengine migrate failed: {done.stderr.strip()[-400:]}")

    async def start(self) -> None:
        """Start all of it; returns when every web process is ready."""
        for member in self.members:
            member.start()
        await self.ready()

    async def ready(self, patience: float = START) -> None:
        until = time.monotonic() + patience
        while not all([await asyncio.to_thread(answers, port) for port in self.ports]):
            self.look()
            if time.monotonic() > until:
                silent = [w for w in self.webs if not w.says(b"web ready")]
                words = "\n".join(f"{m.name}: {m.last_words()}" for m in silent)
                raise CommandError(f"it was not ready after {patience:.0f} s. {words}")
            await asyncio.sleep(POLL)

    def look(self) -> None:
        """Start again what died by itself."""
        for member in self.members:
            member.look()

    def stop(self) -> None:
        """Nothing of it is left running."""
        for member in self.members:
            member.kill()
        self.postgres.server.stop()


def _redis() -> str:
    found = shutil.which("redis-server")
    if found is None:
        raise CommandError("redis-server is not installed (Debian: redis-server)")
    return found
