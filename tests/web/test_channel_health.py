"""How channels do: on their pages, in the API, at a terminal; and nobody else's."""

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.store.ids import new_id
from tests.web.site import Site
from tests.web.test_channel_care import made


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


async def loja(client: httpx.AsyncClient, server: FakeEvolution) -> str:
    """A channel whose phone is paired; its id."""
    path = await made(client, server)
    server.open("loja")
    return path.rpartition("/")[2]


async def test_a_look_at_all_channels(site: Site, server: FakeEvolution) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    id = await loja(client, server)
    first = await client.get("/channels")
    assert "Ainda não olhamos" in first.text
    assert (await client.post("/channels/health")).status_code == 303
    assert "Conectado" in (await client.get("/channels")).text
    server.drop("loja", 401)
    result = (await api.post("/api/v1/channels/health", params={"deep": "false"})).json()
    assert (result["total"], result["failed"], result["alerts"]) == (2, 1, 1)
    told = (await api.get("/api/v1/channels/health")).json()
    assert told["cheap"]["failed"] == 1
    assert told["deep"]["failed"] == 0
    one = next(each for each in told["channels"] if each["channel"] == id)
    assert (one["state"], one["why"], one["healthy"]) == ("needs_pairing", "logged_out", False)
    english = await api.get(f"/api/v1/channels/{id}/health", headers={"Accept-Language": "en"})
    assert english.json()["reason"] == "The phone disconnected us."
    assert "Click Connect" in english.json()["mend"]
    page = (await client.get(f"/channels/{id}")).text
    assert "Precisa parear" in page
    assert "O celular nos desconectou." in page
    assert "Saúde do canal" in page  # among what was told
    assert "1 de 2 bem" in (await client.get("/channels")).text


async def test_only_admins_look_and_only_at_their_own(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    id = await loja(client, server)
    designer = await site.client(site.bia, "designer")
    assert (await designer.post("/channels/health")).status_code == 403
    asked = len(server.asked)
    stranger, theirs = await site.client(site.davi), await site.program(site.davi, "admin")
    assert (await theirs.get(f"/api/v1/channels/{id}/health")).status_code == 404
    assert (await stranger.post("/channels/health")).status_code == 303
    result = (await theirs.post("/api/v1/channels/health")).json()
    assert result["total"] == 1
    assert id not in (await theirs.get("/api/v1/channels/health")).text
    assert len(server.asked) == asked  # nobody asked the provider of hers
    assert (await theirs.get(f"/api/v1/channels/{new_id()}/health")).status_code == 404
