"""The numbers of a flow out of its trails: who came to each step, who left it by which exit, who
waits there, who stopped there, and how its A/B tests go."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine import trail as trails
from flowengine.flow import Flow
from flowengine.graph import fallback
from flowengine.nodes import Split
from flowengine.store.trails import Ran, Walked
from flowengine.trail import Trail
from web.editor.odds import Share, difference, is_clear, share

GONE = ("expired", "failed", "interrupted")
"""How executions end that nobody wanted to end so."""

_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)


class Variant(Struct, frozen=True):
    """How one way of an A/B test goes: `share` of those who took it came to the goal."""

    id: str
    share: Share


class Test(Struct, frozen=True):
    """An A/B test. `gap`: the last minus the first, with its bounds; `clear`: beyond chance."""

    node: str
    variants: tuple[Variant, ...]
    gap: tuple[float, float, float]
    clear: bool


class Numbers(Struct, frozen=True):
    """Counts of executions, by node and by exit; an execution counts once at each."""

    total: int
    done: int
    entered: dict[str, int]
    waiting: dict[str, int]
    dropped: dict[str, int]
    exits: dict[tuple[str, str], int]
    outcomes: dict[str, int]
    tests: tuple[Test, ...]


class Way(Struct):
    """The way of one execution along its own flow; `last`: where it is or ended."""

    nodes: set[str]
    exits: set[tuple[str, str]]
    last: str = ""


def count(flow: Flow, ran: Iterable[Ran], walked: Iterable[Walked], goal: str = "") -> Numbers:
    """The numbers of a flow. `goal`: the outcome that A/B tests are about; "" for any ending that
    is no failure. Cost: ~3 µs an event of the trails."""
    listed = list(ran)
    ways = ways_of(flow, walked)
    known = [(each, ways[each.id]) for each in listed if each.id in ways]
    entered = Counter(node for _each, way in known for node in way.nodes)
    exits = Counter(exit for _each, way in known for exit in way.exits)
    waiting = Counter(way.last for each, way in known if not each.ended)
    dropped = Counter(way.last for each, way in known if each.status in GONE)
    outcomes = Counter(each.outcome for each in listed if each.ended and each.outcome)
    return Numbers(
        len(listed),
        sum(each.status == "completed" for each in listed),
        dict(entered),
        dict(waiting),
        dict(dropped),
        dict(exits),
        dict(outcomes.most_common()),
        tuple(tests_of(flow, known, goal)),
    )


def ways_of(flow: Flow, walked: Iterable[Walked]) -> dict[UUID, Way]:
    """Each execution's way; what happens in flows that it calls stands at the calling step."""
    ways: dict[UUID, Way] = {}
    depth: dict[UUID, int] = {}
    edges = {(edge.from_, edge.exit) for edge in flow.edges}
    nodes = {node.id: node for node in flow.nodes}
    for each in walked:
        way = ways.setdefault(each.execution_id, Way(set(), set()))
        try:
            events = _trail.decode(each.trail)
        except msgspec.DecodeError:
            continue  # erased with its person
        for event in events:
            below = depth.get(each.execution_id, 0)
            match event:
                case trails.Called():
                    depth[each.execution_id] = below + 1
                case trails.Returned():
                    depth[each.execution_id] = max(0, below - 1)
                case trails.Entered() if not below and event.node in nodes:
                    way.nodes.add(event.node)
                    way.last = event.node
                case trails.Left() if not below and event.node in nodes:
                    instead = fallback(nodes[event.node], event.exit) or ""
                    taken = (event.node, event.exit)
                    way.exits.add(taken if taken in edges else (event.node, instead))
                case _:
                    pass
    return ways


def tests_of(flow: Flow, known: list[tuple[Ran, Way]], goal: str) -> Iterable[Test]:
    """A/B tests of the flow, those that somebody came to."""
    for node in flow.nodes:
        if not isinstance(node, Split):
            continue
        variants: list[Variant] = []
        for each in node.variants:
            took = [ran for ran, way in known if (node.id, f"variant:{each.id}") in way.exits]
            ended = [ran for ran in took if ran.ended]
            variants.append(Variant(each.id, share(sum(_won(r, goal) for r in ended), len(ended))))
        if any(each.share.total for each in variants):
            first, last = variants[0].share, variants[-1].share
            yield Test(node.id, tuple(variants), difference(first, last), is_clear(first, last))


def _won(ran: Ran, goal: str) -> bool:
    return ran.outcome == goal if goal else ran.status == "completed"


def weights(exits: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """How thick each line is drawn, from 0 to 1."""
    most = max(exits.values(), default=1)
    return {exit: count / most for exit, count in exits.items()}
