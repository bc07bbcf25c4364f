"""Where values go in a set of flows: from name to name, and which values are worth trying.

A name is (flow, path): a variable of that flow, or ("", path) for what is everybody's (contact,
message …).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowengine.check.comparing import comparisons
from flowengine.explore.reads import (
    ITEM,
    Hint,
    Path,
    dynamic_rows,
    left_of,
    path_of,
    read_paths,
    uses,
)
from flowengine.explore.steering import generic, right_of, sides
from flowengine.flow import Flow
from flowengine.nodes import Ask, Condition, End, FlowCall, Loop, Node, Set, Start, Trigger, Wait

Name = tuple[str, Path]

ROUNDS = 6
"""How far a value is followed from name to name."""

_RANK: dict[Hint, int] = {"text": 0, "list": 1, "date": 2, "number": 3}


class Names:
    """`values`: worth trying, by name. `hints`: what a name is taken for."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self.declared = {
            key: {each.name: each.type for each in (*flow.variables, *flow.inputs, *flow.outputs)}
            for key, flow in flows.items()
        }
        self.values: dict[Name, list[Any]] = {}
        self.hints: dict[Name, Hint] = {}
        for key, flow in flows.items():
            for node in flow.nodes:
                self._see(key, node)
        self._spread(list(self._copies()))

    def name(self, flow: str, path: Path) -> Name:
        """The name of a path as a flow reads it."""
        return (flow if path[0] in self.declared.get(flow, ()) else "", path)

    def of(self, flow: str, path: Path) -> list[Any]:
        """Values worth trying for a name; none where nothing depends on it."""
        return self.values.get(self.name(flow, path), [])

    def below(self, name: Name) -> Iterator[Name]:
        """Every name that something reads below a name, itself included."""
        flow, path = name
        for each in dict.fromkeys([*self.values, *self.hints]):
            if each[0] == flow and each[1][: len(path)] == path:
                yield each

    # -- gathering -------------------------------------------------------------------------------

    def _see(self, flow: str, node: Node) -> None:
        for use in uses(node):
            self._hint(self.name(flow, use.path), use.hint)
        match node:
            case Condition():
                whens = [case.when for case in node.cases]
            case Trigger() if node.when is not None:
                whens = [node.when]
            case _:
                whens = []
        for when in whens:
            for each in comparisons(when):
                self._compared(flow, left_of(each), each.op, each.right)
        for path in _listed(node):
            self._worth(self.name(flow, path), [[]])

    def _compared(self, flow: str, left: Any, op: Any, right: Any) -> None:
        path = path_of(left)
        if path is not None:
            self._worth(self.name(flow, path), sides(op, right_of(right)))
            return
        for each in read_paths(left):
            name = self.name(flow, each)
            kind = self.declared.get(flow, {}).get(each[0], "text")
            self._worth(name, generic(self.hints.get(name, kind)))

    def _hint(self, name: Name, hint: Hint) -> None:
        known = self.hints.get(name)
        if known is None or _RANK[hint] > _RANK[known]:
            self.hints[name] = hint

    def _worth(self, name: Name, values: Iterable[Any]) -> None:
        found = list(values)
        if found:
            listed = self.values.setdefault(name, [])
            listed += [value for value in found if value not in listed]

    # -- from name to name -----------------------------------------------------------------------

    def _copies(self) -> Iterator[tuple[Name, Name]]:
        """(to, from): what a flow stores under a name it took from another."""
        for key, flow in self.flows.items():
            for node in flow.nodes:
                for to, source in self._stored(key, node):
                    path = path_of(source)
                    if path is not None:
                        yield to, self.name(key, path)
                if isinstance(node, FlowCall):
                    yield from self._results(key, node)
                if isinstance(node, Ask) and node.save_as and node.save == "item":
                    for path in _listed(node):
                        yield (key, (node.save_as,)), self.name(key, (*path, ITEM))

    def _stored(self, key: str, node: Node) -> Iterator[tuple[Name, Any]]:
        match node:
            case Set():
                for each in node.assign:
                    yield self.name(key, tuple(each.to.split("."))), each.value
            case FlowCall() | Start():
                for name, value in node.with_.items():
                    yield (node.flow, (name,)), value
            case Loop():
                path = path_of({"expr": node.each.expr})
                if path is not None:
                    yield (key, (node.as_,)), {"expr": f"{'.'.join(path)}[0]"}
            case _:
                return

    def _results(self, key: str, call: FlowCall) -> Iterator[tuple[Name, Name]]:
        child = self.flows.get(call.flow)
        ends = [n for n in child.nodes if isinstance(n, End)] if child is not None else []
        for save in call.save:
            output = save.path.removeprefix("/").partition("/")[0]
            for end in ends:
                path = path_of(end.outputs.get(output))
                if path is not None:
                    yield (key, (save.to,)), self.name(call.flow, path)

    def _spread(self, copies: list[tuple[Name, Name]]) -> None:
        for _ in range(ROUNDS):
            for (flow, target), (source_flow, source) in copies:
                for name in list(self.below((flow, target))):
                    behind = (source_flow, source + name[1][len(target) :])
                    self._worth(behind, self.values.get(name, ()))
                    if name in self.hints:
                        self._hint(behind, self.hints[name])


def _listed(node: Node) -> list[Path]:
    """The lists whose emptiness decides where a node leads."""
    sources = [row.each.expr for row in dynamic_rows(node) if row.each is not None]
    if isinstance(node, Loop):
        sources.append(node.each.expr)
    paths = (path_of({"expr": source}) for source in sources)
    return [path for path in paths if path is not None]


def branching(node: Node) -> Iterator[Path]:
    """The paths that decide by which exit a node is left."""
    match node:
        case Condition():
            for case in node.cases:
                for each in comparisons(case.when):
                    yield from read_paths(left_of(each))
                    yield from read_paths(each.right)
        case Trigger() if node.when is not None:
            for each in comparisons(node.when):
                yield from read_paths(left_of(each))
        case Ask() | Wait():
            for event in node.events:
                yield from read_paths({"expr": event.match} if event.match else None)
        case _:
            pass
    yield from _listed(node)
