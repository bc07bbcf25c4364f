"""The explorer: walks a flow by itself, with the real engine, and writes the talks that cover it.

`ground` knows the flows, `names` and `shapes` what is worth answering, `begins` and `moves` what
can be done, `search` looks, `tours` makes few talks of what it found.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from flowengine.explore.begins import openings, start_acts, trigger_acts
from flowengine.explore.ground import Ground
from flowengine.explore.reasons import reachable, reason
from flowengine.explore.search import Search, Wanted, bits
from flowengine.explore.tours import tours
from flowengine.explore.walk import Walk
from flowengine.flow import Flow
from flowengine.simulation import Simulation
from flowengine.talks.coverage import Place, Way, reached, wired
from flowengine.talks.format import Talk
from flowengine.talks.player import play_through
from flowengine.talks.recording import record
from flowengine.talks.rows import Row, simulated
from flowengine.workspace import Workspace

__all__ = ["Exploration", "Unreached", "explore"]

BUDGET = 20_000
"""Moves that are tried: a few seconds."""

DEEPER = 2_000
"""Moves more for ways that join what was found into fewer talks."""

ENDLESS = "there the flow goes round for ever, and no talk can hold that"

NAMED = 3
"""Exits in a talk's name."""


class Unreached(Struct, frozen=True):
    """An exit that no chat was found for, and why, as far as that can be said."""

    node: str
    exit: str
    reason: str


class Exploration(Struct, frozen=True):
    """`talks`: together they go along every exit that was reached. `exits`: how many there are;
    `moves`: how many were tried; `whole`: all that the explorer can do was tried."""

    flow: str
    talks: tuple[Talk, ...]
    exits: int
    unreached: tuple[Unreached, ...]
    moves: int
    whole: bool


def explore(
    flow: Flow,
    others: Mapping[str, Flow],
    workspace: Workspace | None = None,
    file: str = "",
    budget: int = BUDGET,
    enough: Callable[[], bool] = lambda: False,
) -> Exploration:
    """Talks that go along every edge of `flow` that the explorer can reach.

    `others`: flows published beside it, by key. `workspace`: what queues, schedules and constants
    are there. `file`: the flow's name in the talks. `budget`: moves; `enough`: is asked whether to
    stop before. The same arguments give the same talks. Raises `FlowError` where a flow cannot run.
    Cost: some 10,000 moves a second.
    """
    ground = Ground({**others, flow.key: flow}, workspace)
    edges = list(dict.fromkeys((edge.from_, edge.exit) for edge in flow.edges))
    search = Search(ground, _wanted(flow, edges), budget, enough)
    _look(search, ground, flow)
    whole = not search.made >= budget and not search.cut and not enough()
    search.deepen(DEEPER)
    file = file or f"{flow.key}.flow.json"
    talks: list[Talk] = []
    covered = 0
    for tour in tours(search, lambda walk: _proven(search, _talk(walk, file))):
        new = [edges[place] for place in bits(tour.mask & ~covered)]
        talks.append(replace(_talk(tour.walk, file), name=_name(flow, new)))
        covered |= tour.mask

    there = reachable(ground, flow)

    def why(node: str, exit: str) -> str:
        if (flow.key, node) not in there:
            return "no path leads to this node"
        return reason(ground, flow, node, exit, whole)

    unreached = tuple(
        Unreached(node, exit, ENDLESS if place in search.endless else why(node, exit))
        for place, (node, exit) in enumerate(edges)
        if not covered >> place & 1
    )
    return Exploration(flow.key, tuple(talks), len(edges), unreached, search.made, whole)


def _wanted(flow: Flow, edges: list[tuple[str, str]]) -> Wanted:
    """The edges of a flow as goals."""
    bit = {edge: 1 << place for place, edge in enumerate(edges)}
    places: dict[Place, int] = {}
    for (node, _), mask in zip(edges, bit.values(), strict=True):
        places[flow.key, node] = places.get((flow.key, node), 0) | mask

    known: dict[Way, int] = {}

    def seen(rows: list[Row], sim: Simulation) -> int:
        found = 0
        for way in reached(rows, sim.chat.releases).exits:
            if way not in known:
                known[way] = sum(bit[edge] for edge in wired(flow, (way,)))
            found |= known[way]
        return found

    return Wanted(places, seen)


def _look(search: Search, ground: Ground, flow: Flow) -> None:
    """Ana on a Monday; then all other beginnings; then what a program could start."""
    acts = list(trigger_acts(ground, flow))
    ways = list(openings(ground))
    search.run(ways[:1], acts)
    search.run(ways[1:], acts)
    search.run(ways, list(start_acts(ground, flow)))


def _name(flow: Flow, edges: list[tuple[str, str]]) -> str:
    """The last exits that this talk is the first to reach."""
    return f"{flow.name}: {', '.join(f'{node}:{exit}' for node, exit in edges[-NAMED:])}"


def _talk(walk: Walk, file: str) -> Talk:
    rows = simulated(walk.happened)
    return record(rows, walk.chat.releases, file, "", walk.contact).talk


def _proven(search: Search, talk: Talk) -> int:
    """The goals that a talk reaches; none if it does not come true."""
    ground = search.ground
    played, sim = play_through(talk, ground.releases, ground.workspace)
    if played.failure is not None:
        return 0
    return search.wanted.seen(simulated(sim.happened), sim)
