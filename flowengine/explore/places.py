"""Where executions of a flow can stand: one state for each place, found by walking the flow."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from flowengine.explore.begins import openings, start_acts, trigger_acts
from flowengine.explore.ground import Ground
from flowengine.explore.search import Search, Wanted
from flowengine.flow import Flow
from flowengine.simulation import Simulation
from flowengine.state import LIVE, State
from flowengine.talks.coverage import Place
from flowengine.talks.rows import Row
from flowengine.workspace import Workspace

BUDGET = 4_000
"""Moves that are tried: well under a second."""


class Stood(Struct, frozen=True):
    """An execution that stands at `node` (the last of its stack), and the hash of its release."""

    flow: str
    node: str
    state: State
    release: str


def places(
    flow: Flow,
    others: Mapping[str, Flow],
    workspace: Workspace | None = None,
    budget: int = BUDGET,
) -> list[Stood]:
    """One execution of `flow` for each place at which one can stand, in the document's order.

    `others`: flows published beside it, by key; places in those that it calls come after its own.
    `workspace`: its queues and schedules. Where no chat was found within `budget` moves a place is
    left out. Raises `FlowError` where a flow cannot run. Cost: some 0.1 ms a move.
    """
    ground = Ground({**others, flow.key: flow}, workspace)
    found: dict[Place, Stood] = {}

    def seen(rows: list[Row], sim: Simulation) -> int:
        for row in rows:
            for call in row.calls:
                for each in _standing(call.state, sim):
                    found.setdefault((each.flow, each.node), each)
        return 0

    everywhere = dict.fromkeys(ground.nodes, 1)
    search = Search(ground, Wanted(everywhere, seen), budget)
    ways = list(openings(ground))
    search.run(ways[:1], list(trigger_acts(ground, flow)))
    search.run(ways[:1], list(start_acts(ground, flow)))
    search.run(ways[1:], list(trigger_acts(ground, flow)))
    own = [each for each in found.values() if _root(ground, each) == flow.key]
    rank = {place: at for at, place in enumerate(ground.nodes)}
    return sorted(own, key=lambda each: (each.flow != flow.key, rank[each.flow, each.node]))


def _standing(state: State, sim: Simulation) -> Iterator[Stood]:
    if state.status in LIVE and state.frames:
        top = state.frames[-1]
        yield Stood(top.flow, top.node, state, sim.chat.releases[state.release].hash)


def _root(ground: Ground, stood: Stood) -> str:
    return next(each.root for each in ground.releases if each.hash == stood.release)
