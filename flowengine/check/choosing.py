"""Proof about choices: every one that has an exit can really be chosen where it is waited for."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.subject import Subject
from flowengine.graph import choices, expects_choice, offers, spoken
from flowengine.nodes import Ask, Message, Wait
from flowengine.speech import MORE

NOTHING = ""
"""What was offered last where nothing was, or something was asked since that offers nothing."""


def choosing(subject: Subject) -> Iterator[Finding]:
    """Reserved ids, and waits that mean what was not offered on any path to them."""
    waits: list[str] = []
    for node_id, node in subject.nodes.items():
        ids = (choice.id for choice in choices(spoken(node)))
        if isinstance(node, Message | Ask) and MORE in ids:
            path = f"{subject.path(node_id)}/contents"
            yield Finding("reserved_choice", node_id, f"choice:{MORE}", path, {"name": MORE})
        if isinstance(node, Wait) and expects_choice(node) and node_id in subject.reached:
            waits.append(node_id)
    if waits:
        last = _last_offers(subject)
        for node_id in waits:
            yield from _wait(subject, node_id, last.get(node_id, frozenset()))


def _wait(subject: Subject, node_id: str, last: frozenset[str]) -> Iterator[Finding]:
    """The exits of choices that no offer before the wait holds."""
    node = subject.nodes[node_id]
    of = node.of if isinstance(node, Wait) else None
    if of is not None:
        offering = [of] if node_id in _after(subject, of) else []
    else:
        offering = [each for each in last if each != NOTHING]
    if of is not None and of not in subject.nodes:
        return
    known = {choice.id for each in offering for choice in choices(spoken(subject.nodes[each]))}
    for exit in subject.exits[node_id]:
        name = exit.id.removeprefix("choice:")
        if exit.id.startswith("choice:") and name not in known:
            values = {"name": exit.label}
            yield Finding("dead_choice", node_id, exit.id, subject.path(node_id), values)


def _after(subject: Subject, node: str) -> frozenset[str]:
    """Every node to which a path leads from this one, on which it has been left."""
    return subject.reach(subject.out[node].values()) if node in subject.out else frozenset()


def _last_offers(subject: Subject) -> dict[str, frozenset[str]]:
    """By node, what may have been offered last when it is come to."""
    before: dict[str, frozenset[str]] = {}
    ahead = [node for node in (subject.entry, *subject.reached) if node in subject.nodes]
    for node in ahead:
        before[str(node)] = frozenset({NOTHING}) if node == subject.entry else frozenset()
    waiting = [str(node) for node in ahead]
    while waiting:
        at = waiting.pop()
        after = _offered(subject, at, before.get(at, frozenset()))
        for to in subject.out[at].values():
            merged = before.get(to, frozenset()) | after
            if merged != before.get(to):
                before[to] = merged
                waiting.append(to)
    return before


def _offered(subject: Subject, node_id: str, before: frozenset[str]) -> frozenset[str]:
    node = subject.nodes[node_id]
    if offers(node):
        return frozenset({node_id})
    return frozenset({NOTHING}) if isinstance(node, Ask) else before
