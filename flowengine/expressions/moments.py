"""Dates and times in expressions: reading ISO 8601, arithmetic, comparing."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from flowengine.durations import DurationError, to_timedelta
from flowengine.expressions.env import Env
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.values import BusinessDays, Value
from flowengine.schedules import NeverOpen, business_days
from flowengine.zones import at_local

Moment = date | datetime
"""A day, or an instant (aware)."""


@lru_cache(maxsize=1024)
def read_iso(text: str) -> date | datetime | None:
    """A date or a datetime (perhaps without zone) written in ISO 8601; None for anything else."""
    if not 10 <= len(text) <= 35 or text[4] != "-" or text[7] != "-" or not text.isascii():
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if text[10] in "T " else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def read_iso_time(text: str) -> time | None:
    """A time of day written as 14:30 or 14:30:00; None for anything else."""
    if not 5 <= len(text) <= 8 or not text.replace(":", "").isdigit() or not text.isascii():
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def read_duration(text: str) -> timedelta | None:
    """A duration written in ISO 8601, perhaps with a sign; None for anything else."""
    try:
        return -to_timedelta(text[1:]) if text.startswith("-") else to_timedelta(text)
    except DurationError:
        return None


def moment_of(value: Value, env: Env) -> Moment | None:
    """The day or instant that a value is, or says in ISO 8601 (in the zone of `env`); None for
    anything else. Cost: under 1 µs.
    """
    if type(value) is datetime:
        return aware(value, env)
    if type(value) is date:
        return value
    if type(value) is str:
        read = read_iso(value)
        return aware(read, env) if isinstance(read, datetime) else read
    return None


def aware(instant: datetime, env: Env) -> datetime:
    """The instant with a zone: one without is on the flow's clock, which `env` knows. Cost: under 1
    µs.
    """
    if instant.tzinfo is None:
        return at_local(instant.date(), instant.time(), env.timezone)
    return instant


def instant_of(moment: Moment, env: Env) -> datetime:
    """The instant of a moment; a day begins at its midnight."""
    if isinstance(moment, datetime):
        return moment
    return at_local(moment, time(), env.timezone)


def in_zone(moment: Moment, env: Env) -> datetime:
    """A moment on the flow's clock, which `env` knows, for showing. Cost: ~1 µs."""
    return instant_of(moment, env).astimezone(env.timezone)


def order(a: Moment, b: Moment, env: Env) -> int:
    """Below zero if `a` is earlier, zero if they are the same, above if it is later."""
    if type(a) is date and type(b) is date:
        return (a > b) - (a < b)
    left = instant_of(a, env).astimezone(UTC)
    right = instant_of(b, env).astimezone(UTC)
    return (left > right) - (left < right)


def shift(moment: Moment, by: timedelta | BusinessDays, sign: int, env: Env) -> Moment:
    """A moment moved: whole days keep the wall clock, the rest is elapsed time.

    A day moved by a part of a day becomes an instant. Raises `EvaluationError`.
    """
    if isinstance(by, BusinessDays):
        return _shift_business(moment, by, sign, env)
    by = by * sign
    if type(moment) is date and not by.seconds and not by.microseconds:
        return moment + by
    local = in_zone(moment, env)
    moved = at_local(local.date() + timedelta(days=by.days), local.time(), env.timezone)
    rest = by - timedelta(days=by.days)
    return (moved.astimezone(UTC) + rest).astimezone(env.timezone)


def between(a: Moment, b: Moment, env: Env) -> timedelta:
    """The time from `b` to `a`."""
    if type(a) is date and type(b) is date:
        return a - b
    return instant_of(a, env).astimezone(UTC) - instant_of(b, env).astimezone(UTC)


def _shift_business(moment: Moment, by: BusinessDays, sign: int, env: Env) -> Moment:
    schedule = None
    if by.schedule:
        schedule = env.schedules.get(by.schedule)
        if schedule is None:
            raise EvaluationError(f"there is no schedule {by.schedule!r}")
    try:
        if type(moment) is date:
            return business_days(schedule, moment, sign * by.count)
        local = in_zone(moment, env)
        day = business_days(schedule, local.date(), sign * by.count)
    except NeverOpen as never:
        raise EvaluationError(str(never)) from None
    return at_local(day, local.time(), env.timezone)
