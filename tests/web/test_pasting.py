"""Pasting to begin: menus, tables and chats become flows that check has nothing against."""

import msgspec
import pytest

from flowengine.check import check
from flowengine.document import parse
from flowengine.store import flows, talks
from flowengine.talks.format import parse_talk
from tests.web.site import Site
from web.editor.pasted_chat import SENT
from web.editor.pasting import Words, from_table, kind_of, read_pasted
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
    found = read_pasted(text, Words("Escolha:", "Escreva: {title}"))
    flow = begun("Minha loja", found, TEXTS["pt-BR"])
    errors = [issue for issue in check(flow) if issue.severity == "error"]
    assert errors == []
    assert parse(msgspec.json.encode(flow)) == flow


def test_a_menu_keeps_its_words_and_choices() -> None:
    found = read_pasted(MENU, Words("Escolha:", "Escreva: {title}"))
    content = found.nodes[0]["contents"][0]
    assert content["text"] == "Olá! Bem-vindo à *Patas*.\nComo posso ajudar?"
    assert [button["title"] for button in content["buttons"]] == [
        "Vendas",
        "Suporte técnico",
        "Falar com a equipe",
    ]
    assert content["kind"] == "buttons"


def test_a_table_becomes_a_list_with_descriptions() -> None:
    content = read_pasted(TABLE, Words("Escolha:", "{title}")).nodes[0]["contents"][0]
    assert (content["kind"], content["text"]) == ("list", "Escolha:")
    assert content["rows"][0] == {"id": "banho", "title": "Banho", "description": "Cães e gatos"}


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("title,price\nBanho,até 50\nTosa,70", [("Banho", "até 50"), ("Tosa", "70")]),
        ('Banho,"Cães, gatos"\nTosa,"Só cães"', [("Banho", "Cães, gatos"), ("Tosa", "Só cães")]),
        ('"Banho;Cães\nTosa;Gatos\nLua;x', [("Banho", "Cães"), ("Tosa", "Gatos"), ("Lua", "x")]),
        ('Banho;"Cães\ne gatos"\nTosa;Todos', [("Banho", "Cães e gatos"), ("Tosa", "Todos")]),
        (" ;Só preço\nTosa;Todos\n;", [("Só preço", ""), ("Tosa", "Todos")]),
        ("\ufeffNome\tPreço\nBanho\t50\nTosa\t70", [("Banho", "50"), ("Tosa", "70")]),
    ],
)  # fmt: skip
def test_tables_of_every_spreadsheet_keep_every_row(
    table: str, rows: list[tuple[str, str]]
) -> None:
    assert kind_of(table) == "table"
    assert [(each.title, each.description) for each in from_table(table)] == rows


@pytest.mark.parametrize("text", ["Olá, tudo bem?\nSim, claro", "Oi\nTchau", "Um; dois", "a, b\nc"])
def test_sentences_are_no_table(text: str) -> None:
    assert kind_of(text) == "text"


def test_more_rows_than_a_list_shows_go_on_in_further_lists() -> None:
    table = "\n".join(f"Opção {n};Preço {n}" for n in range(1, 27))
    found = read_pasted(table, Words("Escolha:", "{title}"))
    menus = [node for node in found.nodes if node["type"] == "ask"]
    rows = [[row["title"] for row in menu["contents"][0]["rows"]] for menu in menus]
    assert [len(each) for each in rows] == [10, 10, 8]
    assert [row for each in rows for row in each if row != "Mais opções"] == [
        f"Opção {n}" for n in range(1, 27)
    ]
    ways = {(edge["from"], edge.get("exit", "next")): edge["to"] for edge in found.edges}
    assert ways["menu", "choice:mais-opcoes"] == "menu-2"
    assert ways["menu-2", "choice:mais-opcoes"] == "menu-3"
    flow = begun("Loja", found, TEXTS["pt-BR"])
    assert [issue for issue in check(flow) if issue.severity == "error"] == []
    assert found.left == ()
    # What is called as a step of ours is called, or more than a flow should begin with.
    odd = read_pasted("Menu 2;x\nMais opções;y\nFim;z", Words("Escolha:", "{title}"))
    assert len({node["id"] for node in odd.nodes}) == 5
    many = read_pasted("\n".join(f"Item {n};p" for n in range(305)), Words("Escolha:", "{title}"))
    assert many.left == tuple(f"Item {n}" for n in range(300, 305))


