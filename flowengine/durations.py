"""ISO 8601 durations of fixed length: weeks, days, hours, minutes, seconds."""

import re  # noqa: TID251 - our own pattern, not an author's
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

PATTERN = (
    r"^P(?=[0-9T])([0-9]{1,5}W)?([0-9]{1,6}D)?"
    r"(T(?=[0-9])([0-9]{1,7}H)?([0-9]{1,8}M)?([0-9]{1,10}(\.[0-9]{1,6})?S)?)?$"
)

Duration = Annotated[
    str,
    Meta(
        pattern=PATTERN,
        title="Duration",
        description="ISO 8601: P7D, PT2H, PT1H30M, PT90S. Weeks, days, hours, minutes, seconds.",
        examples=["P7D", "PT2H", "PT1H30M"],
    ),
]
"""An authored duration, kept as it was written."""

Typing = Annotated[
    str,
    Meta(
        pattern=f"^auto$|{PATTERN}",
        title="Typing",
        description='"auto" (by the length of the text), or an ISO 8601 duration: PT3S.',
        examples=["auto", "PT3S"],
    ),
]
"""How long "typing…" is shown before a message."""

LONGEST = timedelta(days=36_500)

_PARTS = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,10})(?:\.([0-9]{1,6}))?S)?)?"
)
_CALENDAR = re.compile(r"P[0-9.,]+[YM]|P.*[0-9]Y|P[0-9W]*[0-9]M")


class DurationError(ValueError):
    """A text that is no duration: `message` says why, `fix` what to write instead."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}: {fix}")
        self.message = message
        self.fix = fix


def to_timedelta(text: str) -> timedelta:
    """Read an ISO 8601 duration; raises `DurationError`. About 1 µs."""
    found = _PARTS.fullmatch(text)
    if found is None:
        raise _refusal(text)
    weeks, days, hours, minutes, whole, fraction = found.groups(default="0")
    length = timedelta(
        weeks=int(weeks),
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(whole),
        microseconds=int(fraction.ljust(6, "0")),
    )
    if length > LONGEST:
        raise DurationError(f"{text} is too long", "write at most P36500D (a hundred years)")
    return length


def seconds(text: str) -> int | Decimal:
    """The length of an ISO 8601 duration in seconds, exactly; raises `DurationError`.

    Cost: ~3 µs.
    """
    length = to_timedelta(text)
    whole = length.days * 86_400 + length.seconds
    if not length.microseconds:
        return whole
    return Decimal(f"{whole}.{length.microseconds:06d}".rstrip("0"))


def iso_duration(length: timedelta) -> str:
    """Write a duration in days, hours, minutes and seconds: P1DT2H, PT0S, -PT30M. Cost: ~1 µs."""
    if length < timedelta(0):
        return "-" + iso_duration(-length)
    minutes, left = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    day = f"{length.days}D" if length.days else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if length.microseconds:
        clock += f"{left}.{length.microseconds:06d}".rstrip("0") + "S"
    elif left or not (day or clock):
        clock += f"{left}S"
    return f"P{day}T{clock}" if clock else f"P{day}"


def _refusal(text: str) -> DurationError:
    shown = text if len(text) <= 40 else text[:40] + "…"
    if _CALENDAR.match(text):
        return DurationError(
            f"{shown} counts months or years, whose length varies",
            "write days, such as P30D or P365D",
        )
    return DurationError(
        f"{shown!r} is no duration", "write ISO 8601 such as P7D, PT2H, PT1H30M or PT90S"
    )
