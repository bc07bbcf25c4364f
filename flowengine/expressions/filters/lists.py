"""Filters on lists and objects."""

from functools import cmp_to_key

from flowengine.expressions.arguments import attribute, list_of, text_of
from flowengine.expressions.checks import CHECKS
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.operators import add, compare, contains
from flowengine.expressions.spec import Spec, Trouble
from flowengine.expressions.values import Value, kind_of


def default(ev: Evaluation, value: Value, other: Value = "", also_empty: Value = False) -> Value:
    """`{{ nome|default("você") }}`: `other` for null; with `true` also for what is empty."""
    return other if value is None or (also_empty and not value) else value


def length(ev: Evaluation, value: Value) -> Value:
    """`{{ itens|length }}`: items, keys or characters; 0 for null."""
    if value is None:
        return 0
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise EvaluationError(f"{kind_of(value)} has no length")


def first(ev: Evaluation, value: Value) -> Value:
    """`{{ itens|first }}`: the first item, null of nothing."""
    items = value if isinstance(value, str) else list_of(ev, value)
    return items[0] if items else None


def last(ev: Evaluation, value: Value) -> Value:
    """`{{ itens|last }}`: the last item, null of nothing."""
    items = value if isinstance(value, str) else list_of(ev, value)
    return items[-1] if items else None


def join(ev: Evaluation, value: Value, separator: Value = "", field: Value = None) -> Value:
    """`{{ itens|join(", ", "nome") }}`: the items, or a field of each, as one text."""
    items = list_of(ev, value)
    if field is not None:
        items = _field(ev, items, field)
    mark = text_of(ev, separator)
    pieces: list[str] = []
    size = 0
    for item in items:
        piece = text_of(ev, item)
        size += len(piece) + len(mark)
        if size > ev.longest:
            ev.check_text(size)
        pieces.append(piece)
    ev.check_text(size)
    return mark.join(pieces)


def unique(ev: Evaluation, value: Value) -> Value:
    """`{{ nomes|unique }}`: each value once, in the order of first sight."""
    kept: list[Value] = []
    texts: set[str] = set()
    for item in list_of(ev, value):
        if type(item) is str:
            if item in texts:
                continue
            texts.add(item)
        elif contains(ev, item, kept):
            continue
        else:
            ev.spend(len(kept))
        kept.append(item)
    return kept


def sort(ev: Evaluation, value: Value, field: Value = None, reverse: Value = False) -> Value:
    """`{{ itens|sort("preco") }}`: by value or by a field; null last, equal ones as they were."""
    items = list_of(ev, value)
    keys = items if field is None else _field(ev, items, field)

    def order(a: int, b: int) -> int:
        ev.spend(1)
        left, right = keys[a], keys[b]
        if left is None or right is None:
            return (left is None) - (right is None)
        found = compare(ev, left, right)
        return -found if reverse else found

    return [items[at] for at in sorted(range(len(items)), key=cmp_to_key(order))]


def reverse(ev: Evaluation, value: Value) -> Value:
    """`{{ itens|reverse }}`: from the last to the first."""
    return list_of(ev, value)[::-1]


def field_of_each(ev: Evaluation, value: Value, field: Value) -> Value:
    """`{{ itens|map("nome") }}`: a field of each item, by a dotted path."""
    return _field(ev, list_of(ev, value), field)


def select(
    ev: Evaluation, value: Value, field: Value, test: Value = None, arg: Value = None
) -> Value:
    """`{{ itens|selectattr("preco", "le", 10) }}`: the items whose field passes a test."""
    return _selected(ev, value, field, test, arg, wanted=True)


def reject(
    ev: Evaluation, value: Value, field: Value, test: Value = None, arg: Value = None
) -> Value:
    """`{{ itens|rejectattr("vendido") }}`: the items whose field does not pass a test."""
    return _selected(ev, value, field, test, arg, wanted=False)


def total(ev: Evaluation, value: Value, field: Value = None) -> Value:
    """`{{ itens|sum("preco") }}`: all numbers (or durations) together, without the nulls."""
    items = list_of(ev, value)
    if field is not None:
        items = _field(ev, items, field)
    found: Value = None
    for item in items:
        ev.spend(1)
        if item is not None:
            found = item if found is None else add(ev, found, item)
    return 0 if found is None else found


def smallest(ev: Evaluation, value: Value) -> Value:
    """`{{ precos|min }}`: the smallest value, null of nothing."""
    return _extreme(ev, value, -1)


def largest(ev: Evaluation, value: Value) -> Value:
    """`{{ precos|max }}`: the largest value, null of nothing."""
    return _extreme(ev, value, 1)


def items(ev: Evaluation, value: Value) -> Value:
    """`{% for k, v in pedido|items %}`: the pairs of an object."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise EvaluationError(f"{kind_of(value)} has no pairs")
    ev.spend(1 + (len(value) >> 1))
    return [[key, one] for key, one in value.items()]


def keys(ev: Evaluation, value: Value) -> Value:
    """`{{ pedido|list }}`: a list of the items, or of an object's keys."""
    return list_of(ev, value)


def _field(ev: Evaluation, values: list[Value], name: Value) -> list[Value]:
    path = text_of(ev, name)
    ev.spend((len(values) * (1 + path.count("."))) >> 1)
    return [attribute(value, path) for value in values]


def _selected(
    ev: Evaluation, value: Value, field: Value, test: Value, arg: Value, *, wanted: bool
) -> Value:
    values = list_of(ev, value)
    seen = _field(ev, values, field)
    if test is None:
        return [item for item, one in zip(values, seen, strict=True) if bool(one) is wanted]
    check = CHECKS.get(test) if type(test) is str else None
    if check is None:
        raise EvaluationError("there is no such test")
    ev.spend(len(seen))
    arguments = (arg,) if check.names else ()
    return [
        item
        for item, one in zip(values, seen, strict=True)
        if bool(check.run(ev, one, *arguments)) is wanted
    ]


def _extreme(ev: Evaluation, value: Value, sign: int) -> Value:
    best: Value = None
    for item in list_of(ev, value):
        ev.spend(1)
        if item is not None and (best is None or compare(ev, item, best) * sign > 0):
            best = item
    return best


def _test(value: Value) -> Trouble | None:
    if type(value) is str and value in CHECKS:
        return None
    return "there is no such test", f"one of {', '.join(sorted(CHECKS))}"


_TEST = (("test", _test),)

LIST_FILTERS: dict[str, Spec] = {
    "default": Spec(default, ("other", "also_empty")),
    "length": Spec(length),
    "count": Spec(length),
    "first": Spec(first),
    "last": Spec(last),
    "join": Spec(join, ("separator", "attribute")),
    "unique": Spec(unique),
    "sort": Spec(sort, ("attribute", "reverse")),
    "reverse": Spec(reverse),
    "map": Spec(field_of_each, ("attribute",), 1),
    "selectattr": Spec(select, ("attribute", "test", "value"), 1, _TEST),
    "rejectattr": Spec(reject, ("attribute", "test", "value"), 1, _TEST),
    "sum": Spec(total, ("attribute",)),
    "min": Spec(smallest),
    "max": Spec(largest),
    "items": Spec(items),
    "list": Spec(keys),
}
