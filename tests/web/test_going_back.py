"""Going back to a version, off the air, away: what is refused says why, what is gone stays gone."""

import msgspec
import pytest

from flowengine.store import flows, tags
from flowengine.store.errors import NotFound
from tests.flowengine.playing import OI, document, text
from tests.web.site import HELLO, Site
from tests.web.test_callers import END, bring, called, caller
from web.publishing import publish, read_flow

JSON = {"Accept": "application/json"}


async def test_a_version_that_cannot_come_back_says_what_keeps_it(site: Site) -> None:
    client = await site.client(site.bia)
    async with site.database.web(site.bia.tenant) as transaction:
        await tags.put_tag(transaction, "velha", "Velha")
    begin = {**OI, "on": {"kind": "keyword", "words": ["volta"]}}
    adds = {"id": "marca", "type": "tag", "add": ["velha"]}
    await bring(
        client, document("volta", [begin, adds, END], ["oi > marca", "marca > fim"], name="Volta")
    )
    await bring(
        client,
        document("volta", [begin, text("a", "Oi"), END], ["oi > a", "a > fim"], name="Volta"),
    )
    async with site.database.web(site.bia.tenant) as transaction:
        await transaction.run("DELETE FROM tags WHERE key = 'velha'")
    back = await client.post("/flows/volta/versions/1/publish", headers=JSON)
    said = back.json()
    assert (back.status_code, "velha" in said["detail"]) == (422, True)
    assert "rascunho" in said["mend"]
    assert (await client.post("/flows/volta/versions/1/restore")).status_code == 303


async def test_what_others_call_goes_nowhere_and_they_are_named(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, called())
    await bring(client, caller())
    for act in ("unpublish", "remove"):
        kept = await client.post(f"/flows/dados/{act}", headers=JSON)
        assert kept.status_code == 409
        assert "«dados»" in kept.json()["detail"]
        assert "«Fluxo pedido»" in kept.json()["detail"]
        assert "mudou isto antes" not in kept.json()["title"]


async def test_with_nothing_on_the_air_nobody_is_said_to_be_in_it(site: Site) -> None:
    client = await site.client(site.bia)
    assert (await client.post("/flows/ola/unpublish")).status_code == 303
    page = (await client.get("/flows/ola/moves")).text
    assert "já estão na versão que está no ar" not in page
    assert "segue até o fim na versão em que começou" in page


async def test_a_flow_removed_while_it_is_published_stays_removed(site: Site) -> None:
    client = await site.client(site.bia)
    async with site.database.web(site.bia.tenant) as transaction:
        flow = read_flow((await flows.draft(transaction, "ola")).document)
        assert (await client.post("/flows/ola/remove")).status_code == 303
        with pytest.raises(NotFound):
            await publish(transaction, flow, "pt-BR", None)
    assert (await client.get("/flows/ola")).status_code == 404


async def test_a_new_flow_has_not_the_past_of_a_removed_one_of_its_name(site: Site) -> None:
    client = await site.client(site.bia)
    renasce = msgspec.convert(HELLO | {"key": "renasce", "name": "Renasce"}, dict)
    await bring(client, renasce)
    assert (await client.post("/flows/renasce/remove")).status_code == 303
    made = await client.post("/flows", data={"name": "Renasce"})
    assert made.headers["location"] == "/flows/renasce-2/edit"
    page = (await client.get("/flows/renasce-2/versions")).text
    assert "Nada publicado ainda" in page
