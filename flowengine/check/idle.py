"""Proof about exits that never come: an `else` after cases that take everything, and loops that
nothing leads back to."""

from collections.abc import Iterator
from decimal import Decimal

from jinja2 import nodes as tree
from msgspec import UNSET

from flowengine.answers import ExpectNumber, ExpectYesNo
from flowengine.check.assigned import assigned
from flowengine.check.comparing import asks_truth, variable
from flowengine.check.finding import Finding
from flowengine.check.implying import FAR, Interval, implies, interval, within
from flowengine.check.names import stores
from flowengine.check.subject import Subject
from flowengine.check.truths import expression_of, is_boolean
from flowengine.conditions import When
from flowengine.nodes import Ask, Condition, Loop, Node, Set, Wait
from flowengine.state import encode

_OPPOSITES = {
    ("is_empty", "is_not_empty"), ("equals", "not_equals"), ("in", "not_in"),
    ("is_open", "is_closed"),
}  # fmt: skip
"""Operators of which always one holds."""

_ALL = Interval(-FAR, FAR, False, False)


def idle(subject: Subject) -> Iterator[Finding]:
    """Exits that never come. An `else` that leads where a case leads is only careful.

    Cost: O(cases²) a condition, O(nodes + edges) a loop.
    """
    for node_id, node in subject.nodes.items():
        base, out = subject.path(node_id), subject.out[node_id]
        match node:
            case Condition() if "else" in out and _takes_all(_Known(subject, node_id), node):
                cases = [case.label or case.id for case in node.cases]
                leads = {to for exit, to in out.items() if exit != "else"}
                if out["else"] not in leads:
                    values = {"name": cases[-1]}
                    yield Finding("dead_else", node_id, "else", f"{base}/cases", values)
            case Loop() if "item" in out and node_id not in subject.reach([out["item"]]):
                yield Finding("loop_goes_on", node_id, "item", base)
            case _:
                continue


class _Known:
    """What is known of variables at a node: worked out only where a condition asks."""

    def __init__(self, subject: Subject, node: str) -> None:
        self.subject, self.node = subject, node

    def is_surely(self, name: str, type: str) -> bool:
        """Whether a variable holds such a value on every path: never null, never another."""
        if self.subject.names.get(name) != type or not all(self._stored(name, type)):
            return False
        flow = self.subject.flow
        declared = (*flow.variables, *flow.inputs, *flow.outputs)
        if any(each.default is not None for each in declared if each.name == name):
            return True
        known = assigned(self.subject, {name})
        return self.node in self.subject.reached and name in known.get(self.node, ())

    def _stored(self, name: str, type: str) -> Iterator[bool]:
        """Of all that is stored there, whether it is such a value."""
        for node in self.subject.nodes.values():
            for to, _ in stores(node):
                if to == name:
                    yield _gives(node, name, type)


def _gives(node: Node, name: str, type: str) -> bool:
    match node:
        case Ask() | Wait():
            kinds = {"number": ExpectNumber, "boolean": ExpectYesNo}
            return isinstance(node.expect, kinds[type])
        case Set():
            return all(
                each.op == "add" or (each.op == "put" and _is_literal(each.value, type))
                for each in node.assign
                if each.to == name
            )
        case _:
            return False


def _is_literal(value: object, type: str) -> bool:
    if type == "boolean" or isinstance(value, bool):
        return isinstance(value, bool) and type == "boolean"
    return isinstance(value, int | Decimal)


def _takes_all(known: _Known, node: Condition) -> bool:
    """Whether surely one of the cases holds, whatever the values are."""
    parts = [part for case in node.cases for part in _parts(case.when)]
    pairs = ((one, other) for at, one in enumerate(parts) for other in parts[at + 1 :])
    return any(_opposite(known, *pair) for pair in pairs) or _all_numbers(known, parts)


def _parts(when: When) -> Iterator[When]:
    """What each makes the condition hold by itself."""
    if when.any is UNSET:
        yield when
    else:
        for part in when.any:
            yield from _parts(part)


def _opposite(known: _Known, one: When, other: When) -> bool:
    """Whether one holds wherever the other does not."""
    if other.not_ is not UNSET and implies(other.not_, one):
        return True
    if one.not_ is not UNSET and implies(one.not_, other):
        return True
    if one.op is UNSET or other.op is UNSET or not _same(one.left, other.left):
        return False
    pair = {(str(one.op), str(other.op)), (str(other.op), str(one.op))}
    if pair & _OPPOSITES and _same(one.right, other.right):
        return True
    return _truth(one) ^ _truth(other) == 3 and _is_boolean(known, one)


def _same(one: object, other: object) -> bool:
    plain = [None if each is UNSET else each for each in (one, other)]
    return encode(plain[0]) == encode(plain[1])


def _truth(when: When) -> int:
    """What a comparison takes: 1 true, 2 false, 0 something else."""
    asked = asks_truth(when)
    return 0 if asked is None else 1 if asked else 2


def _is_boolean(known: _Known, when: When) -> bool:
    """Whether its left side is true or false and nothing else, null neither."""
    node, name = expression_of(when.left), variable(when.left)
    if name:
        return known.is_surely(name, "boolean")
    return node is not None and is_boolean(node)


def _all_numbers(known: _Known, parts: list[When]) -> bool:
    """Whether comparisons of one number take all there are; null compares with none."""
    taken: dict[bytes, list[Interval]] = {}
    whose: dict[bytes, When] = {}
    for part in parts:
        found = interval(part) if part.op is not UNSET and part.op != "equals" else None
        if found is not None:
            taken.setdefault(encode(part.left), []).append(found)
            whose[encode(part.left)] = part
    whole = [side for side, each in taken.items() if len(each) > 1 and within(_ALL, each)]
    return any(_is_number(known, whose[side]) for side in whole)


def _is_number(known: _Known, when: When) -> bool:
    name, node = variable(when.left), expression_of(when.left)
    if name:
        return known.is_surely(name, "number")
    return isinstance(node, tree.Filter) and node.name in ("length", "count")
