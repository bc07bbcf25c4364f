"""Quiet hours by the clocks of the place, over midnight and over the change of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from flowengine.quiet import quiet_until
from flowengine.zones import UnknownZone

SAO = "America/Sao_Paulo"  # UTC-3
YORK = "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begins", "ends", "until"),
    [
        ("2026-11-21T23:00-03:00", "22:00", "08:00", "2026-11-22T08:00-03:00"),
        ("2026-11-21T00:30-03:00", "22:00", "08:00", "2026-11-21T08:00-03:00"),
        ("2026-11-21T22:00-03:00", "22:00", "08:00", "2026-11-22T08:00-03:00"),
        ("2026-11-21T08:00-03:00", "22:00", "08:00", None),
        ("2026-11-21T21:59-03:00", "22:00", "08:00", None),
        ("2026-11-21T13:00-03:00", "12:00", "14:00", "2026-11-21T14:00-03:00"),
        ("2026-11-21T14:00-03:00", "12:00", "14:00", None),
        ("2026-12-31T23:59-03:00", "22:00", "06:30", "2027-01-01T06:30-03:00"),
        ("2026-11-21T23:00-03:00", "", "", None),
        ("2026-11-21T23:00-03:00", "08:00", "08:00", None),
    ],
)
def test_by_the_clock(now: str, begins: str, ends: str, until: str | None) -> None:
    found = quiet_until(at(now), begins, ends, SAO)
    assert found == (None if until is None else at(until))


def test_a_night_in_which_the_clocks_change() -> None:
    """In New York 2026-03-08 has no 02:30, and 2026-11-01 has two."""
    spring = quiet_until(at("2026-03-08T01:00-05:00"), "22:00", "02:30", YORK)
    assert spring == at("2026-03-08T03:00-04:00")
    autumn = quiet_until(at("2026-11-01T00:30-04:00"), "22:00", "08:00", YORK)
    assert autumn == at("2026-11-01T08:00-05:00")


@pytest.mark.parametrize("minutes", range(0, 3 * 24 * 60, 97))
def test_it_is_never_quiet_when_it_ends_and_never_longer_than_a_day(minutes: int) -> None:
    now = at("2026-03-07T00:00-05:00") + timedelta(minutes=minutes)
    until = quiet_until(now, "21:30", "07:15", YORK)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert quiet_until(until, "21:30", "07:15", YORK) is None


def test_an_unknown_zone_is_said() -> None:
    with pytest.raises(UnknownZone):
        quiet_until(at("2026-03-08T01:00-05:00"), "22:00", "08:00", "Marte/Olimpo")
