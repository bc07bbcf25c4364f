"""The ways round: nodes of a flow and of all that it calls and starts, and the steps between them.

What stops a circle is for a proof to say: a pause, or a word of the customer. All steps that are
not stopped make a graph, and its circles are what is looked for.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from flowengine.check.subject import Subject
from flowengine.flow import Flow
from flowengine.graph import entry, exits
from flowengine.limits import MAX_DEPTH
from flowengine.nodes import Ask, FlowCall, Node, Start, Transfer, Wait

Place = tuple[str, str]
"""(flow, node)"""

Stops = Callable[[Flow, Node, str], bool]
"""Whether leaving a node of a flow by this exit stops a circle."""

Begins = Callable[[Flow, Start], bool]
"""Whether a flow that is started goes on with the circle."""


class Around:
    """`circles` of the flow under review; `nodes`: by place, in it and in what it leads to."""

    def __init__(self, subject: Subject, stops: Stops, begins: Begins) -> None:
        self.subject, self.stops, self.begins = subject, stops, begins
        self.flows = _ahead(subject)
        self.nodes: dict[Place, Node] = {}
        self.wired: dict[Place, dict[str, str]] = {}
        for key, flow in self.flows.items():
            for node in flow.nodes:
                self.nodes.setdefault((key, node.id), node)
            for edge in flow.edges:
                if (key, edge.to) in self.nodes:
                    self.wired.setdefault((key, edge.from_), {}).setdefault(edge.exit, edge.to)
        self._through: dict[str, bool] = {}
        self._broken: dict[str, bool] = {}
        self._deep = 0
        self.out = {place: list(self._steps(place)) for place in self.nodes}

    def circles(self) -> Iterator[list[Place]]:
        """Groups of places that lead to each other, in the order of the document.

        Only those with a node of the flow under review, whose nodes come first.
        """
        import networkx  # 60 ms: only where a flow is checked

        graph: networkx.DiGraph[Place] = networkx.DiGraph()
        graph.add_edges_from((place, to) for place, steps in self.out.items() for to in steps)
        rank = {place: at for at, place in enumerate(self.nodes)}
        for group in networkx.strongly_connected_components(graph):
            inside = sorted(group, key=rank.__getitem__)
            first = inside[0]
            circle = len(inside) > 1 or first in self.out[first]
            if circle and first[0] == self.subject.flow.key:
                yield inside

    def way(self, group: list[Place]) -> list[Place]:
        """The shortest way from the first place of a group round to it again."""
        inside, seen = set(group), set[Place]()
        ways = [[group[0]]]
        while ways:
            way = ways.pop(0)
            for to in self.out[way[-1]]:
                if to == group[0]:
                    return [*way, to]
                if to in inside and to not in seen:
                    seen.add(to)
                    ways.append([*way, to])
        return [group[0], group[0]]

    def said(self, place: Place) -> str:
        """A place in a sentence: of other flows with their key."""
        return place[1] if place[0] == self.subject.flow.key else "/".join(place)

    def _steps(self, place: Place) -> Iterator[Place]:
        key, node = place[0], self.nodes[place]
        for exit, to in self.wired.get(place, {}).items():
            if not self._stops(key, node, exit):
                yield key, to
        if isinstance(node, FlowCall) or (
            isinstance(node, Start) and self.begins(self.flows[key], node)
        ):
            child = self.flows.get(node.flow)
            first = entry(child) if child is not None else None
            if first is not None and (node.flow, first) in self.nodes:
                yield node.flow, first

    def _stops(self, key: str, node: Node, exit: str) -> bool:
        if isinstance(node, FlowCall):
            return not (self._breaks(node.flow) if exit == "failed" else self._passes(node.flow))
        return self.stops(self.flows[key], node, exit)

    def _passes(self, key: str) -> bool:
        """Whether some way through a called flow is not stopped; an unknown one is trusted."""
        if self._deep > 2 * MAX_DEPTH:
            return False  # nothing is called so deep
        if key not in self._through:
            self._through[key] = False  # while it is looked at: a flow that calls itself
            self._deep += 1
            self._through[key] = self._goes_through(key)
            self._deep -= 1
        return self._through[key]

    def _breaks(self, key: str) -> bool:
        """Whether a call may fail before anything stops it; one of an unknown flow may."""
        child = self.flows.get(key)
        if child is None or entry(child) is None:
            return True
        if any(each.required or each.type != "text" for each in child.inputs):
            return True  # it may be refused what it is called with
        if child.settings.on_problem is not None:
            return False  # its own problems end everything
        if key not in self._broken:
            self._broken[key] = False  # while it is looked at: a flow that calls itself
            self._broken[key] = any(map(partial(self._fails, key), self._unstopped(key)))
        return self._broken[key]

    def _fails(self, key: str, node: Node) -> bool:
        """Whether a node may at once meet a problem that leads nowhere; all others pause before."""
        match node:
            case Transfer():
                exit = "unavailable"
            case Ask() | Wait():
                exit = "empty"
            case FlowCall():
                exit = "failed"
            case _:
                return False
        there = any(each.id == exit for each in exits(node))
        wired = self.wired.get((key, node.id), {})
        return there and exit not in wired and not self._stops(key, node, exit)

    def _unstopped(self, key: str) -> Iterator[Node]:
        """The nodes of a flow to which some way leads that is not stopped."""
        ahead, seen = [entry(self.flows[key])], set[str | None]()
        while ahead:
            at = ahead.pop()
            node = self.nodes.get((key, at or ""))
            if node is None or at in seen:
                continue
            seen.add(at)
            yield node
            wired = self.wired.get((key, node.id), {})
            ahead += [to for exit, to in wired.items() if not self._stops(key, node, exit)]

    def _goes_through(self, key: str) -> bool:
        child = self.flows.get(key)
        start = entry(child) if child is not None else None
        if child is None or start is None:
            return False
        ahead, seen = [start], set[str]()
        while ahead:
            at = ahead.pop()
            node = self.nodes.get((key, at))
            if node is None or at in seen:
                continue
            seen.add(at)
            wired: Mapping[str, str] = self.wired.get((key, at), {})
            if isinstance(node, FlowCall):
                if (not node.return_ or not wired) and self._passes(node.flow):
                    return True
            elif not wired:
                return True
            ahead += [to for exit, to in wired.items() if not self._stops(key, node, exit)]
        return False


def _ahead(subject: Subject) -> dict[str, Flow]:
    """The flow under review, and those that it leads to by calls and starts."""
    found = {subject.flow.key: subject.flow}
    waiting = [subject.flow]
    while waiting:
        for node in waiting.pop().nodes:
            child = subject.others.get(node.flow) if isinstance(node, FlowCall | Start) else None
            if child is not None and child.key not in found:
                found[child.key] = child
                waiting.append(child)
    return found
