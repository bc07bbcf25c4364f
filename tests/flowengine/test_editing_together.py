"""Two people at one draft: edits of different things both hold, of one thing the second is told."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import parse
from flowengine.editing import EditRefused, Op, apply, clash, see
from flowengine.flow import Flow
from tests.flowengine.engine.flows import flows
from tests.flowengine.test_editing import chat, edits, ops

MOST = ("/name", "/variables", "/start", "mark-n1", "mark-n2")


def things(flow: Flow) -> dict[str, Any]:
    """All that a draft holds, each by its name."""
    found: dict[str, Any] = {f"node {node.id}": node for node in flow.nodes}
    found |= {f"place {id}": at for id, at in flow.view.nodes.items()}
    found |= {f"line {edge.from_} {edge.exit}": edge.to for edge in flow.edges}
    found |= {f"note {note['id']}": note for note in flow.view.notes}
    for language, nodes in flow.translations.items():
        found |= {f"text {language} {id}": texts for id, texts in nodes.items() if texts}
    return found | {"start": flow.start, "variables": flow.variables}


def changed(before: Flow, after: Flow) -> set[str]:
    one, two = things(before), things(after)
    return {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}


def tell(base: Flow, now: Flow, wanted: tuple[Op, ...]) -> Flow | str:
    """What the server makes of an edit by somebody who saw `base`; words where it is not done."""
    seen = {id: see(base, id) for id in (*(node.id for node in base.nodes), *MOST)}
    try:
        after = apply(now, wanted).flow
    except EditRefused as refused:
        return refused.message
    return clash(now, after, seen, told=True) or after


@given(st.data())
def test_no_edit_is_lost_without_a_word(data: st.DataObject) -> None:
    base = parse(msgspec.json.encode(data.draw(flows())))
    try:
        first = apply(base, data.draw(edits(base))).flow
        wanted = data.draw(edits(base))
        apply(base, wanted)
    except EditRefused:
        return
    second = tell(base, first, wanted)
    if isinstance(second, str):
        assert second
        return
    for name in changed(base, first):
        assert things(second).get(name) == things(first).get(name), name


@given(st.data())
def test_alone_nobody_is_refused(data: st.DataObject) -> None:
    base = parse(msgspec.json.encode(data.draw(flows())))
    wanted = data.draw(edits(base))
    try:
        alone = apply(base, wanted).flow
    except EditRefused:
        return
    assert tell(base, base, wanted) == alone


def test_edits_of_different_things_both_hold() -> None:
    base = chat()
    first = apply(base, ops({"op": "put", "node": said("a", "Olá!")})).flow
    second = tell(base, first, ops({"op": "put", "node": said("b", "Tchau!")}))
    assert isinstance(second, Flow)
    assert [str(node.contents[0].text) for node in second.nodes if node.id in "ab"] == [  # type: ignore[attr-defined, union-attr]
        "Olá!",
        "Tchau!",
    ]


def test_the_same_text_is_not_written_over() -> None:
    base = chat()
    first = apply(base, ops({"op": "put", "node": said("a", "Olá!")})).flow
    assert tell(base, first, ops({"op": "put", "node": said("a", "Tchau!")})) == "a"
    translated = {"op": "translate", "language": "en", "node": "a", "texts": None}
    assert tell(base, first, ops(translated)) == "a"


def test_a_line_that_somebody_drew_does_not_go_with_a_step() -> None:
    base = chat()
    first = apply(base, ops({"op": "connect", "from": "b", "exit": "next", "to": "a"})).flow
    assert tell(base, first, ops({"op": "remove", "id": "a"})) == "b"
    assert tell(base, first, ops({"op": "connect", "from": "b", "exit": "next", "to": "oi"})) == "b"
    other = ops({"op": "connect", "from": "a", "exit": "next", "to": "menu"})
    assert isinstance(tell(base, first, other), Flow)


def test_the_start_goes_with_its_step_but_not_one_that_somebody_chose_since() -> None:
    base = chat()
    alone = apply(base, ops({"op": "flow", "part": "start", "value": "b"})).flow
    remove = ops({"op": "remove", "id": "b"})
    for drawn, told in ((alone, ""), (base, "/start")):
        cards = {node.id: see(drawn, node.id) for node in drawn.nodes}  # all that a canvas shows
        assert clash(alone, apply(alone, remove).flow, cards, told=True) == told


def test_a_card_is_not_moved_from_under_a_hand() -> None:
    base = chat()
    first = apply(base, ops({"op": "move", "id": "a", "at": [8, 8]})).flow
    assert tell(base, first, ops({"op": "move", "id": "a", "at": [400, 0]})) == "a"
    assert isinstance(tell(base, first, ops({"op": "move", "id": "oi", "at": [400, 0]})), Flow)


def said(id: str, words: str) -> dict[str, Any]:
    return {"id": id, "type": "message", "contents": [{"kind": "text", "text": words}]}
