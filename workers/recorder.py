"""Records verdicts in batches: one task, one transaction for all that came in meanwhile.

A verdict is kept until it is recorded. While the database is away they pile up no higher than the
number of sends under way, as each keeps its lane.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from flowengine.store.database import Database
from flowengine.store.outbox import record
from flowengine.store.recording import is_plain, record_taken
from flowengine.store.trouble import is_passing
from flowengine.store.verdicts import Result
from workers.metrics import recorded as count_verdicts

log = structlog.stdlib.get_logger()

BATCH = 100
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0

Recorded = Callable[[Sequence[UUID], bool, bool], None]
"""Told the conversations whose verdicts are recorded, whether turns have something to do, and
whether their lanes may have something more to send."""


class Recorder:
    """One per process. `owner` is whose lanes it lets go of; `recorded` is called after commits."""

    def __init__(self, database: Database, recorded: Recorded) -> None:
        self._database = database
        self._recorded = recorded
        self._waiting: list[Result] = []
        self._added = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.owner: UUID | None = None

    def start(self, owner: UUID) -> None:
        self.owner = owner
        self._task = asyncio.create_task(self._run(), name="recorder")

    def add(self, result: Result) -> None:
        self._waiting.append(result)
        self._added.set()

    async def stop(self) -> None:
        """Record what is there, then stop."""
        self._stopping = True
        self._added.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not (self._stopping and not self._waiting):
            await self._added.wait()
            self._added.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                try:
                    await self._record(batch)
                    pause = FIRST_PAUSE
                except Exception as error:
                    if _cancelled():
                        # A connection that ended with the cancelling has taken its place.
                        raise asyncio.CancelledError from error
                    log.exception("recording failed", results=len(batch), pause=pause)
                    self._waiting = batch + self._waiting
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)

    async def _record(self, batch: list[Result]) -> None:
        """Record them together; where the data of one is bad, each by itself."""
        try:
            await self._together(batch)
        except Exception as error:
            if is_passing(error) or len(batch) == 1:
                raise
            for result in batch:
                await self._alone(result)

    async def _alone(self, result: Result) -> None:
        try:
            await self._together([result])
        except Exception as error:
            if is_passing(error):
                raise
            # Its lane's lease runs out; whoever takes it over finds it in doubt, and asks a person.
            log.exception("a verdict cannot be recorded", send=str(result.id))
            self._recorded([result.conversation], False, True)

    async def _together(self, batch: Sequence[Result]) -> None:
        left = await self._quickly(batch)
        if not left:
            return
        async with self._database.worker() as transaction:
            recorded = await record(transaction, left, owner=self.owner)
        count_verdicts(result for result in left if result.id in recorded.counted)
        self._recorded([result.conversation for result in left], recorded.entered, True)

    async def _quickly(self, batch: Sequence[Result]) -> list[Result]:
        """Record what needs one statement only; the others."""
        plain = [result for result in batch if is_plain(result)]
        if not plain or self.owner is None:
            return list(batch)
        async with self._database.single() as transaction:
            taken = await record_taken(transaction, plain, self.owner)
        done = [result for result in plain if result.id in taken.recorded]
        count_verdicts(done)
        self._recorded([result.conversation for result in done], False, taken.more)
        return [result for result in batch if result.id not in taken.recorded]


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
