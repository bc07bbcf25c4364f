"""Proofs about nodes, exits and edges: what leads where, and what leads nowhere."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.subject import Subject, nearest, unknown
from flowengine.graph import fallback
from flowengine.nodes import Ask, Transfer, Trigger, Wait


def edges(subject: Subject) -> Iterator[Finding]:
    """Ids, edges, exits, where the flow begins, and the timers that lead somewhere."""
    yield from _repeated_ids(subject)
    yield from _edges(subject)
    yield from _beginning(subject)
    yield from _missing(subject)
    yield from _timeouts(subject)


def _repeated_ids(subject: Subject) -> Iterator[Finding]:
    for at, node in enumerate(subject.flow.nodes):
        if subject.place[node.id] != at:
            yield Finding("duplicate_id", node.id, path=f"/nodes/{at}/id")


def _edges(subject: Subject) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for at, edge in enumerate(subject.flow.edges):
        path = f"/edges/{at}"
        for end, node in (("from", edge.from_), ("to", edge.to)):
            if node not in subject.nodes:
                here = edge.from_ if end == "to" and edge.from_ in subject.nodes else ""
                yield unknown("unknown_node", node, subject.nodes, here, f"{path}/{end}", edge.exit)
        if edge.from_ not in subject.nodes:
            continue
        known = [exit.id for exit in subject.exits[edge.from_]]
        if edge.exit not in known:
            near = nearest(edge.exit, known) or ", ".join(known)
            values = {"near": near, "name": edge.exit}
            yield Finding("unknown_exit", edge.from_, edge.exit, f"{path}/exit", values)
        elif (edge.from_, edge.exit) in seen:
            yield Finding("duplicate_edge", edge.from_, edge.exit, path)
        seen.add((edge.from_, edge.exit))


def _beginning(subject: Subject) -> Iterator[Finding]:
    flow = subject.flow
    if flow.start is not None and flow.start not in subject.nodes:
        yield unknown("unknown_start", flow.start, subject.nodes, "", "/start")
        return
    if not any(isinstance(node, Trigger) for node in flow.nodes) and subject.entry is None:
        yield Finding("no_beginning", path="/start")
        return
    for node in subject.nodes:
        if node not in subject.reached:
            yield Finding("unreachable", node, path=subject.path(node))


def _missing(subject: Subject) -> Iterator[Finding]:
    popped = _ends_by_popping(subject)
    for node_id, node in subject.nodes.items():
        if node_id not in subject.reached or node_id in popped:
            continue
        wired = subject.drawn[node_id]
        for exit in subject.exits[node_id]:
            if not exit.required or exit.id in wired:
                continue
            other = fallback(node, exit.id)
            if other is None:
                values = {"label": exit.label}
                yield Finding("missing_edge", node_id, exit.id, subject.path(node_id), values)
            elif other not in wired:
                values = {"label": exit.label, "other": other}
                yield Finding(
                    "missing_choice_edge", node_id, exit.id, subject.path(node_id), values
                )


def _ends_by_popping(subject: Subject) -> frozenset[str]:
    """Nodes reached only from interrupts that return: their last node needs no edge."""
    returning: list[str] = []
    others = [subject.entry] if subject.entry in subject.nodes else []
    for node_id, node in subject.nodes.items():
        if isinstance(node, Trigger):
            back = node.interrupts is not None and node.interrupts.then == "return"
            (returning if back else others).append(node_id)
    if not returning:
        return frozenset()
    return subject.reach(returning) - subject.reach(others) - set(returning)


def _timeouts(subject: Subject) -> Iterator[Finding]:
    for node_id, node in subject.nodes.items():
        if not isinstance(node, Ask | Wait | Transfer):
            continue
        wired = "timeout" in subject.out[node_id]
        path = subject.path(node_id)
        if node.timeout is not None and not wired:
            yield Finding("timeout_without_edge", node_id, "timeout", f"{path}/timeout")
        if node.timeout is None and wired:
            yield Finding("edge_without_timeout", node_id, "timeout", path)
