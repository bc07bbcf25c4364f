"""Values as they are stored and sent: plain JSON, with exact numbers and ISO 8601 dates."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

import msgspec

from flowengine.durations import iso_duration
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.values import Plain, Value, exact, from_float, kind_of

DEEPEST = 32
"""How deep a stored value may be nested."""

LARGEST_BYTES = 32_768
"""Bytes of JSON that one stored value may have."""

_SURELY_SHORT = LARGEST_BYTES // 6 - 2
"""A text of so few characters fits, however its characters are written in JSON."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def normalize(value: object) -> Plain:
    """What a value becomes when it is put into a variable: plain JSON values.

    Dates, times and durations become ISO 8601 text; numbers are int where whole, else Decimal;
    tuples become lists, Structs objects. Raises `EvaluationError` for what is nested deeper than
    32 or longer than 32 KB of JSON. A short text or a number costs 100 ns.
    """
    if type(value) is str and len(value) <= _SURELY_SHORT and value.isascii():
        return value
    if value is None or type(value) is bool:
        return value
    if type(value) is int:
        return exact(value)
    if value == {} or value == []:
        return [] if isinstance(value, list) else {}
    plain = _Plainer(_LARGEST_COUNT).plain(cast("Value", value), 0)
    if isinstance(plain, str | list | dict):
        _check_size(plain)
    return plain


def to_json(ev: Evaluation, value: Value) -> str:
    """A value as JSON text, paid for by an evaluation's budget."""
    plain = _Plainer(ev.left, ev).plain(value, 0)
    text = _encode(plain).decode()
    ev.check_text(len(text))
    return text


_LARGEST_COUNT = LARGEST_BYTES // 2
"""No value with more items fits into so many bytes."""


class _Plainer:
    """Walks a value; counts what it meets, for the same piece may stand in many places."""

    __slots__ = ("ev", "left")

    def __init__(self, left: int, ev: Evaluation | None = None) -> None:
        self.left = left
        self.ev = ev

    def plain(self, value: "Value | msgspec.Struct", depth: int) -> Plain:
        match value:
            case None | bool():
                return value
            case str():
                self._pay(1 + (len(value) >> 8) if self.ev else 1 + (len(value) >> 1))
                return value
            case int() | Decimal():
                return exact(value)
            case float():
                return from_float(value)
            case datetime() | date() | time():
                return value.isoformat()
            case timedelta():
                return iso_duration(value)
            case list() | tuple():
                self._enter(depth, len(value))
                return [self.plain(item, depth + 1) for item in value]
            case dict():
                self._enter(depth, len(value))
                return {self._key(key): self.plain(item, depth + 1) for key, item in value.items()}
            case msgspec.Struct():
                return self.plain(msgspec.to_builtins(value, builtin_types=_KEPT), depth)
            case _:
                raise EvaluationError(f"{kind_of(value)} cannot be stored")

    def _enter(self, depth: int, size: int) -> None:
        if depth >= DEEPEST:
            raise EvaluationError(f"a value is nested deeper than {DEEPEST}")
        self._pay(1 + size)

    def _pay(self, units: int) -> None:
        self.left -= units
        if self.ev is not None:
            self.ev.spend(units)
        elif self.left < 0:
            raise _too_long()

    def _key(self, key: object) -> str:
        if type(key) is not str:
            raise EvaluationError(f"a key of an object is a text, not {kind_of(key)}")
        return key


_KEPT = (Decimal, datetime, date, time, timedelta)


def _check_size(plain: Plain) -> None:
    if len(_encode(plain)) > LARGEST_BYTES:
        raise _too_long()


def _encode(plain: Plain) -> bytes:
    try:
        return _encoder.encode(plain)
    except UnicodeEncodeError:
        raise EvaluationError("a text holds half a character") from None


def _too_long() -> EvaluationError:
    return EvaluationError(f"a value is longer than {LARGEST_BYTES} bytes")
