"""The town of the runtime's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.net import open_client
from flowengine.store.database import Database
from tests.services import postgres as services
from tests.workers.crashing import crash as crash
from tests.workers.reserve import hands as hands
from tests.workers.reserve import server as server
from tests.workers.town import Town, town_settings


@pytest.fixture
async def still(database: services.Database, tmp_path: Path) -> AsyncIterator[Town]:
    """The town with its door open, and nobody working yet."""
    async with open_client(timeout=5) as client:
        store = await Database.open(database.web, database.worker, worker_size=8)
        town = Town(store, database.owner, town_settings(tmp_path), client)
        await town.settle()
        await town.open_door()
        yield town
        await town.close()
        await store.close()


@pytest.fixture
async def town(still: Town) -> Town:
    """The town at work."""
    await still.work()
    return still
