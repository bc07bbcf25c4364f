"""While the database is away: a short "come back", and nothing that looks like a fault of ours."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flowengine.store.database import Database
from tests.services import postgres as services
from tests.services.cutting import Wire
from tests.web.site import Site
from tests.web.test_webhooks import batch, cloud, post

__all__ = ["cloud"]

pytest_plugins = ["tests.services.cutting"]


@pytest.fixture
async def site(database: services.Database, wire: Wire, tmp_path: Path) -> AsyncIterator[Site]:
    """The product behind a wire to its database."""
    web, worker = wire.through(database.web), wire.through(database.worker)
    store = await Database.open(web, worker, web_size=3, worker_size=3)
    site = Site(store, database.owner, tmp_path)
    await site.serve()
    await site.open()
    yield site
    wire.mend()
    await site.close()
    await store.close()


async def test_all_are_told_to_come_back_and_find_it_there_again(
    site: Site, cloud: str, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    agent, program = await site.client(site.bia), await site.program(site.bia)
    body = batch("oi", "wamid.1")
    assert (await post(site, cloud, body)).status_code == 200
    wire.arm(1, "before", deadly=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            hook = await post(site, cloud, body)
            assert (hook.status_code, hook.headers["retry-after"]) == (503, "2")
            assert hook.text == "the database is away"
        page = await agent.get("/flows")
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        assert "O banco de dados não responde agora." in page.text
        told = await program.get("/api/v1/flows")
        assert (told.status_code, told.headers["retry-after"]) == (503, "2")
        assert told.headers["content-type"] == "application/problem+json"
    ours = [line for line in caplog.records if not line.name.startswith("asyncpg")]
    assert ours
    assert not any(line.exc_info for line in ours)
    wire.mend()
    assert (await post(site, cloud, body)).status_code == 200
    assert (await agent.get("/flows")).status_code == 200
