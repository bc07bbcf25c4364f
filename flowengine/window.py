"""Until when free text may be sent: some hours from the customer's last message."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec.structs import replace

from flowengine.given import World

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When somebody wrote who never did: their window is closed."""


def with_window(world: World, last_inbound: datetime | None) -> World:
    """The world with its window as it is after `last_inbound`, the customer's last message (null:
    they never wrote); the same world where the channel has no window. Cost: 300 ns.
    """
    if not world.window_hours:
        return world
    closes = (last_inbound or NEVER) + _hours(world.window_hours)
    if closes == world.window_closes_at:
        return world
    return replace(world, window_closes_at=closes)


@lru_cache(maxsize=64)
def _hours(count: int) -> timedelta:
    return timedelta(hours=count)
