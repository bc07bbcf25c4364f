"""The page and the API of drafts on real phones: the code, the QR code, who tests."""

import re

import httpx
import msgspec

from connectors.fake_graph import FakeGraph, Number
from connectors.simulator import Saying
from flowengine.store import channels, conversations
from tests.web.living import wait_for
from tests.web.site import HELLO, Site
from web.editor.trial_pages import picture_of


async def draw(client: httpx.AsyncClient) -> None:
    """The draft asks something else than what is published."""
    nodes = [
        node | {"contents": [node["contents"][0] | {"text": "Rascunho: como posso ajudar?"}]}
        if node["id"] == "menu"
        else node
        for node in HELLO["nodes"]
    ]
    upload = {"file": ("ola.flow.json", msgspec.json.encode(HELLO | {"nodes": nodes}))}
    assert (
        await client.post("/flows/import", files=upload, data={"over": "replace"})
    ).status_code == 303


async def test_a_code_is_made_said_and_ended(site: Site) -> None:
    client = await site.client(site.bia)
    await draw(client)
    assert "Criar o código" in (await client.get("/flows/ola/testers")).text
    assert (await client.post("/flows/ola/testers/code")).status_code == 303
    page = (await client.get("/flows/ola/testers")).text
    code = re.search(r"teste-[a-z2-9]{6}", page)
    assert code is not None
    door = (await client.get(f"/flows/ola/testers/door/{site.bia.channel}")).text
    assert "celular de teste" in door
    for text in (code[0], "oi"):
        site.network.say(site.bia.number, "+5511900001111", Saying(text=text, name="Ana"))
        await site.network.settled(site.bia.number)

    async def asked() -> bool:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        return bool(found) and "Rascunho: como" in found[0].preview

    assert await wait_for(asked, 60)
    page = (await client.get("/flows/ola/testers")).text
    assert "<b>Ana</b>" in page
    assert "&lt;" not in page
    assert (await client.post("/flows/ola/testers/stop")).status_code == 303
    page = (await client.get("/flows/ola/testers")).text
    assert "<b>Ana</b>" not in page
    assert "Criar o código" in page


async def test_the_way_in_is_a_link_and_a_picture_of_it(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/flows/ola/testers/code")
    graph = FakeGraph(site.http, enforce_window=False)
    await graph.start()
    try:
        number = Number("106540352242922", token="t", app_secret="s")
        graph.add_number(number)
        settings = {
            "phone_number_id": number.id, "token": "t", "app_secret": "s", "verify_token": "v",
            "base_url": graph.url,
        }  # fmt: skip
        async with site.database.web(site.bia.tenant) as transaction:
            made = await channels.add_channel(
                transaction, site.vault, "cloud", "Loja", number.id, msgspec.json.encode(settings)
            )
        door = (await client.get(f"/flows/ola/testers/door/{made.id}")).text
    finally:
        await graph.close()
    assert re.search(r'href="https://wa\.me/\d+\?text=teste-[a-z2-9]{6}"', door)
    assert "<svg" in door
    assert " style=" not in str(picture_of("https://wa.me/1?text=a"))


async def test_programs_add_and_remove_testers(site: Site) -> None:
    api = await site.program(site.bia)
    path = "/api/v1/flows/ola/testers"
    assert (await api.get(path)).json() == {"code": None, "items": []}
    assert (await api.post(path, json={"phone": "11"})).status_code == 400
    (one,) = (await api.post(path, json={"phone": "+5511900002222"})).json()["items"]
    assert one["phone"] == "+5511900002222"
    left = await api.delete(f"{path}/{one['contact']}")
    assert left.json()["items"] == []
    assert (await api.get("/api/v1/flows/nada/testers")).status_code == 404


async def test_a_viewer_opens_no_test(site: Site) -> None:
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.post("/flows/ola/testers/code")).status_code == 403
    assert (await viewer.post("/flows/ola/testers", data={"phone": "+551"})).status_code == 403
