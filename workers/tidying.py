"""`Tidying`: bytes that nothing shows are removed, and what the database still holds moves out.

Both go on where they were left, in any process; nobody waits for them, and they hold no lock
while bytes are on their way.
"""

from uuid import UUID

import structlog

from flowengine.store.assets import forget, moved, next_to_move, take_dropped
from flowengine.store.database import Database
from workers.files import MOST, Files
from workers.objects import Objects, StorageAway
from workers.spool import PIECE, Spool

log = structlog.stdlib.get_logger()

BATCH = 20
PAUSE = 5.0
"""Seconds between two looks for what is to be removed."""

_FIRST = (UUID(int=0), "")


class Tidying:
    """One per process. `moved` and `removed` count what it did."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._after: tuple[UUID, str] | None = _FIRST
        self.moved = 0
        self.removed = 0

    async def tidy(self) -> float:
        """One step of each; seconds until the next."""
        objects = self._files.objects
        if objects is None:
            return PAUSE  # files are where they shall be
        removed = await self._remove(objects)
        moving = await self._move()
        return 0.0 if moving or removed == BATCH else PAUSE

    async def _remove(self, objects: Objects) -> int:
        """Objects first, then their notes: who dies in between does it once more. One that cannot
        be removed now comes again later, and holds up no other."""
        async with self._database.worker() as transaction:
            due = await take_dropped(transaction, BATCH)
        gone: list[str] = []
        for each in due:
            try:
                await objects.remove(each.place)
            except StorageAway as error:
                log.warning("a file could not be removed", place=each.place, why=str(error))
            else:
                gone.append(each.place)
        if gone:
            async with self._database.worker() as transaction:
                await forget(transaction, gone)
        self.removed += len(gone)
        return len(due)

    async def _move(self) -> bool:
        """One file out of the database; whether there was one. Once through is enough: nothing
        puts bytes into the database any more, but a process of before, which a start finds."""
        if self._after is None:
            return False
        async with self._database.worker() as transaction:
            found = await next_to_move(transaction, self._after)
        if found is None:
            self._after = None
            if self.moved:
                log.info("files were moved out of the database", files=self.moved)
            return False
        with Spool(MOST) as spool:
            for start in range(0, len(found.data), PIECE):
                spool.write(found.data[start : start + PIECE])
            stored = await self._files.store(found.tenant_id, spool)
        async with self._database.worker(found.tenant_id) as transaction:
            if await moved(transaction, found.hash, stored.place):
                self.moved += 1
        self._after = (found.tenant_id, found.hash)
        return True
