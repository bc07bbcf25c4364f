"""A flow written piece by piece is the flow written whole, after any edits."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import canonical, parse
from flowengine.editing import EditRefused, apply, mark_of
from flowengine.flow import Flow
from flowengine.graph import all_exits, exits_of
from flowengine.written import write
from tests.flowengine.engine.flows import flows
from tests.flowengine.playing import document, text
from tests.flowengine.test_editing import chat, edits, ops


def marks(flow: Flow) -> list[str]:
    return [mark_of(flow, node) for node in flow.nodes]


@given(st.data())
def test_a_draft_edited_piece_by_piece_is_the_draft_written_whole(data: st.DataObject) -> None:
    held = write(parse(msgspec.json.encode(data.draw(flows()))))
    for _ in range(data.draw(st.integers(1, 4))):
        try:
            edited = apply(held.flow, data.draw(edits(held.flow)))
        except EditRefused:
            continue
        for flow in (edited.flow, apply(edited.flow, edited.inverse).flow, edited.flow):
            held = write(flow, held)
            assert held.document == canonical(flow)
            read = parse(held.document)
            assert held.flow == read
            assert marks(held.flow) == marks(read)


def test_what_an_edit_left_alone_is_the_same_object() -> None:
    first = write(chat())
    edited = apply(first.flow, ops({"op": "put", "node": text("a", "Outra")}))
    second = write(edited.flow, first)
    same = [now is then for now, then in zip(second.flow.nodes, first.flow.nodes, strict=True)]
    assert same == [node.id != "a" for node in first.flow.nodes]
    assert all(now is then for now, then in zip(second.flow.edges, first.flow.edges, strict=True))


def test_two_nodes_of_one_name_are_both_written() -> None:
    flow = parse(msgspec.json.encode(document("f", [text("a", "A"), text("a", "B")], [])))
    assert write(flow).document == canonical(flow)
    assert write(flow, write(flow)).document == canonical(flow)


@given(st.data())
def test_exits_of_some_nodes_are_those_that_all_of_them_have(data: st.DataObject) -> None:
    flow = parse(msgspec.json.encode(data.draw(flows())))
    ways = all_exits(flow)
    for node in flow.nodes:
        assert exits_of(flow, [node]) == {node.id: ways[node.id]}
