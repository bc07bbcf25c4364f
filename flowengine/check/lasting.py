"""Proof about waits: none lasts longer than the flow itself, which then has expired."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.lapse import length
from flowengine.check.subject import Subject
from flowengine.check.timing import waits
from flowengine.nodes import Ask, Delay, Node, Transfer, Wait


def lasting(subject: Subject) -> Iterator[Finding]:
    """Timeouts and delays as long as `settings.expires`, or longer: nothing comes after them."""
    expires = subject.flow.settings.expires
    for node_id, node in subject.nodes.items():
        for said, seconds, exit, path in _lengths(subject, node):
            if seconds >= length(expires) > 0:
                values = {"length": said, "expires": expires}
                place = subject.path(node_id) + path
                yield Finding("expires_first", node_id, exit, place, values)


def _lengths(subject: Subject, node: Node) -> Iterator[tuple[str, float, str, str]]:
    """(as it is written, seconds at the least, exit, path)"""
    match node:
        case Ask() | Wait() | Transfer() if node.timeout is not None:
            if "timeout" in subject.out[node.id]:
                yield node.timeout, length(node.timeout), "timeout", "/timeout"
        case Delay(for_=str()):
            yield str(node.for_), length(str(node.for_)), "next", "/for"
        case Delay():
            source = node.until.expr if node.until is not None else None
            known = waits(subject.flow, source) if source is not None else None
            if source is not None and known is not None:
                yield source, min(known), "next", "/until/expr"
        case _:
            return
