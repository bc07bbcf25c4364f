"""Proof about conditions: each can hold of what it looks at.

Told is only what is sure: an operator that takes nothing of the declared type, and parts that
contradict each other. Texts may hold several numbers («tenho 4 e 9»), so only a variable that is
declared a number is taken for one.
"""

from collections.abc import Iterator, Mapping

from msgspec import UNSET

from flowengine.check.comparing import comparisons, if_failed, if_held, variable
from flowengine.check.finding import Finding, pointer
from flowengine.check.implying import Interval, implies, interval
from flowengine.check.subject import Subject
from flowengine.conditions import When
from flowengine.nodes import Condition, Node, Trigger

_THINGS = frozenset({"list", "object", "media", "location"})

_NEVER: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("before", "after", "same_day", "is_date"),
        _THINGS | {"number", "boolean", "time", "duration"},
    ),
    **dict.fromkeys(
        ("less", "at_most", "more", "at_least", "between", "is_number", "has_number"),
        _THINGS | {"boolean"},
    ),
    **dict.fromkeys(
        ("is_email", "has_email"),
        frozenset({"number", "boolean", "date", "time", "datetime", "duration", "location"}),
    ),
    **dict.fromkeys(("is_yes", "is_no"), _THINGS | {"date", "time", "datetime", "duration"}),
}
"""By operator, the types of which it never holds; a test asks the engine."""


def holding(subject: Subject) -> Iterator[Finding]:
    """Comparisons with a value of the wrong type, and conditions that contradict themselves."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for when, path, exit, name in _conditions(node):
            wrong = [each for each in comparisons(when) if unfit(each, subject.names)]
            for each in wrong[:1]:
                left = variable(each.left)
                values = {"name": left, "type": subject.names[left], "op": str(each.op)}
                yield Finding("wrong_comparison", node_id, exit, base + path, values)
            if not wrong and never(when, subject.names):
                yield Finding("never_holds", node_id, exit, base + path, {"name": name})


def _conditions(node: Node) -> Iterator[tuple[When, str, str, str]]:
    """(condition, path, exit, what it is called)"""
    match node:
        case Condition():
            for at, case in enumerate(node.cases):
                path = pointer("cases", at, "when")
                yield case.when, path, f"case:{case.id}", case.label or case.id
        case Trigger() if node.when is not None:
            yield node.when, "/when", "", node.id
        case _:
            return


def unfit(when: When, types: Mapping[str, str]) -> bool:
    """Whether a comparison never holds of its left side's declared type."""
    return types.get(variable(when.left), "") in _NEVER.get(str(when.op), ())


def never(when: When, types: Mapping[str, str]) -> bool:
    """Whether a condition surely holds of nothing."""
    if when.any is not UNSET:
        return all(never(part, types) for part in when.any)
    if when.all is not UNSET:
        parts = when.all
        return (
            any(never(part, types) for part in parts)
            or any(_exclude(one, other) for one in parts for other in parts)
            or _no_number(parts, types)
        )
    if when.op == "between":
        ends = interval(when)
        return ends is not None and ends.low > ends.high
    return False


def _exclude(one: When, other: When) -> bool:
    """Whether one holds only where the other does not."""
    if other.not_ is not UNSET and implies(one, other.not_):
        return True
    name = variable(one.left)
    empty = one.op == "is_empty" and bool(name)
    return empty and name in if_held(other) and name not in if_failed(other)


def _no_number(parts: tuple[When, ...], types: Mapping[str, str]) -> bool:
    """Whether comparisons of one number leave none."""
    left: dict[str, Interval] = {}
    for part in parts:
        name = variable(part.left) if part.op is not UNSET else ""
        found = interval(part) if types.get(name) == "number" else None
        if found is not None:
            both = _both(left.get(name, found), found)
            if _empty(both):
                return True
            left[name] = both
    return False


def _both(one: Interval, other: Interval) -> Interval:
    low, high = max(one.low, other.low), min(one.high, other.high)
    return Interval(
        low,
        high,
        all(each.low_closed for each in (one, other) if each.low == low),
        all(each.high_closed for each in (one, other) if each.high == high),
    )


def _empty(found: Interval) -> bool:
    if found.low == found.high:
        return not (found.low_closed and found.high_closed)
    return found.low > found.high
