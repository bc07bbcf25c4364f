"""Reading a stored value as the type that its variable was declared with."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, assert_never, cast

from flowengine.expressions.env import Env
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.moments import aware, in_zone, moment_of, read_duration, read_iso_time
from flowengine.expressions.printing import show
from flowengine.expressions.values import TypeName, Value, exact, from_float, kind_of
from flowengine.reading.numbers import read_number
from flowengine.reading.yes_no import read_yes_no


def coerce(value: Any, type_name: TypeName, env: Env) -> Value:
    """A JSON-plain value as a declared type (`type_name`); null stays null.

    A text is read: numbers in the notation of the language of `env`, dates and durations in ISO
    8601, booleans as yes and no. Raises `EvaluationError` with a sentence that names both.
    Cost: 100 ns where the value is of that type already, up to 10 µs for a number in a text.
    """
    if value is None:
        return None
    try:
        found = _read(value, type_name, env)
    except ArithmeticError:
        raise EvaluationError("a number or date is out of bounds") from None
    if found is None:
        raise EvaluationError(f"{kind_of(value)} cannot be read as {type_name}")
    return found


def _read(value: Any, type_name: TypeName, env: Env) -> Value:
    match type_name:
        case "text":
            return value if type(value) is str else _text(value, env)
        case "number":
            return _number(value, env)
        case "boolean":
            return value if type(value) is bool else _boolean(value)
        case "date":
            return _date(value, env)
        case "time":
            return value if isinstance(value, time) else _time(value, env)
        case "datetime":
            return _datetime(value, env)
        case "duration":
            return _duration(value)
        case "list":
            return [*value] if isinstance(value, list | tuple) else None
        case "object" | "location" | "media":
            return _object(value, type_name)
        case _:
            assert_never(type_name)


def _text(value: Any, env: Env) -> Value:
    return None if isinstance(value, list | tuple | dict) else show(value, env)


def _number(value: Any, env: Env) -> Value:
    if type(value) is int or type(value) is Decimal:
        return exact(value)
    if type(value) is float:
        return from_float(value)
    if type(value) is not str:
        return None
    found = read_number(value, env.language)
    return None if found is None else exact(found)


def _boolean(value: Any) -> Value:
    if type(value) is int and value in (0, 1):
        return value == 1
    if type(value) is not str:
        return None
    said = value.strip().lower()
    return said == "true" if said in ("true", "false") else read_yes_no(value)


def _date(value: Any, env: Env) -> Value:
    moment = moment_of(value, env)
    return in_zone(moment, env).date() if isinstance(moment, datetime) else moment


def _datetime(value: Any, env: Env) -> Value:
    moment = moment_of(value, env)
    if moment is None or isinstance(moment, datetime):
        return moment
    return in_zone(moment, env)


def _time(value: Any, env: Env) -> Value:
    if isinstance(value, datetime):
        return aware(value, env).astimezone(env.timezone).time()
    return read_iso_time(value) if type(value) is str else None


def _duration(value: Any) -> Value:
    if isinstance(value, timedelta):
        return value
    return read_duration(value) if type(value) is str else None


_NEEDED = {"location": ("latitude", "longitude")}


def _object(value: Any, type_name: TypeName) -> Value:
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Value]", value)
    return fields if all(key in fields for key in _NEEDED.get(type_name, ())) else None
