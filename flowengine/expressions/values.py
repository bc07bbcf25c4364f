"""The values of the language, and the numbers among them.

Numbers are int or Decimal, never float: 0.1 + 0.2 is 0.3. Arithmetic has a context of its own,
because the thread's could have been changed by somebody else.
"""

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Literal, TypeAlias

from flowengine.expressions.errors import EvaluationError

Atom: TypeAlias = bool | int | Decimal | float | str | date | time | datetime | timedelta | None
Value: TypeAlias = "Atom | BusinessDays | list[Value] | tuple[Value, ...] | dict[str, Value]"
"""What expressions work on. Floats and tuples come only from outside, and never go out."""

Plain: TypeAlias = "bool | int | Decimal | str | list[Plain] | dict[str, Plain] | None"
"""What can be stored: JSON, with exact numbers."""

Number: TypeAlias = int | Decimal

TypeName = Literal[
    "text", "number", "boolean", "date", "time", "datetime", "duration", "list", "object",
    "media", "location",
]  # fmt: skip

DIGITS = 28
LARGEST = 10**DIGITS
"""Numbers reach to here; beyond they would not stay exact, or would grow without end."""

CONTEXT = Context(
    prec=DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow]
)


class BusinessDays:
    """A count of business days, which has a length only beside a date."""

    __slots__ = ("count", "schedule")

    def __init__(self, count: int, schedule: str = "") -> None:
        self.count = count
        self.schedule = schedule


def kind_of(value: object) -> str:
    """What a value is, in the words of the flow format."""
    return _KINDS.get(type(value), "object")


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "text",
    date: "date",
    time: "time",
    datetime: "datetime",
    timedelta: "duration",
    BusinessDays: "business days",
    list: "list",
    tuple: "list",
    dict: "object",
}


def exact(number: Number) -> Number:
    """A number within bounds: whole ones as int, others without trailing zeros."""
    if type(number) is int:
        if -LARGEST < number < LARGEST:
            return number
        raise EvaluationError("a number is too large")
    return _exact_decimal(Decimal(number))


def from_float(number: float) -> Number:
    """The decimal that a float was written as; floats come only from outside."""
    return exact(Decimal(repr(number)))


def _exact_decimal(number: Decimal) -> Number:
    if not number.is_finite():
        raise EvaluationError("a number is not finite")
    if not number:
        return 0
    size = number.adjusted()
    if size >= DIGITS:
        raise EvaluationError("a number is too large")
    if size < -DIGITS:
        return 0
    number = CONTEXT.normalize(CONTEXT.plus(number))
    if number.as_tuple().exponent >= 0:  # pyright: ignore[reportOperatorIssue] - finite: it is an int
        return int(number)
    return number
