"""How values look to people: times in the workspace's zone, initials, numbers, WhatsApp text."""

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

import phonenumbers
from babel.dates import format_date, format_time, format_timedelta
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from flowengine.zones import zone
from web.marks import tagged
from web.texts import Texts
from web.value_names import FIRST, LAST, PLACE

TONES = ("green", "blue", "violet", "amber", "teal", "rose")
LOCALES = {"pt-BR": "pt_BR", "en": "en_US", "es": "es_419"}


def texts_of(context: Context) -> Texts:
    return context["t"]


def locale_of(context: Context) -> str:
    return LOCALES[texts_of(context).language]


def local(context: Context, at: datetime) -> datetime:
    return at.astimezone(zone(context["zone"]))


@pass_context
def clock(context: Context, at: datetime) -> str:
    """ "14:02"."""
    return local(context, at).strftime("%H:%M")


def chips(words: str) -> Markup:
    """A card's words, what a flow fills in (`value_names.in_words`) as chips."""
    pieces = (
        Markup('<i class="chip">{}</i>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(PLACE.split(words))
    )
    return Markup("").join(pieces)


def bubble(words: str) -> Markup:
    """The words of a card's bubble: chips, and what WhatsApp would show bold, italic or struck."""
    names = PLACE.findall(words)
    bare = "".join(
        _bare(piece) if place % 2 == 0 else FIRST for place, piece in enumerate(PLACE.split(words))
    )
    pieces = tagged(str(escape(bare))).split(FIRST)
    named = (str(Markup('<i class="chip">{}</i>').format(name)) for name in names)
    html = pieces[0] + "".join(
        f"{name}{piece}" for name, piece in zip(named, pieces[1:], strict=True)
    )
    return Markup(html)  # noqa: S704 - escaped above


def _bare(words: str) -> str:
    """Without marks that stand for a place and are none."""
    return words.replace(FIRST, "").replace(LAST, "")


@pass_context
def moment(context: Context, at: datetime | None) -> Markup:
    """Short for lists: the time today, the weekday this week, else the date; whole on hover."""
    if at is None:
        return Markup("")
    there, locale = local(context, at), locale_of(context)
    days = (local(context, datetime.now(at.tzinfo)).date() - there.date()).days
    if days == 0:
        short = there.strftime("%H:%M")
    elif days == 1:
        short = texts_of(context)("ontem")
    elif 1 < days < 7:
        short = format_date(there.date(), "EEE", locale=locale).rstrip(".")
    else:
        short = format_date(there.date(), "d MMM" if days < 300 else "dd/MM/yyyy", locale=locale)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), full(context, at), short
    )


@pass_context
def full(context: Context, at: datetime | None) -> str:
    """Date and time, for people: "21 de nov. de 2026 14:02"."""
    if at is None:
        return ""
    there = local(context, at)
    return f"{format_date(there, 'medium', locale=locale_of(context))} {there:%H:%M}"


@pass_context
def day(context: Context, at: datetime | date) -> str:
    """ "hoje", "ontem" or "21 de novembro"; what separates the days of a conversation."""
    there = local(context, at).date() if isinstance(at, datetime) else at
    t = texts_of(context)
    days = (datetime.now(zone(context["zone"])).date() - there).days
    if days in (0, 1):
        return t("hoje") if days == 0 else t("ontem")
    return format_date(there, "long", locale=locale_of(context))


@pass_context
def ago(context: Context, at: datetime | None) -> str:
    """ "há 3 minutos"."""
    if at is None:
        return ""
    delta = at - datetime.now(at.tzinfo)
    if abs(delta) < timedelta(seconds=45):
        return texts_of(context)("agora")
    return format_timedelta(delta, locale=locale_of(context), add_direction=True)


@pass_context
def hour_of(context: Context, at: datetime) -> str:
    """The time in the reader's own way ("2:02 PM" in English)."""
    return format_time(local(context, at), "short", locale=locale_of(context))


def initials(name: str) -> str:
    """At most two letters for the round picture; "?" for nobody."""
    words = re.findall(r"[^\W_]+", name)
    if not words:
        return "?"
    if words[0].isdigit():
        return words[-1][-2:]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def tone(name: str) -> str:
    """A colour of ours that always goes with the same name."""
    return TONES[zlib.crc32(name.encode()) % len(TONES)]


def phone(number: str) -> str:
    """A number as its country writes it; unknown ones as they came."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def size(count: int) -> str:
    """Bytes for people."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} KB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"


LINK = re.compile(r"https?://[^\s<]+[^\s<.,;:!?)\]}'\"]")


def formatted(text: str) -> Markup:
    """WhatsApp's formatting (*bold*, _italic_, ~struck~, `code`) and links, all else escaped."""
    html = tagged(str(escape(text)))
    html = LINK.sub(r'<a href="\g<0>" rel="noopener noreferrer" target="_blank">\g<0></a>', html)
    return Markup(html.replace("\n", "<br>"))  # noqa: S704 - escaped above


def kind(content: Any) -> str:
    """The kind of a content."""
    return str(content.__struct_config__.tag)


def safe_id(id_: object) -> str:
    """An id that is safe in HTML and in CSS selectors."""
    return "".join(c if c.isalnum() else "-" for c in str(id_))


def translated(
    codes: Iterable[str], t: Texts, table: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Pairs for a select: each code, and its words of `table` (or of `codes`, if that is one)."""
    words = table or (cast("Mapping[str, str]", codes) if isinstance(codes, Mapping) else {})
    return [(code, t(words.get(code, code))) for code in codes]


def translate_pairs(options: Iterable[tuple[str, str]], t: Texts) -> list[tuple[str, str]]:
    """The same options with their words translated."""
    return [(code, t(words)) for code, words in options]


def pairs(first: Iterable[Any], second: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Two lists side by side."""
    return list(zip(first, second, strict=True))


FILTERS: dict[str, Callable[..., Any]] = {
    "bubble": bubble,
    "chips": chips,
    "clock": clock,
    "moment": moment,
    "full": full,
    "day": day,
    "ago": ago,
    "hour_of": hour_of,
    "initials": initials,
    "tone": tone,
    "phone": phone,
    "size": size,
    "formatted": formatted,
    "kind": kind,
    "translated": translated,
    "translate_pairs": translate_pairs,
    "zip": pairs,
    "safe_id": safe_id,
}
