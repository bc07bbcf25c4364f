"""Redis holds doorbells and rates, no facts: killed, emptied, started again, nothing is lost."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.services import postgres as services
from tests.services.lacking import lacking
from tests.services.redis import answering, free_port
from tests.workers.plant import Plant, open_plant
from tests.workers.test_production import ASKS

PATIENCE = 30
"""Seconds of a test's patience on a busy machine; what is promised is in docs/chaos.md."""


class OwnRedis:
    """A Redis that a test may kill. It keeps nothing on disk, so it comes back empty."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            lacking("redis-server is not installed (Debian: redis-server)")
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        self._command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
        self._folder = folder
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, start_new_session=True
        )
        answering(self._process, self.url)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
async def plant(
    database: services.Database, own_redis: OwnRedis, tmp_path: Path
) -> AsyncIterator[Plant]:
    async with open_plant(database, tmp_path, redis_url=own_redis.url) as plant:
        yield plant


@pytest.mark.redis
async def test_redis_is_killed_comes_back_empty_and_nothing_is_lost(
    plant: Plant, own_redis: OwnRedis
) -> None:
    town = plant.town
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    await plant.worker()
    people = [f"55119{number:08d}" for number in range(6)]
    for place, who in enumerate(people):
        # With it, without it, and with a new one that has forgotten everything.
        if place == 2:
            own_redis.kill()
        if place == 4:
            own_redis.start()
        town.say("oi", who=who)
        await town.hears("Um", "Nome?", who=who, within=PATIENCE)
    own_redis.kill()
    for who in people:
        town.say("Ana", who=who)
    own_redis.start()
    for who in people:
        await town.hears("Um", "Nome?", "Oi, Ana!", who=who, within=PATIENCE)
    await town.quiet(PATIENCE)
    assert await town.value("SELECT count(*) FROM messages") == len(people) * 5
