"""Opening hours: spans, midnight, holidays, special dates, changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.schedules import (
    HolidayCalendar,
    NeverOpen,
    Schedule,
    SpecialDate,
    Weekly,
    business_days,
    holiday_dates,
    is_open,
    knows_holidays,
    next_open,
)
from flowengine.zones import UnknownZone, at_local, zone

SAO_PAULO = zone("America/Sao_Paulo")
_DAY = (("09:00", "12:00"), ("13:00", "18:00"))
SHOP = Schedule(
    timezone="America/Sao_Paulo",
    weekly=Weekly(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY, sat=(("22:00", "02:00"),)),
    holidays=HolidayCalendar("BR", "SP"),
    dates=(
        SpecialDate(date(2026, 12, 24), (("09:00", "12:00"),), "Véspera"),
        SpecialDate(date(2026, 4, 21), (("10:00", "11:00"),), "Aberto no feriado"),
        SpecialDate(date(2026, 3, 10), (), "Reforma"),
    ),
)
ALWAYS = (("00:00", "24:00"),)
DAY_AND_NIGHT = Schedule(
    timezone="America/New_York",
    weekly=Weekly(
        mon=ALWAYS, tue=ALWAYS, wed=ALWAYS, thu=ALWAYS, fri=ALWAYS, sat=ALWAYS, sun=ALWAYS
    ),
)
NEVER = Schedule(timezone="UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-04T08:59", False),
        ("2026-03-04T09:00", True),
        ("2026-03-04T11:59:59", True),
        ("2026-03-04T12:00", False),
        ("2026-03-04T13:00", True),
        ("2026-03-04T18:00", False),
        ("2026-03-08T10:00", False),  # Sunday
        ("2026-03-07T23:00", True),  # Saturday night
        ("2026-03-08T01:59", True),  # … until Sunday morning
        ("2026-03-08T02:00", False),
        ("2026-04-03T10:00", False),  # Good Friday
        ("2026-04-21T10:30", True),  # a holiday with hours of its own
        ("2026-04-21T09:30", False),
        ("2026-07-09T10:00", False),  # a holiday of São Paulo only
        ("2026-03-10T10:00", False),  # closed for once
        ("2026-12-24T14:00", False),
    ],
)
def test_is_open(when: str, expected: bool) -> None:
    assert is_open(SHOP, at(when)) is expected
    assert is_open(SHOP, at(when).astimezone(UTC)) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-04T08:00", "2026-03-04T09:00"),
        ("2026-03-04T09:30", "2026-03-04T09:30"),
        ("2026-03-04T12:00", "2026-03-04T13:00"),
        ("2026-03-04T18:00", "2026-03-05T09:00"),
        ("2026-03-08T01:00", "2026-03-08T01:00"),
        ("2026-03-08T02:00", "2026-03-09T09:00"),
        ("2026-03-09T18:00", "2026-03-11T09:00"),
        ("2026-04-02T18:00", "2026-04-04T22:00"),
        ("2026-12-24T12:00", "2026-12-26T22:00"),
    ],
)
def test_next_open(when: str, expected: str) -> None:
    found = next_open(SHOP, at(when))
    assert found == at(expected)
    assert found is not None
    assert str(found.tzinfo) == "America/Sao_Paulo"


def test_without_hours_it_never_opens() -> None:
    assert next_open(NEVER, at("2026-03-04T10:00")) is None
    assert not is_open(NEVER, at("2026-03-04T10:00"))
    with pytest.raises(NeverOpen):
        business_days(NEVER, date(2026, 3, 4), 1)


@given(st.integers(0, 2 * 365 * 24 * 60))
def test_a_whole_day_stays_whole_when_the_clock_changes(minutes: int) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = next_open(DAY_AND_NIGHT, instant)
    assert is_open(DAY_AND_NIGHT, instant)
    assert found is not None
    assert found.astimezone(UTC) == instant


def test_a_span_lasts_as_long_as_the_clock_says() -> None:
    night = Schedule(timezone="America/New_York", weekly=Weekly(sun=(("01:00", "04:00"),)))
    spring = datetime(2026, 3, 8, 5, 59, tzinfo=UTC)  # 00:59; at 02:00 it becomes 03:00
    autumn = datetime(2026, 11, 1, 4, 59, tzinfo=UTC)  # 00:59; at 02:00 it becomes 01:00
    for before, hours in ((spring, 2), (autumn, 4)):
        opens = before + timedelta(minutes=1)
        found = next_open(night, before)
        assert found is not None
        assert found.astimezone(UTC) == opens
        assert is_open(night, opens + timedelta(hours=hours) - timedelta(seconds=1))
        assert not is_open(night, opens + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("schedule", "day", "count", "expected"),
    [
        (None, "2026-03-06", 1, "2026-03-09"),
        (None, "2026-03-07", 1, "2026-03-09"),
        (None, "2026-03-09", -1, "2026-03-06"),
        (None, "2026-03-07", 0, "2026-03-07"),
        (None, "2026-03-04", 10, "2026-03-18"),
        (SHOP, "2026-03-06", 1, "2026-03-07"),
        (SHOP, "2026-03-09", 1, "2026-03-11"),
        (SHOP, "2026-04-02", 1, "2026-04-04"),
        (SHOP, "2026-04-04", -1, "2026-04-02"),
    ],
)
def test_business_days(schedule: Any, day: str, count: int, expected: str) -> None:
    assert business_days(schedule, date.fromisoformat(day), count).isoformat() == expected


def test_business_days_have_bounds() -> None:
    with pytest.raises(NeverOpen):
        business_days(None, date(2026, 3, 4), 100_000)
    with pytest.raises(NeverOpen):
        business_days(None, date(9999, 12, 30), 5)


def test_holidays_are_those_of_the_country_and_the_state() -> None:
    assert date(2026, 9, 7) in holiday_dates(HolidayCalendar("BR"), 2026)
    assert date(2026, 7, 9) not in holiday_dates(HolidayCalendar("BR"), 2026)
    assert date(2026, 7, 9) in holiday_dates(HolidayCalendar("BR", "SP"), 2026)
    assert holiday_dates(HolidayCalendar("XX"), 2026) == frozenset()
    assert knows_holidays(HolidayCalendar("BR", "SP"))
    assert not knows_holidays(HolidayCalendar("BR", "XX"))
    assert not knows_holidays(HolidayCalendar("XX"))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"timezone": "Brasil"}, "no time zone"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"timezone": "UTC", "weekly": {"seg": []}}, "unknown field"),
        ({"timezone": "UTC", "weekly": {"mon": [["9:00", "18:00"]]}}, "matching regex"),
        ({"timezone": "UTC", "weekly": {"mon": [["24:00", "18:00"]]}}, "matching regex"),
        ({"timezone": "UTC", "weekly": {"mon": [["09:00"]]}}, "length 2"),
        ({"timezone": "UTC", "holidays": {"country": "Brasil"}}, "matching regex"),
        ({"timezone": "UTC", "dates": [{"date": "25/12/2026"}]}, "Invalid RFC3339"),
    ],
)
def test_a_wrong_schedule_is_refused(raw: Any, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(raw, Schedule)


def test_a_schedule_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SHOP), type=Schedule) == SHOP


@pytest.mark.parametrize(
    "name", ["", "America", "Nowhere/City", "America/Sao_Paulo/x/y", "leapseconds"]
)
def test_an_unknown_zone(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_a_wall_clock_time_that_does_not_exist_or_exists_twice() -> None:
    new_york = zone("America/New_York")
    skipped = at_local(date(2026, 3, 8), time(2, 30), new_york)
    twice = at_local(date(2026, 11, 1), time(1, 30), new_york)
    assert skipped.isoformat() == "2026-03-08T03:00:00-04:00"
    assert twice.isoformat() == "2026-11-01T01:30:00-04:00"
