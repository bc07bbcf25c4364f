"""A worker that starts before its database waits for it, answers its probes, and ends when told."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from flowengine.store import migrate
from tests.services.postgres import Postgres
from tests.workers.town import KEY, town_settings
from workers.database import role_passwords
from workers.waiting import AWAY, OLD, until_ready

WORKER = (sys.executable, "-m", "web.cli", "worker")
PATIENCE = 60.0


@pytest.fixture
async def empty(postgres: Postgres) -> AsyncIterator[str]:
    """A database without a table."""
    name = f"test_{uuid4().hex[:12]}"
    server = await asyncpg.connect(postgres.dsn())
    await server.execute(f"CREATE DATABASE {name}")
    yield postgres.dsn(name)
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


async def test_a_database_that_is_away_is_waited_for_until_told_to_stop() -> None:
    stop = asyncio.Event()
    told: list[str] = []

    def tell(what: str) -> None:
        told.append(what)
        stop.set()

    nowhere = f"postgresql://flowengine@127.0.0.1:{free_port()}/x"
    assert await until_ready(nowhere, stop, tell) is False
    assert told == [AWAY]


async def test_tables_are_waited_for(empty: str) -> None:
    told: list[str] = []
    looked = asyncio.Event()

    def tell(what: str) -> None:
        told.append(what)
        looked.set()

    waiting = asyncio.create_task(until_ready(empty, asyncio.Event(), tell))
    await asyncio.wait_for(looked.wait(), PATIENCE)
    await migrate.upgrade(empty)
    assert await asyncio.wait_for(waiting, PATIENCE)
    assert set(told) == {OLD}


async def test_what_no_waiting_mends_is_said_at_once(empty: str) -> None:
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await until_ready(empty.replace("/test_", "/none_"), asyncio.Event(), print)


async def test_the_process_is_alive_but_not_ready_until_it_can_work(
    empty: str, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        "FLOWENGINE_DATABASE_URL": empty,
        "FLOWENGINE_SECRET_KEY": KEY,
        "FLOWENGINE_DATA": str(tmp_path),
        "FLOWENGINE_METRICS_PORT": str(port),
        "FLOWENGINE_HOST": "127.0.0.1",
    }
    process = await asyncio.create_subprocess_exec(*WORKER, env={**os.environ, **environment})
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert await answer(client, "/health", 200)
            assert await answer(client, "/health/ready", 503)
            assert await answer(client, "/metrics", 503)
            await migrate.upgrade(empty, role_passwords(town_settings(tmp_path)))
            assert await answer(client, "/health/ready", 200)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answer(client: httpx.AsyncClient, path: str, status: int) -> bool:
    """Waits until a path is answered so."""
    for _ in range(int(PATIENCE / 0.1)):
        try:
            if (await client.get(path)).status_code == status:
                return True
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    return False
