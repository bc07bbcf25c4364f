"""Whether a condition has looked at the customer's window, and found it open."""

from jinja2 import nodes as tree
from msgspec import UNSET

from flowengine.check.comparing import said
from flowengine.check.truths import is_window
from flowengine.conditions import When
from flowengine.nodes import Condition


def asks_window(node: Condition, exit: str) -> bool:
    """Whether leaving by this exit means that the window is open."""
    for case in node.cases:
        if exit == f"case:{case.id}":
            return _open(case.when, True)
        if _open(case.when, False):
            return True
    return False


def _open(when: When, held: bool) -> bool:
    """Whether the window is open wherever the condition holds (or, not `held`, does not)."""
    if when.not_ is not UNSET:
        return _open(when.not_, not held)
    for parts, together in ((when.all, held), (when.any, not held)):
        if parts is not UNSET:
            found = (_open(part, held) for part in parts)
            return any(found) if together else all(found)
    found = said(when, held)
    return found is not None and _true(*found)


def _true(node: tree.Node, value: bool) -> bool:
    """Whether an expression that is true (or is not) says that the window is open."""
    match node:
        case tree.Not():
            return _true(node.node, not value)
        case tree.And():
            found = (_true(node.left, value), _true(node.right, value))
            return any(found) if value else all(found)
        case tree.Or():
            found = (_true(node.left, value), _true(node.right, value))
            return all(found) if value else any(found)
        case _:
            return value and is_window(node)
