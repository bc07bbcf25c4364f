"""What the format's reader refuses: people read it in their language, programs in the format's."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import flowengine
from flowengine.document import MAX_BYTES, parse
from flowengine.editing import apply, read_ops
from flowengine.errors import FlowError
from flowengine.store import flows
from tests.web.site import HELLO, Site
from web.editor.forms.filling import from_json
from web.refused import SENTENCES, Refused
from web.settings.knowledge import read_file
from web.texts import TEXTS


def hello(node: str, **more: Any) -> bytes:
    """The flow with other fields in one of its nodes."""
    nodes = [each | more if each["id"] == node else each for each in HELLO["nodes"]]
    return msgspec.json.encode(HELLO | {"nodes": nodes})


def bare(name: str) -> bytes:
    return msgspec.json.encode({key: value for key, value in HELLO.items() if key != name})


DOCUMENTS: list[tuple[bytes, str, str]] = [
    (b" " * (MAX_BYTES + 1), "O documento tem", "fluxos menores"),
    (b'{"a":' * 2000 + b"1" + b"}" * 2000, "níveis demais", "alguns níveis"),
    (b"[]", "não é um objeto JSON", "inteiro"),
    (b"\xef\xbb\xbf{}", "marca invisível", "sem BOM"),
    (b'{"a": "\\ud800"}', "meio caractere na linha 1, coluna 8", "apague-o"),
    (b'{\n "a": }', "não é JSON: algo está errado na linha 2", "vírgula"),
    (b'{"a": "\xff"}', "não está em UTF-8", "UTF-8"),
    (hello("menu", title="a\0"), "caractere nulo", "de novo"),
    (bare("name"), "O documento: falta o campo «name»", "Acrescente-o"),
    (
        hello("menu", titel="x"),
        "Passo «Menu da loja»: o campo «titel» não",
        "Você quis dizer «title»?",
    ),
    (hello("menu", asset="x"), "Passo «Menu da loja»: o campo «asset» não", "Tire-o"),
    (hello("menu", title=3), "o valor do campo «title» é de outro tipo", "Escreva ali um texto"),
    (hello("oi", id="Não Pode"), "«Não Pode» não serve no campo «id»", "Use minúsculas"),
    (hello("fim", type="fin"), "«fin» não é um dos valores do campo «type»", "referência"),
]


def refusal(raw: bytes) -> FlowError:
    with pytest.raises(FlowError) as found:
        parse(raw)
    return found.value


@pytest.mark.parametrize(("raw", "what", "mend"), DOCUMENTS, ids=[each[1] for each in DOCUMENTS])
def test_a_document_s_mistake_is_told_with_step_and_mend(raw: bytes, what: str, mend: str) -> None:
    error = refusal(raw)
    said = {code: Refused(error).said(t) for code, t in TEXTS.items()}
    detail, fix = said["pt-BR"]
    assert what in detail
    assert mend in fix
    assert len({each[0] for each in said.values()}) == len(TEXTS)
    assert not any("/nodes" in words for each in said.values() for words in each)


def test_edits_that_do_not_fit_are_told_so_too() -> None:
    flow, t = parse(msgspec.json.encode(HELLO)), TEXTS["pt-BR"]
    for ops, what in (
        ([{"op": "connect", "from": "menu", "to": "lua"}], "O passo «lua» não existe mais."),
        ([{"op": "add", "node": {"id": "oi", "type": "end"}}], "um passo com o id «oi»"),
        ([{"op": "unmark", "what": "notes", "id": "n"}], "nota ou moldura"),
        ([{"op": "flow", "part": "timezone", "value": 3}], "«value» não serve"),
        ([{"op": "move", "id": "oi", "at": [1e308, 0]}], "longe demais"),
        ([{"op": "dance"}], "não pode ser lida"),
    ):
        with pytest.raises(FlowError) as found:
            apply(flow, read_ops(msgspec.json.encode(ops)))
        assert what in Refused(found.value).said(t)[0]


def test_every_code_of_the_reader_has_words() -> None:
    """Codes stand where errors are made, as names in quotes: "no_json" and the like."""
    here = Path(flowengine.__file__).parent
    files = (
        "json_text",
        "document",
        "mistakes",
        "knowledge",
        "upgrade",
        "editing/apply",
        "editing/ops",
    )
    text = "".join((here / f"{name}.py").read_text() for name in files)
    for code in SENTENCES:
        assert code.endswith("/near") or re.search(rf'"{code}"', text), code


async def test_pages_say_it_in_words_and_programs_get_the_format_s(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia, "designer")
    document = hello("menu", asset="x")
    page = await client.post("/flows/ola/json", data={"rev": "1", "document": document.decode()})
    assert page.status_code == 422
    assert "Passo «Menu da loja»: o campo «asset» não existe ali." in page.text
    put = await program.put("/api/v1/flows/ola", content=document)
    assert put.status_code == 422
    assert put.json()["detail"] == "Unknown field `asset` (node «menu»)"
    assert put.json()["place"] == "/nodes/1/asset"
    async with site.database.web(site.bia.tenant) as transaction:
        rev = (await flows.draft(transaction, "ola")).rev
    ops = '[{"op": "connect", "from": "menu", "to": "lua"}]'
    answer = await client.post(
        "/flows/ola/edit/ops",
        data={"rev": rev, "ops": ops},
        headers={"Accept": "application/json", "Accept-Language": "en"},
    )
    assert answer.json()["detail"] == "O passo «lua» não existe mais."


FILES: list[tuple[bytes, bool, str, str]] = [
    (b"\n\n", False, "não tem nenhum texto", "um parágrafo"),
    (b"a\0b", False, "não é um arquivo de texto", "CSV"),
    (b"nome;idade\nAna;3\n", True, "(nome, idade)", "«pergunta» e «resposta»"),
    ("título;texto\nPrazo;\n".encode(), True, "A linha 2 não tem texto.", "Preencha-a"),
    (b"titulo;texto\nx;" + b"a" * 5000, True, "tem 5000 caracteres; cabem 4000", "duas linhas"),
]


@pytest.mark.parametrize(("raw", "table", "what", "mend"), FILES, ids=[each[2] for each in FILES])
def test_a_knowledge_file_s_mistake_is_told_in_each_language(
    raw: bytes, table: bool, what: str, mend: str
) -> None:
    with pytest.raises(Refused) as found:
        read_file(raw, table)
    said = {code: found.value.said(t) for code, t in TEXTS.items()}
    assert what in said["pt-BR"][0]
    assert mend in said["pt-BR"][1]
    assert len({each[0] for each in said.values()}) == len(TEXTS)


STEP = {"id": "x", "type": "message", "title": "Boas-vindas"}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({**STEP, "contents": [{"kind": "text", "txt": "oi"}]}, "o campo «txt» não existe ali"),
        ({**STEP, "contents": "oi"}, "o valor do campo «contents» é de outro tipo"),
        ({"id": "x", "type": "mensagem"}, "«mensagem» não é um dos valores do campo «type»"),
    ],
)
def test_a_step_s_own_json_is_refused_in_words(body: dict[str, Any], what: str) -> None:
    node = parse(msgspec.json.encode(HELLO)).nodes[0]
    with pytest.raises(Refused) as found:
        from_json(node, msgspec.json.encode(body).decode())
    said = {code: found.value.said(t) for code, t in TEXTS.items()}
    assert what in said["pt-BR"][0]
    assert len({each[0] for each in said.values()}) == len(TEXTS)
    if "title" in body:
        assert said["pt-BR"][0].startswith("Passo «Boas-vindas»: ")
    with pytest.raises(Refused) as broken:
        from_json(node, '{"type": ')
    assert "não é JSON: algo está errado na linha 1" in broken.value.said(TEXTS["pt-BR"])[0]
