"""A channel's page while one looks: states and codes are pushed, to those who may see them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.store import accounts
from tests.web.site import Site
from tests.web.test_channel_care import PIECE, made


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


class Pushed:
    """What came by a stream so far."""

    def __init__(self, answer: httpx.Response) -> None:
        self.text = ""
        self._pieces = answer.aiter_text()

    async def until(self, words: str) -> str:
        """Read on until these words have come since the last time."""
        async with asyncio.timeout(90):
            while words not in self.text:
                self.text += await anext(self._pieces)
        came, self.text = self.text, ""
        return came


@asynccontextmanager
async def pushed(client: httpx.AsyncClient, path: str) -> AsyncIterator[Pushed]:
    async with client.stream("GET", path, timeout=90) as answer:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        yield Pushed(answer)


async def test_the_phone_s_answer_is_pushed(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    assert f'hx-sse:connect="{path}/live"' in (await client.get(path)).text
    begun = await client.post(f"{path}/session", data={"act": "pair"}, headers=PIECE)
    assert f'hx-sse:connect="{path}/session/live?follow=qr"' in begun.text
    assert "data:image/png;base64," in begun.text
    async with pushed(client, f"{path}/session/live?follow=qr") as page:
        server.scan("loja")
        came = await page.until("Conectado")
        assert 'hx-target="#session-body"' in came
        server.drop("loja", 401)
    async with pushed(client, f"{path}/session/live") as page:
        await page.until("Desconectado")


async def test_how_a_channel_does_is_pushed_when_it_changes(
    site: Site, server: FakeEvolution
) -> None:
    client, viewer = await site.client(site.bia), await site.client(site.bia, "viewer")
    path = await made(client, server)
    server.open("loja")
    async with pushed(viewer, f"{path}/live") as page:
        await page.until("Ainda não olhamos")
        await client.post("/channels/health")
        await page.until("Conectado")
        server.drop("loja", 401)
        await client.post("/channels/health")
        assert "O celular nos desconectou." in await page.until("Precisa parear")
        await client.post(f"{path}/state", data={"state": "paused"})
        await page.until("Pausado")


async def test_codes_end_with_the_role_that_may_see_them(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    await client.post(f"{path}/session", data={"act": "pair"}, headers=PIECE)
    admin, designer = await site.client(site.bia, "admin"), await site.client(site.bia, "designer")
    assert (await designer.get(f"{path}/session/live")).status_code == 403
    assert (await (await site.client(site.davi)).get(f"{path}/session/live")).status_code == 404
    assert (await (await site.client(site.davi)).get(f"{path}/live")).status_code == 404
    async with asyncio.timeout(90), admin.stream("GET", f"{path}/session/live") as answer:
        async with site.database.worker(site.bia.tenant) as transaction:
            people = await accounts.members(transaction)
            one = next(each for each in people if each.role == "admin")
            await accounts.set_role(transaction, one.id, "viewer")
        async for _piece in answer.aiter_bytes():
            pass  # until it ends


async def test_programs_pair_pause_and_resume(site: Site, server: FakeEvolution) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    path = f"/api/v1{await made(client, server)}"
    assert (await api.get(f"{path}/session")).json()["state"] == "missing"
    pair = {"act": "pair", "phone": "+551133334444"}
    begun = (await api.post(f"{path}/session", json=pair)).json()
    assert (begun["state"], begun["code"]) == ("connecting", "WZYEH1YY")
    server.scan("loja")
    assert (await api.get(f"{path}/session")).json()["state"] == "open"
    assert (await api.patch(path, json={"state": "paused"})).json()["state"] == "paused"
    assert (await api.get(f"{path}/health")).json()["state"] == "paused"
    assert (await api.patch(path, json={"state": "active"})).json()["state"] == "active"
    assert (await api.patch(path, json={"state": "removed"})).status_code == 400
    out = await api.post(f"{path}/session", json={"act": "logout"})
    assert out.json()["state"] == "closed"
    theirs = await site.program(site.davi, "admin")
    assert (await theirs.get(f"{path}/session")).status_code == 404
    assert (await theirs.post(f"{path}/session", json={"act": "logout"})).status_code == 404
    assert (await theirs.patch(path, json={"state": "paused"})).status_code == 404
    await server.close()
    away = await api.get(f"{path}/session")
    assert away.status_code == 502
    assert "não fez o que pedimos" in away.json()["detail"]
