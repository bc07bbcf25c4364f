"""Templates as closures: text, `{{ }}`, `{% if %}`, bounded `{% for %}`, `{% set %}`.

Most texts of a flow are plain or hold a name or two; those have a form of their own (`simple`).
"""

from collections.abc import Callable
from typing import Any

from jinja2 import nodes

from flowengine.expressions.compiler import Compiler
from flowengine.expressions.compiling import refuse
from flowengine.expressions.env import UNSET, Env, Evaluation, Scope
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.names import Getter
from flowengine.expressions.printing import show_in
from flowengine.expressions.simple import (
    Render,
    Template,
    plain_template,
    simple_parts,
    simple_render,
    too_long,
)
from flowengine.expressions.syntax import parse_template, place_of
from flowengine.expressions.values import Value

Step = Callable[[Evaluation], None]

MOST_ROUNDS = 1_000
"""Rounds of one `{% for %}`."""

_TAGS = {
    "Macro": "a macro", "CallBlock": "a call block", "FilterBlock": "a filter block",
    "Block": "a block", "Extends": "extends", "Include": "include", "Import": "import",
    "FromImport": "import", "With": "with", "ScopedEvalContextModifier": "autoescape",
    "AssignBlock": "a set block",
}  # fmt: skip


def compile_template(source: str) -> Template:
    """Compile a text template; raises `ExpressionError`.

    The syntax is Jinja2's, cut down: expressions, filters, if, for, set and comments. Compiling
    costs 2 µs for a plain text, some 100 µs for one with a few names.
    """
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return plain_template(source)
    tree = parse_template(source)
    compiler = _TemplateCompiler()
    simple = simple_parts(tree)
    if simple is not None:
        for part in simple:
            if isinstance(part, nodes.Expr):
                compiler.expression(part)
        return Template(source, frozenset(compiler.names.reads), simple_render(simple))
    body = compiler.body(tree.body)
    places = compiler.names.places
    return Template(source, frozenset(compiler.names.reads), _rendering(body, places))


class _TemplateCompiler(Compiler):
    """Statements on top of expressions."""

    def __init__(self) -> None:
        super().__init__()
        self._branches = 0

    def body(self, tree: list[nodes.Node]) -> Step:
        """The steps of a body in order; trouble is given the line of its step."""
        steps: list[Step] = []
        lines: list[int] = []
        for node in tree:
            pieces = node.nodes if isinstance(node, nodes.Output) else [node]
            for piece in pieces:
                steps.append(self._step(piece))
                lines.append(place_of(piece)[0])
        return _sequence(steps, lines)

    def _step(self, node: nodes.Node) -> Step:
        if isinstance(node, nodes.TemplateData):
            self.size += 1
            return _text(node.data)
        if isinstance(node, nodes.Expr):
            return _output(self.expression(node))
        if isinstance(node, nodes.If):
            return self._if(node)
        if isinstance(node, nodes.For):
            return self._for(node)
        if isinstance(node, nodes.Assign):
            return self._set(node)
        what = _TAGS.get(type(node).__name__, type(node).__name__.lower())
        raise refuse(node, f"{what} is not allowed", "the tags are if, for and set")

    def _if(self, node: nodes.If) -> Step:
        self._branches += 1
        branches = [
            (self.expression(part.test), self.body(part.body)) for part in (node, *node.elif_)
        ]
        otherwise = self.body(node.else_)
        self._branches -= 1

        def run(ev: Evaluation) -> None:
            for test, body in branches:
                if test(ev):
                    body(ev)
                    return
            otherwise(ev)

        return run

    def _set(self, node: nodes.Assign) -> Step:
        if not isinstance(node.target, nodes.Name):
            raise refuse(node, "set takes one name", "write {% set total = a + b %}")
        value = self.expression(node.node)
        place = self.names.declare(node.target.name, surely=not self._branches)

        def run(ev: Evaluation) -> None:
            ev.locals[place] = value(ev)

        return run

    def _for(self, node: nodes.For) -> Step:
        if node.recursive:
            raise refuse(node, "a recursive loop is not allowed", "write one loop in the other")
        values = self.expression(node.iter)
        outer, self._branches = self._branches, 0
        before = self.size
        self.names.enter()
        assign = self._targets(node.target)
        test = None if node.test is None else self.expression(node.test)
        self.names.enter()
        loop = self.names.declare("loop")
        body = self.body(node.body)
        inner = [place for place in self.names.leave() if place != loop]
        self.names.leave()
        cost = 1 + ((self.size - before) >> 1)
        self._branches = outer
        otherwise = self.body(node.else_)

        def run(ev: Evaluation) -> None:
            items = _kept(ev, _items(values(ev)), assign, test)
            count = len(items)
            ev.spend(1 + cost * count)
            for index, item in enumerate(items):
                for place in inner:
                    ev.locals[place] = UNSET
                assign(ev, item)
                ev.locals[loop] = _loop(index, count)
                body(ev)
                if ev.built > ev.env.limits.output:
                    raise too_long(ev.env)
            if not count:
                otherwise(ev)

        return run

    def _targets(self, target: nodes.Node) -> "Callable[[Evaluation, Value], None]":
        if isinstance(target, nodes.Name):
            place = self.names.declare(target.name)

            def one(ev: Evaluation, item: Value) -> None:
                ev.locals[place] = item

            return one
        if not isinstance(target, nodes.Tuple):
            raise refuse(target, "a loop takes names", "write {% for item in itens %}")
        places: list[int] = []
        for name in target.items:
            if not isinstance(name, nodes.Name):
                raise refuse(target, "a loop takes names", "write {% for k, v in x|items %}")
            places.append(self.names.declare(name.name))

        def several(ev: Evaluation, item: Value) -> None:
            if not isinstance(item, list | tuple) or len(item) != len(places):
                raise EvaluationError(f"each item of the loop must have {len(places)} parts")
            for place, part in zip(places, item, strict=True):
                ev.locals[place] = part

        return several


