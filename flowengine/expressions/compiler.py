"""Expressions as closures: each node of jinja2's tree becomes one function.

What is not in the table `_COMPILE` is refused, with its place and a mend. The closures count
nothing themselves: how much one run costs is known from the size of the tree, loops and filters
pay for the rest.
"""

from collections.abc import Callable
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, cast

from jinja2 import nodes

from flowengine.expressions import operators
from flowengine.expressions.checks import CHECKS
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError, ExpressionError
from flowengine.expressions.filters import FILTERS
from flowengine.expressions.functions import FUNCTIONS
from flowengine.expressions.names import UNSET, Getter, Names, lookup, take
from flowengine.expressions.operators import Operator
from flowengine.expressions.spec import Spec
from flowengine.expressions.syntax import place_of
from flowengine.expressions.values import Value, exact

DEEPEST = 64
"""How deep one expression may be nested: `a + b + c` is two deep."""

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


def refuse(node: nodes.Node, message: str, fix: str, code: str = "refused") -> ExpressionError:
    """The author's mistake at a node's place."""
    line, column = place_of(node)
    return ExpressionError(message, line, column, fix, code=code)


class Compiler:
    """Compiles the expressions of one source; `size` counts the nodes so far."""

    def __init__(self) -> None:
        self.names = Names()
        self.size: int = 0

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

    def path(self, node: nodes.Expr, depth: int) -> Getter:
        """`a.b["c"][0][x]`: the fixed beginning in one step, the rest one by one."""
        steps: list[nodes.Getattr | nodes.Getitem] = []
        base: nodes.Node = node
        while isinstance(base, nodes.Getattr) or (
            isinstance(base, nodes.Getitem) and not isinstance(base.arg, nodes.Slice)
        ):
            steps.append(base)
            base = base.node
            if len(steps) > DEEPEST:
                raise refuse(node, "nested too deeply", "name a part of it first", "too_deep")
        steps.reverse()
        self.size += len(steps)
        if isinstance(base, nodes.Name):
            return self._from_name(base, steps, depth)
        return self._steps(self.expression(base, depth), steps, depth)

    def _from_name(
        self, base: nodes.Name, steps: "list[nodes.Getattr | nodes.Getitem]", depth: int
    ) -> Getter:
        if base.name == "null":
            return self._steps(lambda ev: None, steps, depth)
        local = self.names.find(base.name)
        if local is not None:
            place, surely = local
            start = _local(place) if surely else _perhaps(place, self._global(base.name, ()))
            return self._steps(start, steps, depth)
        fixed: list[str | int] = []
        for step in steps:
            key = _fixed_key(step)
            if key is None:
                break
            fixed.append(key)
        rest = steps[len(fixed) :]
        self.names.read(base.name, [str(key) for key in fixed] + (["*"] if rest else []))
        return self._steps(self._global(base.name, tuple(fixed)), rest, depth)

    def _global(self, root: str, keys: tuple[str | int, ...]) -> Getter:
        if root == "now":
            self.names.read("now", [])
            return lambda ev: ev.env.now.astimezone(ev.env.timezone)
        find = lookup(root, keys)
        return lambda ev: find(ev.scope)

    def _steps(
        self, start: Getter, steps: "list[nodes.Getattr | nodes.Getitem]", depth: int
    ) -> Getter:
        for step in steps:
            fixed = _fixed_key(step)
            if fixed is not None:
                start = _taking(start, fixed)
            elif isinstance(step, nodes.Getitem):
                start = _taking_by(start, self.expression(step.arg, depth))
        return start

    def slice(self, node: nodes.Getitem, cut: nodes.Slice, depth: int) -> Getter:
        if cut.step is not None:
            raise refuse(node, "a slice has no step", "write x[0:5]")
        source = self.expression(node.node, depth)
        low = None if cut.start is None else self.expression(cut.start, depth)
        high = None if cut.stop is None else self.expression(cut.stop, depth)
        return lambda ev: _cut(
            ev, source(ev), None if low is None else low(ev), None if high is None else high(ev)
        )

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

    # -- filters, tests, functions ---------------------------------------------------------------

    def filter(self, node: nodes.Filter, depth: int) -> Getter:
        spec = FILTERS.get(node.name)
        if spec is None:
            raise _unknown(node, "filter", node.name, FILTERS)
        if node.node is None:
            raise refuse(node, "a filter needs a value", "write {{ x|upper }}")
        return self._applied(spec, node, node.name, self.expression(node.node, depth), depth)

    def test(self, node: nodes.Test, depth: int) -> Getter:
        spec = CHECKS.get(node.name)
        if spec is None:
            raise _unknown(node, "test", node.name, CHECKS)
        return self._applied(spec, node, node.name, self.expression(node.node, depth), depth)

    def _applied(
        self, spec: Spec, node: "nodes.Filter | nodes.Test", name: str, value: Getter, depth: int
    ) -> Getter:
        run = spec.run
        arguments = self._arguments(spec, node, name, depth)
        if not arguments:
            return lambda ev: run(ev, value(ev))
        if len(arguments) == 1:
            only = arguments[0]
            return lambda ev: run(ev, value(ev), only(ev))
        return lambda ev: run(ev, value(ev), *[argument(ev) for argument in arguments])

    def call(self, node: nodes.Call, depth: int) -> Getter:
        called = node.node
        if isinstance(called, nodes.Getattr):
            message = f"a value has no method {called.attr}()"
            raise refuse(called, message, _instead(called.attr), "unknown_function")
        if not isinstance(called, nodes.Name):
            raise refuse(node, "only functions can be called", "write days(2)")
        spec = FUNCTIONS.get(called.name)
        if spec is None:
            if called.name in FILTERS:
                raise refuse(called, f"{called.name} is a filter", f"write x|{called.name}")
            raise _unknown(called, "function", called.name, FUNCTIONS)
        self._read_schedule(node, called.name)
        run = spec.run
        arguments = self._arguments(spec, node, called.name, depth)
        return lambda ev: run(ev, *[argument(ev) for argument in arguments])

    def _read_schedule(self, node: nodes.Call, name: str) -> None:
        if name == "business_days" and len(node.args) + len(node.kwargs) > 1:
            last = node.args[1] if len(node.args) > 1 else node.kwargs[0].value
            fixed = isinstance(last, nodes.Const) and isinstance(last.value, str)
            self.names.read("schedule", [str(last.value) if fixed else "*"])  # pyright: ignore
        if name in ("today", "date", "datetime"):
            self.names.read("now", [])

    def _arguments(
        self, spec: Spec, node: "nodes.Filter | nodes.Test | nodes.Call", name: str, depth: int
    ) -> "list[Getter]":
        """The arguments in the order of `spec.names`; constants in between are the defaults."""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise refuse(node, "arguments cannot be unpacked", "write them one by one")
        given: dict[str, nodes.Expr] = {}
        if spec.many:
            if node.kwargs:
                raise refuse(node, f"{name} takes no named arguments", f"write {name}(a, b)")
            return [self.expression(argument, depth) for argument in node.args]
        if len(node.args) > len(spec.names):
            raise refuse(node, f"{name} takes {_count(len(spec.names))}", _signature(spec, name))
        given.update(zip(spec.names, node.args, strict=False))
        for pair in node.kwargs:
            key = str(pair.key)
            if key not in spec.names or key in given:
                raise refuse(node, f"{name} takes no {key} here", _signature(spec, name))
            given[key] = pair.value
        if any(needed not in given for needed in spec.names[: spec.required]):
            raise refuse(node, f"{name} takes {_count(spec.required)}", _signature(spec, name))
        self._check_arguments(spec, given)
        return self._in_order(spec, given, depth)

    def _check_arguments(self, spec: Spec, given: "dict[str, nodes.Expr]") -> None:
        for argument, check in spec.checks:
            value = given.get(argument)
            if isinstance(value, nodes.Const):
                trouble = check(value.value)
                if trouble is not None:
                    raise refuse(value, *trouble, code="bad_argument")

    def _in_order(self, spec: Spec, given: "dict[str, nodes.Expr]", depth: int) -> "list[Getter]":
        last = max((spec.names.index(key) for key in given), default=-1)
        defaults: tuple[Value, ...] = spec.run.__defaults__ or ()
        ordered: list[Getter] = []
        for at, key in enumerate(spec.names[: last + 1]):
            if key in given:
                ordered.append(self.expression(given[key], depth))
            else:
                default = defaults[at - len(spec.names) + len(defaults)]
                ordered.append(lambda ev, value=default: value)
        return ordered


