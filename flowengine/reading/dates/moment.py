"""What an answer can say of time."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, a time of day, both, or an instant ("daqui a 2 horas")."""

    day: date | None
    clock: time | None
    instant: datetime | None = None


class Impossible(Exception):
    """A date or time is named that does not exist: 31/02, 25h, a Thursday that is a Tuesday."""
