"""`Heard`: from which channels webhooks came lately, written down now and then.

A webhook costs a look into a set; the database one statement a half minute and process.
"""

import asyncio
from uuid import UUID

import structlog

from flowengine.store.channel_health import heard
from flowengine.store.database import Database

log = structlog.stdlib.get_logger()

EVERY = 30.0
"""Seconds."""


class Heard:
    """One per process that takes webhooks; on its loop only."""

    def __init__(self, database: Database, every: float = EVERY) -> None:
        self._database = database
        self._every = every
        self._channels: set[UUID] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="heard")

    def note(self, channel: UUID) -> None:
        """A webhook of this channel's provider came."""
        self._channels.add(channel)

    async def stop(self) -> None:
        """Write down what is not yet, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._write()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self._write()

    async def _write(self) -> None:
        if not self._channels:
            return
        channels, self._channels = self._channels, set()
        try:
            async with self._database.worker() as transaction:
                await heard(transaction, channels)
        except Exception as error:  # the next webhook says it again
            log.warning("not written down that webhooks came", error=repr(error))
