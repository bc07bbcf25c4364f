"""What can be asked with `is`: `{% if x is defined %}`."""

from datetime import date, datetime
from decimal import Decimal

from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.operators import compare, contains, equal, modulo, number_in
from flowengine.expressions.spec import Spec
from flowengine.expressions.values import Value, kind_of


def defined(ev: Evaluation, value: Value) -> Value:
    """Anything but null: a name that was never set is null."""
    return value is not None


def undefined(ev: Evaluation, value: Value) -> Value:
    return value is None


def empty(ev: Evaluation, value: Value) -> Value:
    """null, a text of spaces, an empty list or object; never a number."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def number(ev: Evaluation, value: Value) -> Value:
    return number_in(value) is not None


def integer(ev: Evaluation, value: Value) -> Value:
    found = number_in(value)
    return found is not None and found == int(found)


def text(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, str)


def boolean(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, bool)


def true(ev: Evaluation, value: Value) -> Value:
    return value is True


def false(ev: Evaluation, value: Value) -> Value:
    return value is False


def sequence(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, list | tuple)


def mapping(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, dict)


def day(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, date) and not isinstance(value, datetime)


def instant(ev: Evaluation, value: Value) -> Value:
    return isinstance(value, datetime)


def odd(ev: Evaluation, value: Value) -> Value:
    return modulo(ev, _whole(value), 2) == 1


def even(ev: Evaluation, value: Value) -> Value:
    return modulo(ev, _whole(value), 2) == 0


def divisible(ev: Evaluation, value: Value, by: Value) -> Value:
    return modulo(ev, value, by) == 0


def same(ev: Evaluation, value: Value, other: Value) -> Value:
    return equal(ev, value, other)


def differs(ev: Evaluation, value: Value, other: Value) -> Value:
    return not equal(ev, value, other)


def less(ev: Evaluation, value: Value, other: Value) -> Value:
    return compare(ev, value, other) < 0


def at_most(ev: Evaluation, value: Value, other: Value) -> Value:
    return compare(ev, value, other) <= 0


def more(ev: Evaluation, value: Value, other: Value) -> Value:
    return compare(ev, value, other) > 0


def at_least(ev: Evaluation, value: Value, other: Value) -> Value:
    return compare(ev, value, other) >= 0


def within(ev: Evaluation, value: Value, where: Value) -> Value:
    return contains(ev, value, where)


def _whole(value: Value) -> int | Decimal:
    found = number_in(value)
    if found is None or found != int(found):
        raise EvaluationError(f"{kind_of(value)} is neither odd nor even")
    return found


_OTHER = (("other",), 1)

CHECKS: dict[str, Spec] = {
    "defined": Spec(defined),
    "undefined": Spec(undefined),
    "none": Spec(undefined),
    "empty": Spec(empty),
    "number": Spec(number),
    "integer": Spec(integer),
    "string": Spec(text),
    "text": Spec(text),
    "boolean": Spec(boolean),
    "true": Spec(true),
    "false": Spec(false),
    "list": Spec(sequence),
    "sequence": Spec(sequence),
    "object": Spec(mapping),
    "mapping": Spec(mapping),
    "date": Spec(day),
    "datetime": Spec(instant),
    "odd": Spec(odd),
    "even": Spec(even),
    "divisibleby": Spec(divisible, *_OTHER),
    "eq": Spec(same, *_OTHER),
    "equalto": Spec(same, *_OTHER),
    "ne": Spec(differs, *_OTHER),
    "lt": Spec(less, *_OTHER),
    "le": Spec(at_most, *_OTHER),
    "gt": Spec(more, *_OTHER),
    "ge": Spec(at_least, *_OTHER),
    "in": Spec(within, *_OTHER),
}
