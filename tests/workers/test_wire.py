"""The wire itself: it halts the round trip that was meant, whoever else is on the road."""

import asyncio

import asyncpg

from tests.services.cutting import Wire
from tests.services.postgres import Database


async def test_the_first_round_trip_is_halted_though_a_second_has_left(
    database: Database, wire: Wire
) -> None:
    dsn = wire.through(database.worker)
    slow, quick = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    wire.hold(1, "after")
    first = asyncio.ensure_future(slow.execute("SELECT pg_sleep(0.5)"))
    await asyncio.sleep(0.1)  # it has left, and is away for longer
    await quick.execute("SELECT 1")
    await asyncio.wait_for(wire.held.wait(), 10)
    assert not first.done()
    wire.release()
    await first
    await slow.close()
    await quick.close()
