"""The product that the web's tests ask; one that all tests of a file share, with its browser."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from flowengine.store.database import Database
from tests.services import postgres as services
from tests.services.chromium import FLAGS
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


# For files with `pytestmark = pytest.mark.asyncio(loop_scope="module")`: starting a product and a
# browser takes longer than most walks through it, so each test brings flows and people of its own.


@pytest.fixture(scope="module")
def shared_database(postgres_embedded: services.Postgres) -> Iterator[services.Database]:
    with services.fresh(postgres_embedded) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(
    shared_database: services.Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """The product, ready, for all tests of a file."""
    web, worker = shared_database.web, shared_database.worker
    store = await Database.open(web, worker, web_size=6, worker_size=6)
    site = Site(store, shared_database.owner, tmp_path_factory.mktemp("product"))
    await site.serve()
    await site.open()
    yield site
    await site.close()
    await store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chrome(chromium: Path) -> AsyncIterator[Browser]:
    """One browser for all tests of a file."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()
