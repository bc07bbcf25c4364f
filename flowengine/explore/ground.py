"""The flows that are explored: what leads where, and what decides it further on."""

from collections.abc import Iterable, Iterator, Mapping

from flowengine.catalog import build_catalog
from flowengine.durations import DurationError
from flowengine.errors import FlowError, ReleaseError
from flowengine.explore.names import Name, Names, branching
from flowengine.explore.reads import Path, read_paths
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.graph import entry, leads_to
from flowengine.nodes import End, FlowCall, Hours, Node, Set, Split, Start, Transfer, Trigger
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.talks.coverage import Place
from flowengine.workspace import EMPTY, Workspace
from flowengine.zones import UnknownZone

HUB = "*"
"""A place of every flow: from anywhere in it, an interrupt may lead on."""


class Ground:
    """`live`: by place, the names that a branch further on looks at. Raises `FlowError`."""

    def __init__(self, flows: Mapping[str, Flow], workspace: Workspace | None) -> None:
        self.flows = flows
        self.workspace = workspace or EMPTY
        self.releases = compiled(flows)
        self.names = Names(flows)
        self.nodes: dict[Place, Node] = {
            (key, node.id): node for key, flow in flows.items() for node in flow.nodes
        }
        self.out: dict[Place, list[Place]] = {}
        for key, flow in flows.items():
            for node in flow.nodes:
                self.out[key, node.id] = [*self._calls(node), (key, HUB)]
            for edge in flow.edges:
                if (key, edge.from_) in self.nodes and (key, edge.to) in self.nodes:
                    self.out[key, edge.from_].append((key, edge.to))
            self.out[key, HUB] = list(self._hub(key, flow))
        self.before: dict[Place, list[Place]] = {}
        for place, targets in self.out.items():
            for target in targets:
                self.before.setdefault(target, []).append(place)
        self.wired = {
            key: {(edge.from_, edge.exit) for edge in flow.edges} for key, flow in flows.items()
        }
        self.live = self._live()

    def _calls(self, node: Node) -> Iterator[Place]:
        for key in leads_to(node):
            child = self.flows.get(key)
            first = entry(child) if child is not None else None
            if first is not None:
                yield key, first

    def _hub(self, key: str, flow: Flow) -> Iterator[Place]:
        for node in flow.nodes:
            if isinstance(node, Trigger) and node.interrupts and node.interrupts.scope == "flow":
                yield key, node.id
        if (key, flow.settings.resume) in self.nodes:
            yield key, flow.settings.resume

    def ahead(self, goals: Mapping[Place, int]) -> dict[Place, int]:
        """By place, the goals (bits) to which some path leads from it."""
        found = dict(goals)
        waiting = list(goals)
        while waiting:
            place = waiting.pop()
            for source in self.before.get(place, ()):
                more = found.get(source, 0) | found[place]
                if more != found.get(source, 0):
                    found[source] = more
                    waiting.append(source)
        return found

    # -- what decides ----------------------------------------------------------------------------

    def _live(self) -> dict[Place, frozenset[Name]]:
        saved = {n.flow for n in self.nodes.values() if isinstance(n, FlowCall) and n.save}
        live = {
            place: frozenset(self._own(place[0], node, saved)) for place, node in self.nodes.items()
        }
        waiting = list(live)
        while waiting:
            place = waiting.pop()
            for source in self.before.get(place, ()):
                more = live.get(source, frozenset()) | self._behind(source, place[0], live[place])
                if more != live.get(source):
                    live[source] = more
                    waiting.append(source)
        return live

    def _own(self, flow: str, node: Node, saved: set[str]) -> Iterator[Name]:
        yield from (self._root(flow, path) for path in branching(node))
        match node:
            case Hours():
                yield "", ("schedule", node.schedule)
            case Transfer() if node.to.queue:
                queue = self.workspace.queues.get(node.to.queue)
                if queue is not None and queue.schedule:
                    yield "", ("schedule", queue.schedule)
            case Split():
                yield "", ("contact", "id") if node.by == "contact" else ("execution",)
            case End() if flow in saved:
                yield from (self._root(flow, path) for path in read_paths(dict(node.outputs)))
            case _:
                return

    def _root(self, flow: str, path: Path) -> Name:
        """As far as a value is looked at: a whole variable, one field of what is everybody's."""
        name = self.names.name(flow, path)
        return (name[0], name[1][:1] if name[0] else name[1][:3])

    def _behind(self, place: Place, target: str, live: Iterable[Name]) -> frozenset[Name]:
        """What must be known at `place` where `live` is looked at in the flow `target`."""
        flow, node = place[0], self.nodes.get(place)
        found: set[Name] = set()
        for name in live:
            if name[0] in ("", flow):
                found.add(name)
            if isinstance(node, FlowCall | Start) and name[0] == target:
                value = node.with_.get(name[1][0])
                found.update(self._root(flow, path) for path in read_paths(value))
            if isinstance(node, Set):
                for each in node.assign:
                    if self._root(flow, tuple(each.to.split("."))) == name:
                        found.update(self._root(flow, path) for path in read_paths(each.value))
        return frozenset(found)


def compiled(flows: Mapping[str, Flow]) -> list[Release]:
    """The releases of flows, as if all were published; raises `FlowError` where one cannot run."""
    releases: list[Release] = []
    for key, flow in flows.items():
        try:
            releases.append(compile_release(flow, flows))
            build_catalog(releases[-1:])
        except (ReleaseError, ExpressionError, DurationError, UnknownZone) as error:
            why = f"The flow {key!r} cannot run: {error}"
            raise FlowError(why, fix="Run flowengine check for its place.") from None
    return releases
