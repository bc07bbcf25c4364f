"""A redis-server of our own, on a free port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from flowengine.store.postgres_home import Account
from tests.services.lacking import lacking


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that lasts as long as the session; tests take `redis_url`."""
    program = shutil.which("redis-server")
    if program is None:
        lacking("redis-server is not installed (Debian: redis-server)")
    port = free_port()
    options = {"--bind": "127.0.0.1", "--port": str(port), "--save": "", "--appendonly": "no"}
    words = [word for option in options.items() for word in option]
    # The launcher of the embedded PostgreSQL: what it starts ends with us, even by kill -9.
    server = subprocess.Popen(
        Account().command(Path(program), *words),
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield answering(server, f"redis://127.0.0.1:{port}/0")
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(server: subprocess.Popen[bytes], url: str) -> str:
    """The URL, once the server takes commands."""
    until = time.monotonic() + 10
    with redis.Redis.from_url(url) as client:
        while server.poll() is None and time.monotonic() < until:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return url
    pytest.fail(f"redis-server did not answer at {url}", pytrace=False)
