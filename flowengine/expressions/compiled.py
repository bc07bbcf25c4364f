"""Expressions and JSON values, compiled: what `{"expr": "…"}` and the JSON around it become."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from jinja2 import nodes

from flowengine.expressions.compiler import Compiler
from flowengine.expressions.env import Env, Evaluation, Scope
from flowengine.expressions.errors import EvaluationError, ExpressionError
from flowengine.expressions.names import Getter, Lookup, lookup
from flowengine.expressions.simple import fixed_path
from flowengine.expressions.syntax import parse_expression, place_of
from flowengine.expressions.templates import compile_template
from flowengine.expressions.values import DIGITS, Value, exact, from_float

Evaluate = Callable[[Scope, Env], Value]

DEEPEST = 32
"""How deep a JSON value with templates in it may be nested."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `reads`: the paths of the scope that it reads.

    `evaluate(scope, env)` gives the value; it raises `EvaluationError` and nothing else. A name or
    a comparison costs some 500 ns.
    """

    source: str
    reads: frozenset[str]
    evaluate: Evaluate


@dataclass(frozen=True, slots=True)
class CompiledValue:
    """A compiled JSON value. `reads` and `evaluate` as those of `Expression`.

    `is_constant`: there is nothing to evaluate in it.
    """

    reads: frozenset[str]
    evaluate: Evaluate
    is_constant: bool = False


def compile_expression(source: str) -> Expression:
    """Compile one expression; raises `ExpressionError`. Some 50 µs."""
    tree = parse_expression(source)
    compiler = Compiler()
    getter = compiler.expression(tree)
    return Expression(source, frozenset(compiler.names.reads), _evaluating(tree, getter))


def compile_value(raw: object) -> CompiledValue:
    """Compile a JSON value: texts are templates, `{"expr": "…"}` is an expression.

    Lists and objects are walked, all else is itself. Raises `ExpressionError` with the path of
    the text below `raw`.
    """
    return _compile(raw, 0)


def _evaluating(tree: nodes.Expr, getter: Getter) -> Evaluate:
    line = place_of(tree)[0]
    path = fixed_path(tree)
    if path is not None:
        return _reading(lookup(*path), line)

    def evaluate(scope: Scope, env: Env) -> Value:
        try:
            return getter(Evaluation(scope, env))
        except EvaluationError as trouble:
            raise trouble.at(line)  # noqa: B904 - the same trouble, with its line
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds", line) from None
        except RecursionError:
            raise EvaluationError("a value is nested too deeply", line) from None

    return evaluate


def _reading(find: Lookup, line: int) -> Evaluate:
    """A mere name does no work that would have to be paid for."""

    def evaluate(scope: Scope, env: Env) -> Value:
        try:
            return find(scope)
        except EvaluationError as trouble:
            raise trouble.at(line)  # noqa: B904 - the same trouble, with its line
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds", line) from None

    return evaluate


def _compile(raw: Any, depth: int) -> CompiledValue:
    if depth > DEEPEST:
        raise ExpressionError("nested too deeply", fix="flatten the value", code="too_deep")
    if isinstance(raw, str):
        template = compile_template(raw)
        return CompiledValue(template.reads, template.render, template.is_constant)
    if isinstance(raw, dict):
        fields = cast("dict[str, Any]", raw)
        if len(fields) == 1 and "expr" in fields:
            return _expression(fields["expr"])
        return _object(fields, depth)
    if isinstance(raw, list | tuple):
        return _list(cast("list[Any] | tuple[Any, ...]", raw), depth)
    value = _literal(raw)
    return CompiledValue(frozenset(), lambda scope, env: value, is_constant=True)


def _literal(raw: Any) -> Value:
    """null, a boolean or a number as it is written in a document."""
    if raw is None or isinstance(raw, bool):
        return raw
    if not isinstance(raw, int | float | Decimal):
        raise ExpressionError("not a JSON value", fix="write text, numbers, lists and objects")
    try:
        return from_float(raw) if isinstance(raw, float) else exact(raw)
    except EvaluationError as trouble:
        fix = f"write a number of at most {DIGITS} digits, or a text"
        raise ExpressionError(trouble.message, fix=fix, code="too_large") from None


def _expression(source: Any) -> CompiledValue:
    if not isinstance(source, str):
        raise ExpressionError(
            "an expression is a text", fix='write {"expr": "pontos + 1"}', path="/expr"
        )
    try:
        expression = compile_expression(source)
    except ExpressionError as wrong:
        raise wrong.below("/expr") from None
    return CompiledValue(expression.reads, expression.evaluate)


def _object(fields: "dict[str, Any]", depth: int) -> CompiledValue:
    pairs = [(key, _below(key, value, depth)) for key, value in fields.items()]
    reads = frozenset[str]().union(*(value.reads for _, value in pairs))
    runs = [(key, value.evaluate) for key, value in pairs]
    return CompiledValue(
        reads,
        lambda scope, env: {key: run(scope, env) for key, run in runs},
        all(value.is_constant for _, value in pairs),
    )


def _list(items: "list[Any] | tuple[Any, ...]", depth: int) -> CompiledValue:
    values = [_below(str(at), item, depth) for at, item in enumerate(items)]
    runs = [value.evaluate for value in values]
    return CompiledValue(
        frozenset[str]().union(*(value.reads for value in values)),
        lambda scope, env: [run(scope, env) for run in runs],
        all(value.is_constant for value in values),
    )


def _below(key: str, raw: Any, depth: int) -> CompiledValue:
    try:
        return _compile(raw, depth + 1)
    except ExpressionError as wrong:
        raise wrong.below("/" + key.replace("~", "~0").replace("/", "~1")) from None
