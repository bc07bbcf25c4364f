"""Check finds each planted mistake, says it in three languages, and does not cry wolf."""

import re
import string
from pathlib import Path

import msgspec
import pytest

from flowengine.check import check
from flowengine.check.words import en, es, pt
from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.workspace import Workspace, parse_workspace
from tests.flowengine.planted import PLANTED, WORKSPACE, Json, Planted, flow
from tests.flowengine.playing import OI, ask, document, edges, menu, text

EXAMPLES = Path(__file__).parents[2] / "examples"


def read(json: Json) -> Flow:
    return parse(msgspec.json.encode(json))


def workspace() -> Workspace:
    return parse_workspace(msgspec.json.encode(WORKSPACE))


def found(json: Json, *others: Json) -> list[Issue]:
    beside = {other["key"]: read(other) for other in others}
    return check(read(json), workspace(), beside)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.code)
def test_it_finds_a_planted_mistake(planted: Planted) -> None:
    others = {other["key"]: read(other) for other in planted.others}
    known = workspace() if planted.workspace else None
    issues = check(read(planted.flow), known, others)
    mine = [issue for issue in issues if issue.code == planted.code]
    assert mine, [issue.code for issue in issues]
    places = {(issue.node, issue.exit) for issue in mine}
    assert (planted.node, planted.exit) in places, places
    sentences = " ".join(issue.message + " " + issue.fix for issue in mine)
    assert planted.says in sentences, sentences


def test_every_code_has_a_planted_mistake() -> None:
    assert set(pt.SENTENCES) == {planted.code for planted in PLANTED}


def test_the_languages_say_the_same_things() -> None:
    assert pt.SENTENCES.keys() == en.SENTENCES.keys() == es.SENTENCES.keys()
    assert pt.KINDS.keys() == en.KINDS.keys() == es.KINDS.keys()
    for code, sentences in pt.SENTENCES.items():
        for other in (en, es):
            for ours, theirs in zip(sentences, other.SENTENCES[code], strict=True):
                assert _names(ours) == _names(theirs), code


def _names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", ["pt-BR", "en", "es-MX"])
def test_sentences_are_whole_in_every_language(language: str) -> None:
    for planted in PLANTED:
        others = {other["key"]: read(other) for other in planted.others}
        for issue in check(read(planted.flow), None, others, language):
            for sentence in (issue.message, issue.fix):
                assert sentence[0] == sentence[0].upper()
                assert sentence.rstrip()[-1] in ".?!»)", sentence
                assert not re.search(r"\{\w*\}|  ", sentence), sentence


def test_a_mistake_carries_its_path_into_the_document() -> None:
    issues = found(flow(text("a", "Oi, {{ nom }}!")))
    assert [issue.path for issue in issues] == ["/nodes/1/contents/0/text"]


def test_an_expression_that_is_no_text_is_found_in_any_value() -> None:
    node = {"id": "n", "type": "notify", "name": "x", "data": {"a": [{"expr": 5}]}}
    issues = found(flow(node))
    assert [(issue.code, issue.path) for issue in issues] == [
        ("expression_invalid", "/nodes/1/data/a/0/expr")
    ]


def test_a_mistake_inside_a_value_is_told_once() -> None:
    node = {"id": "n", "type": "notify", "name": "x", "data": {"a": {"expr": "1 +"}, "b": "{{"}}
    assert [issue.path for issue in found(flow(node))] == [
        "/nodes/1/data/a/expr",
        "/nodes/1/data/b",
    ]


def test_a_sound_flow_has_no_findings() -> None:
    nodes = [
        OI,
        ask("nome", "Qual é o seu nome?", save_as="nome", timeout="PT2H"),
        menu("menu", "Prazer, {{ nome }}!", "vendas", "suporte"),
        {"id": "fila", "type": "transfer", "to": {"queue": "suporte"}},
        {"id": "fim", "type": "end"},
    ]
    lines = ["oi > nome", "nome:reply > menu", "nome:timeout > fim", "menu:reply > fila"]
    lines += ["fila:closed > fim"]
    assert found(document("x", nodes, lines, variables=[{"name": "nome"}])) == []


