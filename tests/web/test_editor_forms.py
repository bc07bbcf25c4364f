"""Forms of steps: every kind shows what it holds, and keeps what nobody touched."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from flowengine.editing import apply
from flowengine.nodes import Node
from flowengine.workspace import FORMAT, parse_workspace
from tests.web.site import HELLO
from web.editor.forms.changing import change
from web.editor.forms.filling import FORMS, fill, form_of, plain
from web.editor.forms.naming import known_of, name_of
from web.editor.forms.pieces import Around, Field, fields_in
from web.editor.forms.reshaping import right_of
from web.editor.forms.values import join_time, split_time
from web.editor.keeping import put_step
from web.editor.steps import fresh
from web.forms import Form
from web.kinds import KINDS
from web.problems import Problem
from web.texts import TEXTS

T = TEXTS["pt-BR"]
ROOT = Path(__file__).parents[2]
FLOW = parse(msgspec.json.encode(HELLO))
NAMES = parse_workspace(
    msgspec.json.encode(
        {
            "format": FORMAT,
            "queues": {"suporte": {"name": "Suporte"}},
            "schedules": {},
            "tags": ["vip"],
            "secrets": ["loja"],
            "fields": {"pet": {"title": "Nome do pet"}},
            "templates": [
                {"name": "lembrete", "language": "pt_BR", "params": ["nome"], "body": "Oi {{nome}}"}
            ],
        }
    )
)
AROUND = Around(T, known_of(FLOW, NAMES, T), NAMES, {"outro": "Outro"})


def node(kind: str, **more: Any) -> Node:
    return msgspec.convert({"id": "novo", **fresh(kind, T), **more}, Node)


def made(**body: Any) -> Node:
    return msgspec.convert({"id": "novo", **body}, Node)


def sent(node: Node, **typed: Any) -> Form:
    """What the browser would send of a form, with some of its fields typed over."""
    values: dict[str, list[Any]] = {"title": [node.title], "note": [node.note]}
    for field in fields_in(form_of(node, AROUND)):
        values |= {f"{field.at}{end}": list(shown) for end, shown in field.shown.items()}
    for name, value in typed.items():
        values[name] = value if isinstance(value, list) else [value]
    return Form(values)


def typed(node: Node, values: dict[str, Any], action: str = "") -> dict[str, Any]:
    form = sent(node, **values)
    return plain(fill(node, Form({**form.values, "action": [action]}), AROUND))


def field_of(node: Node, at: str) -> Field:
    return next(field for field in fields_in(form_of(node, AROUND)) if field.at == at)


def test_every_kind_has_a_form() -> None:
    assert FORMS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_nobody_touched_changes_nothing(kind: str) -> None:
    step = node(kind)
    assert fill(step, sent(step), AROUND) == step


@pytest.mark.parametrize("kind", KINDS)
def test_steps_with_any_of_their_fields_come_back_as_they_were(kind: str) -> None:
    """The cases of each kind set every field that it has."""
    cases = msgspec.json.decode((ROOT / f"tests/flowengine/nodes/{kind}.json").read_bytes())
    for case in cases:
        raw = msgspec.json.encode({"id": "n", **case["node"]})
        step = msgspec.json.decode(raw, type=Node)
        assert fill(step, sent(step), AROUND) == step, case["name"]


def test_the_steps_of_the_examples_come_back_as_they_were() -> None:
    for path in (ROOT / "examples").glob("*.flow.json"):
        for step in parse(path.read_bytes()).nodes:
            assert fill(step, sent(step), AROUND) == step, (path.name, step.id)


@pytest.mark.parametrize("text", ["PT23H", "P2D", "PT90M", "PT45S", "PT0S"])
def test_times_are_shown_in_their_largest_unit_and_come_back(text: str) -> None:
    assert join_time(*split_time(text)) == text


def test_no_time_is_none_and_a_wrong_one_is_told_at_its_field() -> None:
    assert join_time("", "H") is None
    with pytest.raises(Problem) as refused:
        typed(node("delay"), {"/for": "duas"})
    assert refused.value.place == "/for"


# -- buttons -------------------------------------------------------------------------------------


def test_a_message_with_a_button_is_a_question_and_a_fourth_makes_a_list() -> None:
    body = plain(node("message"))
    for _count in range(3):
        change(body, "add:choice:/contents/0", NAMES, T)
    assert body["type"] == "ask"
    assert body["expect"] == {"kind": "choice"}
    assert [each["id"] for each in body["contents"][0]["buttons"]] == ["o1", "o2", "o3"]
    change(body, "add:choice:/contents/0", NAMES, T)
    assert body["contents"][0]["kind"] == "list"
    assert len(body["contents"][0]["rows"]) == 4
    msgspec.convert(body, Node)


def test_without_its_last_button_a_question_takes_any_text() -> None:
    step = made(
        type="ask",
        expect={"kind": "choice"},
        contents=[{"kind": "buttons", "text": "E?", "buttons": [{"id": "a", "title": "A"}]}],
    )
    bare = typed(step, {}, "remove:/contents/0/buttons/0")
    assert bare["contents"] == [{"kind": "text", "text": "E?"}]
    assert bare["expect"] == {"kind": "text"}


def test_the_order_of_options_changes_and_their_ids_stay() -> None:
    menu = FLOW.nodes[1]
    body = typed(menu, {"/contents/0/rows/0/title": "Banho"}, "down:/contents/0/rows/0")
    rows = body["contents"][0]["rows"]
    assert [(row["id"], row["title"]) for row in rows] == [
        ("pessoa", "Falar com alguém"), ("banho", "Banho"),
    ]  # fmt: skip


THREE = made(
    type="ask",
    expect={"kind": "choice"},
    contents=[
        {"kind": "text", "text": "Um"},
        {"kind": "text", "text": "Dois"},
        {"kind": "buttons", "text": "E?", "buttons": [{"id": id, "title": id} for id in "abc"]},
    ],
)


@pytest.mark.parametrize(
    ("action", "order"),
    [
        ("move:/contents/2/buttons/0:2", "bca"),
        ("move:/contents/2/buttons/2:0", "cab"),
        ("move:/contents/2/buttons/1:1", "abc"),
        ("move:/contents/2/buttons/1:9", "acb"),
        ("move:/contents/2/buttons/7:0", "abc"),
        ("move:/contents/2/buttons/0", "abc"),
        ("up:/contents/2/buttons/0", "abc"),
        ("up:/contents/2/buttons/2", "acb"),
        ("down:/contents/2/buttons/0", "bac"),
        ("down:/contents/2/buttons/2", "abc"),
    ],
)
def test_a_row_gets_any_place_of_its_list(action: str, order: str) -> None:
    buttons = typed(THREE, {}, action)["contents"][2]["buttons"]
    assert "".join(each["id"] for each in buttons) == order


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        ("move:/contents/0:2", ["Dois", "Um", "E?"]),
        ("move:/contents/2:0", ["Um", "Dois", "E?"]),
        ("down:/contents/1", ["Um", "Dois", "E?"]),
        ("up:/contents/2", ["Um", "Dois", "E?"]),
    ],
)
def test_nothing_is_put_behind_what_can_be_tapped(action: str, kinds: list[str]) -> None:
    assert [each["text"] for each in typed(THREE, {}, action)["contents"]] == kinds


def test_what_can_be_tapped_stays_last() -> None:
    body = typed(FLOW.nodes[1], {}, "add:content:image:/contents")
    assert [content["kind"] for content in body["contents"]] == ["image", "list"]


def test_a_list_is_divided_into_sections_and_back() -> None:
    step = FLOW.nodes[1]
    change(body := plain(step), "add:section:/contents/0/sections", NAMES, T)
    assert [row["id"] for row in body["contents"][0]["sections"][0]["rows"]] == ["banho", "pessoa"]
    for _row in range(2):
        change(body, "remove:/contents/0/sections/0/rows/0", NAMES, T)
    assert body["contents"][0] == {"kind": "text", "text": "Como posso ajudar?"}


# -- values and conditions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "source", "text"),
    [
        ("Olá", "text", "Olá"),
        ("{{ contact.name }}", "var:contact.name", ""),
        ({"expr": "pontos"}, "var:pontos", ""),
        ({"expr": "pontos + 1"}, "formula", "pontos + 1"),
        (3, "number", "3"),
        (Decimal("2.5"), "number", "2,5"),
        (["a", "b"], "list", "a, b"),
    ],
)
def test_a_value_is_shown_in_words(value: Any, source: str, text: str) -> None:
    step = made(type="set", assign=[{"to": "x", "value": value}])
    shown = field_of(step, "/assign/0/value").shown
    assert shown == {".from": [source], "": [text]}


def test_a_comparison_is_written_from_its_row() -> None:
    step = node("condition")
    body = typed(
        step, {"/cases/0/when/left.from": "var:contact.name", "/cases/0/when/op": "contains"}
    )
    assert body["cases"][0]["when"] == {
        "left": {"expr": "contact.name"}, "op": "contains", "right": "sim",
    }  # fmt: skip
    step = msgspec.convert(body, Node)
    body = typed(step, {"/cases/0/when/right": "Ana"})
    assert body["cases"][0]["when"]["right"] == "Ana"


def test_conditions_nest_and_fall_together() -> None:
    step = msgspec.convert(typed(node("condition"), {}, "add:wrap:/cases/0/when"), Node)
    step = msgspec.convert(typed(step, {}, "add:group:/cases/0/when/all"), Node)
    step = msgspec.convert(typed(step, {"/cases/0/when#mode": "none"}), Node)
    when = plain(step)["cases"][0]["when"]
    assert len(when["not"]["any"]) == 3
    assert when["not"]["any"][2]["any"]
    assert fill(step, sent(step), AROUND) == step
    body = typed(step, {}, "remove:/cases/0/when/not/any/2/any/0")
    assert len(body["cases"][0]["when"]["not"]["any"]) == 2


@pytest.mark.parametrize("op", ["has_tag", "is_open", "media_kind", "between", "in", "equals"])
def test_every_right_side_fits_its_operator(op: str) -> None:
    left = {} if op in ("has_tag", "is_open", "media_kind") else {"left": "{{ x }}"}
    step = made(
        type="condition",
        cases=[{"id": "a", "when": {**left, "op": op, "right": right_of(op, None, NAMES)}}],
    )
    assert fill(step, sent(step), AROUND) == step


# -- others --------------------------------------------------------------------------------------


def test_a_template_brings_its_values() -> None:
    body = typed(node("message"), {}, "add:template:/template")
    assert body["template"]["params"] == {"nome": ""}
    step = msgspec.convert(body, Node)
    body = typed(step, {"/template/params/nome": "{{ contact.name }}"})
    assert body["template"]["params"] == {"nome": "{{ contact.name }}"}


def test_headers_and_bodies_are_pairs() -> None:
    step = node("http", method="POST")
    body = typed(
        step, {"#body": "pairs", "/headers.name": ["X-A", ""], "/headers.value": ["1", ""]}
    )
    assert body["headers"] == {"X-A": "1"}
    assert body["body"] == {"nome": {"expr": "contact.name"}}
    step = msgspec.convert(body, Node)
    body = typed(step, {"/body.name": ["nome", "idade"], "/body.value": ["{{ nome }}", "42"]})
    assert body["body"] == {"nome": {"expr": "nome"}, "idade": 42}


def test_a_secret_that_is_taken_away_leaves_no_trace() -> None:
    step = node("http", auth={"secret": "loja"})
    assert "auth" not in typed(step, {"/auth/secret": ""})


def test_a_wrong_value_is_told_at_its_field() -> None:
    step = node("http")
    step = msgspec.convert(typed(step, {}, "add:status:/exits"), Node)
    with pytest.raises(Problem) as refused:
        typed(step, {"/exits/0/status": "não sei"})
    assert refused.value.place == "/exits/0/status"


def test_what_a_field_cannot_show_is_left_alone() -> None:
    step = made(type="delay", **{"for": {"expr": "hours(2)"}})
    assert typed(step, {"title": "Espera"})["for"] == {"expr": "hours(2)"}


# -- what follows from a change ------------------------------------------------------------------


def test_names_are_made_of_what_people_call_things() -> None:
    assert name_of("Nome do cliente") == "nome_do_cliente"
    assert name_of("2ª opção") == "v_2a_opcao"
    assert name_of("contact") == "v_contact"


def test_a_new_name_declares_its_variable_and_takes_it_back() -> None:
    old = FLOW.nodes[1]
    new = msgspec.convert(typed(old, {"/save_as": "Serviço"}), Node)
    flow = apply(FLOW, put_step(FLOW, old, new, "")).flow
    assert [(each.name, each.type) for each in flow.variables] == [("servico", "text")]
    other = msgspec.convert(typed(new, {"/save_as": "banho"}), Node)
    done = apply(flow, put_step(flow, new, other, "")).flow
    assert [each.name for each in done.variables] == ["banho"]


def test_a_renamed_exit_keeps_its_line() -> None:
    old = made(type="ai_reply", instructions="Oi", outcomes=[{"id": "quer"}])
    document = {
        **HELLO,
        "nodes": [*HELLO["nodes"], plain(old)],
        "edges": [*HELLO["edges"], {"from": "novo", "exit": "outcome:quer", "to": "fim"}],
    }
    flow = parse(msgspec.json.encode(document))
    new = msgspec.convert(typed(old, {"/outcomes/0/id": "Quer comprar"}), Node)
    done = apply(flow, put_step(flow, old, new, ""))
    line = next(edge for edge in done.flow.edges if edge.from_ == "novo")
    assert (line.exit, line.to) == ("outcome:quer-comprar", "fim")
    assert apply(done.flow, done.inverse).flow == flow


def test_translations_go_with_the_options_they_are_of() -> None:
    texts = {"/contents/0/rows/0/title": "Baño", "/contents/0/rows/1/title": "Una persona"}
    flow = parse(msgspec.json.encode({**HELLO, "translations": {"es": {"menu": texts}}}))
    old = flow.nodes[1]
    swapped = msgspec.convert(typed(old, {}, "up:/contents/0/rows/1"), Node)
    done = apply(flow, put_step(flow, old, swapped, "up:/contents/0/rows/1")).flow
    assert done.translations["es"]["menu"]["/contents/0/rows/0/title"] == "Una persona"
    less = msgspec.convert(typed(old, {}, "remove:/contents/0/rows/0"), Node)
    done = apply(flow, put_step(flow, old, less, "remove:/contents/0/rows/0")).flow
    assert done.translations["es"]["menu"] == {"/contents/0/rows/0/title": "Una persona"}


def test_translations_go_along_with_a_row_that_is_dragged() -> None:
    at = "/contents/2/buttons"
    texts = {f"{at}/{index}/title": word for index, word in enumerate("ABC")}
    flow = parse(
        msgspec.json.encode(
            {
                **HELLO,
                "nodes": [*HELLO["nodes"], plain(THREE)],
                "translations": {"es": {"novo": {**texts, "/contents/0/text": "Uno"}}},
            }
        )
    )
    action = f"move:{at}/0:2"
    dragged = msgspec.convert(typed(THREE, {}, action), Node)
    done = apply(flow, put_step(flow, THREE, dragged, action))
    assert done.flow.translations["es"]["novo"] == {
        f"{at}/0/title": "B", f"{at}/1/title": "C", f"{at}/2/title": "A", "/contents/0/text": "Uno",
    }  # fmt: skip
    assert apply(done.flow, done.inverse).flow == flow
