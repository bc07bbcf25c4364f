"""The PostgreSQL that `make run` starts: a child of this process, in the data folder.

Who may connect: the operating-system user who started it, and root, over a unix socket only.
Everything that must survive is in `postgres-<major>/`; `postgres.log` is bounded.

One process at a time owns a data folder, by a lock on `lock`. The lock goes with its process, so
whoever has it knows that a PostgreSQL found there is the last owner's: stopping, or left behind.
"""

import contextlib
import fcntl
import os
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from flowengine.store.postgres_cluster import (
    DATABASE,
    OWNER,
    POLL,
    make_cluster,
    pid_file,
    refuse_other_major,
    wait_for_the_last_one,
    write_access,
)
from flowengine.store.postgres_home import (
    SOCKET_NAME,
    AlreadyRunning,
    Home,
    NotStarted,
    WrongMajor,
    prepare,
)
from flowengine.store.postgres_log import Log
from flowengine.store.postgres_process import Server

__all__ = [
    "DATABASE",
    "OWNER",
    "Address",
    "AlreadyRunning",
    "Embedded",
    "NotStarted",
    "WrongMajor",
    "find",
]

# For a small machine that runs everything: 2 cores, 1 GB to spare. Durable, and slow queries
# belong on an index rather than on parallel workers.
SETTINGS: Mapping[str, str] = {
    "cluster_name": "flowengine",
    "listen_addresses": "",
    "port": "5432",  # only names the socket
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_naptime": "15s",  # the inbox and the outbox turn over fast
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",  # details quote rows, which hold what customers wrote
    "log_parameter_max_length": "0",
    "log_checkpoints": "off",
}
NOTHING: Mapping[str, str] = {}

STOP_PATIENCE = 60.0


@dataclass(frozen=True)
class Address:
    """How to reach a running embedded PostgreSQL."""

    sockets: Path

    def dsn(self, user: str = OWNER, database: str = DATABASE) -> str:
        """A `postgresql://` URL that asyncpg and SQLAlchemy understand."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.sockets), safe='')}"


def find(data: Path) -> Address | None:
    """The PostgreSQL that another process runs in this data folder, if it takes connections."""
    for cluster in sorted(data.glob("postgres-[0-9]*")):
        lines = pid_file(cluster)
        if len(lines) >= 8 and lines[7] == "ready" and _listens(Path(lines[4])):
            return Address(Path(lines[4]))
    return None


class Embedded:
    """A PostgreSQL that runs as long as this process, and no longer."""

    def __init__(self, home: Home, log: Log, server: Server, lock: int) -> None:
        self.address = Address(home.sockets)
        self._home = home
        self._log = log
        self._server = server
        self._lock = lock

    @classmethod
    def start(
        cls,
        data: Path,
        settings: Mapping[str, str] = NOTHING,
        patience: float = 60.0,
        programs: Path | None = None,
    ) -> Self:
        """Start PostgreSQL in `data`, made if missing, and return when it takes connections.

        Blocks: from a coroutine call it in a thread. `settings` go over SETTINGS. `patience`
        (seconds) bounds the wait for the last owner's PostgreSQL to stop; crash recovery takes as
        long as it takes. `programs` is the folder of another PostgreSQL (15 or later) than the
        wheel's. Raises AlreadyRunning, WrongMajor, or another NotStarted.
        """
        data = data.absolute().resolve()
        try:
            _make_folder(data)
            lock = _lock(data)
        except PermissionError as refused:
            raise NotStarted(f"This user may not write {refused.filename}.") from refused
        try:
            home = prepare(data, programs)
            log = Log(data / "postgres.log")
            refuse_other_major(home)
            wait_for_the_last_one(home.cluster, patience)
            make_cluster(home)
            write_access(home)
            server = _serve(home, settings, log, patience)
        except BaseException:
            os.close(lock)
            raise
        return cls(home, log, server, lock)

    def dsn(self, user: str = OWNER, database: str = DATABASE) -> str:
        """The URL for a role and a database, as Address.dsn."""
        return self.address.dsn(user, database)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until PostgreSQL has ended, for whatever reason; False when `timeout` came first."""
        return self._server.ended.wait(timeout)

    def last_words(self) -> str:
        """The end of its log, to be shown when it ended by itself."""
        return self._log.tail()

    def stop(self) -> None:
        """Stop it cleanly: connections are closed, everything committed is on disk."""
        if self._lock < 0:
            return
        _end(self._server)
        if self._home.sockets.parent != self._home.data:
            with contextlib.suppress(OSError):
                self._home.sockets.rmdir()
        os.close(self._lock)
        self._lock = -1


def _serve(home: Home, settings: Mapping[str, str], log: Log, patience: float) -> Server:
    """Start the server, again while something of the last one holds on to its memory."""
    options = {**SETTINGS, **settings, "unix_socket_directories": str(home.sockets)}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    program = home.programs / "postgres"
    command = home.account.command(program, "-D", str(home.cluster), *words)
    until = time.monotonic() + patience
    while True:
        log.begin()
        server = Server(command, log)
        if _ready(server, home.cluster):
            return server
        if "still in use" not in log.tail() or time.monotonic() > until:
            raise NotStarted(f"PostgreSQL did not start:\n{log.tail()}")
        time.sleep(0.5)


def _ready(server: Server, cluster: Path) -> bool:
    """Wait until it takes connections, however long it recovers, or ends."""
    try:
        while not server.ended.wait(POLL):
            lines = pid_file(cluster)
            if len(lines) >= 8 and lines[0] == str(server.pid) and lines[7] == "ready":
                return True
    except BaseException:
        _end(server)
        raise
    return False


def _end(server: Server) -> None:
    """Fast shutdown; where that takes longer than any disk should, the hard ways."""
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.signal(order)
        if server.ended.wait(STOP_PATIENCE):
            return


def _make_folder(data: Path) -> None:
    if data.exists():
        return
    data.mkdir(parents=True)
    # Root's data folder must let the account in that runs PostgreSQL; not read it.
    data.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _lock(data: Path) -> int:
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AlreadyRunning(
            f"Flowengine is already running with the data folder {data}."
        ) from None
    return lock


def _listens(sockets: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sockets / SOCKET_NAME))
        except OSError:
            return False
    return True
