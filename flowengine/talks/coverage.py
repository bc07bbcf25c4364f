"""Coverage: which nodes and exits of flows were reached, and which no talk reaches.

An exit is an edge of the flow: one that is taken by another's edge (`choice:x` by `reply`) counts
for that edge, and one without any edge is not asked for.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.given import Begin, Jump
from flowengine.graph import fallback
from flowengine.nodes.flow import FlowStep
from flowengine.nodes.trigger import TriggerStep
from flowengine.run import Release
from flowengine.talks.rows import Call, Row
from flowengine.trail import Began, Called, Entered, Interrupted, Left, Returned

Place = tuple[str, str]
"""(flow, node)"""

Way = tuple[str, str, str]
"""(flow, node, exit)"""


class Reached(Struct):
    """What was entered, and what was left by which exit (as it was taken: fall-backs unresolved).

    A trigger is entered, and left by `next`, when it begins or interrupts something.
    """

    nodes: set[Place]
    exits: set[Way]

    def add(self, other: "Reached") -> None:
        """What another has come to counts, too."""
        self.nodes |= other.nodes
        self.exits |= other.exits


class FlowCoverage(Struct, frozen=True):
    """How much of a flow was reached. `missing_exits` are written "node:exit"."""

    flow: str
    nodes: int
    exits: int
    missing_nodes: tuple[str, ...]
    missing_exits: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Of its nodes and exits together, 0 to 100; an empty flow is covered."""
        everything = self.nodes + self.exits
        missing = len(self.missing_nodes) + len(self.missing_exits)
        return 100 * (everything - missing) / everything if everything else 100


def reached(rows: Iterable[Row], releases: Mapping[str, Release]) -> Reached:
    """Everything that these rows reached. `releases` by hash. Cost: ~1 µs a node step."""
    found = Reached(set(), set())
    for row in rows:
        for call in row.calls:
            _Following(found, releases[call.release], call).follow()
    return found


def coverage(flow: Flow, found: Reached) -> FlowCoverage:
    """What `found` covers of one flow, and what is missing, in the document's order. Cost: ~1 µs a
    node and edge."""
    taken = wired(flow, found.exits)
    edges = dict.fromkeys((edge.from_, edge.exit) for edge in flow.edges)
    nodes = dict.fromkeys(node.id for node in flow.nodes)
    return FlowCoverage(
        flow.key,
        len(nodes),
        len(edges),
        tuple(node for node in nodes if (flow.key, node) not in found.nodes),
        tuple(f"{node}:{exit}" for node, exit in edges if (node, exit) not in taken),
    )


def wired(flow: Flow, exits: Iterable[Way]) -> set[tuple[str, str]]:
    """The edges of a flow, as (node, exit), that these exits went along. Cost: ~1 µs a node."""
    edges = {(edge.from_, edge.exit) for edge in flow.edges}
    nodes = {node.id: node for node in flow.nodes}
    found: set[tuple[str, str]] = set()
    for key, node, exit in exits:
        if key != flow.key or node not in nodes:
            continue
        instead = fallback(nodes[node], exit)
        if (node, exit) in edges:
            found.add((node, exit))
        elif instead is not None and (node, instead) in edges:
            found.add((node, instead))
    return found


class _Following:
    """One call's trail, read with the stack of flows that it moves on."""

    def __init__(self, found: Reached, release: Release, call: Call) -> None:
        self.found, self.release, self.call = found, release, call
        before = call.before
        self.stack = [frame.flow for frame in before.frames] if before else [release.root]
        self.node = before.frames[-1].node if before and before.frames else ""

    def follow(self) -> None:
        event = self.call.given.event
        if isinstance(event, Begin):
            self._trigger(self.release.root, event.cause.node)
        for trace in self.call.trail:
            match trace:
                case Began():
                    self.stack = [trace.flow]
                case Entered():
                    self.node = trace.node
                    self.found.nodes.add((self.stack[-1], trace.node))
                case Left():
                    self.found.exits.add((self.stack[-1], trace.node, trace.exit))
                case Called():
                    self._call(trace.flow)
                case Returned() if len(self.stack) > 1:
                    self.stack.pop()
                case Interrupted() if isinstance(event, Jump):
                    self._trigger(event.flow, trace.node)
                    if trace.then == "return":
                        self.stack.append(event.flow)
                case _:
                    pass

    def _call(self, flow: str) -> None:
        """A `flow` node without return gives its own place on the stack away."""
        step = self.release.flows[self.stack[-1]].steps.get(self.node)
        if isinstance(step, FlowStep) and not step.comes_back:
            self.stack.pop()
        self.stack.append(flow)

    def _trigger(self, flow: str, node: str) -> None:
        if isinstance(self.release.flows[flow].steps.get(node), TriggerStep):
            self.found.nodes.add((flow, node))
            self.found.exits.add((flow, node, "next"))
