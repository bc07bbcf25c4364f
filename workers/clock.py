"""What only time brings about: starts and expiries that are due, doubts to settle, cleaning up.

Timers of conversations need none of it: they are found by `conversations.work_at`, as messages are.
"""

import time

from flowengine.store.cleaning import clean
from flowengine.store.database import Database
from flowengine.store.echoes import release_echoes
from flowengine.store.feeding import adopt_late, feed_expiries, feed_starts
from flowengine.store.partitions import ensure_partitions
from flowengine.store.starts import next_start_at

SWEEP = 1.0
CLEAN = 60.0
PARTITIONS = 3600.0
STARTS = 100


class Clock:
    """One per process; several do no harm, as each row is taken by one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last: dict[str, float] = {}
        self.fed = 0
        """Inbox rows that the last tick entered."""

    async def tick(self) -> float:
        """Do what is due; seconds until something may be."""
        self.fed = 0
        async with self._database.worker() as transaction:
            starts = await feed_starts(transaction, STARTS)
            at, now = await next_start_at(transaction), await transaction.now()
        self.fed += starts
        if self._due("sweep", SWEEP):
            await self._sweep()
        if self._due("clean", CLEAN):
            await self._clean()
        if self._due("partitions", PARTITIONS):
            async with self._database.worker() as transaction:
                await ensure_partitions(transaction)
        if starts == STARTS:
            return 0.0
        return SWEEP if at is None else max(0.02, (at - now).total_seconds())

    async def _sweep(self) -> None:
        async with self._database.worker() as transaction:
            self.fed += await feed_expiries(transaction)
        async with self._database.worker() as transaction:
            self.fed += await adopt_late(transaction)
        async with self._database.worker() as transaction:
            self.fed += await release_echoes(transaction)

    async def _clean(self) -> None:
        gone = 1
        while gone:
            async with self._database.worker() as transaction:
                gone = await clean(transaction)

    def _due(self, name: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(name, -every) < every:
            return False
        self._last[name] = now
        return True
