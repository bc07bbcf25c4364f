"""`check` does not cry wolf: of sound flows, however suspicious, it says nothing."""

import msgspec
import pytest

from flowengine.check import check
from flowengine.document import parse
from flowengine.explore.begins import openings, start_acts, trigger_acts
from flowengine.explore.ground import Ground
from flowengine.explore.search import Search, Wanted
from flowengine.explore.walk import Walk
from flowengine.simulation import Simulation
from flowengine.talks.rows import Row
from flowengine.workspace import Workspace, parse_workspace
from tests.flowengine.planted import WORKSPACE
from tests.flowengine.sound import SOUND, Sound

MOVES = 150


def workspace() -> Workspace:
    return parse_workspace(msgspec.json.encode(WORKSPACE))


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.why)
def test_it_has_nothing_to_say(sound: Sound) -> None:
    others = {other["key"]: parse(msgspec.json.encode(other)) for other in sound.others}
    flow = parse(msgspec.json.encode(sound.flow))
    assert check(flow, workspace(), others) == []


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.why)
def test_it_is_sound_indeed(sound: Sound) -> None:
    """Walked by the explorer, no turn breaks a limit and no circle goes on by itself."""
    others = {other["key"]: parse(msgspec.json.encode(other)) for other in sound.others}
    flow = parse(msgspec.json.encode(sound.flow))
    ground = Ground({**others, flow.key: flow}, workspace())
    problems: list[str] = []

    def seen(rows: list[Row], sim: Simulation) -> int:
        if isinstance(sim, Walk) and sim.endless:
            problems.append("more than it ever ends")
        states = [call.state for row in rows for call in row.calls]
        problems.extend(state.problem.reason for state in states if state.problem is not None)
        return 0

    everywhere = dict.fromkeys(ground.nodes, 1)
    search = Search(ground, Wanted(everywhere, seen), MOVES)
    for acts in (trigger_acts(ground, flow), start_acts(ground, flow)):
        search.run(list(openings(ground))[:3], list(acts))
    assert search.made > 1
    assert [why for why in problems if why.startswith("more than")] == []


def test_there_are_many() -> None:
    assert len(SOUND) >= 25
    assert len({sound.why for sound in SOUND}) == len(SOUND)
