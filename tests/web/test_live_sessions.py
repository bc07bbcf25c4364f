"""A live page ends with its session, within seconds and not ten minutes later."""

import asyncio

import pytest

from flowengine.store import accounts
from tests.web.site import Site


@pytest.mark.parametrize("how", ["signed out", "removed from the workspace"])
async def test_a_stream_ends_with_its_session(site: Site, how: str) -> None:
    client = await site.client(site.bia, "viewer")
    page = await client.get("/")
    async with asyncio.timeout(60), client.stream("GET", "/phone/live") as answer:
        assert answer.status_code == 200
        if how == "signed out":
            csrf = page.text.partition('"X-CSRF-Token": "')[2].partition('"')[0]
            left = await client.post("/sign-out", headers={"x-csrf-token": csrf})
            assert left.status_code == 303
        else:
            async with site.database.worker(site.bia.tenant) as transaction:
                viewer = next(m for m in await accounts.members(transaction) if m.role == "viewer")
                await accounts.leave(transaction, viewer.id)
        async for _piece in answer.aiter_bytes():
            pass  # until it ends
    assert (await client.get("/phone/live")).status_code != 200
