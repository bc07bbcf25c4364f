"""Each finding with the shortest chat that shows it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from flowengine.check import check
from flowengine.document import canonical, parse
from flowengine.explore.chats import with_chats
from flowengine.explore.ground import Ground
from flowengine.explore.showing import Look, shows
from flowengine.explore.trying import Trying
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.release import compile_release
from flowengine.simulation import Simulation
from flowengine.talks import Talk, parse_talk, play
from flowengine.talks.coverage import reached
from flowengine.talks.format import Expected, Step
from flowengine.talks.player import play_through
from flowengine.talks.rows import simulated
from flowengine.workspace import EMPTY, parse_workspace
from tests.flowengine.planted import PLANTED, WORKSPACE, Planted
from tests.flowengine.playing import OI, ask, document, menu, text

END = {"id": "fim", "type": "end"}


def read(json: Any) -> Flow:
    return parse(msgspec.json.encode(json))


def shown(flow: dict[str, Any], *others: dict[str, Any]) -> list[Issue]:
    known = {other["key"]: read(other) for other in others}
    main = read(flow)
    return with_chats(check(main, EMPTY, known), main, known)


def acts(issue: Issue) -> list[Any]:
    """What is done in the chat of a finding."""
    assert issue.talk is not None, issue
    return [step for step in issue.talk["steps"] if "expect" not in step]


def of(issues: list[Issue], code: str) -> Issue:
    return next(issue for issue in issues if issue.code == code)


WITHOUT = {
    "unknown_node",  # the edge leads out of the flow: nothing can run there
    "unknown_start",
    "no_beginning",
    "unreachable",
    "not_known_here",
    "unknown_flow",
    "reserved_name",
    "duplicate_name",
    "template_invalid",  # a flow that does not compile cannot be played
    "expression_invalid",
    "pattern_invalid",
    "condition_invalid",
    "bad_timezone",
    "bad_resume",
    "bad_duration",
    "translates_nothing",
    "translation_of_own",  # texts that nothing reads: no chat passes them
    "no_words",
    "keyword_conflict",
    "pattern_matches_nothing",
}
"""Findings that no chat can show, or not of this flow."""


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.code)
def test_planted_mistakes_are_shown_by_a_chat_that_plays(planted: Planted) -> None:
    others = {other["key"]: read(other) for other in planted.others}
    known = parse_workspace(msgspec.json.encode(WORKSPACE)) if planted.workspace else None
    flow = read(planted.flow)
    issue = of(with_chats(check(flow, known, others), flow, others, known), planted.code)
    if planted.code in WITHOUT:
        return
    assert issue.talk is not None
    talk = msgspec.convert(issue.talk, Talk)
    assert talk.name == issue.message
    everything = {**others, flow.key: flow}
    releases = [compile_release(each, everything) for each in everything.values()]
    played, sim = play_through(talk, releases, known or EMPTY)
    endless = not any(step.expect is not None for step in talk.steps)
    assert sim.endless or not endless or played.failure is None
    assert endless or played.failure is None
    assert_shown(issue, flow, Ground(everything, known), sim)


def assert_shown(issue: Issue, flow: Flow, ground: Ground, sim: Simulation) -> None:
    """What was played comes to the place, or shows the fault itself."""
    rows = simulated(sim.happened)
    look = Look(rows, sim, reached(rows, sim.chat.releases))
    ways = shows(ground, msgspec.json.decode(canonical(flow)), issue)
    assert any(way.holds(look) for way in ways), (issue.code, issue.node)


BEST = {
    "missing_edge", "missing_choice_edge", "duplicate_edge", "shadowed_branch", "unset_read",
    "text_outside_window", "call_outside_window", "endless_cycle", "ai_loop", "dead_choice",
    "never_holds", "wrong_comparison", "expires_first", "no_status", "bad_status",
    "calls_too_deep",
}  # fmt: skip
"""Codes about more than a node: an exit, a path, a time."""

NEVER = {
    "shadowed_branch", "dead_choice", "never_holds", "wrong_comparison", "no_status", "bad_status",
    "expires_first",
}  # fmt: skip
"""Of these the exit is what can never be taken: the chat shows the way to the node."""


@pytest.mark.parametrize(
    "planted",
    [each for each in PLANTED if each.code in BEST - NEVER],
    ids=lambda planted: planted.code,
)
def test_a_fault_of_a_path_is_shown_itself(planted: Planted) -> None:
    others = {other["key"]: read(other) for other in planted.others}
    known = parse_workspace(msgspec.json.encode(WORKSPACE)) if planted.workspace else None
    flow = read(planted.flow)
    issue = of(with_chats(check(flow, known, others), flow, others, known), planted.code)
    everything = {**others, flow.key: flow}
    ground = Ground(everything, known)
    assert issue.talk is not None
    talk = msgspec.convert(issue.talk, Talk)
    _, sim = play_through(talk, ground.releases, known or EMPTY)
    rows = simulated(sim.happened)
    best = shows(ground, msgspec.json.decode(canonical(flow)), issue)[0]
    assert best.holds(Look(rows, sim, reached(rows, sim.chat.releases))), acts(issue)


def test_the_chat_is_the_shortest() -> None:
    nodes = [OI, menu("m", "?", "longo", "curto"), ask("a", "?"), text("x", "{{ nada }}"), END]
    lines = ["oi > m", "m:choice:longo > a", "a:reply > x", "m:choice:curto > x", "x > fim"]
    assert acts(of(shown(document("x", nodes, lines)), "unknown_name")) == [
        {"say": "oi"},
        {"tap": "curto"},
    ]


def test_an_exit_that_leads_nowhere_is_taken() -> None:
    call = {"id": "h", "type": "http", "url": "https://x.example"}
    nodes = [OI, call, menu("m", "?", "sim", "nao"), END]
    issues = shown(document("x", nodes, ["oi > h", "h:ok > m", "m:choice:sim > fim"]))
    missing = of(issues, "missing_choice_edge")
    assert acts(missing) == [{"say": "oi"}, {"tap": "nao"}]
    assert missing.talk is not None
    assert missing.talk["http"] == [{"node": "h", "json": {}}]


def test_a_cycle_without_a_pause_ends_in_the_limit() -> None:
    nodes = [OI, ask("q", "?"), text("a", "1"), text("b", "2"), END]
    issues = shown(document("x", nodes, ["oi > q", "q:reply > a", "a > b", "b > a"]))
    cycle = of(issues, "endless_cycle")
    assert acts(cycle) == [{"say": "oi"}, {"say": "exemplo"}]
    assert cycle.talk is not None
    assert cycle.talk["steps"][-1]["expect"]["status"] == "failed"


def test_the_way_there_is_shown_where_the_exit_itself_cannot_be_taken() -> None:
    nodes = [OI, ask("q", "?", timeout="PT1H"), END]
    issues = shown(document("x", nodes, ["oi > q", "q:reply > fim"]))
    assert acts(of(issues, "timeout_without_edge")) == [{"say": "oi"}]


def test_a_variable_is_shown_unset_by_the_path_that_does_not_set_it() -> None:
    nodes = [OI, menu("m", "?", "x", "y"), ask("a", "?", save_as="n"), text("b", "{{ n }}"), END]
    lines = ["oi > m", "m:choice:x > a", "m:choice:y > b", "a:reply > b", "b > fim"]
    issues = shown(document("x", nodes, lines, variables=[{"name": "n"}]))
    assert acts(of(issues, "unset_read")) == [{"say": "oi"}, {"tap": "y"}]


def test_text_out_of_the_window_is_shown_by_time_that_passes() -> None:
    wait = {"id": "d", "type": "delay", "for": "P1DT1H"}
    nodes = [OI, ask("a", "?", timeout="PT20H"), text("b", "Oi?"), wait, text("c", "Sumiu?"), END]
    lines = ["oi > a", "a:reply > fim", "a:timeout > b", "b > d", "d > c", "c > fim"]
    issue = of(shown(document("x", nodes, lines)), "text_outside_window")
    assert (issue.node, acts(issue)) == (
        "c",
        [{"say": "oi"}, {"after": "PT20H"}, {"after": "P1DT1H"}],
    )
    child = document("fala", [text("f", "Oi"), END], ["f > fim"], start="f")
    calls = [OI, wait, {"id": "f", "type": "flow", "flow": "fala"}, END]
    issue = of(
        shown(document("x", calls, ["oi > d", "d > f", "f > fim"]), child), "call_outside_window"
    )
    assert acts(issue) == [{"say": "oi"}, {"after": "P1DT1H"}]


def test_a_model_in_a_circle_is_shown_asked_twice() -> None:
    ai = {"id": "ia", "type": "ai_reply", "instructions": "Oi"}
    issue = of(shown(document("x", [OI, ai, END], ["oi > ia", "ia > ia"])), "ai_loop")
    assert acts(issue) == [{"say": "oi"}]
    assert issue.talk is not None
    assert len(issue.talk["model"]) >= 2


def test_a_circle_of_sends_has_no_end_and_shows_only_what_is_done() -> None:
    nodes = [OI, text("a", "1"), text("b", "2"), END]
    lines = ["oi > a", "a > b", "b > a", "a:failed > fim", "b:failed > fim"]
    issue = of(shown(document("x", nodes, lines)), "endless_cycle")
    assert issue.talk is not None
    assert issue.talk["steps"] == [{"say": "oi"}]


def test_a_neighbour_that_cannot_run_hides_nothing() -> None:
    broken = document("outro", [{**OI, "id": "t"}, text("a", "{{ 1 + }}")], ["t > a"])
    flow = document("x", [OI, text("a", "{{ nada }}"), END], ["oi > a", "a > fim"])
    assert acts(of(shown(flow, broken), "unknown_name")) == [{"say": "oi"}]


def test_trying_talks_together_finds_what_playing_each_finds() -> None:
    examples = Path(__file__).parents[2] / "examples"
    flows = {f.key: f for f in (parse(p.read_bytes()) for p in examples.glob("*.flow.json"))}
    ground = Ground(flows, parse_workspace((examples / "workspace.json").read_bytes()))
    trying = Trying(ground)
    for path in sorted(examples.glob("*.talk.json")):
        talk = parse_talk(path.read_bytes())
        shorter = replace(talk, steps=talk.steps[:-1])
        wrong = replace(talk, steps=(*talk.steps, Step(expect=Expected(text="nada disso"))))
        for each in (talk, shorter, wrong, talk):
            whole = play(each, ground.releases, ground.workspace).failure is None
            assert trying.comes_true(each) == whole, path.name


def test_check_itself_looks_for_no_chat() -> None:
    flow = read(document("x", [OI, text("a", "{{ nada }}"), END], ["oi > a", "a > fim"]))
    assert [issue.talk for issue in check(flow, EMPTY)] == [None]


def test_many_findings_of_a_large_flow_are_shown_within_the_budget() -> None:
    nodes = [OI, *(ask(f"p{at}", "{{ nada }}") for at in range(200)), END]
    lines = ["oi > p0", *(f"p{at}:reply > p{(at + 7) % 200}" for at in range(200))]
    flow = read(document("grande", nodes, lines))
    issues = check(flow, EMPTY)
    found = with_chats(issues, flow, {}, budget=300)
    assert sum(issue.talk is not None for issue in found) >= 50
