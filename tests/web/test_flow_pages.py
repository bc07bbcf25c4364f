"""Flows as people bring, review and publish them."""

import json
from typing import Any

from flowengine.document import canonical, parse, pretty
from flowengine.store import flows
from tests.web.publishing import publish
from tests.web.site import HELLO, Site

BROKEN: dict[str, Any] = HELLO | {
    "key": "quebrado",
    "name": "Quebrado",
    "nodes": [*HELLO["nodes"], {"id": "solta", "type": "end"}],
    "edges": [*HELLO["edges"][:1], *HELLO["edges"][2:]],
}


def upload(document: Any) -> dict[str, Any]:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {"file": ("fluxo.json", raw, "application/json")}


async def test_a_new_flow_begins_as_something_that_answers(site: Site) -> None:
    client = await site.client(site.bia)
    answer = await client.post("/flows", data={"name": "Agenda do João"})
    assert answer.headers["location"] == "/flows/agenda-do-joao/edit"
    page = await client.get("/flows/agenda-do-joao")
    assert "Rascunho" in page.text
    again = await client.post("/flows", data={"name": "Agenda do João"})
    assert (again.status_code, "Já existe um fluxo" in again.text) == (409, True)
    assert (await client.post("/flows", data={"name": "!!!"})).status_code == 422


async def test_import_export_and_publish(site: Site) -> None:
    client = await site.client(site.bia)
    document = HELLO | {"key": "outra", "name": "Outra"}
    answer = await client.post("/flows/import", files=upload(document))
    assert answer.headers["location"] == "/flows/outra"
    exported = await client.get("/flows/outra/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="outra.flow.json"'
    assert canonical(parse(exported.content)) == canonical(parse(json.dumps(document).encode()))

    assert (await publish(client, "outra")).status_code == 303
    page = await client.get("/flows/outra")
    assert "Publicado · v1" in page.text
    assert "responde no canal Celular 1" in page.text
    # Publishing the same bytes again makes no new version.
    await publish(client, "outra")
    assert "Publicado · v1" in (await client.get("/flows/outra")).text


async def test_the_list_reads_no_document_that_it_has_reviewed(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/flows/import", files=upload(BROKEN))
    seen = (await client.get("/flows")).text
    assert "1 erro" in seen
    async with site.database.web(site.bia.tenant) as transaction:
        # Documents that nobody could read: whoever reads one tells of it.
        await transaction.run("UPDATE flows SET draft = 'x' WHERE tenant_id = $1", site.bia.tenant)
    again = (await client.get("/flows")).text
    assert again.count('class="tag bad"') == seen.count('class="tag bad"') == 1


async def test_errors_keep_a_flow_from_being_published_and_lead_to_their_node(site: Site) -> None:
    client = await site.client(site.bia)
    refused = await client.post("/flows/import", files=upload(BROKEN), data={"publish": "1"})
    assert refused.status_code == 422
    page = await client.get("/flows/quebrado")
    assert page.status_code == 200
    assert "Rascunho" in page.text
    assert 'href="/flows/quebrado#n-menu"' in page.text
    assert 'id="n-menu"' in page.text
    assert 'class="node tone-blue error"' in page.text
    refused = await publish(client, "quebrado")
    assert (refused.status_code, "não foi publicado" in refused.text) == (422, True)
    async with site.database.web(site.bia.tenant) as transaction:
        assert await flows.versions(transaction, "quebrado") == ()


async def test_a_document_that_cannot_be_read_says_where_and_what_to_do(site: Site) -> None:
    client = await site.client(site.bia)
    nodes = [{"id": "oi", "type": "mensagem"}]
    for document in (HELLO | {"nodes": nodes}, b"{nada", b"", HELLO | {"format": "outro/1"}):
        answer = await client.post("/flows/import", files=upload(document))
        assert answer.status_code == 422, document
        assert "Traceback" not in answer.text
    missing = await client.post("/flows/import", data={"publish": "1"})
    assert (missing.status_code, "Escolha um arquivo" in missing.text) == (422, True)


async def test_saving_over_somebody_else_s_change_is_refused(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    page = await client.get("/flows/ola/json")
    assert 'name="rev" value="1"' in page.text
    changed = pretty(parse(json.dumps(HELLO | {"name": "Outro nome"}).encode())).decode()
    first = await client.post("/flows/ola/json", data={"document": changed, "rev": "1"})
    assert first.status_code == 303
    other = changed.replace("Outro nome", "Terceiro nome")
    second = await client.post("/flows/ola/json", data={"document": other, "rev": "1"})
    assert second.status_code == 409
    assert "Outra pessoa salvou isto antes" in second.text
    page = await client.get("/flows/ola")
    assert "Outro nome" in page.text
    assert "Mudanças não publicadas" in page.text
    # The key of a document is the flow's own.
    renamed = changed.replace('"key": "ola"', '"key": "outro"')
    refused = await client.post("/flows/ola/json", data={"document": renamed, "rev": "2"})
    assert (refused.status_code, "A chave do documento é outra" in refused.text) == (422, True)


async def test_an_old_version_becomes_the_draft_again(site: Site) -> None:
    client = await site.client(site.bia)
    changed = json.dumps(HELLO | {"name": "Segunda"})
    await client.post("/flows/ola/json", data={"document": changed, "rev": "1"})
    await publish(client, "ola")
    versions = await client.get("/flows/ola/versions")
    assert "Versão 2" in versions.text
    assert "owner bia" in versions.text
    first = await client.get("/flows/ola/versions/1")
    assert "Uma versão publicada nunca muda" in first.text
    await client.post("/flows/ola/versions/1/restore")
    page = await client.get("/flows/ola")
    assert "Boas-vindas bia" in page.text
    assert "Mudanças não publicadas" in page.text


async def test_taken_off_the_air_and_removed(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/flows/ola/unpublish")
    assert "Rascunho" in (await client.get("/flows/ola")).text
    await client.post("/flows/ola/remove")
    assert (await client.get("/flows/ola")).status_code == 404
    assert "Nenhum fluxo ainda" in (await client.get("/flows")).text


async def test_a_flow_answers_where_it_is_bound(site: Site) -> None:
    client = await site.client(site.bia)
    path = f"/channels/{site.bia.channel}"
    await client.post("/flows", data={"name": "Sozinho"})
    await publish(client, "sozinho")
    assert "todos os fluxos" in (await client.get("/channels")).text
    await client.post(f"{path}/flows", data={"flow": ["sozinho"]})
    assert "responde no" not in (await client.get("/flows/ola")).text
    assert "responde no canal Celular 1" in (await client.get("/flows/sozinho")).text