def _rendering(body: Step, places: int) -> Render:
    def render(scope: Scope, env: Env) -> str:
        ev = Evaluation(scope, env, places)
        try:
            body(ev)
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds") from None
        except RecursionError:
            raise EvaluationError("a value is nested too deeply") from None
        if ev.built > env.limits.output:
            raise too_long(env)
        return "".join(ev.out)

    return render


def _sequence(steps: list[Step], lines: list[int]) -> Step:
    def run(ev: Evaluation) -> None:
        at = 0
        try:
            for step in steps:
                step(ev)
                at += 1
        except EvaluationError as trouble:
            raise trouble.at(lines[at])  # noqa: B904 - the same trouble, with its line
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds", lines[at]) from None

    return run


def _text(text: str) -> Step:
    size = len(text)

    def run(ev: Evaluation) -> None:
        ev.out.append(text)
        ev.built += size

    return run


def _output(value: Getter) -> Step:
    def run(ev: Evaluation) -> None:
        shown = value(ev)
        text = shown if type(shown) is str else show_in(ev, shown)
        ev.out.append(text)
        ev.built += len(text)

    return run


def _items(value: Value) -> "list[Value] | tuple[Value, ...]":
    items: list[Value] | tuple[Value, ...]
    if isinstance(value, list | tuple):
        items = value
    elif isinstance(value, dict):
        items = [*value]
    elif value is None:
        return []
    else:
        raise EvaluationError("a loop needs a list")
    if len(items) > MOST_ROUNDS:
        raise EvaluationError(f"a loop has more than {MOST_ROUNDS} rounds")
    return items


def _kept(
    ev: Evaluation,
    items: "list[Value] | tuple[Value, ...]",
    assign: "Callable[[Evaluation, Value], None]",
    test: Getter | None,
) -> "list[Value] | tuple[Value, ...]":
    if test is None:
        return items
    ev.spend(len(items) * 2)
    kept: list[Value] = []
    for item in items:
        assign(ev, item)
        if test(ev):
            kept.append(item)
    return kept


def _loop(index: int, count: int) -> "dict[str, Any]":
    return {
        "index": index + 1,
        "index0": index,
        "first": index == 0,
        "last": index == count - 1,
        "length": count,
        "revindex": count - index,
    }
