"""Knowledge bases on their pages and by the API: written, imported, tried, and used by flows."""

from typing import Any

import pytest

from flowengine.store import flows, knowledge
from tests.web.site import HELLO, Site, version_of

BASE = "/settings/knowledge/manual"
API = "/api/v1/knowledge/manual"

TABLE = "Pergunta;Resposta\nTem estacionamento?;Sim, ao lado da loja.\n".encode("cp1252")


async def stored(site: Site) -> list[tuple[str, str]]:
    async with site.database.web(site.bia.tenant) as transaction:
        return [(each.title, each.text) for each in await knowledge.passages(transaction, "manual")]


async def test_a_base_is_made_written_and_removed(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"key": "precos", "name": "Preços", "language": "pt"}
    assert (await client.post("/settings/knowledge", data=form)).status_code == 303
    text = {"title": "Banho", "text": "O banho custa 50 reais."}
    assert (await client.post("/settings/knowledge/precos/passages", data=text)).status_code == 303
    page = await client.get("/settings/knowledge/precos", params={"asked": "quanto custa o banho"})
    assert "O banho custa 50 reais." in page.text
    assert 'id="found"' in page.text
    none = await client.get("/settings/knowledge/precos", params={"asked": "xadrez"})
    assert "Nenhum trecho combina" in none.text
    change = await client.post("/settings/knowledge/precos/passages/1", data={"text": "Mudou."})
    assert change.status_code == 303
    assert "Mudou." in (await client.get("/settings/knowledge/precos")).text
    await client.post("/settings/knowledge/precos/passages/1/remove")
    assert "Nenhum trecho ainda" in (await client.get("/settings/knowledge/precos")).text
    await client.post("/settings/knowledge/precos/remove")
    assert (await client.get("/settings/knowledge/precos")).status_code == 404


@pytest.mark.parametrize(
    ("name", "raw", "replace", "after"),
    [
        ("faq.csv", TABLE, "", [("Trocas", "Em até 7 dias.")]),
        ("faq.CSV", TABLE, "1", []),
        ("faq.txt", b"# Tem estacionamento?\nSim, ao lado\nda loja.", "1", []),
    ],
)
async def test_a_file_is_imported(
    site: Site, name: str, raw: bytes, replace: str, after: list[tuple[str, str]]
) -> None:
    client = await site.client(site.bia)
    done = await client.post(
        f"{BASE}/import", data={"replace": replace}, files={"file": (name, raw)}
    )
    assert done.status_code == 303
    assert await stored(site) == [*after, ("Tem estacionamento?", "Sim, ao lado da loja.")]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("faq.csv", b"a,b\n1,2\n", "Nenhuma coluna da primeira linha"),
        ("faq.txt", b"\x00\x01", "não é um arquivo de texto"),
        ("faq.txt", b"x" * 2_000_001, "grande demais"),
    ],
)
async def test_a_file_that_cannot_be_read_changes_nothing(
    site: Site, name: str, raw: bytes, says: str
) -> None:
    client = await site.client(site.bia)
    sent = {"data": {"replace": "1"}, "files": {"file": (name, raw)}}
    answer = await client.post(f"{BASE}/import", **sent)
    assert answer.status_code in (413, 422)
    assert says in answer.text
    assert await stored(site) == [("Trocas", "Em até 7 dias.")]


async def test_what_is_typed_wrong_is_a_plain_problem(site: Site) -> None:
    client = await site.client(site.bia)
    for path, form in [
        ("/settings/knowledge", {"key": "Não!", "name": "x"}),
        ("/settings/knowledge", {"key": "x", "name": "x", "language": "klingon"}),
        (f"{BASE}/passages", {"text": " "}),
        (f"{BASE}/import", {}),
    ]:
        assert (await client.post(path, data=form)).status_code == 422, form


async def test_a_base_says_which_flows_use_it(site: Site) -> None:
    ia = {"id": "ia", "type": "ai_reply", "instructions": "Responda", "knowledge": ["manual"]}
    flow: dict[str, Any] = {
        **HELLO, "key": "duvidas", "name": "Dúvidas", "nodes": [*HELLO["nodes"], ia],
    }  # fmt: skip
    async with site.database.web(site.bia.tenant) as transaction:
        await flows.publish(transaction, version_of(flow))
    client = await site.client(site.bia)
    for page in ("/settings/knowledge", BASE):
        assert 'href="/flows/duvidas/edit#ia"' in (await client.get(page)).text


async def test_by_the_api(site: Site) -> None:
    client = await site.program(site.bia)
    made = await client.put("/api/v1/knowledge/faq", json={"name": "FAQ", "language": "en"})
    assert made.json() == {"key": "faq", "name": "FAQ", "language": "en", "passages": 0}
    listed = (await client.get("/api/v1/knowledge")).json()["items"]
    assert {each["key"] for each in listed} == {"faq", "manual"}
    added = {"passages": [{"title": "Pix", "text": "Aceitamos."}, {"text": "Boleto não."}]}
    assert (await client.post(f"{API}/passages", json=added)).json()["passages"] == 3
    page = (await client.get(f"{API}/passages", params={"limit": 2})).json()
    assert ([each["number"] for each in page["items"]], page["next"]) == ([1, 2], "2")
    rest = (await client.get(f"{API}/passages", params={"cursor": page["next"]})).json()
    assert [each["text"] for each in rest["items"]] == ["Boleto não."]
    fits = (await client.get(f"{API}/fitting", params={"question": "aceita boleto?"})).json()
    assert {each["id"] for each in fits["items"]} >= {"manual/3"}
    assert (await client.put(f"{API}/passages/2", json={"text": "Sim."})).json()["text"] == "Sim."
    assert (await client.delete(f"{API}/passages/2")).status_code == 204
    assert (await client.put(f"{API}/passages", json={"passages": []})).json()["passages"] == 0
    assert (await client.delete(API)).status_code == 204
    assert (await client.get(f"{API}/passages")).status_code == 404
    bad = await client.post("/api/v1/knowledge/faq/passages", json={"passages": [{"text": " "}]})
    assert bad.status_code == 400
