"""What comparisons say of the value that they look at."""

from collections.abc import Iterator
from typing import Any

from jinja2 import nodes as tree
from msgspec import UNSET

from flowengine.check import truths
from flowengine.check.truths import expression_of
from flowengine.conditions import When

NEEDS_VALUE = frozenset(
    {"less", "at_most", "more", "at_least", "between", "contains", "starts_with", "ends_with"}
    | {"has_word", "has_any_word", "has_all_words", "has_phrase", "before", "after", "same_day"}
    | {"is_not_empty", "is_number", "has_number", "is_date", "is_time", "is_email", "has_email"}
    | {"is_phone", "has_phone", "is_yes", "is_no"}
)
"""Operators that hold of nothing where there is no value."""


def comparisons(when: When) -> Iterator[When]:
    """The comparisons in a condition, in their order. Cost: linear in its parts."""
    for parts in (when.all, when.any):
        for part in parts if parts is not UNSET else ():
            yield from comparisons(part)
    if when.not_ is not UNSET:
        yield from comparisons(when.not_)
    if when.op is not UNSET:
        yield when


def variable(value: Any) -> str:
    """The variable that a side is, `{"expr": "nome"}` or "{{ nome }}"; empty for all else."""
    node = expression_of(value)
    return node.name if isinstance(node, tree.Name) else ""


def if_held(when: When) -> frozenset[str]:
    """Variables that surely have a value where the condition holds."""
    if when.all is not UNSET:
        return frozenset[str]().union(*(if_held(part) for part in when.all))
    if when.any is not UNSET:
        sets = [if_held(part) for part in when.any]
        return sets[0].intersection(*sets[1:])
    if when.not_ is not UNSET:
        return if_failed(when.not_)
    node = expression_of(when.left)
    if isinstance(node, tree.Name):
        return frozenset({node.name}) if _needs_value(when) else frozenset()
    return _proved(when, True)


def if_failed(when: When) -> frozenset[str]:
    """Variables that surely have a value where the condition does not hold."""
    if when.any is not UNSET:
        return frozenset[str]().union(*(if_failed(part) for part in when.any))
    if when.all is not UNSET:
        sets = [if_failed(part) for part in when.all]
        return sets[0].intersection(*sets[1:])
    if when.not_ is not UNSET:
        return if_held(when.not_)
    node = expression_of(when.left)
    if isinstance(node, tree.Name):
        nothing = when.op == "is_empty" or (when.op == "equals" and when.right is None)
        return frozenset({node.name}) if nothing else frozenset()
    return _proved(when, False)


def _proved(when: When, held: bool) -> frozenset[str]:
    found = said(when, held)
    if found is None:
        return frozenset()
    node, true = found
    return truths.if_true(node) if true else truths.if_false(node)


def said(when: When, held: bool) -> tuple[tree.Node, bool] | None:
    """The expression of which a comparison says that it is true, or that it is not.

    `held`: whether the comparison holds. None where it says neither: what is not yes need not be
    no, but for what can only be true or false.
    """
    asked = asks_truth(when)
    node = expression_of(when.left) if asked is not None else None
    if node is None or not ((asked and held) or truths.is_boolean(node)):
        return None
    return node, asked == held


def asks_truth(when: When) -> bool | None:
    """Whether a comparison asks if its left side is true, or not true; None: it asks neither."""
    match when.op:
        case "is_yes":
            return True
        case "is_no":
            return False
        case "equals" if isinstance(when.right, bool):
            return when.right
        case "not_equals" if isinstance(when.right, bool):
            return not when.right
        case _:
            return None


def _needs_value(when: When) -> bool:
    if when.op == "equals":
        return when.right not in (None, "") and not _moving(when.right)
    if when.op == "not_equals":
        return when.right is None
    if when.op == "in":
        listed: Any = when.right
        return isinstance(listed, list) and None not in listed and "" not in listed
    return when.op in NEEDS_VALUE


def _moving(right: Any) -> bool:
    return isinstance(right, dict) or (isinstance(right, str) and "{" in right)
