"""Who else has a flow open: told across web processes, each with its own connections."""

import asyncio

import httpx
import msgspec

from flowengine.store import presence
from flowengine.store.database import Database
from tests.services import postgres as services
from tests.web.site import Site
from web.editor.together import News


async def heard(client: httpx.AsyncClient, people: tuple[str, ...]) -> News:
    """The first news with these people in it."""
    async with asyncio.timeout(60), client.stream("GET", "/flows/ola/edit/live") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                news = msgspec.json.decode(line.removeprefix("data: "), type=News)
                if news.people == people:
                    return news
    raise AssertionError("the stream ended")


async def test_who_is_there_in_another_process_is_told_and_forgotten(
    site: Site, database: services.Database
) -> None:
    client = await site.client(site.bia, "designer")
    other = await Database.open(database.web, database.worker)
    owner, token = site.bia.people["owner"], site.bia.tenant
    try:
        async with other.web(site.bia.tenant) as transaction:
            await presence.be_here(transaction, "ola", token, owner)
        assert (await heard(client, ("owner bia",))).rev >= 1
        async with other.web(site.bia.tenant) as transaction:
            await presence.go(transaction, token)
        await heard(client, ())
        async with other.web(site.davi.tenant) as transaction:
            assert await presence.others(transaction, "ola", owner) == ()
    finally:
        await other.close()
