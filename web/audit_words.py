"""Values of the audit log in words: what a table keeps as a slug, a list or JSON."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast

import msgspec
from babel.dates import format_date, get_day_names

from web.shows import LOCALES
from web.texts import Texts, _
from web.words import ROLES

_encode = msgspec.json.Encoder(decimal_format="number").encode

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SLUGS: Mapping[str, Mapping[str, str]] = {
    "role": ROLES,
    "status": {
        "approved": _("aprovado"),
        "pending": _("em análise"),
        "rejected": _("recusado"),
        "paused": _("pausado"),
    },
    "header": {
        "none": _("sem cabeçalho"),
        "text": _("texto"),
        "image": _("imagem"),
        "video": _("vídeo"),
        "document": _("documento"),
    },
    "category": {
        "utility": _("utilidade"),
        "marketing": _("marketing"),
        "authentication": _("autenticação"),
    },
    "state": {"active": _("no ar"), "paused": _("pausado")},
}
"""By column: what its slugs mean."""


def in_words(column: str, value: Any, t: Texts) -> str:
    """A value for people; "" for nothing."""
    if value is None or value in ([], {}, ""):
        return ""
    if column in SLUGS and isinstance(value, str):
        return t(SLUGS[column].get(value, value))
    if isinstance(value, dict) and column in PARTS:
        return PARTS[column](cast("dict[str, Any]", value), t)
    if isinstance(value, list):
        told = (_one(column, each, t) for each in cast("list[Any]", value))
        return ", ".join(text for text in told if text)
    return _one(column, value, t)


def _one(column: str, value: Any, t: Texts) -> str:
    if isinstance(value, bool):
        return t(_("sim")) if value else t(_("não"))
    if isinstance(value, dict):
        return PARTS.get(column, _titled)(cast("dict[str, Any]", value), t)
    return value if isinstance(value, str) else _encode(value).decode()


def _titled(value: Mapping[str, Any], _t: Texts) -> str:
    """What has a name is told by it."""
    for name in ("title", "name", "text"):
        if isinstance(value.get(name), str):
            return str(value[name])
    return _encode(value).decode()


def _week(value: Mapping[str, Any], t: Texts) -> str:
    names = get_day_names("abbreviated", locale=LOCALES[t.language])
    return "; ".join(
        f"{names[at].rstrip('.')} {_spans(value[day])}"
        for at, day in enumerate(DAYS)
        if value.get(day)
    )


def _special(value: Mapping[str, Any], t: Texts) -> str:
    raw = str(value.get("date", ""))
    try:
        day = format_date(date.fromisoformat(raw), "medium", locale=LOCALES[t.language])
    except ValueError:
        day = raw
    hours = _spans(value.get("hours") or []) or t(_("fechado"))
    return " ".join(part for part in (day, hours, str(value.get("title", ""))) if part)


def _holidays(value: Mapping[str, Any], _t: Texts) -> str:
    return ", ".join(str(value[part]) for part in ("country", "subdivision") if value.get(part))


def _spans(spans: Any) -> str:
    return ", ".join("–".join(str(end) for end in span) for span in spans)


PARTS: Mapping[str, Callable[[Mapping[str, Any], Texts], str]] = {
    "weekly": _week,
    "dates": _special,
    "holidays": _holidays,
}
"""By column: how an object in it is told."""


def moment_of(value: str, t: Texts) -> str:
    """A time of the database as a date; anything else as it is."""
    try:
        return format_date(datetime.fromisoformat(value), "medium", locale=LOCALES[t.language])
    except ValueError:
        return value