def _local(place: int) -> Getter:
    return lambda ev: ev.locals[place]


def _perhaps(place: int, outside: Getter) -> Getter:
    def run(ev: Evaluation) -> Value:
        value = ev.locals[place]
        return outside(ev) if value is UNSET else value

    return run


def _taking(source: Getter, key: "str | int") -> Getter:
    return lambda ev: take(source(ev), key)


def _taking_by(source: Getter, key: Getter) -> Getter:
    return lambda ev: take(source(ev), key(ev))


def _fixed_key(step: "nodes.Getattr | nodes.Getitem") -> "str | int | None":
    if isinstance(step, nodes.Getattr):
        return step.attr
    arg, sign = step.arg, 1
    if isinstance(arg, nodes.Neg):
        arg, sign = arg.node, -1
    if not isinstance(arg, nodes.Const):
        return None
    key: Any = arg.value
    if type(key) is int:
        return sign * key
    return key if type(key) is str and sign == 1 else None


def _chain(node: nodes.BinExpr, kind: type[nodes.BinExpr]) -> list[nodes.Expr]:
    """The parts of `a and b and c`, which the parser nests to the left."""
    parts: list[nodes.Expr] = []
    left: nodes.Expr = node
    while isinstance(left, kind):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _cut(ev: Evaluation, value: Value, low: Value, high: Value) -> Value:
    for bound in (low, high):
        if bound is not None and type(bound) is not int:
            raise EvaluationError("the bounds of a slice are whole numbers")
    start, stop = cast("int | None", low), cast("int | None", high)
    if isinstance(value, str):
        ev.check_text(len(value))
        return value[start:stop]
    if isinstance(value, list | tuple):
        ev.spend(len(value) >> 4)
        return [*value[start:stop]]
    if value is None:
        return None
    raise EvaluationError("only a list or a text has a part")


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


def _unknown(node: nodes.Node, what: str, name: str, table: "dict[str, Spec]") -> ExpressionError:
    near = get_close_matches(name, table, n=1, cutoff=0.6)
    fix = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(table))}"
    return refuse(node, f"there is no {what} {name}", fix, f"unknown_{what}")


_METHODS = {"strip": "trim", "get": "", "format": "", "items": "items", "keys": "list"}


def _instead(method: str) -> str:
    known = _METHODS.get(method, method)
    if known in FILTERS:
        return f"write x|{known}"
    return "write x.field for a field, x|filter for a filter"


def _count(number: int) -> str:
    return "no argument" if not number else "1 argument" if number == 1 else f"{number} arguments"


def _signature(spec: Spec, name: str) -> str:
    return f"write {name}({', '.join(spec.names)})" if spec.names else f"write {name}"


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
