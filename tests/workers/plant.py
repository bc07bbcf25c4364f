"""Worker processes of a test, beside a town that only hears: the production setting."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connectors.net import open_client
from flowengine.store.database import Database
from tests.services import postgres as services
from tests.workers.town import KEY, Town, town_settings

WORKER = (
    "import sys; from workers.main import run_worker; from workers.settings import read_settings; "
    "sys.exit(run_worker(read_settings()))"
)


class Plant:
    """A town whose work is done by other processes."""

    def __init__(self, town: Town, environment: dict[str, str], data: Path) -> None:
        self.town = town
        self.environment = environment
        self.data = data
        self.processes: list[asyncio.subprocess.Process] = []

    async def worker(self, **settings: str) -> asyncio.subprocess.Process:
        """Start a worker process; it has begun to work when it has written its note."""
        data = self.data / f"worker{len(self.processes)}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER,
            env={**os.environ, **self.environment, **settings, "FLOWENGINE_DATA": str(data)},
        )  # fmt: skip
        self.processes.append(process)
        end = time.monotonic() + 60
        while not list((data / "advancing").glob("*")):
            assert time.monotonic() < end, "the worker did not start"
            assert process.returncode is None
            await asyncio.sleep(0.05)
        return process

    async def close(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def open_plant(
    database: services.Database, folder: Path, **settings: Any
) -> AsyncIterator[Plant]:
    """A plant whose processes have `settings`, in the names of `workers.settings.Settings`."""
    settings = {"database_url": database.owner, **settings}
    async with open_client(timeout=5) as client:
        store = await Database.open(database.web, database.worker)
        town = Town(store, database.owner, town_settings(folder, **settings), client)
        await town.settle()
        await town.open_door()
        await town.work(pumps=False)
        environment = {
            "FLOWENGINE_SECRET_KEY": KEY,
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",
            **{f"FLOWENGINE_{name.upper()}": str(value) for name, value in settings.items()},
        }
        plant = Plant(town, environment, folder)
        yield plant
        await town.close()
        await plant.close()
        await store.close()
