"""Publishing through the API: who did it, why, and the flow's tests as its gate."""

from typing import Any

import msgspec

from flowengine.store import flows
from tests.web.site import HELLO, Site
from tests.web.test_programs import person

PUBLISH = "/api/v1/flows/ola/publish"


def broken() -> dict[str, Any]:
    """The flow says nothing after one confirms."""
    nodes = [node for node in HELLO["nodes"] if node["id"] != "feito"]
    lines = [e for e in HELLO["edges"] if "feito" not in (e["from"], e["to"])]
    lines.append({"from": "certo", "exit": "choice:sim", "to": "fim"})
    return HELLO | {"nodes": nodes, "edges": lines}


async def test_talks_are_the_gate_here_too(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia, "designer")
    acts = {"acts": [{"say": "oi"}, {"tap": "banho"}, {"tap": "sim"}]}
    data = {"name": "Banho", "script": msgspec.json.encode(acts).decode()}
    assert (await client.post("/flows/ola/edit/talks", data=data)).status_code == 200
    put = await program.put("/api/v1/flows/ola", json=broken())
    assert put.status_code == 200
    refused = await program.post(PUBLISH)
    assert (refused.status_code, "anyway=true" in refused.json()["mend"]) == (409, True)
    brought = await program.post("/api/v1/flows/import?publish=true", json=broken())
    assert brought.status_code == 409
    done = await program.post(PUBLISH, params={"anyway": "true", "message": "sem despedida"})
    assert (done.status_code, done.json()["version"]) == (200, 2)
    async with site.database.web(site.bia.tenant) as transaction:
        version = await flows.version(transaction, "ola", 2)
    assert (version.message, version.published_by) == ("sem despedida", None)
    page = (await client.get("/flows/ola/versions")).text
    assert "sem despedida" in page
    assert (await program.post(PUBLISH, params={"message": "x" * 301})).status_code == 400


async def test_a_person_who_signed_in_is_named(site: Site) -> None:
    who = await person(site, site.bia, "designer")
    await who.put("/api/v1/flows/ola", json=HELLO | {"name": "Outro nome"})
    assert (await who.post(PUBLISH)).json()["version"] == 2
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await flows.draft(transaction, "ola")).updated_by == site.bia.people["designer"]
        version = await flows.version(transaction, "ola", 2)
    assert version.published_by == site.bia.people["designer"]
