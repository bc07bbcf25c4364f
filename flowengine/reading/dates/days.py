"""The day in a phrase: "amanhã", "próxima segunda", "dia 15", "15/3", "15 de março"."""

import calendar
import re  # noqa: TID251 - our own pattern, not an author's
from contextlib import suppress
from datetime import date, timedelta
from functools import cache

from flowengine.languages import Family
from flowengine.reading.dates.lexicon import (
    ARTICLES,
    DAYS,
    MONTHS,
    NUMBERS,
    ORDINALS,
    SHORT_WEEKDAYS,
    UNIT_OF,
    WEEKDAYS,
    one_of,
)
from flowengine.reading.dates.moment import Impossible
from flowengine.reading.dates.phrase import Phrase

NUMBER = rf"[0-9]{{1,3}}|{one_of(NUMBERS)}"
COUNT = rf"{NUMBER}|{one_of(ARTICLES)}"
_MONTH = one_of(MONTHS)
_FIRST = ("primeiro", "primero", "first")
_DAY_UNIT = "|".join(word for word, unit in UNIT_OF.items() if unit in ("day", "week", "month"))

_ISO = re.compile(r"\b([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})\b")
_NUMERIC = re.compile(
    r"(?<![0-9/.:-])(?:dia )?([0-9]{1,2})(?:/([0-9]{1,2})(?:/([0-9]{4}|[0-9]{2}))?"
    r"|-([0-9]{1,2})-([0-9]{4}|[0-9]{2})|\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2}))(?![0-9/.:-])"
)
_DAY_MONTH = re.compile(
    rf"\b(?:dia |the )?([0-9]{{1,2}}|primeiro|primero|first|{one_of(NUMBERS)})(?:o|a|st|nd|rd|th)?"
    rf"(?: de | do | of | |-)({_MONTH})\b(?:(?: de| del| of|-)? ?([0-9]{{4}}|[0-9]{{2}}(?= ?$)))?"
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH}) (?:the )?([0-9]{{1,2}})(?:st|nd|rd|th)?(?: ([0-9]{{4}}))?\b(?![:h])"
)
_AHEAD = re.compile(
    rf"\b(?:daqui a|daqui ha|daqui|dentro de|em|en|in|within) ({COUNT}) ({_DAY_UNIT})\b"
    rf"|\b({COUNT}) ({_DAY_UNIT}) from (?:now|today)\b"
)
_AGO = re.compile(
    rf"\b(?:ha|faz|hace) ({COUNT}) ({_DAY_UNIT})\b(?: atras)?"
    rf"|\b({COUNT}) ({_DAY_UNIT}) (?:atras|ago)\b"
)
_NAMED = re.compile(rf"(?<!\bda )(?<!\bde la )(?<!\bpor la )\b(?:the )?({one_of(DAYS)})\b")
_OF_MONTH = re.compile(
    rf"\b(?:dia|el|the|on the) ([0-9]{{1,2}}|{one_of(NUMBERS)})(?:o|st|nd|rd|th)?(?![0-9:h])"
    r"( do mes que vem| do proximo mes| del mes que viene| del proximo mes| of next month)?\b"
    r"|\b([0-9]{1,2})(?:st|nd|rd|th)()\b"
)
_NEXT_WEEK = (
    "da semana que vem|da proxima semana|da outra semana|de la semana que viene|"
    "de la proxima semana|of next week|next week"
)


def find_day(phrase: Phrase, today: date, kind: Family, day_first: bool) -> date | None:
    """Take the day out of a phrase; None where it names none.

    A day without a year, or a weekday, is the next one; a weekday never means today, unless
    "this" says so. Raises `Impossible` for a day that does not exist, or a weekday beside a date
    that falls on another.
    """
    weekday = _weekday(phrase, today, kind)
    for reader in _READERS:
        day = reader(phrase, today, day_first)
        if day is not None:
            if weekday is not None and weekday.weekday() != day.weekday():
                raise Impossible
            return day
    return weekday


def day_of_month(day: int, today: date, ahead: int = 0) -> date:
    """The next date with this number ("dia 31"), looked for from `ahead` months on."""
    first = today.replace(day=1)
    for months in range(ahead, ahead + 3 if not ahead else ahead + 1):
        month = _shift(first, months, "month")
        with suppress(ValueError):
            found = month.replace(day=day)
            if found >= today:
                return found
    raise Impossible


