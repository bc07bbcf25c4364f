"""Which variables are set on every path to a node."""

from collections.abc import Iterator, Mapping

from flowengine.check.comparing import if_failed, if_held, variable
from flowengine.check.subject import Subject
from flowengine.nodes import (
    Ask,
    Condition,
    FlowCall,
    Http,
    Loop,
    Node,
    Set,
    Transfer,
    Trigger,
    Wait,
)

ANSWERED = ("reply", "picked")


def assigned(subject: Subject, names: set[str]) -> Mapping[str, frozenset[str]]:
    """By node that can be reached, the names (of `names`) that are surely set there.

    An interrupt that jumps, and the node of `resume`, come from anywhere: they know of nothing.
    """
    everything = frozenset(names)
    known: dict[str, frozenset[str]] = {}
    ahead = list(_beginnings(subject))
    for node in ahead:
        known[node] = frozenset()
    while ahead:
        node_id = ahead.pop()
        here = known[node_id]
        for exit, to in subject.out[node_id].items():
            after = _after(subject.nodes[node_id], exit, here, everything)
            before = known.get(to)
            merged = after if before is None else before & after
            if merged != before:
                known[to] = merged
                ahead.append(to)
    return known


def _beginnings(subject: Subject) -> Iterator[str]:
    if subject.entry in subject.nodes:
        yield str(subject.entry)
    for node_id, node in subject.nodes.items():
        if isinstance(node, Trigger):
            yield node_id
    if subject.flow.settings.resume in subject.nodes:
        yield subject.flow.settings.resume


def _after(
    node: Node, exit: str, before: frozenset[str], everything: frozenset[str]
) -> frozenset[str]:
    """What is set when a node is left by an exit."""
    if isinstance(node, Set):
        return _set(node, before, everything)
    if isinstance(node, Condition):
        return before | (_proved(node, exit) & everything)
    return before | (frozenset(_stored(node, exit)) & everything)


def _set(node: Set, before: frozenset[str], everything: frozenset[str]) -> frozenset[str]:
    found = set(before)
    for assign in node.assign:
        source = variable(assign.value) if assign.op == "put" else ""
        nothing = source in everything and source not in found
        if assign.op == "clear" or (assign.op == "put" and (assign.value is None or nothing)):
            found.discard(assign.to)
        elif assign.to in everything:
            found.add(assign.to)
    return frozenset(found)


def _proved(node: Condition, exit: str) -> frozenset[str]:
    """A case holds, and those before it did not."""
    found: frozenset[str] = frozenset()
    for case in node.cases:
        if exit == f"case:{case.id}":
            return found | if_held(case.when)
        found |= if_failed(case.when)
    return found


def _stored(node: Node, exit: str) -> Iterator[str]:
    match node:
        case Ask() | Wait():
            if node.save_as and (exit in ANSWERED or exit.startswith("choice:")):
                yield node.save_as
        case Transfer():
            if node.save_as and exit == "closed":
                yield node.save_as
        case Http() if exit == "ok" or exit.startswith("status:"):
            yield from (save.to for save in node.save)
            if node.status_as:
                yield node.status_as
        case FlowCall() if exit != "failed":
            yield from (save.to for save in node.save)
        case Loop() if exit == "item":
            yield node.as_
        case _:
            return
