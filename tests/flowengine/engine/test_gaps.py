"""Lines of the format that were once not obeyed: each has its test here."""

from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.given import Contact
from flowengine.happenings import FlowStarted
from flowengine.trail import Entered
from flowengine.workspace import parse_workspace
from tests.flowengine.playing import OI, Play, ask, document, menu, release, text

# -- languages ---------------------------------------------------------------------------------

SPANISH = {
    "a": {"/contents/0/text": "¡Hola!"},
    "q": {"/contents/0/text": "¿Qué?", "/contents/0/buttons/0/title": "Sí"},
}
MEXICAN = {"q": {"/contents/0/text": "¿Qué onda?"}}


def spoken_to(language: str) -> list[str]:
    nodes = [OI, text("a", "Olá!"), menu("q", "O quê?", "sim=Sim", "nao=Não"), text("b", "Fim")]
    lines = ["oi > a", "a > q", "q:reply > b"]
    play = Play(
        release("f", nodes, lines, translations={"es-MX": MEXICAN, "es": SPANISH}),
        contact=Contact("ana", "Ana", language=language),
    )
    said = play.hears("oi")
    buttons = [button.title for button in getattr(play.sends[-1].content, "buttons", ())]
    return [*said, *buttons, *play.hears("Não")]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", ["¡Hola!", "¿Qué?", "Sí", "Não", "Fim"]),
        ("es-MX", ["¡Hola!", "¿Qué onda?", "Sí", "Não", "Fim"]),
        ("es-AR", ["¡Hola!", "¿Qué?", "Sí", "Não", "Fim"]),
        ("es_MX", ["¡Hola!", "¿Qué onda?", "Sí", "Não", "Fim"]),
        ("ES-mx", ["¡Hola!", "¿Qué onda?", "Sí", "Não", "Fim"]),
        ("pt-PT", ["Olá!", "O quê?", "Sim", "Não", "Fim"]),
        ("de", ["Olá!", "O quê?", "Sim", "Não", "Fim"]),
        ("", ["Olá!", "O quê?", "Sim", "Não", "Fim"]),
    ],
)
def test_a_text_falls_back_to_the_plain_language_then_to_the_flows(language: str, said: list[str]):
    assert spoken_to(language) == said


# -- inputs --------------------------------------------------------------------------------------

INPUTS = [
    {"name": "pontos", "type": "number"},
    {"name": "dia", "type": "date"},
    {"name": "vip", "type": "boolean", "default": False},
]
TELLS = text("a", "{{ pontos + 1 }} {{ dia|date('dd/MM') }} {{ vip }}")


def test_inputs_are_read_as_their_types():
    play = Play(release("f", [TELLS], [], inputs=INPUTS, start="a"))
    args = {"pontos": "1.234,5", "dia": "2026-03-04", "vip": "sim"}
    play.happens(FlowStarted("f", "api", args))
    assert play.heard() == ["1235.5 04/03 sim"]


def test_an_input_of_another_type_fails_the_flow_before_it_says_anything():
    play = Play(release("f", [TELLS], [], inputs=INPUTS, start="a"))
    play.happens(FlowStarted("f", "api", {"pontos": "muitos"}))
    assert play.heard() == []
    problem = play.last.problem if play.last else None
    assert problem is not None
    assert problem.reason == "input pontos: text cannot be read as number"


def calling(value: Any, *lines: str) -> Play:
    child = document("filho", [TELLS], [], inputs=INPUTS, start="a")
    call = {"id": "c", "type": "flow", "flow": "filho", "with": {"pontos": value, "dia": None}}
    nodes = [OI, call, text("b", "Voltei"), text("x", "Deu errado: {{ message.failure }}")]
    wired = ["oi > c", "c > b", *lines]
    return Play(release("f", nodes, wired, documents={"filho": child}))


def test_arguments_of_a_call_are_read_as_their_types():
    assert calling("7").hears("oi") == ["8  não", "Voltei"]


def test_an_argument_of_another_type_takes_failed():
    play = calling("muitos", "c:failed > x")
    assert play.hears("oi") == ["Deu errado: input pontos: text cannot be read as number"]


# -- the trail -----------------------------------------------------------------------------------


def entered(play: Play) -> list[tuple[str, str]]:
    steps = [step for row in play.happened for step in row.taken.steps]
    return [(e.flow, e.node) for step in steps for e in step.trail if isinstance(e, Entered)]


def test_the_trail_says_which_flow_a_jump_went_to():
    child = document("filho", [text("f1", "Oi do filho")], [], start="f1")
    jump = {"id": "c", "type": "flow", "flow": "filho", "return": False}
    play = Play(release("f", [OI, jump], ["oi > c"], documents={"filho": child}))
    play.say("oi")
    assert entered(play) == [("", "c"), ("filho", "f1")]


# -- interruptible -------------------------------------------------------------------------------

SAIR = {
    "id": "sair",
    "type": "trigger",
    "on": {"kind": "keyword", "words": ["sair"]},
    "interrupts": {"then": "jump"},
}


def standing(node: dict[str, Any], *lines: str, after: str = "fim") -> list[str]:
    nodes = [OI, SAIR, node, text("fora", "Saiu"), ask("fim", "Pronto?")]
    play = Play(release("f", nodes, ["oi > n", "sair > fora", f"n > {after}", *lines]))
    play.say("oi")
    play.heard()
    return play.hears("sair")


@pytest.mark.parametrize(
    "node",
    [
        {"id": "n", "type": "delay", "for": "PT30S"},
        {"id": "n", "type": "http", "url": "https://x.example/"},
        {"id": "n", "type": "ai_reply", "instructions": "x"},
        ask("n", "Nome?"),
        {"id": "n", "type": "wait", "expect": {"kind": "any"}},
    ],
    ids=lambda node: node["type"],
)
def test_a_node_may_say_that_nothing_interrupts_it(node: dict[str, Any]):
    assert standing(node, "n:ok > fim", "n:reply > fim") == ["Saiu"]
    closed = {**node, "interruptible": False}
    assert "Saiu" not in standing(closed, "n:ok > fim", "n:reply > fim")


# -- bounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [0, -1, 61])
def test_a_message_for_each_item_has_bounds(most: int):
    node = text("a", "x", each={"expr": "l"}, max=most)
    with pytest.raises(FlowError) as refused:
        parse(msgspec.json.encode(document("f", [node], [])))
    assert refused.value.path == "/nodes/0/max"


@pytest.mark.parametrize("purpose", ["service", "all"])
def test_a_workspace_cannot_name_a_purpose_as_one_of_ours(purpose: str):
    raw = msgspec.json.encode({"format": "flowengine-workspace/1", "purposes": [purpose]})
    with pytest.raises(FlowError) as refused:
        parse_workspace(raw)
    assert purpose in str(refused.value)
