"""Edits of a draft: every list of operations is undone by its inverse, and keeps it readable."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import canonical, parse
from flowengine.editing import (
    Add,
    Connect,
    EditRefused,
    Op,
    Put,
    Remove,
    apply,
    clip,
    fresh_ids,
    paste,
    read_ops,
)
from flowengine.errors import FlowError
from flowengine.flow import Flow
from tests.flowengine.engine.flows import flows
from tests.flowengine.playing import ask, document, menu, text

OI = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}


def read(nodes: list[dict[str, Any]], lines: list[str], **more: Any) -> Flow:
    return parse(msgspec.json.encode(document("f", nodes, lines, **more)))


def ops(*values: dict[str, Any]) -> tuple[Op, ...]:
    return read_ops(msgspec.json.encode(values))


def edges(flow: Flow) -> set[tuple[str, str, str]]:
    return {(edge.from_, edge.exit, edge.to) for edge in flow.edges}


def chat() -> Flow:
    return read(
        [OI, menu("menu", "Qual?", "a", "b"), text("a", "A"), text("b", "B")],
        ["oi > menu", "menu:choice:a > a", "menu:choice:b > b"],
        translations={"en": {"a": {"/contents/0/text": "A!"}}},
        view={"nodes": {"oi": [0, 0], "a": [200, 40]}},
    )


# -- always ------------------------------------------------------------------------------------


@st.composite
def edits(draw: st.DrawFn, flow: Flow) -> tuple[Op, ...]:
    """Any operation, about nodes that are there and nodes that are not."""
    known = [node.id for node in flow.nodes] + ["nova"]
    id = st.sampled_from(known)
    exit = st.sampled_from(["next", "reply", "failed", "choice:x", "choice:y", "timeout"])
    at = st.none() | st.lists(st.floats(-900, 900), min_size=2, max_size=2)
    node = id.flatmap(
        lambda id: st.sampled_from([text(id, "Oi"), ask(id, "Qual?"), menu(id, "?", "x")])
    )
    mark = st.sampled_from(["n1", "n2"]).map(lambda id: {"id": id, "text": "…"})
    one = st.one_of(
        st.fixed_dictionaries({"op": st.just("add"), "node": node, "at": at}),
        st.fixed_dictionaries({"op": st.just("put"), "node": node}),
        st.fixed_dictionaries({"op": st.just("remove"), "id": id}),
        st.fixed_dictionaries({"op": st.just("move"), "id": id, "at": at}),
        st.fixed_dictionaries({"op": st.just("connect"), "from": id, "exit": exit, "to": id}),
        st.fixed_dictionaries({"op": st.just("disconnect"), "from": id, "exit": exit}),
        st.fixed_dictionaries(
            {"op": st.just("flow"), "part": st.just("start"), "value": st.none() | id}
        ),
        st.fixed_dictionaries(
            {"op": st.just("flow"), "part": st.just("variables"),
             "value": st.sampled_from([[], [{"name": "z", "type": "number", "default": 1.5}]])}
        ),
        st.fixed_dictionaries(
            {"op": st.just("translate"), "language": st.sampled_from(["en", "es"]), "node": id,
             "texts": st.none() | st.just({"/contents/0/text": "x"})}
        ),
        st.fixed_dictionaries({"op": st.just("mark"), "what": st.just("notes"), "mark": mark}),
        st.fixed_dictionaries(
            {"op": st.just("unmark"), "what": st.just("notes"), "id": st.sampled_from(["n1", "n2"])}
        ),
    )  # fmt: skip
    return ops(*draw(st.lists(one, min_size=1, max_size=8)))


@given(st.data())
def test_an_edit_and_its_inverse_give_the_old_bytes(data: st.DataObject) -> None:
    flow = parse(msgspec.json.encode(data.draw(flows())))
    before = canonical(flow)
    try:
        edited = apply(flow, data.draw(edits(flow)))
    except EditRefused:
        assert canonical(flow) == before
        return
    assert parse(canonical(edited.flow)) == edited.flow
    undone = apply(edited.flow, read_ops(msgspec.json.encode(edited.inverse)))
    assert canonical(undone.flow) == before
    again = apply(undone.flow, undone.inverse)
    assert canonical(again.flow) == canonical(edited.flow)


@given(st.data())
def test_any_row_of_edits_keeps_the_draft_readable(data: st.DataObject) -> None:
    flow = parse(msgspec.json.encode(data.draw(flows())))
    for _ in range(data.draw(st.integers(1, 4))):
        try:
            flow = apply(flow, data.draw(edits(flow))).flow
        except EditRefused:
            continue
        assert parse(canonical(flow)) == flow


@given(st.data())
def test_a_paste_adds_a_copy_and_touches_nothing_else(data: st.DataObject) -> None:
    flow = parse(msgspec.json.encode(data.draw(flows())))
    ids = data.draw(st.sets(st.sampled_from([node.id for node in flow.nodes])))
    piece = clip(flow, ids)
    edited = apply(flow, paste(flow, piece, (100, 100)))
    assert edited.flow.nodes[: len(flow.nodes)] == flow.nodes
    assert len(edited.flow.nodes) == len(flow.nodes) + len(ids)
    assert edited.flow.edges[: len(flow.edges)] == flow.edges
    exits = {(edge.from_, edge.exit) for edge in piece.edges}  # a faulty draft has some twice
    assert len(edited.flow.edges) == len(flow.edges) + len(exits)
    assert canonical(apply(edited.flow, edited.inverse).flow) == canonical(flow)


# -- each --------------------------------------------------------------------------------------


def test_a_removed_button_takes_its_edge_along_and_undo_brings_both_back() -> None:
    flow = chat()
    edited = apply(flow, ops({"op": "put", "node": menu("menu", "Qual?", "a")}))
    assert edges(edited.flow) == {("oi", "next", "menu"), ("menu", "choice:a", "a")}
    assert edited.nodes == {"menu", "b"}
    assert apply(edited.flow, edited.inverse).flow == flow


def test_a_renamed_button_keeps_its_edge() -> None:
    renamed = menu("menu", "E agora?", "a", "b")
    edited = apply(chat(), ops({"op": "put", "node": renamed}))
    assert edges(edited.flow) == edges(chat())


def test_connecting_a_wired_exit_moves_its_edge() -> None:
    edited = apply(chat(), (Connect(from_="menu", exit="choice:a", to="b"),))
    assert ("menu", "choice:a", "b") in edges(edited.flow)
    assert len(edited.flow.edges) == 3
    assert apply(edited.flow, edited.inverse).flow == chat()


def test_a_removed_node_leaves_nothing_behind() -> None:
    edited = apply(chat(), (Remove(id="a"),))
    assert "a" not in edited.flow.view.nodes
    assert edited.flow.translations == {}
    assert edges(edited.flow) == {("oi", "next", "menu"), ("menu", "choice:b", "b")}
    assert apply(edited.flow, edited.inverse).flow == chat()


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        ({"op": "move", "id": "x", "at": [0, 0]}, "/1/id", "no node «x»"),
        ({"op": "connect", "from": "oi", "to": "x"}, "/1/to", "no node «x»"),
        ({"op": "add", "node": text("a", "!")}, "/1/node/id", "already"),
        ({"op": "flow", "part": "start", "value": "x"}, "/1/value", "no node «x»"),
        ({"op": "flow", "part": "variables", "value": 3}, "/1/value", "Expected"),
        ({"op": "unmark", "what": "notes", "id": "x"}, "/1/id", "canvas"),
        ({"op": "mark", "what": "notes", "mark": {}}, "/1/mark/id", "needs an id"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    value: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(EditRefused) as refused:
        apply(chat(), ops({"op": "move", "id": "a", "at": [1, 1]}, value))
    assert refused.value.path == path
    assert said in refused.value.message


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[3]", b'[{"op": "fly"}]', b'[{"op": "move"}]', b"[" * 9000]
)
def test_operations_that_cannot_be_read_are_refused(raw: bytes) -> None:
    with pytest.raises(FlowError):
        read_ops(raw)


def test_free_ids_count_on() -> None:
    assert fresh_ids(chat(), ["a", "c", "a", "a-2", "menu"]) == ("a-2", "c", "a-3", "a-4", "menu-2")


def test_a_pasted_wait_means_the_pasted_question() -> None:
    wait = {"id": "w", "type": "wait", "of": "q", "expect": {"kind": "choice"}}
    flow = read([OI, menu("q", "?", "x"), wait], ["oi > q"])
    edited = apply(flow, paste(flow, clip(flow, {"q", "w"}), (0, 0)))
    assert next(node.of for node in edited.flow.nodes if node.id == "w-2") == "q-2"  # type: ignore[union-attr]


def test_an_added_node_may_be_wired_in_the_same_edit() -> None:
    node = msgspec.convert(text("c", "C"), Put.__annotations__["node"])
    edited = apply(chat(), (Add(node=node, at=(9, 9)), Connect(from_="a", to="c")))
    assert ("a", "next", "c") in edges(edited.flow)
    assert edited.nodes == {"a", "c"}
