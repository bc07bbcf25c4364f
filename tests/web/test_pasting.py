"""Pasting to begin: menus, tables and chats become flows that check has nothing against."""

import msgspec
import pytest

from flowengine.check import check
from flowengine.document import parse
from flowengine.store import flows, talks
from flowengine.talks.format import parse_talk
from tests.web.site import Site
from web.editor.pasting import kind_of, read_pasted
from web.flows import begun
from web.texts import TEXTS

MENU = """Olá! Bem-vindo à *Patas*.
Como posso ajudar?
1 - Vendas
2️⃣ Suporte técnico
3) Falar com a equipe"""
TABLE = "Título;Descrição\nBanho;Cães e gatos\nTosa;\nVacina em casa;Só aos sábados\nHotel;Diária"
CHAT = """[21/11/2026 09:01:12] Ana: oi, vocês dão banho?
[21/11/2026 09:02:00] Patas & Cia: Oi, Ana! Damos sim.
Qual é o nome do pet?
[21/11/2026 09:03:10] Ana: Rex
[21/11/2026 09:03:40] Patas & Cia: Combinado para o {{ nome }}!"""


@pytest.mark.parametrize(
    ("text", "kind"), [(MENU, "menu"), (TABLE, "table"), (CHAT, "chat"), ("Só um oi", "text")]
)
def test_what_is_pasted_is_known_and_becomes_a_sound_flow(text: str, kind: str) -> None:
    assert kind_of(text) == kind
    flow = begun("Minha loja", text, "Escreva: {title}", "Escolha:", TEXTS["pt-BR"])
    errors = [issue for issue in check(flow) if issue.severity == "error"]
    assert errors == []
    assert parse(msgspec.json.encode(flow)) == flow


def test_a_menu_keeps_its_words_and_choices() -> None:
    found = read_pasted(MENU, "Escolha:", "Escreva: {title}")
    content = found.nodes[0]["contents"][0]
    assert content["text"] == "Olá! Bem-vindo à *Patas*.\nComo posso ajudar?"
    assert [button["title"] for button in content["buttons"]] == [
        "Vendas",
        "Suporte técnico",
        "Falar com a equipe",
    ]
    assert content["kind"] == "buttons"


def test_a_table_becomes_a_list_with_descriptions() -> None:
    content = read_pasted(TABLE, "Escolha:", "{title}").nodes[0]["contents"][0]
    assert (content["kind"], content["text"]) == ("list", "Escolha:")
    assert content["rows"][0] == {"id": "banho", "title": "Banho", "description": "Cães e gatos"}


def test_a_chat_becomes_the_words_of_who_answered() -> None:
    first, last, _end = read_pasted(CHAT, "", "").nodes
    assert first["contents"][0]["text"] == "Oi, Ana! Damos sim.\nQual é o nome do pet?"
    assert (first["type"], last["type"]) == ("ask", "message")
    assert "{{" not in last["contents"][0]["text"]


async def test_a_new_flow_begins_with_what_was_pasted(site: Site) -> None:
    client = await site.client(site.bia)
    made = await client.post("/flows", data={"name": "Loja nova", "pasted": MENU})
    assert made.status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        flow = parse((await flows.draft(transaction, "loja-nova")).document)
    assert {node.id for node in flow.nodes} >= {"inicio", "menu", "vendas", "fim"}


@pytest.mark.parametrize(("text", "steps"), [(MENU, 2), (TABLE, 2), (CHAT, 2), ("Só um texto.", 1)])
async def test_what_was_pasted_comes_with_its_talk(site: Site, text: str, steps: int) -> None:
    client = await site.client(site.bia)
    await client.post("/flows", data={"name": "Colado", "pasted": text})
    async with site.database.web(site.bia.tenant) as transaction:
        (kept,) = await talks.talks(transaction, "colado")
    talk = parse_talk(kept.document)
    assert sum(step.say is not None for step in talk.steps) >= steps
    assert "1 passou" in (await client.get("/flows/colado/publish")).text
