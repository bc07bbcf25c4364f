"""A pump works until there is nothing more to do, whenever it is rung and once a second anyway.

A doorbell may be lost (Redis restarts, a message is dropped): the poll is what bounds the delay.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from flowengine.store.trouble import is_away

log = structlog.stdlib.get_logger()

Work = Callable[[], Awaitable[float]]
"""Does one batch; seconds until there may be something to do (0: there may be more now)."""

POLL = 1.0
LISTENS = 0.2
"""Seconds after its last turn that a process looks by itself: nobody need ring it meanwhile."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Pump:
    """Calls `work` on the running loop from `start` to `stop`, `tasks` of them side by side.

    A ring wakes one of them. A failure is logged and tried again after a pause that doubles up to
    five seconds: a database that is away for a while must not end the pump.
    """

    def __init__(self, name: str, work: Work, *, tasks: int = 1, poll: float = POLL) -> None:
        self.name = name
        self._work = work
        self._poll = poll
        self._count = tasks
        self._tasks: list[asyncio.Task[None]] = []
        self._idle: deque[asyncio.Future[None]] = deque()
        self._rung = False
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether it begins nothing more."""
        return self._stopping

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._run(), name=f"pump:{self.name}:{n}")
            for n in range(self._count)
        ]

    def ring(self) -> None:
        """There may be work. Cheap; only from the pump's own loop."""
        while self._idle:
            waiter = self._idle.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._rung = True

    async def stop(self) -> None:
        """Let the batches in hand end, then stop."""
        self._stopping = True
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping:
            try:
                seconds = await self._work()
                pause = FIRST_PAUSE
            except Exception as error:
                if is_away(error):
                    log.warning("the database is away", pump=self.name, pause=pause)
                else:
                    log.exception("pump failed", pump=self.name, pause=pause)
                seconds, pause = pause, min(pause * 2, LONGEST_PAUSE)
            await self._wait(min(seconds, self._poll))

    async def _wait(self, seconds: float) -> None:
        """Until it is rung, or so many seconds; a ring that came meanwhile counts."""
        if self._rung or seconds <= 0 or self._stopping:
            self._rung = False
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._idle.append(waiter)
        timer = loop.call_later(seconds, _wake, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            if waiter in self._idle:
                self._idle.remove(waiter)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
