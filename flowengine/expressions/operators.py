"""What + - * / // % ~, comparisons and "in" do with values.

All of them take values of any kind. They raise `EvaluationError`, and `ArithmeticError` where a
result is out of bounds; who runs an evaluation makes the second into the first.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.moments import between, moment_of, order, shift
from flowengine.expressions.printing import show_in
from flowengine.expressions.values import (
    CONTEXT,
    LARGEST,
    BusinessDays,
    Number,
    Value,
    exact,
    from_float,
    kind_of,
)

Operator = Callable[[Evaluation, Value, Value], Value]

DEEPEST = 64
"""How deep comparing goes into lists and objects."""


def add(ev: Evaluation, a: Value, b: Value) -> Value:
    """Numbers, texts, lists; a date and a duration in either order; two durations."""
    if type(a) is int and type(b) is int:
        total = a + b
        return total if -LARGEST < total < LARGEST else exact(total)
    x, y = number_in(a), number_in(b)
    if x is not None and y is not None:
        return exact(CONTEXT.add(x, y))
    if isinstance(b, timedelta | BusinessDays):
        if isinstance(a, timedelta) and isinstance(b, timedelta):
            return a + b
        moment = moment_of(a, ev.env)
        if moment is not None:
            return shift(moment, b, 1, ev.env)
    if isinstance(a, timedelta | BusinessDays):
        moment = moment_of(b, ev.env)
        if moment is not None:
            return shift(moment, a, 1, ev.env)
    if type(a) is str and type(b) is str:
        ev.check_text(len(a) + len(b))
        return a + b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        ev.spend((len(a) + len(b)) >> 3)
        return [*a, *b]
    raise _cannot("added to", b, a)


def subtract(ev: Evaluation, a: Value, b: Value) -> Value:
    """Numbers; a duration from a date or a duration; the duration between two dates."""
    if type(a) is int and type(b) is int:
        return exact(a - b)
    x, y = number_in(a), number_in(b)
    if x is not None and y is not None:
        return exact(CONTEXT.subtract(x, y))
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        return a - b
    moment = moment_of(a, ev.env)
    if moment is not None:
        if isinstance(b, timedelta | BusinessDays):
            return shift(moment, b, -1, ev.env)
        other = moment_of(b, ev.env)
        if other is not None:
            return between(moment, other, ev.env)
    raise _cannot("subtracted from", b, a)


def multiply(ev: Evaluation, a: Value, b: Value) -> Value:
    """Numbers, and a duration by a number; never texts or lists."""
    x, y = number_in(a), number_in(b)
    if x is not None and y is not None:
        return exact(CONTEXT.multiply(x, y))
    if isinstance(a, timedelta) and y is not None:
        return _scaled(a, y)
    if isinstance(b, timedelta) and x is not None:
        return _scaled(b, x)
    raise _cannot("multiplied by", a, b)


def divide(ev: Evaluation, a: Value, b: Value) -> Value:
    """Numbers (6 / 2 is 3, 7 / 2 is 3.5), a duration by a number, two durations."""
    x, y = number_in(a), number_in(b)
    if y is not None:
        if not y:
            raise EvaluationError("division by zero")
        if x is not None:
            return exact(CONTEXT.divide(x, y))
        if isinstance(a, timedelta):
            return _scaled(a, CONTEXT.divide(1, y))
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        if not b:
            raise EvaluationError("division by zero")
        unit = timedelta(microseconds=1)
        return exact(CONTEXT.divide(a // unit, b // unit))
    raise _cannot("divided by", a, b)


def floor_divide(ev: Evaluation, a: Value, b: Value) -> Value:
    """The whole times that one number goes into another, rounded down (-7 // 2 is -4)."""
    if isinstance(a, timedelta) and isinstance(b, timedelta) and b:
        return a // b
    x, y = _two_numbers("divided by", a, b)
    quotient, left = _divide_whole(x, y)
    return quotient - 1 if left and (left < 0) != (y < 0) else quotient


def modulo(ev: Evaluation, a: Value, b: Value) -> Value:
    """What floor division leaves; its sign is the divisor's (-7 % 2 is 1)."""
    x, y = _two_numbers("divided by", a, b)
    left = _divide_whole(x, y)[1]
    return exact(CONTEXT.add(left, y)) if left and (left < 0) != (y < 0) else left


def negate(value: Value) -> Value:
    number = number_in(value)
    if number is not None:
        return exact(-number if type(number) is int else CONTEXT.minus(number))
    if isinstance(value, timedelta):
        return -value
    raise EvaluationError(f"{kind_of(value)} has no negative")


def positive(value: Value) -> Value:
    if number_in(value) is None and not isinstance(value, timedelta):
        raise EvaluationError(f"{kind_of(value)} is not a number")
    return value


def concat(ev: Evaluation, values: list[Value]) -> str:
    """The texts of values joined, as `~` does; null is nothing."""
    pieces = [value if type(value) is str else show_in(ev, value) for value in values]
    ev.check_text(sum(map(len, pieces)))
    return "".join(pieces)


def equal(ev: Evaluation, a: Value, b: Value, depth: int = 0) -> bool:
    """Whether two values `a` and `b` are the same: 2 and 2.0 are, true and 1 or "2" and 2 are not.

    `ev`: whose work is counted; `depth`: of lists in lists so far. Cost: linear in the smaller
    value.
    """
    if type(a) is str and type(b) is str:
        if len(a) > 256 and len(a) == len(b):
            ev.spend(len(a) >> 10)
        return a == b
    x, y = number_in(a), number_in(b)
    if x is not None or y is not None:
        return x is not None and y is not None and x == y
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        _go_down(ev, depth)
        return len(a) == len(b) and all(
            equal(ev, x, y, depth + 1) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, dict) and isinstance(b, dict):
        _go_down(ev, depth)
        return len(a) == len(b) and all(
            key in b and equal(ev, value, b[key], depth + 1) for key, value in a.items()
        )
    if isinstance(a, date) or isinstance(b, date):  # a datetime is a date too
        left, right = moment_of(a, ev.env), moment_of(b, ev.env)
        return left is not None and right is not None and order(left, right, ev.env) == 0
    return type(a) is type(b) and a == b


def compare(ev: Evaluation, a: Value, b: Value) -> int:
    """Below zero, zero or above, for `a` less than, equal to or more than `b`.

    Numbers, dates (also in ISO 8601 text), times, durations, texts. Raises `EvaluationError`.
    """
    x, y = number_in(a), number_in(b)
    if x is not None and y is not None:
        return (x > y) - (x < y)
    left, right = moment_of(a, ev.env), moment_of(b, ev.env)
    if left is not None and right is not None:
        return order(left, right, ev.env)
    if type(a) is str and type(b) is str:
        ev.check_text(min(len(a), len(b)))
        return (a > b) - (a < b)
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        return (a > b) - (a < b)
    if isinstance(a, time) and isinstance(b, time):
        return (a > b) - (a < b)
    raise _cannot("compared with", a, b)


def contains(ev: Evaluation, item: Value, where: Value) -> bool:
    """Whether a text is in a text, a value in a list, a key in an object; nothing is in null."""
    if type(where) is str:
        if type(item) is not str:
            raise _cannot("looked for in", item, where)
        ev.spend((len(where) + len(item)) >> 8)
        return item in where
    if isinstance(where, list | tuple):
        ev.spend(len(where) >> 3)
        return any(equal(ev, item, one) for one in where)
    if isinstance(where, dict):
        return type(item) is str and item in where
    if where is None:
        return False
    raise _cannot("looked for in", item, where)


def number_in(value: Value) -> Number | None:
    """The number that a value is; None for anything else, booleans too."""
    if type(value) is int or type(value) is Decimal:
        return value
    return from_float(value) if type(value) is float else None


def _two_numbers(verb: str, a: Value, b: Value) -> tuple[Number, Number]:
    x, y = number_in(a), number_in(b)
    if x is None or y is None:
        raise _cannot(verb, a, b)
    if not y:
        raise EvaluationError("division by zero")
    return x, y


def _divide_whole(x: Number, y: Number) -> tuple[Number, Number]:
    """Quotient towards zero and remainder with the sign of `x`."""
    quotient, left = CONTEXT.divmod(x, y)
    return exact(quotient), exact(left)


def _scaled(length: timedelta, by: Number) -> timedelta:
    return timedelta(microseconds=int(CONTEXT.multiply(length // timedelta(microseconds=1), by)))


def _cannot(verb: str, a: Value, b: Value) -> EvaluationError:
    return EvaluationError(f"{kind_of(a)} cannot be {verb} {kind_of(b)}")


def _go_down(ev: Evaluation, depth: int) -> None:
    if depth > DEEPEST:
        raise EvaluationError("a value is nested too deeply")
    ev.spend(1)
