"""Conditions as closures: compiled once, asked on every turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from flowengine.conditions.operators import TABLE
from flowengine.conditions.spec import BadRight, Spec, Test
from flowengine.conditions.when import IMPLIED, Operator, When
from flowengine.expressions import (
    CompiledValue,
    Env,
    EvaluationError,
    ExpressionError,
    Scope,
    Value,
    compile_expression,
    compile_value,
    show,
)
from flowengine.patterns import Pattern, compile_pattern
from flowengine.zones import zone

DEEPEST = 16
"""How deep conditions may stand in one another."""

Groups = dict[str, str]
Run = Callable[[Scope, Env, Groups | None], bool]


_OF_SCHEDULES = ("is_open", "is_closed")

_NOWHERE = Env(now=datetime(1970, 1, 1, tzinfo=UTC), timezone=zone("UTC"))
"""For what depends on nothing: it is worked out once."""


class Verdict(Struct, frozen=True):
    """Whether a condition holds, and what its patterns captured (by name and number)."""

    holds: bool
    groups: Groups = {}


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `reads`: the paths of the scope that it reads.

    `holds` and `check` raise `EvaluationError` and nothing else. Cost: a word or number test about
    a microsecond, a pattern four.
    """

    reads: frozenset[str]
    run: Run

    def holds(self, scope: Scope, env: Env) -> bool:
        """Whether it holds; what follows a decided `all` or `any` is not looked at."""
        return self.run(scope, env, None)

    def check(self, scope: Scope, env: Env) -> Verdict:
        """Whether it holds, with the groups of the patterns that matched."""
        groups: Groups = {}
        return Verdict(self.run(scope, env, groups), groups)


def compile_when(when: When) -> Condition:
    """Compile a condition; raises `ExpressionError` with the path below it. Some 50 µs."""
    return _compile(when, 0)


def _compile(when: When, depth: int) -> Condition:
    if depth > DEEPEST:
        raise ExpressionError(
            "nested too deeply", fix="split it into several cases", code="too_deep"
        )
    if when.all is not UNSET:
        return _several(when.all, "all", depth)
    if when.any is not UNSET:
        return _several(when.any, "any", depth)
    if when.not_ is not UNSET:
        return _negation(when.not_, depth)
    return _comparison(when)


def _several(parts: tuple[When, ...], name: str, depth: int) -> Condition:
    inner = [_below(f"/{name}/{at}", part, depth) for at, part in enumerate(parts)]
    runs = [part.run for part in inner]
    reads = frozenset[str]().union(*(part.reads for part in inner))
    if name == "all":
        return Condition(reads, lambda scope, env, groups: all(r(scope, env, groups) for r in runs))
    return Condition(reads, lambda scope, env, groups: any(r(scope, env, groups) for r in runs))


def _negation(part: When, depth: int) -> Condition:
    inner = _below("/not", part, depth)
    run = inner.run
    return Condition(inner.reads, lambda scope, env, groups: not run(scope, env, None))


def _below(path: str, part: When, depth: int) -> Condition:
    try:
        return _compile(part, depth + 1)
    except ExpressionError as wrong:
        raise wrong.below(path) from None


def _comparison(when: When) -> Condition:
    op = when.op
    if isinstance(op, UnsetType):
        raise AssertionError("When checks its own shape")
    left = _left(when.left, op)
    if op == "matches":
        return Condition(left.reads, _capturing(left, _pattern(when.right)))
    spec = TABLE[op]
    if when.right is UNSET:
        return Condition(left.reads, _fixed(left, spec.prepare(None)))
    right = _side("right", when.right)
    if right.is_constant:
        return _with_constant(op, spec, left, right.evaluate({}, _NOWHERE))
    reads = frozenset({"schedule.*"}) if op in _OF_SCHEDULES else frozenset[str]()
    return Condition(left.reads | right.reads | reads, _moving(op, left, right, spec))


def _left(raw: Any, op: Operator) -> CompiledValue:
    if raw is not UNSET:
        return _side("left", raw)
    expression = compile_expression(IMPLIED[op])
    return CompiledValue(expression.reads, expression.evaluate)


def _side(name: str, raw: Any) -> CompiledValue:
    try:
        return compile_value(raw)
    except ExpressionError as wrong:
        raise wrong.below(f"/{name}") from None


def _with_constant(op: Operator, spec: Spec, left: CompiledValue, right: Value) -> Condition:
    """The right side is written out: it is prepared now, and its mistakes are the author's."""
    try:
        test = spec.prepare(right)
    except BadRight as bad:
        raise ExpressionError(bad.message, fix=bad.fix, code="bad_right", path="/right") from None
    reads = frozenset({f"schedule.{right}"}) if op in _OF_SCHEDULES else frozenset[str]()
    return Condition(left.reads | reads, _fixed(left, test))


def _pattern(raw: Any) -> Pattern:
    if not isinstance(raw, str) or "{{" in raw or "{%" in raw:
        fix = 'write it out, such as "^[0-9]{5}$"; for a customer\'s words use has_phrase'
        raise ExpressionError("matches takes a pattern", fix=fix, code="bad_right", path="/right")
    try:
        return compile_pattern(raw)
    except ExpressionError as refused:
        raise refused.below("/right") from None


def _fixed(left: CompiledValue, test: Test) -> Run:
    evaluate = left.evaluate

    def run(scope: Scope, env: Env, groups: Groups | None) -> bool:
        try:
            return test(evaluate(scope, env), env)
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds") from None

    return run


def _moving(op: Operator, left: CompiledValue, right: CompiledValue, spec: Spec) -> Run:
    first, second, prepare = left.evaluate, right.evaluate, spec.prepare

    def run(scope: Scope, env: Env, groups: Groups | None) -> bool:
        try:
            return prepare(second(scope, env))(first(scope, env), env)
        except BadRight as bad:
            raise EvaluationError(f"{op}: {bad.message}") from None
        except ArithmeticError:
            raise EvaluationError("a number or date is out of bounds") from None

    return run


def _capturing(left: CompiledValue, pattern: Pattern) -> Run:
    evaluate = left.evaluate

    def run(scope: Scope, env: Env, groups: Groups | None) -> bool:
        text = show(evaluate(scope, env), env)
        if groups is None:
            return pattern.matches(text)
        found = pattern.search(text)
        if found is None:
            return False
        groups.update(found)
        return True

    return run
