"""Time zones, from the tzdata wheel only: the same rules on every machine.

`zoneinfo` would look into the system's files first, which differ between machines, and a replay
must give the same bytes everywhere.
"""

import re  # noqa: TID251 - our own pattern, not an author's
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}")


class UnknownZone(ValueError):
    """No such time zone; the message names it."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as "America/Sao_Paulo".

    Raises `UnknownZone`. About 300 µs the first time, then from memory.
    """
    if _NAME.fullmatch(name):
        folder, _, leaf = name.replace("/", ".").rpartition(".")
        package = f"tzdata.zoneinfo.{folder}" if folder else "tzdata.zoneinfo"
        try:
            with resources.files(package).joinpath(leaf).open("rb") as rules:
                return ZoneInfo.from_file(rules, key=name)
        except (OSError, ModuleNotFoundError, ValueError):
            pass
    raise UnknownZone(f"{name!r} is no time zone; write one such as America/Sao_Paulo")


def at_local(day: date, clock: time, where: ZoneInfo) -> datetime:
    """The instant at which a wall clock in the zone `where` shows this on a `day`.

    A time skipped by the spring change is the next valid instant; of a time shown twice the first.
    Cost: ~5 µs.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0), where)
    if wall.astimezone(UTC).astimezone(where).replace(fold=0) == wall:
        return wall
    return _end_of_gap(wall, where)


def _end_of_gap(wall: datetime, where: ZoneInfo) -> datetime:
    after = wall.astimezone(UTC)
    before = wall.replace(fold=1).astimezone(UTC)
    early = before.astimezone(where).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(where).utcoffset() == early:
            before = middle
        else:
            after = middle
    return after.astimezone(where).replace(microsecond=0)
