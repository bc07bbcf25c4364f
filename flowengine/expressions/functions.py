"""What can be called: `days(2)`, `date("2026-03-15")`, `business_days(3)`.

Functions read, filters print: `date(x)` is a date, `x|date` a text.
"""

from datetime import date as day_type
from datetime import datetime as instant_type
from datetime import timedelta
from decimal import Decimal

from flowengine.expressions.arguments import clock_of, number_of, text_of, whole_of
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.moments import aware, in_zone, moment_of, read_duration
from flowengine.expressions.operators import compare, number_in
from flowengine.expressions.spec import Spec
from flowengine.expressions.values import CONTEXT, BusinessDays, Value, exact, kind_of
from flowengine.reading.dates import read_date, read_datetime

_MICROSECOND = 1_000_000


def weeks(ev: Evaluation, count: Value) -> Value:
    """`now + weeks(2)`"""
    return _length(ev, count, 7 * 86_400)


def days(ev: Evaluation, count: Value) -> Value:
    """`now + days(2)`: the same time of day, two days on."""
    return _length(ev, count, 86_400)


def hours(ev: Evaluation, count: Value) -> Value:
    """`now + hours(1.5)`"""
    return _length(ev, count, 3_600)


def minutes(ev: Evaluation, count: Value) -> Value:
    """`now + minutes(30)`"""
    return _length(ev, count, 60)


def seconds(ev: Evaluation, count: Value) -> Value:
    """`now + seconds(10)`"""
    return _length(ev, count, 1)


def business_days(ev: Evaluation, count: Value, schedule: Value = "") -> Value:
    """`now + business_days(3)`: Monday to Friday, or the days on which a schedule opens."""
    number = whole_of(count, "the count of business days", -366, 366)
    name = text_of(ev, schedule)
    ev.spend(10 + abs(number) * (20 if name else 2))
    return BusinessDays(number, name)


def duration(ev: Evaluation, text: Value) -> Value:
    """`now + duration("PT1H30M")`; null for null."""
    if text is None or isinstance(text, timedelta):
        return text
    found = read_duration(text_of(ev, text))
    if found is None:
        raise EvaluationError("that is no ISO 8601 duration")
    return found


def date(ev: Evaluation, value: Value, month: Value = None, day: Value = None) -> Value:
    """`date("2026-03-15")`, `date(2026, 3, 15)`, `date(now)`, also `date("15/03/2026")`."""
    if month is not None or day is not None:
        return _calendar(value, month, day)
    if value is None:
        return None
    moment = moment_of(value, ev.env)
    if moment is None and isinstance(value, str):
        ev.spend(100)
        moment = read_date(value, ev.env.now, ev.env.timezone, ev.env.language, ask=False)
    if moment is None:
        raise EvaluationError(f"{kind_of(value)} is no date")
    return in_zone(moment, ev.env).date() if isinstance(moment, instant_type) else moment


def datetime(ev: Evaluation, value: Value, clock: Value = None) -> Value:
    """`datetime("2026-03-15T10:00")`, `datetime(dia, "10:00")`, `datetime("amanhã às 10h")`."""
    if clock is not None:
        return _at(ev, value, clock)
    if value is None:
        return None
    moment = moment_of(value, ev.env)
    if moment is not None:
        return in_zone(moment, ev.env)
    if isinstance(value, str):
        ev.spend(100)
        found = read_datetime(value, ev.env.now, ev.env.timezone, ev.env.language, ask=False)
        if found is not None:
            return found
    raise EvaluationError(f"{kind_of(value)} is no date with a time")


def time(ev: Evaluation, value: Value) -> Value:
    """`time("14:30")`, `time(now)`"""
    if value is None:
        return None
    clock = clock_of(value)
    if clock is not None:
        return clock
    moment = moment_of(value, ev.env)
    if moment is None:
        raise EvaluationError(f"{kind_of(value)} is no time of day")
    return in_zone(moment, ev.env).time()


def today(ev: Evaluation) -> Value:
    """`today()`: the day of `now` on the flow's clock."""
    return in_zone(ev.env.now, ev.env).date()


def number(ev: Evaluation, value: Value) -> Value:
    """`number("R$ 1.234,56")`: a text in local notation as number; null for null."""
    return None if value is None else exact(number_of(ev, value))


def text(ev: Evaluation, value: Value) -> Value:
    """`text(x)`: as it prints."""
    return text_of(ev, value)


def smallest(ev: Evaluation, *values: Value) -> Value:
    """`min(a, b)`: the smallest of what is not null."""
    return _extreme(ev, values, -1)


def largest(ev: Evaluation, *values: Value) -> Value:
    """`max(a, b)`: the largest of what is not null."""
    return _extreme(ev, values, 1)


def _length(ev: Evaluation, count: Value, unit: int) -> timedelta:
    number = number_in(count)
    if number is None:
        number = number_of(ev, count)
    if type(number) is int:
        return timedelta(seconds=number * unit)
    micros = CONTEXT.multiply(number, Decimal(unit * _MICROSECOND))
    return timedelta(microseconds=int(micros))


def _calendar(year: Value, month: Value, day: Value) -> day_type:
    parts = [
        whole_of(part, name, 1, 9999)
        for part, name in ((year, "the year"), (month, "the month"), (day, "the day"))
    ]
    try:
        return day_type(*parts)
    except ValueError:
        raise EvaluationError("there is no such date") from None


def _at(ev: Evaluation, value: Value, clock: Value) -> instant_type:
    day, hour = date(ev, value), clock_of(clock)
    if not isinstance(day, day_type) or hour is None:
        raise EvaluationError('datetime takes a date and a time such as "10:00"')
    return aware(instant_type.combine(day, hour.replace(tzinfo=None)), ev.env)


def _extreme(ev: Evaluation, values: tuple[Value, ...], sign: int) -> Value:
    best: Value = None
    for value in values:
        ev.spend(1)
        if value is not None and (best is None or compare(ev, value, best) * sign > 0):
            best = value
    return best


FUNCTIONS: dict[str, Spec] = {
    "weeks": Spec(weeks, ("count",), 1),
    "days": Spec(days, ("count",), 1),
    "hours": Spec(hours, ("count",), 1),
    "minutes": Spec(minutes, ("count",), 1),
    "seconds": Spec(seconds, ("count",), 1),
    "business_days": Spec(business_days, ("count", "schedule"), 1),
    "duration": Spec(duration, ("text",), 1),
    "date": Spec(date, ("value", "month", "day"), 1),
    "datetime": Spec(datetime, ("value", "time"), 1),
    "time": Spec(time, ("value",), 1),
    "today": Spec(today),
    "number": Spec(number, ("value",), 1),
    "text": Spec(text, ("value",), 1),
    "min": Spec(smallest, many=True),
    "max": Spec(largest, many=True),
}
