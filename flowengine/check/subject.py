"""The flow under review with what every proof looks up: its nodes, exits, edges and names."""

import difflib
from collections.abc import Iterable, Mapping

from flowengine.check.finding import Finding
from flowengine.flow import Flow
from flowengine.graph import Exit, all_exits, entry
from flowengine.nodes import Node, Trigger
from flowengine.workspace import Workspace


class Subject:
    """Looked up once, read by all.

    `out`: node to exit to next node, the first edge of an exit. `drawn`: the exits that have an
    edge, be it to a node that is not there (which is told once, not twice).
    """

    def __init__(self, flow: Flow, workspace: Workspace | None, others: Mapping[str, Flow]) -> None:
        self.flow = flow
        self.workspace = workspace
        self.others = {key: other for key, other in others.items() if key != flow.key}
        self.nodes: dict[str, Node] = {}
        self.place: dict[str, int] = {}
        for at, node in enumerate(flow.nodes):
            self.nodes.setdefault(node.id, node)
            self.place.setdefault(node.id, at)
        self.exits: dict[str, tuple[Exit, ...]] = all_exits(flow)
        self.out: dict[str, dict[str, str]] = {node: {} for node in self.nodes}
        self.drawn: dict[str, set[str]] = {node: set() for node in self.nodes}
        for edge in flow.edges:
            self.drawn.setdefault(edge.from_, set()).add(edge.exit)
            if edge.from_ in self.nodes and edge.to in self.nodes:
                self.out[edge.from_].setdefault(edge.exit, edge.to)
        self.entry = entry(flow)
        self.names = _declared(flow)
        self.reached = self.reach(self._beginnings())

    def _beginnings(self) -> list[str]:
        known = (self.entry, self.flow.settings.resume)
        start = [node for node in known if node in self.nodes]
        return [*start, *(n for n, node in self.nodes.items() if isinstance(node, Trigger))]

    def reach(self, beginnings: Iterable[str]) -> frozenset[str]:
        """Every node that can be come to from these, themselves included."""
        seen: set[str] = set()
        ahead = list(beginnings)
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen.add(node)
                ahead.extend(self.out[node].values())
        return frozenset(seen)

    def path(self, node: str) -> str:
        """The JSON Pointer of a node."""
        return f"/nodes/{self.place[node]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`; empty where none is."""
    close = difflib.get_close_matches(name, sorted(known), 1, 0.6)
    return close[0] if close else ""


def unknown(
    code: str, name: str, known: Iterable[str], node: str, path: str, exit: str = ""
) -> Finding:
    """A finding about a name that is not known, with the nearest one that is."""
    return Finding(code, node, exit, path, {"name": name, "near": nearest(name, known)})


def _declared(flow: Flow) -> dict[str, str]:
    """Name to type of all that an execution of the flow may store."""
    everything = (*flow.variables, *flow.inputs, *flow.outputs)
    return {variable.name: variable.type for variable in everything}
