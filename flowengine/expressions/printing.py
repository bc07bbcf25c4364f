"""How values print in a text.

null is nothing; a number has a point and no trailing zeros (2.50 prints 2.5; filters `number` and
`money` write it as people do); true and false are sim and não, yes and no, sí and no; dates and
times take the language's short form; a duration is ISO 8601; a list is its items with commas; an
object is JSON.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from flowengine.durations import iso_duration
from flowengine.expressions.env import Env, Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.locales import write_boolean, write_moment
from flowengine.expressions.moments import in_zone
from flowengine.expressions.plain import to_json
from flowengine.expressions.values import LARGEST, Number, Value, exact, from_float, kind_of


def show(value: Value, env: Env) -> str:
    """A value as text, in the language and zone of `env`; raises `EvaluationError` for one that
    cannot be shown or is too large. Cost: under 1 µs, linear in the text.
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    try:
        return show_in(Evaluation({}, env), value)
    except ArithmeticError:
        raise EvaluationError("a number or date is out of bounds") from None


def show_in(ev: Evaluation, value: Value) -> str:
    """A value as text, paid for by an evaluation's budget."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return write_boolean(value, ev.env.language)
        case int() | Decimal():
            return write_plain(value)
        case float():
            return write_plain(from_float(value))
        case datetime():
            return _moment(ev, value, "datetime")
        case date():
            return _moment(ev, value, "date")
        case time():
            ev.spend(8)
            shown = datetime.combine(date(2000, 1, 1), value)
            return write_moment(shown, "time", "short", ev.env.language)
        case timedelta():
            return iso_duration(value)
        case list() | tuple():
            return _items(ev, value)
        case dict():
            return to_json(ev, value)
        case _:
            raise EvaluationError(f"{kind_of(value)} cannot be shown in a text")


def write_plain(number: Number) -> str:
    """A number with a point, without exponent and trailing zeros."""
    if type(number) is int:
        if -LARGEST < number < LARGEST:
            return str(number)
        raise EvaluationError("a number is too large")
    return f"{exact(number):f}"


def _moment(ev: Evaluation, value: date, kind: str) -> str:
    ev.spend(8)
    local = in_zone(value, ev.env)
    return write_moment(
        local, "datetime" if kind == "datetime" else "date", "short", ev.env.language
    )


def _items(ev: Evaluation, values: "list[Value] | tuple[Value, ...]") -> str:
    ev.spend(len(values))
    pieces: list[str] = []
    length = 0
    for value in values:
        piece = to_json(ev, value) if isinstance(value, list | tuple) else show_in(ev, value)
        length += len(piece)
        if length > ev.longest:
            ev.check_text(length)
        pieces.append(piece)
    ev.check_text(length)
    return ", ".join(pieces)
