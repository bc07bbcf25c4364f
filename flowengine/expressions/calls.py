"""Filters, tests and functions: found in our tables, their arguments put in order."""

from difflib import get_close_matches

from jinja2 import nodes

from flowengine.expressions.checks import CHECKS
from flowengine.expressions.compiling import Compiling, refuse
from flowengine.expressions.errors import ExpressionError
from flowengine.expressions.filters import FILTERS
from flowengine.expressions.functions import FUNCTIONS
from flowengine.expressions.names import Getter
from flowengine.expressions.spec import Spec
from flowengine.expressions.values import Value


class Calls(Compiling):
    """Compiles what is applied to values."""

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
