"""Reading the arguments of filters and functions: the right kind, or a clear sentence."""

from datetime import time

from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.moments import Moment, moment_of, read_iso_time
from flowengine.expressions.operators import number_in
from flowengine.expressions.printing import show_in
from flowengine.expressions.values import LARGEST, Number, Value, kind_of
from flowengine.reading.numbers import read_number


def text_of(ev: Evaluation, value: Value) -> str:
    """The value as it prints, paid by its length: what a filter does to it costs that much."""
    text = value if type(value) is str else show_in(ev, value)
    if len(text) > 64:
        ev.spend(len(text) >> 6)
    return text


def number_of(ev: Evaluation, value: Value) -> Number:
    """A number, or a text that is one in local notation."""
    number = number_in(value)
    if number is None and type(value) is str:
        ev.spend(3)
        number = read_number(value, ev.env.language)
    if number is None:
        raise EvaluationError(f"{kind_of(value)} is no number")
    return number


def whole_of(value: Value, name: str, least: int = -LARGEST, most: int = LARGEST) -> int:
    """A whole number within bounds, for an argument of this name."""
    number = number_in(value)
    if number is None or number != int(number):
        raise EvaluationError(f"{name} is a whole number, not {kind_of(value)}")
    if not least <= number <= most:
        raise EvaluationError(f"{name} is between {least} and {most}")
    return int(number)


def list_of(ev: Evaluation, value: Value) -> list[Value]:
    """A list, paid by its length; null is an empty one, an object its keys."""
    if isinstance(value, list | tuple):
        ev.spend(1 + (len(value) >> 2))
        return list(value)
    if value is None:
        return []
    if isinstance(value, dict):
        ev.spend(1 + (len(value) >> 2))
        return list(value)
    raise EvaluationError(f"{kind_of(value)} is no list")


def moment_for(ev: Evaluation, value: Value) -> Moment:
    """A date or an instant, or a text that is one in ISO 8601."""
    moment = moment_of(value, ev.env)
    if moment is None:
        raise EvaluationError(f"{kind_of(value)} is no date; a text must be ISO 8601")
    return moment


def clock_of(value: Value) -> time | None:
    """A time of day, or a text that is one (14:30); None for anything else."""
    if isinstance(value, time):
        return value
    return read_iso_time(value) if type(value) is str else None


def attribute(value: Value, name: str) -> Value:
    """A field of an object, by a dotted path; null where it is not there."""
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
