"""The product that the web's tests ask."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flowengine.store.database import Database
from tests.services import postgres as services
from tests.web.site import Site


@pytest.fixture
async def booting(database: services.Database, tmp_path: Path) -> AsyncIterator[Site]:
    """The port is open, the database is not."""
    store = await Database.open(database.web, database.worker, web_size=6, worker_size=6)
    site = Site(store, database.owner, tmp_path)
    await site.serve()
    yield site
    await site.close()
    await store.close()


@pytest.fixture
async def site(booting: Site) -> Site:
    """The product, ready."""
    await booting.open()
    return booting
