"""The drawing of a flow: nothing overlaps, nothing is lost, the same flow looks the same."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.nodes import Node
from web.drawing import Drawing, draw
from web.drawing.order import crossings, make_slots, sort_layers
from web.drawing.says import says
from web.drawing.shapes import Box, Link
from web.drawing.words import clip, width_of, wrap
from web.texts import TEXTS
from web.value_names import PLACE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.flow.json"))
T = TEXTS["pt-BR"]


def flow_of(count: int, edges: list[tuple[int, int]]) -> Flow:
    """Questions with two buttons each, joined as told: (from, to), an exit used once."""
    used: dict[int, int] = {}
    joined: list[dict[str, str]] = []
    exits = ("choice:a", "choice:b", "timeout")
    for start, end in edges:
        number = used.get(start, 0)
        if number < len(exits):
            joined.append({"from": f"n{start}", "exit": exits[number], "to": f"n{end}"})
            used[start] = number + 1
    nodes: list[dict[str, Any]] = [
        {
            "id": f"n{number}",
            "type": "ask",
            "timeout": "PT2H",
            "contents": [
                {
                    "kind": "buttons",
                    "text": "Como posso ajudar você hoje? " * (number % 4),
                    "buttons": [{"id": "a", "title": "Um"}, {"id": "b", "title": "Dois"}],
                }
            ],
            "expect": {"kind": "choice"},
        }
        for number in range(count)
    ]
    trigger = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}
    joined.append({"from": "oi", "to": "n0"})
    document = {
        "format": "flowengine/1",
        "key": "k",
        "name": "K",
        "nodes": [trigger, *nodes],
        "edges": joined,
    }
    return parse(msgspec.json.encode(document))


def boxes_of(drawing: Drawing) -> list[tuple[str, float, float, float, float]]:
    return [
        (p.card.id, p.x, p.y, p.x + drawing.card_width, p.y + p.card.height) for p in drawing.cards
    ]


def check_drawing(flow: Flow, drawing: Drawing) -> None:
    assert [placed.card.id for placed in drawing.cards] == [node.id for node in flow.nodes]
    for (a, ax, ay, ar, ab), (b, bx, by, br, bb) in combinations(boxes_of(drawing), 2):
        apart = ar <= bx or br <= ax or ab <= by or bb <= ay
        assert apart, f"{a} and {b} overlap"
    assert len(drawing.lines) == len(flow.edges)
    for _id, left, top, right, bottom in boxes_of(drawing):
        assert left >= 0
        assert top >= 0
        assert right <= drawing.width
        assert bottom <= drawing.height
    for line in drawing.lines:
        assert re.fullmatch(r"[MCH0-9. -]+", line.path), line.path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_drawn(path: Path) -> None:
    flow = parse(path.read_bytes())
    drawing = draw(flow, T)
    check_drawing(flow, drawing)
    assert draw(flow, T) == drawing


@given(st.integers(1, 14).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40)
    )
))  # fmt: skip
def test_any_graph_is_drawn_without_overlaps(graph: tuple[int, list[tuple[int, int]]]) -> None:
    flow = flow_of(*graph)
    check_drawing(flow, draw(flow, T))


def test_a_line_that_goes_back_is_marked_and_leads_around() -> None:
    flow = flow_of(3, [(0, 1), (1, 2), (2, 0), (1, 1)])
    looks = {(line.source, line.target): line.look for line in draw(flow, T).lines}
    assert looks["n2", "n0"] == "back"
    assert looks["n1", "n1"] == "back"
    assert looks["n0", "n1"] == "choice"


def test_edges_that_lead_nowhere_are_left_out() -> None:
    flow = flow_of(2, [(0, 1)])
    lost = msgspec.structs.replace(
        flow, edges=(*flow.edges, msgspec.structs.replace(flow.edges[0], to="nada"))
    )
    assert len(draw(lost, T).lines) == len(flow.edges)


def test_sorting_takes_crossings_away() -> None:
    boxes = {name: Box(name, 10, 10, 5, {"next": 5}) for name in "abcdef"}
    links = [Link("a", "next", "f"), Link("b", "next", "e"), Link("c", "next", "d")]
    column = {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1, "f": 1}
    layers, steps, _through = make_slots(boxes, links, column, set())
    assert crossings(layers, steps, boxes) == 3
    assert crossings(sort_layers(layers, steps, boxes), steps, boxes) == 0


def test_a_card_says_what_people_call_things() -> None:
    said = {"kind": "text", "text": "*Oi*, {{ contact.name }}: _é hoje_ e ```já```"}
    kept = [{"to": "contact.fields.nome_do_pet", "value": 1}, {"to": "dia_livre", "value": 2}]
    nodes = [
        {"id": "n1", "type": "message", "contents": [said]},
        {"id": "n2", "type": "set", "title": "Guarda", "assign": kept},
    ]
    edges = [{"from": "n1", "to": "n2"}]
    document = {"format": "flowengine/1", "key": "k", "name": "K", "start": "n1", "nodes": nodes}
    drawing = draw(parse(msgspec.json.encode(document | {"edges": edges})), T)
    first, second = (placed.card for placed in drawing.cards)
    assert (first.title, first.tip) == ("", "Mensagem: Oi, nome do contato: é h… (n1)")
    words = " ".join(piece.text for piece in first.pieces)
    assert PLACE.sub(r"\1", words) == "Oi, nome do contato: é hoje e já"
    assert (second.title, second.tip) == ("Guarda", "Guardar dados: Guarda (n2)")
    assert second.pieces[0].text == "nome do pet do contato, dia livre"


def test_a_hundred_tangled_nodes_are_drawn() -> None:
    flow = flow_of(100, [(n, m) for n in range(99) for m in (n + 1, (n * 7) % 100)])
    check_drawing(flow, draw(flow, T))


def test_a_test_of_ways_says_the_share_of_each() -> None:
    split = {"id": "ab", "type": "split", "variants": [{"id": "a", "weight": 3}, {"id": "b"}]}
    assert says(msgspec.convert(split, Node), T).line == "75% / 25%"


def test_issues_show_on_their_cards() -> None:
    flow = flow_of(2, [(0, 1)])
    worst = {p.card.id: p.card.worst for p in draw(flow, T, {"n1": "error"}).cards}
    assert worst == {"oi": "", "n0": "", "n1": "error"}


@given(st.text(max_size=300), st.integers(20, 300), st.integers(1, 4))
def test_wrapped_words_fit(text: str, room: int, lines: int) -> None:
    found = wrap(text, 12, room, lines)
    assert len(found) <= lines
    for line in found:
        assert width_of(line, 12) <= room or line == "…"


def test_clipping_says_that_there_is_more() -> None:
    assert clip("curto", 12, 200) == "curto"
    assert clip("um texto bem comprido demais", 12, 80).endswith("…")
