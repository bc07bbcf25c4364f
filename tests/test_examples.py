"""The examples are documentation, seed data and tests at once: all of them hold together."""

from itertools import combinations
from pathlib import Path

import pytest

from flowengine.catalog import build_catalog
from flowengine.document import canonical, parse, pretty
from flowengine.flow import Flow
from flowengine.messages import Inbound
from flowengine.nodes import AiReply, Trigger
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.talks import parse_talk, play
from flowengine.talks.acting import NOW, simulation
from flowengine.talks.expectations import show
from flowengine.talks.player import Player
from flowengine.workspace import Workspace, parse_workspace, write_workspace

EXAMPLES = Path(__file__).parents[1] / "examples"
FLOWS = sorted(EXAMPLES.glob("*.flow.json"))
TALKS = sorted(EXAMPLES.glob("*.talk.json"))

CARD = (292, 120)
"""The smallest that a card is on the canvas."""


def flows() -> dict[str, Flow]:
    return {flow.key: flow for flow in (parse(path.read_bytes()) for path in FLOWS)}


def releases() -> list[Release]:
    known = flows()
    return [compile_release(flow, known) for flow in known.values()]


def workspace() -> Workspace:
    return parse_workspace((EXAMPLES / "workspace.json").read_bytes())


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.name)
def test_its_talk_comes_true(path: Path) -> None:
    played = play(parse_talk(path.read_bytes()), releases(), workspace())
    assert played.failure is None, show(played.failure)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_its_file_is_named_by_its_key_and_survives_export(path: Path) -> None:
    flow = parse(path.read_bytes())
    assert path.name == f"{flow.key}.flow.json"
    assert canonical(parse(pretty(flow))) == canonical(flow)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_its_drawing_has_a_place_for_every_card(path: Path) -> None:
    flow = parse(path.read_bytes())
    assert flow.view.nodes.keys() == {node.id for node in flow.nodes}
    for (_, a), (_, b) in combinations(flow.view.nodes.items(), 2):
        assert abs(a[0] - b[0]) >= CARD[0] or abs(a[1] - b[1]) >= CARD[1]


def test_the_talks_enter_every_node_of_every_flow() -> None:
    entered: set[tuple[str, str]] = set()
    for path in TALKS:
        talk = parse_talk(path.read_bytes())
        sim = simulation(talk, releases(), workspace())
        player = Player(sim)
        for number, step in enumerate(talk.steps, 1):
            player.step(number, step)
        for row in sim.happened:
            for step in row.taken.steps:
                if step.state is None:
                    continue
                root = sim.chat.releases[step.state.release].root
                for trace in step.trail:
                    if trace.__struct_config__.tag == "entered":
                        entered.add(
                            (getattr(trace, "flow", "") or root, getattr(trace, "node", ""))
                        )
    wanted = {
        (flow.key, node.id)
        for flow in flows().values()
        for node in flow.nodes
        if not isinstance(node, Trigger)
    }
    missing = sorted(f"{flow}/{node}" for flow, node in wanted - entered)
    assert not missing, ", ".join(missing)


def test_every_flow_that_words_begin_has_a_happy_and_an_unhappy_talk() -> None:
    for flow in flows().values():
        begins = any(isinstance(node, Trigger) for node in flow.nodes)
        assert len(list(EXAMPLES.glob(f"{flow.key}.*.talk.json"))) >= (2 if begins else 0)


def test_exactly_one_answers_oi_and_it_needs_no_ai() -> None:
    answering = [
        release.root
        for release in releases()
        if build_catalog([release]).find(
            Inbound("1", NOW, text="oi"),
            first=False,
            accept=lambda _release, trigger, _cause: trigger.kind == "keyword",
        )
    ]
    assert answering == ["triagem"]
    assert not any(isinstance(node, AiReply) for node in flows()["triagem"].nodes)


def test_the_workspace_survives_being_written() -> None:
    known = workspace()
    assert parse_workspace(write_workspace(known)) == known
