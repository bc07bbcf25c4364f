"""The editor's check: findings of before where only looks changed, new ones where the flow did."""

from uuid import UUID

import msgspec

from flowengine.document import parse
from flowengine.editing import apply
from flowengine.workspace import FORMAT, parse_workspace
from tests.flowengine.playing import document, text
from tests.flowengine.test_editing import OI, ops
from web.editor.checking import issues_of
from web.publishing import Surroundings

TENANT = UUID(int=7)
EMPTY = Surroundings(parse_workspace(msgspec.json.encode({"format": FORMAT})), {})
FLOW = parse(msgspec.json.encode(document("f", [OI, text("a", "A"), text("b", "B")], ["oi > a"])))


async def test_moved_cards_and_notes_have_the_findings_of_before() -> None:
    first = await issues_of(TENANT, FLOW, EMPTY, "pt-BR")
    moved = apply(FLOW, ops({"op": "move", "id": "a", "at": [8, 8]})).flow
    note = {"op": "mark", "what": "notes", "mark": {"id": "n1", "text": "…"}}
    assert await issues_of(TENANT, moved, EMPTY, "pt-BR") is first
    assert await issues_of(TENANT, apply(moved, ops(note)).flow, EMPTY, "pt-BR") is first


async def test_an_edit_another_language_and_another_workspace_are_checked_anew() -> None:
    first = await issues_of(TENANT, FLOW, EMPTY, "pt-BR")
    assert {issue.node for issue in first} >= {"b"}  # nothing leads to it
    joined = apply(FLOW, ops({"op": "connect", "from": "a", "exit": "next", "to": "b"})).flow
    assert "a" not in {issue.node for issue in await issues_of(TENANT, joined, EMPTY, "pt-BR")}
    again = await issues_of(TENANT, FLOW, EMPTY, "pt-BR")
    assert again == first
    assert await issues_of(TENANT, FLOW, EMPTY, "en") != first
    beside = Surroundings(EMPTY.workspace, {"g": msgspec.structs.replace(FLOW, key="g")})
    assert await issues_of(TENANT, FLOW, beside, "pt-BR") is not again


async def test_a_number_that_becomes_true_is_another_flow() -> None:
    """Python says that they are equal."""
    found = [
        await issues_of(TENANT, parse(msgspec.json.encode(document(
            "f",
            [OI, {"id": "s", "type": "set", "assign": [{"to": "n", "value": value}]}],
            ["oi > s"],
            variables=[{"name": "n", "type": "number"}],
        ))), EMPTY, "pt-BR")
        for value in (1, True)
    ]  # fmt: skip
    codes = [{issue.code for issue in issues} for issues in found]
    assert "cannot_store" in codes[1] - codes[0]


async def test_a_constant_that_becomes_true_is_another_workspace() -> None:
    def around(value: object) -> Surroundings:
        words = {"format": FORMAT, "constants": {"n": value}}
        return Surroundings(parse_workspace(msgspec.json.encode(words)), {})

    first = await issues_of(TENANT, FLOW, around(1), "pt-BR")
    assert await issues_of(TENANT, FLOW, around(1), "pt-BR") is first
    assert await issues_of(TENANT, FLOW, around(True), "pt-BR") is not first
