"""Cards say what people call things: flows, queues, hours, tags, and what templates say."""

from typing import Any

import httpx
import msgspec
import pytest

from flowengine.contents import TemplateReply
from flowengine.nodes import Node
from flowengine.schedules import Schedule
from flowengine.store import queues, schedules, tags, templates
from flowengine.workspace import FORMAT, Template, Workspace
from tests.web.site import Site
from web.drawing.names import Names, Saying
from web.drawing.says import says
from web.editor.forms.filling import form_of
from web.editor.forms.naming import Known
from web.editor.forms.pieces import Around, fields_in
from web.editor.steps import fresh
from web.kinds import KINDS
from web.texts import TEXTS
from web.value_names import FIRST, LAST

T = TEXTS["pt-BR"]
NAMES = Names(
    {
        ("flow", "triagem-2"): "Triagem da loja",
        ("queue", "suporte-tecnico"): "Suporte técnico",
        ("schedule", "plantao"): "Plantão 24h",
        ("tag", "nao-ligar"): "Não ligar",
    },
    {
        ("lembrete", "pt_BR"): Saying(
            "image", "Olá {{1}}, sua consulta é {{2}}.", ("Confirmar", "Remarcar")
        )
    },
)
WORKSPACE = Workspace(
    format=FORMAT, tags=("nao-ligar",), schedules={"plantao": Schedule(timezone="UTC")}
)
LEMBRETE = {
    "kind": "template",
    "name": "lembrete",
    "language": "pt-BR",
    "params": {"1": "{{ contact.name }}"},
}


def said(body: dict[str, Any], names: Names = NAMES) -> tuple[str, str]:
    found = says(msgspec.convert({"id": "x", **body}, Node), T, names)
    words = (found.bubble or found.line).replace(FIRST, "").replace(LAST, "")
    return words, found.opens


@pytest.mark.parametrize(
    ("body", "words", "opens"),
    [
        ({"type": "flow", "flow": "triagem-2"}, "Triagem da loja", "triagem-2"),
        ({"type": "start", "flow": "triagem-2"}, "Triagem da loja", "triagem-2"),
        ({"type": "flow", "flow": "sumiu"}, "sumiu", ""),
        ({"type": "transfer", "to": {"queue": "suporte-tecnico"}}, "Suporte técnico", ""),
        ({"type": "hours", "schedule": "plantao"}, "Plantão 24h", ""),
        ({"type": "delay", "until": {"open": "plantao"}}, "até abrir: Plantão 24h", ""),
        ({"type": "tag", "add": ["nao-ligar"], "remove": ["x"]}, "+ Não ligar  - x", ""),
    ],
)
def test_a_card_says_names_and_no_keys(body: dict[str, Any], words: str, opens: str) -> None:
    assert said(body) == (words, opens)


def test_a_template_says_its_text_with_what_fills_it_and_its_buttons() -> None:
    words, _opens = said({"type": "message", "contents": [LEMBRETE]})
    assert words == ("[Imagem]\nOlá nome do contato, sua consulta é ….\n[Confirmar]\n[Remarcar]")


def test_a_template_that_nobody_knows_is_called_by_its_name() -> None:
    words, _opens = said({"type": "message", "contents": [LEMBRETE]}, Names())
    assert words == "[Modelo aprovado: lembrete]"


def test_forms_offer_hours_and_tags_by_name() -> None:
    around = Around(T, Known(), WORKSPACE, names=NAMES)
    hours: Node = msgspec.convert({"id": "h", "type": "hours", "schedule": "plantao"}, Node)
    asks = {"cases": [{"id": "a", "when": {"op": "has_tag", "right": "nao-ligar"}}]}
    condition: Node = msgspec.convert({"id": "c", "type": "condition", **asks}, Node)
    offered = [
        field.options for node in (hours, condition) for field in fields_in(form_of(node, around))
    ]
    assert (("plantao", "Plantão 24h"),) in offered
    assert (("nao-ligar", "Não ligar"),) in offered


async def opened(client: httpx.AsyncClient) -> str:
    answer = await client.get("/flows/ola/edit")
    assert answer.status_code == 200
    return answer.text


async def test_the_canvas_follows_the_names_of_its_workspace(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia)
    draft = (await program.get("/api/v1/flows/ola")).json()["document"]
    more = [
        {"id": "aviso", "type": "message", "contents": [LEMBRETE]},
        {"id": "marca", "type": "tag", "add": ["nao-ligar"]},
        {"id": "chama", "type": "flow", "flow": "ola", "return": False},
    ]
    draft["nodes"] += more
    assert (await program.put("/api/v1/flows/ola", json=draft)).status_code == 200
    assert "[Modelo aprovado: lembrete]" in await opened(client)
    document = Template(
        name="lembrete",
        language="pt_BR",
        params=("1",),
        body="Olá {{1}}, até amanhã!",
        buttons=(TemplateReply(id="sim", title="Confirmar"),),
    )
    async with site.database.web(site.bia.tenant) as transaction:
        raw = msgspec.json.encode(document)
        await templates.put_template(transaction, "lembrete", "pt_BR", "utility", raw)
        await tags.put_tag(transaction, "nao-ligar", "Não ligar")
        await queues.put_queue(transaction, "suporte", "Suporte de verdade", None)
        await schedules.put_schedule(transaction, "fim", "Fim de semana", b'{"timezone":"UTC"}')
    page = await opened(client)
    assert "até amanhã!" in page
    assert "[Confirmar]" in page
    assert "+ Não ligar" in page
    assert "Suporte de verdade" in page
    assert 'class="fc-open" href="/flows/ola/edit"' in page
    assert "Suporte de verdade" in (await client.get("/flows/ola")).text
    stranger = await site.client(site.davi)
    assert "Suporte de verdade" not in await opened(stranger)


@pytest.mark.parametrize(
    ("kind", "at", "first", "none"),
    [
        ("transfer", ("to", "queue"), "suporte-tecnico", "geral"),
        ("hours", ("schedule",), "plantao", "loja"),
        ("flow", ("flow",), "triagem-2", "outro"),
        ("start", ("flow",), "triagem-2", "outro"),
    ],
)
def test_a_new_step_names_what_there_is(
    kind: str, at: tuple[str, ...], first: str, none: str
) -> None:
    for names, wanted in ((NAMES, first), (Names(), none)):
        body: Any = fresh(kind, T, names, "esta")
        for name in at:
            body = body[name]
        assert body == wanted
    assert NAMES.first("flow", "outro", but="triagem-2") == "outro"


@pytest.mark.parametrize("language", list(TEXTS))
def test_every_kind_of_step_is_found_by_other_words_too(language: str) -> None:
    t = TEXTS[language]
    also = {kind: t(each.also).split() for kind, each in KINDS.items()}
    assert all(len(words) >= 3 for words in also.values())
    agent = {"pt-BR": "humano", "en": "human", "es": "humano"}[language]
    assert [kind for kind, words in also.items() if agent in words] == ["transfer"]