def _iso(phrase: Phrase, today: date, day_first: bool) -> date | None:
    found = phrase.take(_ISO)
    return _date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _numeric(phrase: Phrase, today: date, day_first: bool) -> date | None:
    found = phrase.take(_NUMERIC)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2] or found[4] or found[6])
    day, month = (first, second) if day_first or first > 12 else (second, first)
    return _in_year(day, month, found[3] or found[5] or found[7], today)


def _day_month(phrase: Phrase, today: date, day_first: bool) -> date | None:
    found = phrase.take(_DAY_MONTH)
    if found is not None:
        day = 1 if found[1] in _FIRST else number_of(found[1])
        return _in_year(day, MONTHS[found[2]], found[3], today)
    found = phrase.take(_MONTH_DAY)
    return _in_year(int(found[2]), MONTHS[found[1]], found[3], today) if found else None


def _relative(phrase: Phrase, today: date, day_first: bool) -> date | None:
    for pattern, sign in ((_AHEAD, 1), (_AGO, -1)):
        found = phrase.take(pattern)
        if found is not None:
            count = number_of(found[1] or found[3])
            return _shift(today, sign * count, UNIT_OF[found[2] or found[4]])
    return None


def _named(phrase: Phrase, today: date, day_first: bool) -> date | None:
    found = phrase.take(_NAMED)
    return today + timedelta(days=DAYS[found[1]]) if found else None


def _of_month(phrase: Phrase, today: date, day_first: bool) -> date | None:
    found = phrase.take(_OF_MONTH)
    if found is None:
        return None
    return day_of_month(number_of(found[1] or found[3]), today, 1 if found[2] else 0)


_READERS = (_iso, _numeric, _day_month, _relative, _named, _of_month)


def _weekday(phrase: Phrase, today: date, kind: Family) -> date | None:
    found = phrase.take(_weekdays(kind))
    if found is None:
        return None
    if found["day"] in ORDINALS and found.end("day") == found.end() and not found["before"]:
        phrase.doubtful = not found["this"]
    wanted = ({**WEEKDAYS, **SHORT_WEEKDAYS[kind]})[found["day"]]
    if found["week"] or found["before"]:
        return today + timedelta(days=7 - today.weekday() + wanted)
    ahead = (wanted - today.weekday()) % 7
    return today + timedelta(days=ahead if ahead or found["this"] else 7)


@cache
def _weekdays(kind: Family) -> re.Pattern[str]:
    names = one_of({**WEEKDAYS, **SHORT_WEEKDAYS[kind]})
    return re.compile(
        rf"\b(?:(?P<before>{_NEXT_WEEK}) )?"
        rf"(?:(?:proxim[ao]|next|(?P<this>[en]?est[ae]|[en]?ess[ae]|ese|this)) )?"
        rf"(?P<day>{names})(?:[- ]f(?:eira)?)?\b"
        rf"(?: (?P<week>{_NEXT_WEEK})| que vem| que viene| proxim[ao])?"
    )


def number_of(written: str) -> int:
    """The value of what `NUMBER` or `COUNT` matched."""
    return int(written) if written.isdigit() else NUMBERS.get(written, 1)


def _in_year(day: int, month: int, year: str | None, today: date) -> date:
    if year is None:
        return _next_such(day, month, today)
    full = int(year)
    if len(year) == 2:
        full += 2000 if full <= (today.year + 20) % 100 else 1900
    return _date(full, month, day)


def _next_such(day: int, month: int, today: date) -> date:
    """The first of this and the coming years' dates that is not past; 29/2 may be years away."""
    for year in range(today.year, today.year + 9):
        with suppress(ValueError):
            found = date(year, month, day)
            if found >= today:
                return found
    raise Impossible


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Impossible from None


def _shift(day: date, count: int, unit: str) -> date:
    try:
        if unit != "month":
            return day + timedelta(days=count * (7 if unit == "week" else 1))
        months = day.year * 12 + day.month - 1 + count
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last))
    except (ValueError, OverflowError):
        raise Impossible from None
