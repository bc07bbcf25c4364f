"""Whose address counts behind a proxy: what it tells, if it is one of the trusted."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.net import trusted
from tests.web.site import Site
from web.commands.listening import make_server


@asynccontextmanager
async def served(site: Site, *proxies: str) -> AsyncIterator[httpx.AsyncClient]:
    """The product's own server, as `flowengine web` makes it, on a port of its own."""
    door = socket.create_server(("127.0.0.1", 0))
    server = make_server(site.app, proxies)
    server.config.lifespan = "off"
    serving = asyncio.create_task(server.serve(sockets=[door]))
    address = f"http://127.0.0.1:{door.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=address, timeout=30, verify=trusted()) as client:
            yield client
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def guess(client: httpx.AsyncClient, who: str) -> int:
    form = {"email": "owner@bia.example", "password": "errada errada"}
    return (await client.post("/sign-in", data=form, headers={"X-Forwarded-For": who})).status_code


@pytest.mark.parametrize(
    ("proxies", "neighbour"), [(("127.0.0.0/8",), 422), (("127.0.0.1",), 422), (("10.0.0.1",), 429)]
)
async def test_attempts_are_counted_by_the_address_that_a_trusted_proxy_tells(
    site: Site, proxies: tuple[str, ...], neighbour: int
) -> None:
    async with served(site, *proxies) as client:
        assert [await guess(client, "203.0.113.7") for _ in range(6)] == [422] * 5 + [429]
        # Behind a proxy that is not believed all are one.
        assert await guess(client, "203.0.113.8") == neighbour
