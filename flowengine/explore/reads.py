"""What the texts and expressions of a flow read, and what they take it for.

`{{ h.inicio|date('HH:mm') }}` reads `h.inicio` as a date; in a row of `each: horarios` as `h` that
is an item of the list `horarios`. From this the explorer makes up answers that fit.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from jinja2 import nodes
from msgspec import UNSET, Struct

from flowengine.check.comparing import comparisons
from flowengine.check.places import Place, places, values
from flowengine.conditions import When
from flowengine.conditions.when import IMPLIED
from flowengine.contents import ListContent, RowContent
from flowengine.expressions import ExpressionError
from flowengine.expressions.syntax import parse_expression, parse_template
from flowengine.graph import spoken
from flowengine.nodes import Loop, Message, Node

Path = tuple[str, ...]
"""A name and what is taken of it; "[]" is any item of a list."""

ITEM = "[]"

Hint = Literal["text", "number", "date", "list"]

_NUMBER = frozenset({"money", "round", "abs", "plural", "number", "int", "float"})
_DATE = frozenset({"date", "time", "datetime", "weekday", "in_days", "in_hours", "in_minutes"})
_LIST = frozenset(
    {"join", "first", "last", "map", "sum", "sort", "unique", "reverse", "selectattr"}
)
_LENGTHS = frozenset({"days", "hours", "minutes", "seconds", "weeks", "business_days", "duration"})


class Use(Struct, frozen=True):
    """A path that is read, and as what."""

    path: Path
    hint: Hint


Names = Mapping[str, Path]
"""Local names and what they stand for."""


def uses(node: Node) -> Iterator[Use]:
    """Everything that a node reads; nothing of a text that does not compile."""
    names = _aliases(node)
    for place in places(node):
        yield from _place_uses(place, names)
    for each, _ in _lists(node):
        yield Use(each, "list")


def path_of(value: Any) -> Path | None:
    """The path that a value is, as `{"expr": "a.b"}` or "{{ a.b|lower }}"; None for all else."""
    for place in values(value, ""):
        tree = _tree(place)
        if isinstance(tree, nodes.Template):
            tree = _only(tree)
        while isinstance(tree, nodes.Filter) and tree.node is not None and not tree.args:
            tree = tree.node
        return _chain(tree, {}) if tree is not None else None
    return None


def read_paths(value: Any) -> Iterator[Path]:
    """Every path that a value reads."""
    for place in values(value, ""):
        for use in _place_uses(place, {}):
            yield use.path


def left_of(when: When) -> Any:
    """What a comparison looks at."""
    if when.left is UNSET:
        return {"expr": IMPLIED[str(when.op)]}
    return when.left


def _aliases(node: Node) -> Names:
    """Names that a node gives to the items of lists."""
    return {name: (*each, ITEM) for each, name in _lists(node)}


def _lists(node: Node) -> Iterator[tuple[Path, str]]:
    """Lists that a node goes through, each with its item's name."""
    if isinstance(node, Loop):
        yield from _list(node.each.expr, node.as_)
    if isinstance(node, Message) and node.each is not None:
        yield from _list(node.each.expr, node.as_)
    for row in dynamic_rows(node):
        if row.each is not None:
            yield from _list(row.each.expr, row.as_)


def dynamic_rows(node: Node) -> Iterator[RowContent]:
    """The rows that are made out of a variable."""
    for content in spoken(node):
        if isinstance(content, ListContent):
            listed = [*content.rows, *(row for each in content.sections for row in each.rows)]
            yield from (row for row in listed if row.each is not None)


def _list(source: str, name: str) -> Iterator[tuple[Path, str]]:
    path = path_of({"expr": source})
    if path is not None:
        yield path, name


def _place_uses(place: Place, names: Names) -> Iterator[Use]:
    if place.when is not None:
        for each in comparisons(place.when):
            for side in (left_of(each), each.right):
                if side is not UNSET:
                    for inner in values(side, ""):
                        yield from _place_uses(inner, names)
        return
    tree = _tree(place)
    if tree is not None:
        yield from _walk(tree, "text", dict(names))


def _tree(place: Place) -> nodes.Node | None:
    try:
        if place.kind == "expression":
            return parse_expression(place.source)
        return parse_template(place.source) if "{" in place.source else None
    except ExpressionError:
        return None


def _only(tree: nodes.Template) -> nodes.Node | None:
    """The one expression that a template is, with nothing around it."""
    parts = [part for output in tree.body for part in getattr(output, "nodes", (output,))]
    return parts[0] if len(parts) == 1 else None


def _walk(node: nodes.Node, hint: Hint, names: dict[str, Path]) -> Iterator[Use]:
    path = _chain(node, names)
    if path is not None:
        yield Use(path, hint)
        return
    match node:
        case nodes.Filter() if node.node is not None:
            yield from _walk(node.node, _filtered(node.name, hint), names)
            for argument in node.args:
                yield from _walk(argument, "text", names)
        case nodes.Add() | nodes.Sub():
            sides = (node.left, node.right)
            dated = any(_is_length(side) for side in sides)
            for side in sides:
                yield from _walk(side, "date" if dated else "number", names)
        case nodes.BinExpr() if not isinstance(node, nodes.And | nodes.Or):
            for side in (node.left, node.right):
                yield from _walk(side, "number", names)
        case nodes.Compare():
            number = any(_is_number(each.expr) for each in node.ops) or _is_number(node.expr)
            for side in (node.expr, *(each.expr for each in node.ops)):
                yield from _walk(side, "number" if number else "text", names)
        case nodes.For():
            yield from _walk(node.iter, "list", names)
            each = _chain(node.iter, names)
            if each is not None and isinstance(node.target, nodes.Name):
                names = {**names, node.target.name: (*each, ITEM)}
            for child in (*node.body, *node.else_):
                yield from _walk(child, "text", names)
        case _:
            for child in node.iter_child_nodes():
                yield from _walk(child, "text", names)


def _filtered(name: str, hint: Hint) -> Hint:
    if name in _NUMBER:
        return "number"
    if name in _DATE:
        return "date"
    return "list" if name in _LIST else hint


def _is_length(node: nodes.Node) -> bool:
    called = node.node if isinstance(node, nodes.Call) else None
    return isinstance(called, nodes.Name) and called.name in _LENGTHS


def _is_number(node: nodes.Node) -> bool:
    value: Any = node.value if isinstance(node, nodes.Const) else None
    return value is not None and not isinstance(value, str | bool)


def _chain(node: nodes.Node | None, names: Names) -> Path | None:
    """`a.b["c"][0]` as a path; None for anything else."""
    keys: list[str] = []
    while True:
        match node:
            case nodes.Getattr():
                keys.append(node.attr)
                node = node.node
            case nodes.Getitem() if isinstance(node.arg, nodes.Const):
                key: Any = node.arg.value
                keys.append(key if isinstance(key, str) else ITEM)
                node = node.node
            case nodes.Name():
                first = names.get(node.name, (node.name,))
                return (*first, *reversed(keys))
            case _:
                return None
