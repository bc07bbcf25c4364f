"""Libraries that are large and seldom needed, loaded before the first conversation needs them.

Otherwise the first date that somebody types, or the first holiday that somebody asks about, would
hold up every conversation of the process for a tenth of a second or more.
"""

import asyncio
from datetime import UTC, datetime

import structlog

from flowengine.reading.dates.elsewhere import ask_dateparser
from flowengine.schedules import HolidayCalendar, holiday_dates

log = structlog.stdlib.get_logger()

LANGUAGES = ("pt-BR", "en", "es")


async def warm() -> None:
    """Load them off the loop; what cannot be loaded is found out by whoever needs it."""
    try:
        await asyncio.to_thread(_load)
    except Exception:
        log.exception("libraries could not be loaded ahead")


def _load() -> None:
    now = datetime.now(UTC)
    for language in LANGUAGES:
        ask_dateparser("3 2 2031", now, language, True)
    holiday_dates(HolidayCalendar("BR"), now.year)
