"""A flow once more: its draft, tests and folder; nothing of what is published."""

import msgspec

from flowengine.store import flows, talks
from tests.web.site import HELLO, Site


async def test_a_copy_has_the_draft_the_tests_and_the_folder(site: Site) -> None:
    client = await site.client(site.bia)
    data = {"name": "Banho", "script": '{"acts": [{"say": "oi"}, {"tap": "banho"}]}'}
    assert (await client.post("/flows/ola/edit/talks", data=data)).status_code == 200
    assert (await client.post("/flows/ola/folder", data={"folder": "Loja"})).status_code == 303
    done = await client.post("/flows/ola/duplicate")
    assert (done.status_code, done.headers["location"]) == (303, "/flows/ola-2/edit")
    assert (await client.post("/flows/ola/duplicate")).headers["location"] == "/flows/ola-3/edit"
    async with site.database.web(site.bia.tenant) as transaction:
        draft = await flows.draft(transaction, "ola-2")
        row = next(row for row in await flows.flows(transaction) if row.key == "ola-2")
        named = [each.name for each in await talks.talks(transaction, "ola-2")]
    assert (row.version, row.folder, named) == (None, "Loja", ["Banho"])
    document = msgspec.json.decode(draft.document)
    assert (document["key"], document["name"]) == ("ola-2", "Boas-vindas bia (2)")
    assert document["nodes"][1]["id"] == HELLO["nodes"][1]["id"]
    tested = await client.get("/flows/ola-2/publish")
    assert "1 passou" in tested.text
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.post("/flows/ola/duplicate")).status_code == 403
    assert "/flows/ola/duplicate" not in (await viewer.get("/flows/ola")).text
    assert (await client.post("/flows/nao-ha/duplicate")).status_code == 404
