"""Operators on amounts and dates: equals, less, between, before, same_day …

Numbers are read in local notation on both sides ("R$ 1.234,56" in Portuguese), dates as ISO 8601
or as people write them. In a sentence every number counts: "tenho 42 anos" is more than 40. Where
one side is a mere day, days are compared, not instants.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from flowengine.conditions.spec import BadRight, Spec, Test
from flowengine.expressions import Env, Value, show
from flowengine.expressions.env import Evaluation
from flowengine.expressions.moments import (
    aware,
    in_zone,
    moment_of,
    read_duration,
    read_iso_time,
)
from flowengine.expressions.operators import equal, number_in
from flowengine.reading.dates import instant_of, read_moment
from flowengine.reading.numbers import read_number, read_numbers
from flowengine.reading.yes_no import read_yes_no
from flowengine.text import fold

Order = Callable[[int], bool]
"""Takes the sign of a comparison: below zero, zero, above."""


def equals(right: Value) -> Test:
    """The same: texts when folded, numbers by value, dates by day or instant, null and "" both."""
    if isinstance(right, str):
        folded = fold(right)

        def test(left: Value, env: Env) -> bool:
            if type(left) is str:
                return fold(left) == folded
            return same(left, right, env)

        return test
    return lambda left, env: same(left, right, env)


def ordering(holds: Order) -> Spec:
    """less, at_most, more, at_least: numbers, else dates, durations and times of day."""

    def prepare(right: Value) -> Test:
        return lambda left, env: any(holds(sign) for sign in signs(left, right, env))

    return Spec(prepare)


def dated(holds: Order) -> Spec:
    """before, after, same_day: dates only."""

    def prepare(right: Value) -> Test:
        def test(left: Value, env: Env) -> bool:
            sign = date_sign(left, right, env)
            return sign is not None and holds(sign)

        return test

    return Spec(prepare)


def same_day(right: Value) -> Test:
    """On the same day, on the flow's clock."""

    def test(left: Value, env: Env) -> bool:
        a, b = moment_in(left, env), moment_in(right, env)
        return a is not None and b is not None and _day(a, env) == _day(b, env)

    return test


def between(right: Value) -> Test:
    """From the first to the second of two, both included."""
    if not isinstance(right, list | tuple) or len(right) != 2:
        raise BadRight("between takes two values", "write [10, 20]")
    low, high = right[0], right[1]

    def test(left: Value, env: Env) -> bool:
        amounts = numbers_of(left, env)
        least, most = number_of(low, env), number_of(high, env)
        if amounts and least is not None and most is not None:
            return any(least <= amount <= most for amount in amounts)
        above, below = signs(left, low, env), signs(left, high, env)
        return any(sign >= 0 for sign in above) and any(sign <= 0 for sign in below)

    return test


def is_in(right: Value) -> Test:
    """Equal to one of a list."""
    if not isinstance(right, list | tuple):
        raise BadRight("in takes a list", 'write ["a", "b"]')
    tests = [equals(item) for item in right]
    return lambda left, env: any(test(left, env) for test in tests)


def same(a: Value, b: Value, env: Env) -> bool:
    """Whether two values are the same as people see it."""
    if a is None or b is None or a == "" or b == "":
        return (a is None or a == "") and (b is None or b == "")
    if isinstance(a, bool) or isinstance(b, bool):
        return truth(a) is truth(b) and truth(a) is not None
    if number_in(a) is not None or number_in(b) is not None:
        x, y = number_of(a, env), number_of(b, env)
        return x is not None and x == y
    if isinstance(a, date) or isinstance(b, date):
        return date_sign(a, b, env) == 0
    if isinstance(a, time | timedelta) or isinstance(b, time | timedelta):
        return 0 in signs(a, b, env)
    if type(a) is str and type(b) is str:
        return fold(a) == fold(b)
    return equal(Evaluation({}, env), a, b)


def signs(a: Value, b: Value, env: Env) -> list[int]:
    """How `a` stands to `b`, once for each number in it; empty where they do not compare."""
    right = number_of(b, env)
    if right is not None:
        return [(amount > right) - (amount < right) for amount in numbers_of(a, env)]
    long, short = _duration(a), _duration(b)
    if long is not None and short is not None:
        return [(long > short) - (long < short)]
    late, early = _clock(a), _clock(b)
    if late is not None and early is not None:
        return [(late > early) - (late < early)]
    sign = date_sign(a, b, env)
    return [] if sign is None else [sign]


def date_sign(a: Value, b: Value, env: Env) -> int | None:
    """Below zero for earlier, zero for the same, above for later; None for what is no date."""
    left, right = moment_in(a, env), moment_in(b, env)
    if left is None or right is None:
        return None
    if isinstance(left, datetime) and isinstance(right, datetime):
        x, y = left.astimezone(UTC), right.astimezone(UTC)
        return (x > y) - (x < y)
    first, second = _day(left, env), _day(right, env)
    return (first > second) - (first < second)


def moment_in(value: Value, env: Env) -> date | datetime | None:
    """The day or instant of a value; a text may say it as people do."""
    moment = moment_of(value, env)
    if moment is not None or type(value) is not str:
        return moment
    read = read_moment(value, env.now, env.timezone, env.language, ask=False)
    if read is None:
        return None
    if read.instant is None and read.clock is None:
        return read.day
    return instant_of(read, env.now, env.timezone)


def number_of(value: Value, env: Env) -> int | Decimal | None:
    """The number that a value is, a text in local notation too."""
    number = number_in(value)
    if number is None and type(value) is str:
        return read_number(value, env.language)
    return number


def numbers_of(value: Value, env: Env) -> "list[int | Decimal]":
    """The numbers in a value: itself, or all in a text."""
    number = number_in(value)
    if number is not None:
        return [number]
    return [*read_numbers(value, env.language)] if type(value) is str else []


def truth(value: Value) -> bool | None:
    """true or false of a boolean, or of a text that says yes or no."""
    if isinstance(value, bool):
        return value
    if type(value) is not str:
        return None
    said = fold(value)
    return said == "true" if said in ("true", "false") else read_yes_no(value)


def text_of(value: Value, env: Env) -> str:
    return value if type(value) is str else show(value, env)


def _day(moment: date, env: Env) -> date:
    if isinstance(moment, datetime):
        return in_zone(aware(moment, env), env).date()
    return moment


def _duration(value: Value) -> timedelta | None:
    if isinstance(value, timedelta):
        return value
    return read_duration(value) if type(value) is str and "P" in value[:2] else None


def _clock(value: Value) -> time | None:
    if isinstance(value, time):
        return value
    return read_iso_time(value) if type(value) is str else None
