"""Dates, numbers and money in the words of a language, by babel's tables.

Spaces that do not break (in "R$ 2,50", "9:00 AM") are written as ordinary ones: people compare
and search these texts, and cannot see the difference.
"""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, TypeGuard, get_args

from babel.dates import (
    DateTimePattern,
    get_date_format,
    get_datetime_format,
    get_time_format,
    parse_pattern,
    tokenize_pattern,
)
from babel.numbers import (
    format_currency,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
    is_currency,
)

from flowengine.expressions.values import CONTEXT, DIGITS, Number
from flowengine.languages import family, locale

Style = Literal["short", "medium", "long", "full"]
STYLES: tuple[str, ...] = get_args(Style)

LONGEST_PATTERN = 64

FIELDS = frozenset("yMLdEecabBhHKkmsSQqG")
"""The letters of a date pattern that mean something here."""

_MENDS = {
    "Y": "write yyyy for the year (YYYY is the year of the week)",
    "D": "write dd for the day (DD is the day of the year)",
    "%": "write a pattern such as dd/MM/yyyy HH:mm, without %",
    "n": "write mm for minutes",
    "i": "write mm for minutes",
    "j": "write d for the day",
}
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_YES_NO = {"pt": ("não", "sim"), "es": ("no", "sí"), "en": ("no", "yes")}


def pattern_trouble(pattern: str) -> tuple[str, str] | None:
    """Why a date pattern is refused, and the mend; None for a good one."""
    if len(pattern) > LONGEST_PATTERN:
        return f"the pattern is longer than {LONGEST_PATTERN} characters", "shorten it"
    if "%" in pattern:
        return "% does not belong into a date pattern", _MENDS["%"]
    if is_style(pattern):
        return None
    try:
        fields = [part[0] for kind, part in tokenize_pattern(pattern) if kind == "field"]
        parse_pattern(pattern)
    except (ValueError, KeyError, NotImplementedError):
        return f"{pattern!r} is no date pattern", "write one such as dd/MM/yyyy HH:mm"
    for letter in fields:
        if letter not in FIELDS:
            mend = _MENDS.get(letter, "put words in quotes: d 'de' MMMM 'de' yyyy")
            return f"the letter {letter} means nothing in a date pattern", mend
    return None


def currency_trouble(currency: str) -> tuple[str, str] | None:
    """Why a currency is refused, and the mend; None for a good one."""
    if is_currency(currency, "en"):
        return None
    return f"{currency!r} is no currency", "write an ISO code such as BRL, USD or EUR"


def write_moment(
    local: datetime, kind: Literal["date", "time", "datetime"], pattern: str, language: str
) -> str:
    """A date and time, already on the right clock, by a pattern or a style. 5 to 10 µs."""
    where = locale(language)
    if kind == "datetime" and is_style(pattern):
        joined = _joined(pattern, language)
        day = _pattern("date", pattern, language).apply(local, where)
        clock = _pattern("time", pattern, language).apply(local, where)
        return joined.replace("{1}", day).replace("{0}", clock).translate(_SPACES)
    return _pattern(kind, pattern, language).apply(local, where).translate(_SPACES)


def write_money(amount: Number, currency: str, language: str) -> str:
    """An amount with its currency's decimals and sign: "R$ 1.234,50". About 15 µs."""
    rounded = CONTEXT.quantize(amount, _step(get_currency_precision(currency)))
    return format_currency(rounded, currency, locale=locale(language)).translate(_SPACES)


def write_number(amount: Number, decimals: int | None, language: str) -> str:
    """A number with the language's separators, and that many decimals (None: as many as it has)."""
    point, group = _separators(language)
    exact = (
        CONTEXT.create_decimal(amount)
        if decimals is None
        else CONTEXT.quantize(amount, _step(decimals))
    )
    whole, _, fraction = f"{exact:,f}".partition(".")
    whole = whole.replace(",", group)
    return f"{whole}{point}{fraction}" if fraction else whole


def write_boolean(value: bool, language: str) -> str:
    """ "sim" and "não", "yes" and "no", "sí" and "no"."""
    return _YES_NO[family(language)][value]


def is_style(pattern: str) -> TypeGuard[Style]:
    """Whether a pattern is a name: short, medium, long or full."""
    return pattern in STYLES


@lru_cache(maxsize=1024)
def _pattern(kind: str, pattern: str, language: str) -> DateTimePattern:
    if not is_style(pattern):
        return parse_pattern(pattern)
    if kind == "date":
        return get_date_format(pattern, locale(language))
    return get_time_format(pattern, locale(language))


@lru_cache(maxsize=256)
def _joined(style: Style, language: str) -> str:
    return str(get_datetime_format(style, locale=locale(language))).replace("'", "")


@lru_cache(maxsize=256)
def _separators(language: str) -> tuple[str, str]:
    where = locale(language)
    return get_decimal_symbol(where), get_group_symbol(where).translate(_SPACES)


@lru_cache(maxsize=64)
def _step(decimals: int) -> Decimal:
    return CONTEXT.create_decimal(f"1e-{min(decimals, DIGITS)}")
