"""A model's tools in what is recorded: replayed, rehearsed on another version, and carried over."""

from typing import Any

import msgspec

from flowengine.document import parse
from flowengine.engine import advance
from flowengine.flow import Flow
from flowengine.given import Given, HttpCame
from flowengine.limits import MAX_TOOL_CALLS, MAX_TOOL_TEXT
from flowengine.messages import Answered, AskModel, Said, ToolCall
from flowengine.migration import migrate_state, plan_migration
from flowengine.rehearsal import Journal, rehearse
from flowengine.release import called_flows, compile_release
from flowengine.replay import refold
from flowengine.run import Release
from flowengine.state import State
from flowengine.tools import arguments_of, told_result, told_trouble
from tests.flowengine.journals import journals
from tests.flowengine.playing import OI, Play, document, text

Json = dict[str, Any]

TOOL: Json = {"name": "estoque", "flow": "estoque"}
IA: Json = {"id": "ia", "type": "ai_reply", "instructions": "x", "history": 0, "tools": [TOOL]}
LOOKUP: Json = {
    "id": "b",
    "type": "http",
    "url": "https://x.example/{{ sku }}",
    "save": [{"to": "n", "path": "/n"}],
}
CALL = Said("", (ToolCall("estoque", {"sku": "a1"}),))


def read(json: Json) -> Flow:
    return parse(msgspec.json.encode(json))


def version(ia: Json = IA, lookup: Json = LOOKUP, output: str = "n") -> Release:
    """The release of a flow whose model may look into the stock."""
    end = {"id": "f", "type": "end", "outputs": {"quantos": {"expr": output}}}
    stock = document(
        "estoque",
        [lookup, end],
        ["b:ok > f"],
        start=lookup["id"],
        variables=[{"name": "n", "type": "number"}],
        inputs=[{"name": "sku", "required": True}],
        outputs=[{"name": "quantos", "type": "number"}],
    )
    lines = ["oi > ia", "ia > t"]
    flow = read(document("f", [OI, ia, text("t", "Fim")], lines))
    return compile_release(flow, {"f": flow, "estoque": read(stock)})


def chat(release: Release, *answers: Answered) -> Play:
    """Ana asks; the model looks into the stock, and says what it was told."""
    play = Play(release, model={"ia": [CALL, Said("Temos 7.")]}, http={"estoque/b": list(answers)})
    play.say("oi")
    return play


def test_a_release_has_its_tools_flows() -> None:
    assert called_flows(read(document("f", [OI, IA], ["oi > ia"]))) == {"estoque"}
    assert set(version().flows) == {"f", "estoque"}


def test_what_a_tool_did_is_folded_again_to_the_same_bytes() -> None:
    play = chat(version(), Answered(200, {"n": 7}))
    assert play.heard() == ["Temos 7.", "Fim"]
    (journal,) = journals(play)
    turns = list(refold(journal.execution, journal.rows, play.chat.releases))
    assert [turn.differs for turn in turns] == [()] * len(journal.rows)


def test_the_same_version_parts_nowhere_and_one_without_the_tool_says_where() -> None:
    play = chat(version(), Answered(200, {"n": 7}))
    told = journals(play)
    assert rehearsed(version(), told, play) == []
    assert rehearsed(version({**IA, "tools": []}), told, play) == ["ia"]
    assert rehearsed(version(output="n + 1"), told, play) == ["ia"]


def rehearsed(release: Release, told: list[Journal], play: Play) -> list[str]:
    """The nodes at which the recorded conversations part."""
    result = rehearse(release, told, play.chat.releases)
    return [each.node for one in result.played for each in one.partings[:1]]


# -- carried over to another version -------------------------------------------------------------


def standing() -> tuple[Play, State]:
    """The tool's call has no answer yet."""
    play = chat(version())
    (state,) = play.chat.executions.values()
    assert [frame.node for frame in state.frames] == ["ia", "b"]
    return play, state


def test_who_stands_in_a_tool_goes_on_in_another_version() -> None:
    play, state = standing()
    new = version({**IA, "instructions": "y"})
    plan = plan_migration(state, version(), new)
    assert [move.how for move in plan.moves] == ["stays", "stays"]
    moved = migrate_state(state, plan, new)
    event = HttpCame(next(iter(moved.pending)), Answered(200, {"n": 3}))
    given = Given(event, play.now, play.now, play.chat.world)
    turn = advance(new, moved, given)
    (asked,) = [effect for effect in turn.effects if isinstance(effect, AskModel)]
    assert asked.instructions == "y"
    assert asked.messages[-1].text == '{"outputs":{"quantos":3}}'


def test_a_tool_whose_node_is_gone_leads_nowhere() -> None:
    _, state = standing()
    gone = compile_release(
        read(document("f", [OI, IA, text("t", "Fim")], ["oi > ia", "ia > t"])),
        {"estoque": read(document("estoque", [{"id": "z", "type": "end"}], [], start="z"))},
    )
    plan = plan_migration(state, version(), gone)
    assert [move.how for move in plan.moves] == ["stays", "nowhere"]


# -- what a model is told ------------------------------------------------------------------------


def test_results_are_json_and_bounded() -> None:
    assert told_result("", {}) == '{"outputs":{}}'
    assert told_result("ok", {}) == '{"outcome":"ok"}'
    assert told_result("ok", {"n": 2}) == '{"outcome":"ok","outputs":{"n":2}}'
    assert told_trouble("não há") == '{"error":"não há"}'
    long = told_result("", {"a": "x" * 20_000})
    assert len(long) < MAX_TOOL_TEXT + 40
    assert long.endswith("characters)")


def test_arguments_are_the_inputs_with_their_types() -> None:
    schema = arguments_of(version().flows["estoque"])
    assert schema == {
        "type": "object",
        "properties": {"sku": {"type": "string"}},
        "additionalProperties": False,
        "required": ["sku"],
    }


def test_of_too_many_calls_at_once_the_last_are_refused() -> None:
    many = Said("", tuple(ToolCall("estoque") for _ in range(MAX_TOOL_CALLS + 2)))
    play = Play(version(), model={"ia": [many, Said("Certo.")]})
    play.say("oi")
    asked = [e for row in play.happened for _, e in row.taken.effects if isinstance(e, AskModel)]
    told = [msgspec.json.decode(each.text)["error"] for each in asked[1].messages[2:]]
    assert told[:MAX_TOOL_CALLS] == ["missing input: sku"] * MAX_TOOL_CALLS
    assert all("at most 8 calls" in each for each in told[MAX_TOOL_CALLS:])
