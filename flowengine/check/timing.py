"""How long the expression of a delay or a start waits, where that depends on nothing but the time.

The engine's own expressions are asked, at moments of a week; what reads anything else is not known.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flowengine.expressions import (
    Env,
    EvaluationError,
    Expression,
    ExpressionError,
    Value,
    coerce,
    compile_expression,
)
from flowengine.flow import Flow
from flowengine.zones import UnknownZone, zone

_FIRST = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
_MOMENTS = tuple(_FIRST + timedelta(hours=7 * at) for at in range(24))
"""A week, at every hour of the day."""


def compiled(source: str) -> Expression | None:
    """The expression; None for one that is wrong, which another proof tells."""
    try:
        return compile_expression(source)
    except ExpressionError:
        return None


def waits(flow: Flow, source: str) -> list[float] | None:
    """Seconds that it waits from each of some moments on, negative where that time has gone by.

    None where it reads more than the time, or gives no time at all.
    """
    expression = compiled(source)
    if expression is None or expression.reads - {"now"}:
        return None
    try:
        return list(_lengths(flow, expression))
    except (EvaluationError, UnknownZone, OverflowError):
        return None


def _lengths(flow: Flow, expression: Expression) -> Iterator[float]:
    where = zone(flow.timezone)
    for now in _MOMENTS:
        env = Env(now=now.astimezone(where), timezone=where, language=flow.language)
        yield _seconds(expression.evaluate({"now": env.now}, env), env)


def _seconds(found: Value, env: Env) -> float:
    if isinstance(found, timedelta):
        return found.total_seconds()
    due = coerce(found, "datetime", env)
    if not isinstance(due, datetime):
        raise EvaluationError("it is no time", 1)
    return (due - env.now).total_seconds()