def test_long_words_are_several_messages_and_long_chats_are_whole() -> None:
    lines = [f"[21/11/2026 09:{n // 60:02}:{n % 60:02}] {'Ana' if n % 2 else 'Loja'}: fala {n}"
             for n in range(1, 122)]  # fmt: skip
    found = read_pasted("\n".join(lines), Words("", ""))
    said = [node for node in found.nodes if node["type"] != "end"]
    assert len(said) == 60
    assert found.left == ()
    long = read_pasted("palavra " * 1200, Words("", ""))
    contents = long.nodes[0]["contents"]
    assert "".join(each["text"] for each in contents) == ("palavra " * 1200).strip()
    flow = begun("Longo", long, TEXTS["pt-BR"])
    assert [issue for issue in check(flow) if issue.severity == "error"] == []


async def test_what_had_no_room_is_said(site: Site) -> None:
    client = await site.client(site.bia)
    rows = "\n".join(f"Item {n};preço" for n in range(303))
    made = await client.post("/flows", data={"name": "Catálogo", "pasted": rows})
    assert made.is_redirect
    page = await client.get(made.headers["location"])
    assert "3 ficaram de fora: Item 300" in page.text


@pytest.mark.parametrize("name", ["مرحبا", "שלום", "你好", "Привет"])
async def test_a_name_in_any_letters_makes_a_flow(site: Site, name: str) -> None:
    client = await site.client(site.bia)
    for key in ("fluxo", "fluxo-2"):
        made = await client.post("/flows", data={"name": name})
        assert made.headers["location"] == f"/flows/{key}/edit", made.text
    async with site.database.web(site.bia.tenant) as transaction:
        flow = parse((await flows.draft(transaction, "fluxo")).document)
    assert flow.name == name
    assert (await client.post("/flows", data={"name": "!?_"})).status_code == 422


def test_a_chat_becomes_the_words_of_who_answered() -> None:
    first, last, _end = read_pasted(CHAT, Words("", "")).nodes
    assert first["contents"][0]["text"] == "Oi, Ana! Damos sim.\nQual é o nome do pet?"
    assert (first["type"], last["type"]) == ("ask", "message")
    assert "{{" not in last["contents"][0]["text"]


def test_a_business_that_wrote_first_is_the_bot_all_the_same() -> None:
    chat = """12/03/2026 10:00 - Loja: Olá, aqui é a Patas & Cia! Como podemos ajudar você hoje?
12/03/2026 10:01 - Ana: banho
12/03/2026 10:02 - Loja: Claro! Qual é o nome do seu pet, e para que dia seria o banho?
12/03/2026 10:03 - Ana: Rex, sexta
12/03/2026 10:04 - Loja: Combinado, até sexta!"""
    found = read_pasted(chat, Words("", ""))
    words = [node["contents"][0]["text"] for node in found.nodes if "contents" in node]
    assert (found.bot, len(words), found.said) == ("Loja", 3, ("banho", "Rex, sexta"))
    assert words[0].startswith("Olá, aqui é")


def test_what_an_export_says_of_pictures_is_never_said_to_a_customer() -> None:
    chat = """12/03/2026 09:59 - Ana: oi
12/03/2026 10:00 - Loja: <Mídia oculta>
12/03/2026 10:00 - Loja: Temos quinta às 10h <Mensagem editada>
12/03/2026 10:01 - Ana: <Media omitted>
12/03/2026 10:02 - Loja: Mensagem apagada
12/03/2026 10:02 - Loja: Recebi a sua foto, obrigada
12/03/2026 10:03 - Ana: imagem ocultada
12/03/2026 10:04 - Loja: This message was deleted"""
    found = read_pasted(chat, Words("", ""))
    words = [node["contents"][0]["text"] for node in found.nodes if "contents" in node]
    assert words == ["Temos quinta às 10h", "Recebi a sua foto, obrigada"]
    assert (found.missing, found.said) == (5, (SENT,))


@pytest.mark.parametrize(("language", "word"), [("en", "hi"), ("es", "hola")])
async def test_a_paste_speaks_the_language_of_who_pastes(
    site: Site, language: str, word: str
) -> None:
    client = await site.client(site.bia)
    await client.post("/preferences", data={"language": language})
    rows = "\n".join(f"Item {n};x" for n in range(12))
    made = await client.post("/flows", data={"name": "Shop", "pasted": rows})
    assert made.status_code == 303, made.text
    async with site.database.web(site.bia.tenant) as transaction:
        flow = parse((await flows.draft(transaction, "shop")).document)
    document = msgspec.json.encode(flow).decode()
    assert (flow.language, f'"{word}"' in document) == (language, True)
    for portuguese in ("Mais opções", "Ver opções", "Escolha uma", "Escreva"):
        assert portuguese not in document


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