def test_the_examples_have_no_findings() -> None:
    flows = {f.key: f for f in (parse(p.read_bytes()) for p in EXAMPLES.glob("*.flow.json"))}
    known = parse_workspace((EXAMPLES / "workspace.json").read_bytes())
    assert len(flows) >= 6
    for each in flows.values():
        assert check(each, known, flows) == []


def test_the_same_flow_gives_the_same_list() -> None:
    for planted in PLANTED:
        assert found(planted.flow) == found(planted.flow)


def test_errors_come_first() -> None:
    nodes = [
        OI,
        ask("a", "?", timeout="PT2H"),
        text("b", "{{ nada }}"),
        {"id": "fim", "type": "end"},
    ]
    issues = found(document("x", nodes, ["oi > a", "a:reply > b", "b > fim"]))
    assert [issue.severity for issue in issues] == ["error", "warning"]


# -- what is no mistake ---------------------------------------------------------------------------


def codes(json: Json, *others: Json) -> set[str]:
    return {issue.code for issue in found(json, *others)}


def test_an_unwired_exit_may_have_a_meaning() -> None:
    nodes = [
        OI,
        menu("m", "?", "sim", "nao"),
        {
            "id": "h",
            "type": "http",
            "url": "https://x.example",
            "exits": [{"id": "nao", "status": [404]}],
        },
        {"id": "ia", "type": "ai_reply", "instructions": "Oi", "outcomes": [{"id": "pronto"}]},
        {"id": "t", "type": "transfer", "to": {"queue": "suporte"}},
    ]
    assert codes(document("x", nodes, ["oi > m", "m:reply > h", "h:ok > ia", "ia > t"])) == set()


def test_a_cycle_that_waits_is_no_mistake() -> None:
    nodes = [
        OI,
        menu("m", "?", "de-novo", "sair"),
        text("a", "Vamos lá"),
        {"id": "fim", "type": "end"},
    ]
    lines = ["oi > m", "m:choice:de-novo > a", "a > m", "m:choice:sair > fim"]
    assert codes(document("x", nodes, lines)) == set()


def test_a_cycle_by_an_exit_that_is_taken_at_once_is_endless() -> None:
    ask_rows = {
        "id": "r",
        "type": "ask",
        "contents": [
            {
                "kind": "list",
                "text": "?",
                "rows": [{"each": {"expr": "itens"}, "id": "{{ item }}", "title": "{{ item }}"}],
            }
        ],
        "expect": {"kind": "choice"},
    }
    nodes = [OI, ask_rows, text("a", "Nada ainda"), {"id": "fim", "type": "end"}]
    lines = ["oi > r", "r:picked > fim", "r:empty > a", "a > r"]
    json = document("x", nodes, lines, variables=[{"name": "itens", "type": "list"}])
    assert codes(json) == {"endless_cycle"}


def test_a_loop_bounds_its_cycle() -> None:
    nodes = [
        OI,
        {"id": "l", "type": "loop", "each": {"expr": "itens"}, "as": "item"},
        text("a", "{{ item }}"),
        {"id": "fim", "type": "end"},
    ]
    json = document(
        "x",
        nodes,
        ["oi > l", "l:item > a", "a > l", "l:done > fim"],
        variables=[{"name": "itens", "type": "list"}, {"name": "item"}],
    )
    assert codes(json) == set()


def test_a_called_flow_bounds_a_cycle_only_if_it_waits() -> None:
    nodes = [OI, {"id": "c", "type": "flow", "flow": "filho"}, {"id": "fim", "type": "end"}]
    loop = document("x", nodes, ["oi > c", "c > c"])
    asks = document(
        "filho", [ask("p", "?"), {"id": "f", "type": "end"}], ["p:reply > f"], start="p"
    )
    talks = document("filho", [text("p", "!"), {"id": "f", "type": "end"}], ["p > f"], start="p")
    assert "endless_cycle" not in codes(loop, asks)
    assert "endless_cycle" in codes(loop, talks)


