"""Used by: beside each thing of the workspace, the flows that name it."""

from tests.web.site import Site


async def test_a_queue_says_who_uses_it_and_one_that_nobody_uses_says_so(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/queues", data={"key": "vendas", "name": "Vendas"})
    page = (await client.get("/settings/queues")).text
    assert 'href="/flows/ola/edit#fila">Boas-vindas bia</a>' in page
    assert "Nenhum fluxo usa" in page
    assert "1 fluxo usa isto e vai falhar ou mudar." in page


async def test_drafts_count_and_broken_ones_break_no_page(site: Site) -> None:
    client = await site.client(site.bia)
    program = await site.program(site.bia)
    draft = (await program.get("/api/v1/flows/ola")).json()
    document = draft["document"]
    document["nodes"][3]["contents"][0]["text"] = "Frete: {{ const.frete }} {{ quebrado"
    saved = await program.put(
        "/api/v1/flows/ola", json=document, headers={"If-Match": f'"{draft["rev"]}"'}
    )
    assert saved.status_code == 200, saved.text
    await client.post("/settings/constants", data={"key": "frete", "value": "9"})
    page = (await client.get("/settings/constants")).text
    assert 'href="/flows/ola/edit#feito">' in page
    # What is published counts too, though the draft no longer says it.
    document["nodes"] = [each for each in document["nodes"] if each["id"] != "fila"]
    document["edges"] = [each for each in document["edges"] if "fila" not in each.values()]
    document["settings"] = {}
    await program.put("/api/v1/flows/ola", json=document)
    assert "#fila" in (await client.get("/settings/queues")).text


async def test_pages_of_a_stranger_name_no_flow_of_hers(site: Site) -> None:
    client = await site.client(site.davi)
    for path in ("queues", "fields", "tags", "constants", "secrets", "schedules", "models"):
        page = await client.get(f"/settings/{path}")
        assert page.status_code == 200
        assert "Boas-vindas bia" not in page.text
