"""Calls really made from the editor: an allowed address answers, another one says so."""

from typing import Any

import httpx
import msgspec

from tests.web.site import Site

HEAD = {"format": "flowengine/1", "key": "consulta", "name": "Consulta", "language": "pt-BR"}


async def drawn(client: httpx.AsyncClient, url: str, **more: str) -> None:
    """A draft that asks an address as soon as somebody says oi."""
    nodes: list[dict[str, Any]] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
        {"id": "busca", "type": "http", "method": "GET", "url": url},
        {"id": "fim", "type": "end"},
    ]
    edges = [{"from": "oi", "to": "busca"}, {"from": "busca", "exit": "ok", "to": "fim"}]
    document = msgspec.json.encode(HEAD | {"nodes": nodes, "edges": edges, **more})
    upload = {"file": ("consulta.flow.json", document)}
    answer = await client.post("/flows/import", files=upload)
    assert answer.status_code == 303, answer.text


async def test_a_step_tries_its_call_and_its_answers_values_are_offered(site: Site) -> None:
    client = await site.client(site.bia)
    await drawn(client, f"{site.address}/health")
    tried = (await client.post("/flows/consulta/edit/steps/busca/try")).text
    assert 'data-keep="/status"' in tried
    assert "Sem resposta" not in tried


async def test_an_address_of_an_inner_network_is_not_called(site: Site) -> None:
    client = await site.client(site.bia)
    await drawn(client, "http://127.0.0.1:9/")
    tried = (await client.post("/flows/consulta/edit/steps/busca/try")).text
    assert "o endereço é de uma rede interna" in tried


async def test_the_preview_makes_the_call_that_the_flow_waits_for(site: Site) -> None:
    client = await site.client(site.bia)
    await drawn(client, f"{site.address}/health")
    script = msgspec.json.encode({"acts": [{"say": "oi"}]}).decode()
    said = await client.post("/flows/consulta/edit/preview/call", data={"script": script})
    answered = said.json()["act"]["http"]
    assert "failed" not in answered
    assert answered["json"]["status"] == "ok"


async def test_an_odd_time_zone_is_told_where_the_call_is_tried(site: Site) -> None:
    client = await site.client(site.bia)
    await drawn(client, f"{site.address}/health", timezone="Lua/Cratera")
    tried = await client.post("/flows/consulta/edit/steps/busca/try")
    assert (tried.status_code, "Lua/Cratera" in tried.text) == (422, True)
