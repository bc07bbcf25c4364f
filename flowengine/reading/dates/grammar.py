"""Taking a whole phrase apart: an offset, a day, a time, and nothing doubtful left over."""

import re  # noqa: TID251 - our own pattern, not an author's
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flowengine.languages import family, region
from flowengine.reading.dates.clocks import MIDNIGHT, find_clock
from flowengine.reading.dates.days import COUNT, find_day, number_of
from flowengine.reading.dates.elsewhere import ask_dateparser
from flowengine.reading.dates.lexicon import DENIALS, FILLERS, NUMBERS, UNIT_OF, VAGUE
from flowengine.reading.dates.moment import Impossible, Moment
from flowengine.reading.dates.phrase import LONGEST, Phrase
from flowengine.zones import at_local

_HOUR_UNITS = "|".join(word for word, unit in UNIT_OF.items() if unit in ("hour", "minute"))
_SOON = re.compile(
    r"\b(?:daqui a|daqui ha|daqui|dentro de|em|en|in|within) "
    r"(?:(?P<half>meia hora|media hora|half an hour)"
    rf"|(?P<count>{COUNT}) ?(?P<unit>{_HOUR_UNITS})\b"
    r"(?: (?:e|y|and) (?:(?P<and>meia|media|a half)"
    r"|(?P<more>[0-9]{1,2}) ?(?:minutos|min|minutes)))?"
    r"|(?P<hours>[0-9]{1,2})(?:h|:)(?P<minutes>[0-5][0-9])\b)"
)
_NOW = re.compile(r"\b(?:agora mesmo|agora|ahora mismo|ahora|right now|now|ja)\b")
_BARE_DAY = re.compile(r"\s*(?:o |el |the )?([0-9]{1,2})\s*", re.IGNORECASE)
_BARE_DATE = re.compile(r"\s*([0-9]{2})([0-9]{2})([0-9]{4})\s*")


def read_moment(
    text: str, now: datetime, where: ZoneInfo, language: str, *, ask: bool = True
) -> Moment | None:
    """What a text in `language` says of time, seen at `now` (aware) in the zone `where`; None for
    nothing or two things.

    Cost: some 50 µs; a text that only dateparser may know costs milliseconds, the first one its
    import. `ask=False` never asks it.
    """
    if not text or len(text) > LONGEST:
        return None
    iso = _iso(text.strip(), where)
    if iso is not None:
        return iso
    phrase, local = Phrase(text), now.astimezone(where)
    try:
        moment = _find(phrase, local, language)
        if moment is not None:
            return moment if _is_clear(phrase, moment, local, language) else None
    except Impossible:
        return None
    if not ask or phrase.is_touched or _refuses(phrase.left_over(), language):
        return None
    return ask_dateparser(text, local, language, _day_first(language))


def read_date(
    text: str, now: datetime, where: ZoneInfo, language: str, *, ask: bool = True
) -> date | None:
    """The day that an answer names; of mere digits "15" and "15032026" are days too.

    `text`, `now`, `where`, `language`, `ask` and cost: as of `read_moment`.
    """
    bare = _BARE_DAY.fullmatch(text)
    if bare is not None:
        text = f"dia {bare[1]}"
    joined = _BARE_DATE.fullmatch(text)
    if joined is not None:
        text = f"{joined[1]}/{joined[2]}/{joined[3]}"
    moment = read_moment(text, now, where, language, ask=ask)
    if moment is None:
        return None
    return moment.instant.astimezone(where).date() if moment.instant else moment.day


def read_datetime(
    text: str, now: datetime, where: ZoneInfo, language: str, *, ask: bool = True
) -> datetime | None:
    """The instant that an answer names, in that zone; None where it names no time of day.

    A time alone is its next occurrence. `text`, `now`, `where`, `language`, `ask` and cost: as of
    `read_moment`.
    """
    moment = read_moment(text, now, where, language, ask=ask)
    return instant_of(moment, now, where) if moment is not None else None


def read_time(text: str, now: datetime, where: ZoneInfo, language: str) -> time | None:
    """The time of day that an answer names. `text`, `now`, `where`, `language` and cost: as of
    `read_moment`; dateparser is never asked.
    """
    moment = read_moment(text, now, where, language)
    if moment is None or moment.clock is None:
        return None
    return moment.clock.replace(fold=0)


def instant_of(moment: Moment, now: datetime, where: ZoneInfo) -> datetime | None:
    """The instant of a moment that has a time of day, in the zone `where`; None for a mere day.
    `now`: what a time alone comes after. Cost: ~5 µs.
    """
    if moment.instant is not None:
        return moment.instant.astimezone(where)
    if moment.clock is None:
        return None
    today = now.astimezone(where).date()
    try:
        instant = _on(moment.day or today, moment.clock, where)
        if moment.day is None and instant.astimezone(UTC) <= now.astimezone(UTC):
            instant = _on(today + timedelta(days=1), moment.clock, where)
    except OverflowError:
        return None
    return instant


def _on(day: date, clock: time, where: ZoneInfo) -> datetime:
    if clock == MIDNIGHT and clock.fold:
        day += timedelta(days=1)
    return at_local(day, clock, where)


def _iso(text: str, where: ZoneInfo) -> Moment | None:
    if len(text) < 8 or not text[:4].isdigit() or not text.isascii():
        return None
    try:
        if len(text) == 10:
            return Moment(date.fromisoformat(text), None)
        if len(text) < 16 or text[4] != "-":
            return None
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1000 <= instant.year <= 9000:
        return None
    if instant.tzinfo is None:
        instant = at_local(instant.date(), instant.time(), where)
    return Moment(None, None, instant)


def _find(phrase: Phrase, now: datetime, language: str) -> Moment | None:
    soon = phrase.take(_SOON)
    if soon is not None:
        return Moment(None, None, (now.astimezone(UTC) + _ahead(soon)).astimezone(now.tzinfo))
    day = find_day(phrase, now.date(), family(language), _day_first(language))
    clock = find_clock(phrase)
    if day is not None or clock is not None:
        return Moment(day, clock)
    return Moment(None, None, now) if phrase.take(_NOW) else None


def _ahead(found: re.Match[str]) -> timedelta:
    if found["half"]:
        return timedelta(minutes=30)
    if found["hours"]:
        return timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    count = number_of(found["count"])
    if UNIT_OF[found["unit"]] == "minute":
        return timedelta(minutes=count)
    more = 30 if found["and"] else int(found["more"] or 0)
    return timedelta(hours=count, minutes=more)


def _is_clear(phrase: Phrase, moment: Moment, now: datetime, language: str) -> bool:
    """Whether what is left over neither names a second time nor takes the first one back."""
    rest = phrase.left_over()
    if _refuses(rest, language):
        return False
    if any(c.isdigit() for word in rest for c in word):
        return False
    if any(NUMBERS.get(word, 0) > 1 for word in rest):
        return False
    if phrase.doubtful and moment.clock is None and not FILLERS.issuperset(rest):
        return False
    again = Phrase(" ".join(rest))
    return find_day(again, now.date(), family(language), True) is None


def _refuses(rest: list[str], language: str) -> bool:
    denials = DENIALS[family(language)]
    return any(word in VAGUE or word in denials for word in rest)


def _day_first(language: str) -> bool:
    return family(language) != "en" or region(language) not in ("US", "PH")
