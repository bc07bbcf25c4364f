"""Filters on numbers. A text in local notation ("1.234,50") is taken for its number."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from flowengine.expressions.arguments import number_of, text_of, whole_of
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.locales import currency_trouble, write_money, write_number
from flowengine.expressions.spec import Spec, Trouble
from flowengine.expressions.values import CONTEXT, Number, Value, exact

_WAYS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
MOST_DECIMALS = 10


def money(ev: Evaluation, value: Value, currency: Value = "BRL") -> Value:
    """`{{ total|money }}`, `{{ total|money("USD") }}`: "R$ 1.234,50"; half a cent goes up."""
    if value is None:
        return None
    ev.spend(15)
    code = text_of(ev, currency)
    trouble = currency_trouble(code)
    if trouble is not None:
        raise EvaluationError(trouble[0])
    return write_money(number_of(ev, value), code, ev.env.language)


def number(ev: Evaluation, value: Value, decimals: Value = None) -> Value:
    """`{{ peso|number(2) }}`: with the language's separators, "1.234,50"."""
    if value is None:
        return None
    ev.spend(3)
    places = None if decimals is None else whole_of(decimals, "decimals", 0, MOST_DECIMALS)
    return write_number(number_of(ev, value), places, ev.env.language)


def rounded(ev: Evaluation, value: Value, decimals: Value = 0, way: Value = "common") -> Value:
    """`{{ x|round(1) }}`: a number with fewer decimals; `"ceil"` and `"floor"` as the way."""
    if value is None:
        return None
    if type(way) is not str or way not in _WAYS:
        raise EvaluationError('round goes "common", "ceil" or "floor"')
    step = Decimal(1).scaleb(-whole_of(decimals, "decimals", 0, MOST_DECIMALS))
    return exact(Decimal(number_of(ev, value)).quantize(step, _WAYS[way], CONTEXT))


def whole(ev: Evaluation, value: Value, default: Value = None) -> Value:
    """`{{ idade|int }}`: the whole part; what is no number gives `default` (null)."""
    found = parsed(ev, value)
    return default if found is None else int(found)


def decimal(ev: Evaluation, value: Value, default: Value = None) -> Value:
    """`{{ valor|float }}`: a text in local notation as number; else `default` (null)."""
    found = parsed(ev, value)
    return default if found is None else found


def absolute(ev: Evaluation, value: Value) -> Value:
    """`{{ saldo|abs }}`: without its sign."""
    return None if value is None else exact(CONTEXT.abs(number_of(ev, value)))


def parsed(ev: Evaluation, value: Value) -> Number | None:
    """The number of a value, None where it has none."""
    try:
        return exact(number_of(ev, value))
    except EvaluationError:
        ev.spend(0)
        return None


def _currency(value: Value) -> Trouble | None:
    return (
        currency_trouble(value) if type(value) is str else ("a currency is a text", 'write "BRL"')
    )


NUMBER_FILTERS: dict[str, Spec] = {
    "money": Spec(money, ("currency",), 0, (("currency", _currency),)),
    "number": Spec(number, ("decimals",)),
    "round": Spec(rounded, ("decimals", "way")),
    "int": Spec(whole, ("default",)),
    "float": Spec(decimal, ("default",)),
    "abs": Spec(absolute),
}
