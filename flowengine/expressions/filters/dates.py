"""Filters on dates and times; ISO 8601 text is taken for what it says."""

from datetime import date as day_type
from datetime import datetime, timedelta
from typing import Literal

from flowengine.expressions.arguments import clock_of, moment_for, text_of
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.locales import pattern_trouble, write_moment
from flowengine.expressions.moments import in_zone
from flowengine.expressions.spec import Spec, Trouble
from flowengine.expressions.values import Value


def date(ev: Evaluation, value: Value, pattern: Value = "short") -> Value:
    """`{{ inicio|date("dd/MM HH:mm") }}`: by a Unicode pattern, or short, medium, long, full."""
    return _written(ev, value, pattern, "date")


def clock(ev: Evaluation, value: Value, pattern: Value = "short") -> Value:
    """`{{ inicio|time }}`: the time of day, "09:00"."""
    return _written(ev, value, pattern, "time")


def both(ev: Evaluation, value: Value, pattern: Value = "short") -> Value:
    """`{{ inicio|datetime }}`: date and time."""
    return _written(ev, value, pattern, "datetime")


def iso(ev: Evaluation, value: Value) -> Value:
    """`{{ inicio|iso }}`: ISO 8601, for other programs."""
    if value is None:
        return None
    moment = moment_for(ev, value)
    return (in_zone(moment, ev.env) if isinstance(moment, datetime) else moment).isoformat()


def weekday(ev: Evaluation, value: Value) -> Value:
    """`{{ now|weekday }}`: 1 for Monday to 7 for Sunday."""
    return None if value is None else in_zone(moment_for(ev, value), ev.env).isoweekday()


def hours(ev: Evaluation, value: Value) -> Value:
    """`{{ (fim - inicio)|in_hours }}`: a duration as whole hours."""
    return _whole(value, timedelta(hours=1))


def minutes(ev: Evaluation, value: Value) -> Value:
    """`{{ (fim - inicio)|in_minutes }}`: a duration as whole minutes."""
    return _whole(value, timedelta(minutes=1))


def days(ev: Evaluation, value: Value) -> Value:
    """`{{ (vencimento - now)|in_days }}`: a duration as whole days."""
    return _whole(value, timedelta(days=1))


def _whole(value: Value, unit: timedelta) -> Value:
    if value is None:
        return None
    if not isinstance(value, timedelta):
        raise EvaluationError("only a duration can be counted in units")
    return value // unit if value >= timedelta(0) else -(-value // unit)


def _written(
    ev: Evaluation, value: Value, pattern: Value, kind: Literal["date", "time", "datetime"]
) -> Value:
    if value is None:
        return None
    ev.spend(10)
    shape = text_of(ev, pattern)
    trouble = pattern_trouble(shape)
    if trouble is not None:
        raise EvaluationError(trouble[0])
    time_of_day = clock_of(value)
    if time_of_day is not None:
        local = datetime.combine(day_type(2000, 1, 1), time_of_day)
        return write_moment(local, "time", shape, ev.env.language)
    return write_moment(in_zone(moment_for(ev, value), ev.env), kind, shape, ev.env.language)


def _pattern(value: Value) -> Trouble | None:
    if type(value) is str:
        return pattern_trouble(value)
    return "a date pattern is a text", 'write date("dd/MM/yyyy")'


_PATTERN = (("pattern", _pattern),)

DATE_FILTERS: dict[str, Spec] = {
    "date": Spec(date, ("pattern",), 0, _PATTERN),
    "time": Spec(clock, ("pattern",), 0, _PATTERN),
    "datetime": Spec(both, ("pattern",), 0, _PATTERN),
    "iso": Spec(iso),
    "weekday": Spec(weekday),
    "in_days": Spec(days),
    "in_hours": Spec(hours),
    "in_minutes": Spec(minutes),
}
