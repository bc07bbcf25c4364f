"""Expressions as closures: each node of jinja2's tree becomes one function.

What is not in the table `_COMPILE` is refused, with its place and a mend. The closures count
nothing themselves: how much one run costs is known from the size of the tree, loops and filters
pay for the rest.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jinja2 import nodes

from flowengine.expressions import operators
from flowengine.expressions.accesses import Accesses
from flowengine.expressions.calls import Calls
from flowengine.expressions.compiling import DEEPEST, refuse
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError, ExpressionError
from flowengine.expressions.names import Getter
from flowengine.expressions.operators import Operator
from flowengine.expressions.values import Value, exact

_BINARY: dict[type[nodes.Expr], Operator] = {
    nodes.Add: operators.add,
    nodes.Sub: operators.subtract,
    nodes.Mul: operators.multiply,
    nodes.Div: operators.divide,
    nodes.FloorDiv: operators.floor_divide,
    nodes.Mod: operators.modulo,
}

_COMPARE: dict[str, Callable[[Evaluation, Value, Value], bool]] = {
    "eq": operators.equal,
    "ne": lambda ev, a, b: not operators.equal(ev, a, b),
    "lt": lambda ev, a, b: _ordered(ev, a, b) and operators.compare(ev, a, b) < 0,
    "lteq": lambda ev, a, b: _ordered(ev, a, b) and operators.compare(ev, a, b) <= 0,
    "gt": lambda ev, a, b: _ordered(ev, a, b) and operators.compare(ev, a, b) > 0,
    "gteq": lambda ev, a, b: _ordered(ev, a, b) and operators.compare(ev, a, b) >= 0,
    "in": operators.contains,
    "notin": lambda ev, a, b: not operators.contains(ev, a, b),
}


class Compiler(Accesses, Calls):
    """Compiles the expressions of one source."""

    def expression(self, node: nodes.Node, depth: int = 0) -> Getter:
        """The closure of an expression; raises `ExpressionError`."""
        if depth > DEEPEST:
            raise refuse(node, "nested too deeply", "put a part into a variable first", "too_deep")
        self.size += 1
        compile_node = _COMPILE.get(type(node))
        if compile_node is None:
            raise _refused(node)
        return compile_node(self, node, depth + 1)

    # -- leaves ----------------------------------------------------------------------------------

    def const(self, node: nodes.Const, depth: int) -> Getter:
        value = self.literal(node)
        return lambda ev: value

    def literal(self, node: nodes.Const) -> Value:
        value: Any = node.value
        return exact(value) if type(value) is Decimal else value

    def name(self, node: nodes.Name, depth: int) -> Getter:
        return self.path(node, depth)

    def field(self, node: nodes.Getattr, depth: int) -> Getter:
        return self.path(node, depth)

    def item(self, node: nodes.Getitem, depth: int) -> Getter:
        if isinstance(node.arg, nodes.Slice):
            return self.slice(node, node.arg, depth)
        return self.path(node, depth)

    # -- collections -----------------------------------------------------------------------------

    def list(self, node: "nodes.List | nodes.Tuple", depth: int) -> Getter:
        items = [self.expression(item, depth) for item in node.items]
        return lambda ev: [item(ev) for item in items]

    def dict(self, node: nodes.Dict, depth: int) -> Getter:
        pairs = [
            (self.expression(p.key, depth), self.expression(p.value, depth)) for p in node.items
        ]
        return lambda ev: {_key(key(ev)): value(ev) for key, value in pairs}

    # -- operators -------------------------------------------------------------------------------

    def binary(self, node: nodes.BinExpr, depth: int) -> Getter:
        if isinstance(node, nodes.Mul) and _has_text(node):
            raise refuse(node, "a text cannot be multiplied", "write the text out")
        run = _BINARY[type(node)]
        left, right = self.expression(node.left, depth), self.expression(node.right, depth)
        return lambda ev: run(ev, left(ev), right(ev))

    def concat(self, node: nodes.Concat, depth: int) -> Getter:
        parts = [self.expression(part, depth) for part in node.nodes]
        return lambda ev: operators.concat(ev, [part(ev) for part in parts])

    def negate(self, node: nodes.Neg, depth: int) -> Getter:
        inner = self.expression(node.node, depth)
        return lambda ev: operators.negate(inner(ev))

    def positive(self, node: nodes.Pos, depth: int) -> Getter:
        inner = self.expression(node.node, depth)
        return lambda ev: operators.positive(inner(ev))

    def negation(self, node: nodes.Not, depth: int) -> Getter:
        inner = self.expression(node.node, depth)
        return lambda ev: not inner(ev)

    def both(self, node: nodes.And, depth: int) -> Getter:
        parts = [self.expression(part, depth) for part in _chain(node, nodes.And)]

        def run(ev: Evaluation) -> Value:
            value: Value = None
            for part in parts:
                value = part(ev)
                if not value:
                    return value
            return value

        return run

    def either(self, node: nodes.Or, depth: int) -> Getter:
        parts = [self.expression(part, depth) for part in _chain(node, nodes.Or)]

        def run(ev: Evaluation) -> Value:
            value: Value = None
            for part in parts:
                value = part(ev)
                if value:
                    return value
            return value

        return run

    def compare(self, node: nodes.Compare, depth: int) -> Getter:
        first = self.expression(node.expr, depth)
        rest = [(_COMPARE[op.op], self.expression(op.expr, depth)) for op in node.ops]
        if len(rest) == 1:
            test, second = rest[0]
            return lambda ev: test(ev, first(ev), second(ev))

        def run(ev: Evaluation) -> Value:
            left = first(ev)
            for check, following in rest:
                right = following(ev)
                if not check(ev, left, right):
                    return False
                left = right
            return True

        return run

    def choose(self, node: nodes.CondExpr, depth: int) -> Getter:
        test, yes = self.expression(node.test, depth), self.expression(node.expr1, depth)
        if node.expr2 is None:
            return lambda ev: yes(ev) if test(ev) else None
        no = self.expression(node.expr2, depth)
        return lambda ev: yes(ev) if test(ev) else no(ev)


def _chain(node: nodes.BinExpr, kind: type[nodes.BinExpr]) -> list[nodes.Expr]:
    """The parts of `a and b and c`, which the parser nests to the left."""
    parts: list[nodes.Expr] = []
    left: nodes.Expr = node
    while isinstance(left, kind):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _key(value: Value) -> str:
    if type(value) is not str:
        raise EvaluationError("a key of an object is a text")
    return value


def _has_text(node: nodes.Mul) -> bool:
    return any(
        isinstance(side, nodes.Const) and isinstance(side.value, str)
        for side in (node.left, node.right)
    )


def _ordered(ev: Evaluation, a: Value, b: Value) -> bool:
    """null is neither before nor after anything."""
    return a is not None and b is not None


def _refused(node: nodes.Node) -> ExpressionError:
    if isinstance(node, nodes.Pow):
        return refuse(node, "** is not allowed", "multiply instead: x * x")
    return refuse(node, f"{type(node).__name__.lower()} is not allowed", "leave it out")


_COMPILE: dict[type[nodes.Node], Callable[[Any, Any, int], Getter]] = {
    nodes.Const: Compiler.const,
    nodes.Name: Compiler.name,
    nodes.Getattr: Compiler.field,
    nodes.Getitem: Compiler.item,
    nodes.List: Compiler.list,
    nodes.Tuple: Compiler.list,
    nodes.Dict: Compiler.dict,
    nodes.Add: Compiler.binary,
    nodes.Sub: Compiler.binary,
    nodes.Mul: Compiler.binary,
    nodes.Div: Compiler.binary,
    nodes.FloorDiv: Compiler.binary,
    nodes.Mod: Compiler.binary,
    nodes.Concat: Compiler.concat,
    nodes.Neg: Compiler.negate,
    nodes.Pos: Compiler.positive,
    nodes.Not: Compiler.negation,
    nodes.And: Compiler.both,
    nodes.Or: Compiler.either,
    nodes.Compare: Compiler.compare,
    nodes.CondExpr: Compiler.choose,
    nodes.Filter: Compiler.filter,
    nodes.Test: Compiler.test,
    nodes.Call: Compiler.call,
}
