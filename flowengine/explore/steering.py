"""Values that take each side of a comparison: at the limit, below and above it, inside and out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from flowengine.conditions.when import Operator
from flowengine.expressions import Env, EvaluationError, ExpressionError, compile_value, normalize
from flowengine.regexes import samples
from flowengine.zones import zone

OTHER = "exemplo"
"""A text that is nobody's keyword."""

MONDAY = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""When explored chats begin: 9 in the morning in São Paulo."""

_ENV = Env(now=MONDAY, timezone=zone("America/Sao_Paulo"))


def right_of(raw: Any) -> Any:
    """What a right side is, where it depends on nothing but the time; None else."""
    try:
        value = compile_value(raw)
        if value.reads - {"now"}:
            return None
        return normalize(value.evaluate({}, _ENV))
    except (ExpressionError, EvaluationError):
        return None


def sides(op: Operator, right: Any) -> list[Any]:
    """Values of the left for which the comparison holds, and for which not."""
    match op:
        case "equals" | "not_equals":
            return [right, *_others(right)]
        case "less" | "at_most" | "more" | "at_least" | "before" | "after" | "same_day":
            return [right, *_around(right)]
        case "between":
            ends = _listed(right)
            return [*ends, *(value for end in ends for value in _around(end))]
        case "in" | "not_in":
            return [*_listed(right), OTHER]
        case "has_tag" | "media_kind":
            return [*_listed(right), OTHER]
        case "matches":
            return [*(samples(right) if isinstance(right, str) else ()), OTHER]
        case "is_open" | "is_closed":
            return []
        case _:
            return [*_ASKED.get(op, ()), *_said(right), OTHER]


_ASKED: dict[Operator, Sequence[Any]] = {
    "is_empty": (None,),
    "is_not_empty": (None,),
    "is_number": (5,),
    "has_number": (5,),
    "is_date": ("2026-01-10",),
    "is_time": ("10:30",),
    "is_email": ("ana@exemplo.com.br",),
    "has_email": ("ana@exemplo.com.br",),
    "is_phone": ("+5511999990001",),
    "has_phone": ("+5511999990001",),
    "is_yes": (True, False),
    "is_no": (False, True),
}


def generic(hint: str) -> list[Any]:
    """Values of a kind, where nothing more is known of how they are looked at."""
    match hint:
        case "number":
            return [0, 1, 2, 10, 100, -1]
        case "list":
            return [[]]
        case "boolean":
            return [True, False]
        case _:
            return [OTHER, ""]


def _others(right: Any) -> list[Any]:
    if isinstance(right, bool):
        return [not right]
    if isinstance(right, int | Decimal):
        return [right + 1]
    return [OTHER]


def _around(value: Any) -> list[Any]:
    """Just below and just above a number or a date."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | Decimal):
        return [value - 1, value + 1]
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return []
        day = timedelta(days=1)
        return [(moment - day).isoformat(), (moment + day).isoformat()]
    return []


def _listed(right: Any) -> list[Any]:
    if isinstance(right, list):
        return cast("list[Any]", right)
    return [] if right is None else [right]


def _said(right: Any) -> list[Any]:
    """Texts that hold the words looked for: each of a list, and all of them."""
    texts = [str(each) for each in _listed(right)]
    return [*texts, " ".join(texts)] if len(texts) > 1 else texts
