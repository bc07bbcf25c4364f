"""`Keeper`: retention by the clock, a small step at a time, so that nothing else waits for it."""

import time

import structlog

from flowengine.store.database import Database
from flowengine.store.keeping import drop_media, drop_month, forget_some, old_months

log = structlog.stdlib.get_logger()

HOUR = 3600.0
PAUSE = 0.05
"""Seconds between two batches: others on the clock's loop go on, and the disk breathes."""


class Keeper:
    """One per process; several share the work, as the database says how far it has come."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = 0.0
        self._begun = False
        self.forgotten = 0
        """Rows that this process has deleted one by one."""

    async def tick(self) -> float:
        """One step, if it is time; seconds until the next."""
        now = time.monotonic()
        if now < self._next:
            return self._next - now
        if not self._begun:
            await self.drop()  # what goes whole need not go row by row
        async with self._database.worker() as transaction:
            gone = await forget_some(transaction)
        self._begun = gone is not None
        self.forgotten += gone or 0
        seconds = PAUSE if self._begun else HOUR
        self._next = time.monotonic() + seconds
        return seconds

    async def drop(self) -> None:
        """Months that nobody keeps, then files that nothing names."""
        async with self._database.worker() as transaction:
            months = await old_months(transaction)
        kept: set[str] = set()
        for parent, month in months:
            if parent in kept:
                continue  # it goes on from the oldest: a gap would be made again
            async with self._database.worker() as transaction:
                if await drop_month(transaction, parent, month):
                    log.info("a month was dropped", table=parent, month=f"{month:%Y-%m}")
                else:
                    kept.add(parent)
        files: int | None = 0
        while files is not None:
            async with self._database.worker() as transaction:
                files = await drop_media(transaction)
            if files:
                log.info("old files were deleted", files=files)
