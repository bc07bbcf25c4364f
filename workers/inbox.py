"""`Intake`: webhooks into the inbox, those of many requests in one transaction.

A request waits until what it brought is committed. Two flushes at a time take whatever has come in
since: alone a webhook is stored at once, under load a hundred share a commit. The queue is bounded;
when it is full the provider is told to come back, which it does for a week.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec
import structlog
from msgspec import Struct

from flowengine.messages import Parsed, ProviderEvent, Unreadable
from flowengine.store.arrivals import (
    Delivery,
    Places,
    Received,
    find_senders,
    has_people,
    only_people,
    receive,
    receive_known,
)
from flowengine.store.arriving import Gone
from flowengine.store.database import Database
from flowengine.store.trouble import is_passing, is_tangled

log = structlog.stdlib.get_logger()

MOST_WAITING = 20_000
"""Events that may wait; each is some kilobytes."""

BATCH = 500
"""Events of one transaction; one webhook's are never parted."""

FLUSHES = 2
TANGLES = 5
"""Times that a batch is repeated after a deadlock or an erasure under its hands, ever smaller."""


class Busy(Exception):
    """Too much is waiting, or the product is stopping: come back after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"come back in {retry_after:g} seconds")
        self.retry_after = retry_after


class _Job(Struct):
    delivery: Delivery
    done: asyncio.Future[Received]

    @property
    def size(self) -> int:
        return len(self.delivery.parsed.events) + len(self.delivery.parsed.unreadable)


class Intake:
    """One per process that takes webhooks."""

    def __init__(self, database: Database, most_waiting: int = MOST_WAITING) -> None:
        self._database = database
        self._most = most_waiting
        self._jobs: deque[_Job] = deque()
        self._came = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.waiting = 0
        """Events that wait to be stored."""

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._flush(), name=f"intake:{n}") for n in range(FLUSHES)
        ]

    async def receive(self, delivery: Delivery) -> Received:
        """Store it; returns after the commit. Raises `Busy`, or what the database raised."""
        if self._stopping or (self.waiting and self.waiting >= self._most):
            raise Busy(5.0 if self._stopping else 1.0)
        job = _Job(delivery, asyncio.get_running_loop().create_future())
        if not job.size:
            return Received(0, 0)
        self.waiting += job.size
        self._jobs.append(job)
        self._came.set()
        return await job.done

    async def stop(self) -> None:
        """Take nothing more in; store what waits, then stop."""
        self._stopping = True
        self._came.set()
        await asyncio.gather(*self._tasks)

    async def _flush(self) -> None:
        while not (self._stopping and not self._jobs):
            if not self._jobs:
                self._came.clear()
                await self._came.wait()
                continue
            batch = self._next()
            for part in _parted(batch):
                await self._store(part)
            self.waiting -= sum(job.size for job in batch)
        self._came.set()  # the other flush waits too

    def _next(self) -> list[_Job]:
        batch = [self._jobs.popleft()]
        size = batch[0].size
        while self._jobs and size + self._jobs[0].size <= BATCH:
            job = self._jobs.popleft()
            size += job.size
            batch.append(job)
        return batch

    async def _store(self, batch: Sequence[_Job], tangles: int = 0) -> None:
        """Store a batch; where it cannot be, each webhook of it by itself."""
        try:
            received = await self._receive([job.delivery for job in batch])
        except Exception as error:
            await self._failed(batch, error, tangles)
            return
        for job, each in zip(batch, received, strict=True):
            if not job.done.done():
                job.done.set_result(each)

    async def _receive(self, deliveries: Sequence[Delivery]) -> list[Received]:
        found: Places | None = None
        if all(only_people(delivery) for delivery in deliveries):
            async with self._database.single() as transaction:
                found = await find_senders(transaction, deliveries)
                received = await receive_known(transaction, deliveries, found)
            if received is not None:
                return received
            if None not in found.values():
                found = None  # somebody who was found is no more
        async with self._database.worker() as transaction:
            return await receive(transaction, deliveries, found)

    async def _failed(self, batch: Sequence[_Job], error: Exception, tangles: int) -> None:
        if (is_tangled(error) or isinstance(error, Gone)) and tangles < TANGLES:
            middle = max(1, len(batch) // 2)
            for part in (batch[:middle], batch[middle:]):
                if part:
                    await self._store(part, tangles + 1)
        elif is_passing(error) or is_tangled(error):
            log.warning("webhook not stored", webhooks=len(batch), why=type(error).__name__)
            for job in batch:
                if not job.done.done():
                    job.done.set_exception(error)
        elif len(batch) > 1:
            for job in batch:
                await self._store([job])
        else:
            await self._piecewise(batch[0], error)

    async def _piecewise(self, job: _Job, error: Exception) -> None:
        """One event of a webhook cannot be stored: keep it raw, and store the others.

        Answering anything but 200 would bring the same body again for a week.
        """
        log.error("webhook stored piece by piece", exc_info=error)
        parsed = job.delivery.parsed
        stored = doubled = 0
        try:
            await self._only(job, Parsed(unreadable=parsed.unreadable))
            for event in parsed.events:
                received = await self._event(job, event)
                stored, doubled = stored + received.stored, doubled + received.doubled
        except Exception as trouble:
            if not job.done.done():
                job.done.set_exception(trouble)
            return
        if not job.done.done():
            job.done.set_result(Received(stored, doubled))

    async def _event(self, job: _Job, event: ProviderEvent) -> Received:
        try:
            return await self._only(job, Parsed((event,)))
        except Exception as error:
            if is_passing(error) or is_tangled(error):
                raise
            log.exception("an event cannot be stored")
            raw = Unreadable(repr(event).encode(errors="replace"), f"stored: {error!r}"[:300])
            return await self._only(job, Parsed(unreadable=(raw,)))

    async def _only(self, job: _Job, parsed: Parsed) -> Received:
        delivery = msgspec.structs.replace(job.delivery, parsed=parsed)
        async with self._database.worker() as transaction:
            return (await receive(transaction, [delivery]))[0]


def _parted(batch: Sequence[_Job]) -> list[list[_Job]]:
    """What customers did and what providers report, apart: each then goes by its own short way.

    Together where one webhook brought both, so that no conversation's messages change places.
    """
    people = [job for job in batch if only_people(job.delivery)]
    others = [job for job in batch if not only_people(job.delivery)]
    if any(has_people(job.delivery) for job in others):
        return [list(batch)]
    return [part for part in (people, others) if part]
