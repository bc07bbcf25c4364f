"""Proofs about cycles: none may go round without a pause, in a flow or between flows."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.subject import Subject
from flowengine.flow import Flow
from flowengine.graph import entry
from flowengine.nodes import (
    AiReply,
    Ask,
    Delay,
    FlowCall,
    Http,
    Loop,
    Node,
    Transfer,
    Wait,
)

_AT_ONCE = {"empty", "unavailable", "limit"}
"""Exits that a pausing node may take without having paused."""


def cycles(subject: Subject) -> Iterator[Finding]:
    """Cycles of nodes without a pause, and flows that call each other in a circle."""
    yield from _endless(subject)
    yield from _circles(subject)


def _endless(subject: Subject) -> Iterator[Finding]:
    import networkx  # 60 ms: only where a flow is checked

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for node_id, node in subject.nodes.items():
        for exit, to in subject.out[node_id].items():
            if not _pauses(subject, node, exit):
                graph.add_edge(node_id, to)
    for group in networkx.strongly_connected_components(graph):
        first = min(group, key=subject.place.__getitem__)
        if len(group) == 1 and not graph.has_edge(first, first):
            continue
        around = _around(subject, first, group)
        values = {"way": " → ".join([*around, first])}
        yield Finding("endless_cycle", first, path=subject.path(first), values=values)


def _around(subject: Subject, first: str, group: set[str]) -> list[str]:
    """The shortest way from `first` back to it, inside the group."""
    ways, seen = [[first]], set[str]()
    while ways:
        way = ways.pop(0)
        at = way[-1]
        for exit, to in subject.out[at].items():
            if to not in group or _pauses(subject, subject.nodes[at], exit):
                continue
            if to == first:
                return way
            if to not in seen:
                seen.add(to)
                ways.append([*way, to])
    return [first]


def _pauses(subject: Subject, node: Node, exit: str) -> bool:
    if isinstance(node, FlowCall):
        return exit != "failed" and _call_pauses(subject, node.flow, frozenset())
    return _stops(node, exit)


def _stops(node: Node, exit: str) -> bool:
    """Whether leaving by this exit means that the turn has ended, or the number is bounded."""
    match node:
        case Ask() | Wait() | Transfer() | AiReply():
            return exit not in _AT_ONCE
        case Http() | Delay():
            return True
        case Loop():
            return exit == "item"
        case _:
            return False  # nor does a message that waits for its acceptance: it would say it again


def _call_pauses(subject: Subject, key: str, inside: frozenset[str]) -> bool:
    """Whether every way through a called flow pauses; one that is not known here is trusted."""
    child = subject.others.get(key)
    start = entry(child) if child is not None else None
    if child is None or start is None or key in inside:
        return True
    nodes = {node.id: node for node in child.nodes}
    wired = _wired(child)
    ahead, seen = [start], set[str]()
    while ahead:
        at = ahead.pop()
        node = nodes.get(at)
        if node is None or at in seen:
            continue
        seen.add(at)
        if not wired.get(at):
            return False
        for exit, to in wired[at].items():
            if isinstance(node, FlowCall):
                pauses = _call_pauses(subject, node.flow, inside | {key})
            else:
                pauses = _stops(node, exit)
            if not pauses:
                ahead.append(to)
    return True


def _wired(flow: Flow) -> dict[str, dict[str, str]]:
    wired: dict[str, dict[str, str]] = {}
    for edge in flow.edges:
        wired.setdefault(edge.from_, {})[edge.exit] = edge.to
    return wired


def _circles(subject: Subject) -> Iterator[Finding]:
    """A call that comes back and leads to this flow again: the stack would grow at every round."""
    for node_id, node in subject.nodes.items():
        if not isinstance(node, FlowCall) or not node.return_:
            continue
        if way := _way_back(subject, node.flow):
            values = {"way": " → ".join([subject.flow.key, *way])}
            yield Finding(
                "call_cycle", node_id, path=f"{subject.path(node_id)}/flow", values=values
            )


def _way_back(subject: Subject, key: str) -> list[str]:
    ways, seen = [[key]], {key}
    while ways:
        way = ways.pop(0)
        if way[-1] == subject.flow.key:
            return way
        other = subject.others.get(way[-1])
        for called in _calls(other) if other is not None else ():
            if called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return []


def _calls(flow: Flow) -> list[str]:
    return [node.flow for node in flow.nodes if isinstance(node, FlowCall)]
