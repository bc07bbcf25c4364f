"""Doorbells, coalesced: however often something rings, few messages leave.

Ringing sets a flag. One task per process sends at most one message per queue every few
milliseconds, off the loop, and stops trying for a while when the broker is away.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import structlog
from dramatiq import Broker

from workers.actors import QUEUES, doorbell
from workers.broker import MOST_WAITING, waiting

log = structlog.stdlib.get_logger()

BREATH = 0.02
"""Seconds between two rounds of the ringer: the first ring after a silence leaves at once.

Busy workers look again by themselves within milliseconds. A doorbell's way through Dramatiq and
Redis costs a millisecond of CPU on both sides: 300 a second were a sixth of a turn (measured).
"""

OPEN_FIRST, OPEN_LONGEST = 0.5, 5.0
"""Seconds that the ringer leaves a broker alone after a failure; doubles."""


class Bells:
    """The one ringer of a process. `broker` None: nobody to ring, the workers poll."""

    def __init__(self, broker: Broker | None) -> None:
        self._broker = broker
        self._flagged: set[str] = set()
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._open = 0.0
        self.failures = 0

    def start(self) -> None:
        if self._broker is not None:
            for queue in QUEUES:
                self._broker.declare_queue(queue)
            self._task = asyncio.create_task(self._ringer(), name="bells")

    def ring(self, *queues: str) -> None:
        """There may be work in `queues`. Never blocks, never fails. Only from the loop."""
        if self._task is not None:
            self._flagged.update(queues)
            self._rung.set()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _ringer(self) -> None:
        pause = OPEN_FIRST
        while True:
            await self._rung.wait()
            self._rung.clear()
            queues, self._flagged = sorted(self._flagged), set()
            try:
                await asyncio.to_thread(self._send, queues)
                pause = OPEN_FIRST
            except Exception as error:
                self.failures += 1
                log.warning("doorbell lost", queues=queues, error=type(error).__name__)
                self._open = time.monotonic() + pause
                await asyncio.sleep(pause)
                pause = min(pause * 2, OPEN_LONGEST)
            await asyncio.sleep(BREATH)

    def _send(self, queues: Sequence[str]) -> None:
        broker: Any = self._broker
        for queue in queues:
            if waiting(broker, queue) < MOST_WAITING:
                broker.enqueue(doorbell(queue))
