"""A value that a flow holds, for people who read what happened: one line, no braces, no quotes."""

from decimal import Decimal
from typing import Any, cast

from web.texts import Texts, _

LONGEST = 120
FEW = 4
"""Things of a list or an object that are named; of more it is said how many."""


def told_value(value: Any, t: Texts) -> str:
    """{"dia": "2026-11-22", "vaga": True} → "dia: 2026-11-22, vaga: sim"."""
    words = " ".join(_told(value, t, 1).split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _told(value: Any, t: Texts, deep: int) -> str:
    match value:
        case None:
            return t(_("vazio"))
        case bool():
            return t(_("sim")) if value else t(_("não"))
        case int() | float() | Decimal():
            return str(value) if t.language == "en" else str(value).replace(".", ",")
        case dict():
            inside = cast("dict[str, Any]", value)
            return _listed(
                [(f"{name.replace('_', ' ')}: ", it) for name, it in inside.items()], t, deep
            )
        case list() | tuple():
            return _listed([("", it) for it in cast("list[Any]", value)], t, deep)
        case _:
            return str(value)


def _listed(items: list[tuple[str, Any]], t: Texts, deep: int) -> str:
    if not items:
        return t(_("vazio"))
    if len(items) > FEW or deep > 2:
        return t(_("{n} item | {n} itens"), n=len(items))
    words = ", ".join(label + _told(value, t, deep + 1) for label, value in items)
    return words if deep == 1 else f"({words})"
