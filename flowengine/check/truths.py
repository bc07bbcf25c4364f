"""What the truth of an expression says of the variables in it: `nome is not none`, `a and b`."""

from typing import Any, cast

from jinja2 import nodes as tree

from flowengine.expressions import ExpressionError
from flowengine.expressions.syntax import parse_expression, parse_template

Names = frozenset[str]

_NONE: Names = frozenset()


def expression_of(value: Any) -> tree.Node | None:
    """The one expression that a side is, `{"expr": "nome"}` or "{{ nome }}"; None for all else."""
    expression = isinstance(value, dict)
    source = cast("dict[str, Any]", value).get("expr") if expression else value
    if not isinstance(source, str):
        return None
    try:
        if expression:
            return parse_expression(source)
        if "{{" not in source:
            return None
        parts = [n for out in parse_template(source).body for n in getattr(out, "nodes", [out])]
    except ExpressionError:
        return None
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], tree.TemplateData) else None


def is_boolean(node: tree.Node) -> bool:
    """Whether it is true or false, and nothing else: what is not yes is no, then."""
    match node:
        case tree.Not() | tree.Test() | tree.Compare():
            return True
        case tree.And() | tree.Or():
            return is_boolean(node.left) and is_boolean(node.right)
        case tree.Const():
            return isinstance(node.value, bool)
        case _:
            return is_window(node)


def is_window(node: tree.Node) -> bool:
    """Whether it is `conversation.window.open`."""
    match node:
        case tree.Getattr(attr="open", node=tree.Getattr(attr="window", node=tree.Name() as root)):
            return root.name == "conversation"
        case _:
            return False


def if_true(node: tree.Node) -> Names:
    """Variables that surely have a value where this is true."""
    match node:
        case tree.Name():
            return frozenset({node.name})
        case tree.And():
            return if_true(node.left) | if_true(node.right)
        case tree.Or():
            return if_true(node.left) & if_true(node.right)
        case tree.Not():
            return if_false(node.node)
        case tree.Test(name="defined"):
            return _named(node.node)
        case tree.Compare() if len(node.ops) == 1:
            return _compared(node, node.ops[0].op in ("ne", "notin"))
        case _:
            return _NONE


def if_false(node: tree.Node) -> Names:
    """Variables that surely have a value where this is not true."""
    match node:
        case tree.Or():
            return if_false(node.left) | if_false(node.right)
        case tree.And():
            return if_false(node.left) & if_false(node.right)
        case tree.Not():
            return if_true(node.node)
        case tree.Test(name="none" | "undefined"):
            return _named(node.node)
        case tree.Compare() if len(node.ops) == 1 and node.ops[0].op == "eq":
            return _compared(node, True)
        case _:
            return _NONE


def _compared(node: tree.Compare, differs: bool) -> Names:
    """`x != none` says that x is something, and so does `x > 3`; `x != ""` says nothing."""
    other = node.ops[0].expr
    if not isinstance(other, tree.Const):
        return _NONE
    nothing: bool = other.value is None
    return _named(node.expr) if nothing == differs else _NONE


def _named(node: tree.Node) -> Names:
    return frozenset({node.name}) if isinstance(node, tree.Name) else _NONE
