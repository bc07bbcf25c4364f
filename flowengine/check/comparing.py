"""What comparisons say of the value that they look at."""

from collections.abc import Iterator
from typing import Any, cast

from jinja2 import nodes as tree
from msgspec import UNSET

from flowengine.conditions import When
from flowengine.expressions import ExpressionError
from flowengine.expressions.syntax import parse_expression, parse_template

NEEDS_VALUE = frozenset(
    {"less", "at_most", "more", "at_least", "between", "contains", "starts_with", "ends_with"}
    | {"has_word", "has_any_word", "has_all_words", "has_phrase", "before", "after", "same_day"}
    | {"is_not_empty", "is_number", "has_number", "is_date", "is_time", "is_email", "has_email"}
    | {"is_phone", "has_phone", "is_yes", "is_no"}
)
"""Operators that hold of nothing where there is no value."""


def comparisons(when: When) -> Iterator[When]:
    """The comparisons in a condition."""
    for parts in (when.all, when.any):
        for part in parts if parts is not UNSET else ():
            yield from comparisons(part)
    if when.not_ is not UNSET:
        yield from comparisons(when.not_)
    if when.op is not UNSET:
        yield when


def variable(value: Any) -> str:
    """The variable that a side is, `{"expr": "nome"}` or "{{ nome }}"; empty for all else."""
    expression = isinstance(value, dict)
    source = cast("dict[str, Any]", value).get("expr") if expression else value
    if not isinstance(source, str):
        return ""
    try:
        if expression:
            node: tree.Node = parse_expression(source)
        else:
            parts = [n for out in parse_template(source).body for n in getattr(out, "nodes", [out])]
            if len(parts) != 1:
                return ""
            node = parts[0]
    except ExpressionError:
        return ""
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
    name = variable(when.left)
    return frozenset({name}) if name and _needs_value(when) else frozenset()


def if_failed(when: When) -> frozenset[str]:
    """Variables that surely have a value where the condition does not hold."""
    if when.any is not UNSET:
        return frozenset[str]().union(*(if_failed(part) for part in when.any))
    if when.all is not UNSET:
        sets = [if_failed(part) for part in when.all]
        return sets[0].intersection(*sets[1:])
    if when.not_ is not UNSET:
        return if_held(when.not_)
    name = variable(when.left)
    return frozenset({name}) if name and when.op == "is_empty" else frozenset()


def _needs_value(when: When) -> bool:
    if when.op == "equals":
        return when.right not in (None, "") and not _moving(when.right)
    if when.op == "in":
        listed: Any = when.right
        return isinstance(listed, list) and None not in listed and "" not in listed
    return when.op in NEEDS_VALUE


def _moving(right: Any) -> bool:
    return isinstance(right, dict) or (isinstance(right, str) and "{" in right)
