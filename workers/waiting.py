"""A process that starts before its database does: it waits, and says what for."""

import asyncio
from collections.abc import Callable

from flowengine.store.schema import is_current
from flowengine.store.trouble import is_passing

LOOK = 1.0
"""Seconds between two looks."""

AWAY, OLD = "database", "tables"
"""What is waited for: that the database answers, or that its tables are brought up to date."""


async def until_ready(dsn: str, stop: asyncio.Event, waits_for: Callable[[str], None]) -> bool:
    """Waits until the database answers and `flowengine migrate` has been there.

    False where `stop` was set first. `waits_for` is told at each look. Raises what no waiting
    mends: a wrong password or address.
    """
    while not stop.is_set():
        try:
            if await is_current(dsn):
                return True
            waits_for(OLD)
        except Exception as error:
            if not is_passing(error):
                raise
            waits_for(AWAY)
        try:
            await asyncio.wait_for(stop.wait(), LOOK)
        except TimeoutError:
            continue
    return False