def test_an_interrupt_that_returns_needs_no_last_edge() -> None:
    interrupt = {
        "id": "preco",
        "type": "trigger",
        "on": {"kind": "keyword", "words": ["preço"]},
        "interrupts": {"scope": "flow", "then": "return"},
    }
    nodes = [OI, ask("a", "?"), {"id": "fim", "type": "end"}, interrupt, text("p", "Custa R$ 10.")]
    lines = ["oi > a", "a:reply > fim", "preco > p"]
    assert codes(document("x", nodes, lines)) == set()


def test_a_secret_is_at_home_in_a_call() -> None:
    call = {
        "id": "h",
        "type": "http",
        "url": "https://x.example",
        "headers": {"X-Key": "{{ secret.loja }}"},
    }
    nodes = [OI, call, {"id": "fim", "type": "end"}]
    assert codes(document("x", nodes, ["oi > h", "h:ok > fim"])) == set()


def test_names_of_rows_are_known_in_their_row_only() -> None:
    row = {"each": {"expr": "itens"}, "as": "s", "id": "{{ s.id }}", "title": "{{ s.nome }}"}
    contents = [{"kind": "list", "text": "Qual? {{ s.nome }}", "rows": [row]}]
    asking = {"id": "r", "type": "ask", "contents": contents, "expect": {"kind": "choice"}}
    nodes = [OI, asking, {"id": "fim", "type": "end"}]
    json = document(
        "x", nodes, ["oi > r", "r:picked > fim"], variables=[{"name": "itens", "type": "list"}]
    )
    assert [issue.path for issue in found(json)] == ["/nodes/1/contents/0/text"]


def test_a_broken_edge_is_told_once() -> None:
    nodes = [OI, text("a", "1"), {"id": "fim", "type": "end"}]
    assert codes(document("x", nodes, ["oi > a", "a > fin"])) == {"unknown_node", "unreachable"}


def test_without_a_workspace_a_name_is_a_warning() -> None:
    json = document("x", [OI, {"id": "n", "type": "tag", "add": ["vip"]}], ["oi > n"])
    json["nodes"].append({"id": "fim", "type": "end"})
    json["edges"] = edges("oi > n", "n > fim")
    issues = check(read(json))
    assert [(issue.severity, issue.code) for issue in issues] == [("warning", "not_known_here")]


def test_a_thousand_sound_nodes_raise_no_issue() -> None:
    nodes = [OI]
    for at in range(999):
        nodes.append(
            ask(f"p{at}", f"Pergunta {at}, {{{{ nome }}}}?", save_as="nome", timeout="PT2H")
        )
    lines = ["oi > p0"]
    for at in range(999):
        lines += [f"p{at}:reply > p{(at + 1) % 999}", f"p{at}:timeout > fim"]
    nodes.append({"id": "fim", "type": "end"})
    big = read(document("grande", nodes, lines, variables=[{"name": "nome", "default": "você"}]))
    assert check(big, workspace()) == []


def test_a_translation_has_no_more_room_than_the_text() -> None:
    long = "Quero falar com alguém"
    node = menu("m", "?", "sim", "nao")
    texts = {"/contents/0/text": "?", "/contents/0/buttons/0/title": "Yes please"}
    texts |= {"/contents/0/buttons/1/title": long}
    nodes = [OI, node, {"id": "fim", "type": "end"}]
    lines = ["oi > m", "m:reply > fim"]
    issues = found(document("x", nodes, lines, translations={"en": {"m": texts}}))
    assert [(i.code, i.path) for i in issues] == [
        ("too_long", "/translations/en/m/~1contents~10~1buttons~11~1title")
    ]
    assert "22" in issues[0].message
