"""A finding's chat: the shortest that leads to its place, as the preview plays it."""

import msgspec

from tests.web.site import HELLO, Site

URL = "/flows/novo/edit/finding"
WRONG = HELLO | {
    "key": "novo",
    "name": "Novo",
    "edges": [edge for edge in HELLO["edges"] if edge["from"] != "feito"],
}


async def test_a_finding_is_played(site: Site) -> None:
    client = await site.client(site.bia)
    upload = {"file": ("novo.flow.json", msgspec.json.encode(WRONG))}
    assert (await client.post("/flows/import", files=upload)).status_code == 303
    page = (await client.get("/flows/novo/edit/issues")).text
    assert 'data-code="missing_edge"' in page
    place = {"code": "missing_edge", "node": "feito", "exit": "next", "path": ""}
    path = page.split('data-node="feito"')[1].split('data-path="')[1].split('"')[0]
    found = await client.post(URL, data=place | {"path": path})
    assert found.status_code == 200, found.text
    assert [next(iter(act.values())) for act in found.json()["acts"]] == ["oi", "banho", "sim"]


async def test_no_chat_is_offered_where_none_can_come(site: Site) -> None:
    client = await site.client(site.bia)
    lost = {"id": "solto", "type": "message", "contents": []}
    upload = {
        "file": ("novo.flow.json", msgspec.json.encode(WRONG | {"nodes": [*WRONG["nodes"], lost]}))
    }
    assert (await client.post("/flows/import", files=upload)).status_code == 303
    page = (await client.get("/flows/novo/edit/issues")).text
    assert 'data-goto="solto"' in page
    shown = {each.split('"')[0] for each in page.split('data-node="')[1:]}
    assert "feito" in shown
    assert "solto" not in shown


async def test_what_was_mended_is_told(site: Site) -> None:
    client = await site.client(site.bia, "viewer")
    data = {"code": "missing_edge", "node": "x"}
    gone = await client.post("/flows/ola/edit/finding", data=data)
    assert gone.status_code == 409
