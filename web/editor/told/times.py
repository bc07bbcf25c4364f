"""Durations as one says them: "2 horas", "1 dia 30 minutos"."""

from flowengine.durations import DurationError, to_timedelta
from web.texts import Texts, _

UNITS = (
    (_("{n} dia | {n} dias"), 86_400),
    (_("{n} hora | {n} horas"), 3_600),
    (_("{n} minuto | {n} minutos"), 60),
    (_("{n} segundo | {n} segundos"), 1),
)


def spoken(text: str, t: Texts) -> str:
    """An ISO 8601 duration in words; any other text as it is."""
    try:
        whole = int(to_timedelta(text).total_seconds())
    except DurationError:
        return text
    parts: list[str] = []
    for unit, size in UNITS:
        count, whole = divmod(whole, size)
        if count:
            parts.append(t(unit, n=count))
    return " ".join(parts) or t(UNITS[-1][0], n=0)
