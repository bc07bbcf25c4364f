"""What our grammar does not know, asked of dateparser: written-out months in other orders."""

import re  # noqa: TID251 - our own pattern, not an author's
from datetime import datetime

from flowengine.languages import family
from flowengine.reading.dates.moment import Moment

LONGEST = 60

_CLOCK = re.compile(r"[0-9]{1,2}(?::[0-9]{2}|\s*[hH]|\s*[aApP]\.?[mM])")
_NUMBERS = re.compile(r"[0-9]+")


def ask_dateparser(text: str, now: datetime, language: str, day_first: bool) -> Moment | None:
    """A date with day and month whose every number came from the text; else None. `now`: from where
    it is seen; `language` and `day_first`: how it is written.

    dateparser is wrong without saying so ("sexta-feira às 14h" is the 14th for it), hence the
    check. Imported here only: it costs 100 ms and most conversations never need it.
    """
    if len(text) > LONGEST or not any(c.isdigit() for c in text):
        return None
    from dateparser import parse

    try:
        found = parse(
            text,
            languages=[family(language)],
            settings={
                "RELATIVE_BASE": now.replace(tzinfo=None),
                "TIMEZONE": str(now.tzinfo),
                "RETURN_AS_TIMEZONE_AWARE": False,
                "PREFER_DATES_FROM": "future",
                "DATE_ORDER": "DMY" if day_first else "MDY",
                "REQUIRE_PARTS": ["day", "month"],
            },
        )
    except Exception:
        # What it raises on odd texts is documented nowhere; any of it means "no date".
        return None
    if found is None or not _holds_all_numbers(text, found):
        return None
    clock = found.time().replace(second=0, microsecond=0) if _CLOCK.search(text) else None
    return Moment(found.date(), clock)


def _holds_all_numbers(text: str, found: datetime) -> bool:
    parts = {found.day, found.month, found.year, found.year % 100, found.hour, found.hour % 12}
    parts |= {found.minute, found.second}
    return all(len(n) <= 4 and int(n) in parts for n in _NUMBERS.findall(text))
