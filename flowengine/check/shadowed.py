"""Proof about branches: none is shadowed by an earlier one that takes all of its cases."""

from collections.abc import Iterator

from flowengine.check.finding import Finding, pointer
from flowengine.check.implying import covered, implies
from flowengine.check.subject import Subject
from flowengine.nodes import Ask, Condition, Wait


def shadowed(subject: Subject) -> Iterator[Finding]:
    """Cases of conditions, and events of waits, that never have their turn."""
    for node_id, node in subject.nodes.items():
        match node:
            case Condition():
                yield from _cases(subject, node_id, node)
            case Ask() | Wait():
                yield from _events(subject, node_id, node)
            case _:
                continue


def _cases(subject: Subject, node_id: str, node: Condition) -> Iterator[Finding]:
    for at, case in enumerate(node.cases):
        before = node.cases[:at]
        by = next((each for each in before if implies(case.when, each.when)), None)
        if by is None and covered(case.when, [each.when for each in before]):
            by = before[-1]
        if by is not None:
            path = subject.path(node_id) + pointer("cases", at)
            values = {"name": case.label or case.id, "other": by.label or by.id}
            yield Finding("shadowed_branch", node_id, f"case:{case.id}", path, values)


def _events(subject: Subject, node_id: str, node: Ask | Wait) -> Iterator[Finding]:
    for at, event in enumerate(node.events):
        for by in node.events[:at]:
            if by.name == event.name and by.match in ("", event.match):
                path = subject.path(node_id) + pointer("events", at)
                values = {"name": event.exit, "other": by.exit}
                yield Finding("shadowed_branch", node_id, f"event:{event.exit}", path, values)
                break
