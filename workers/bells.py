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

from workers.actors import QUEUES, TURNS, doorbell
from workers.broker import MOST_WAITING, waiting
from workers.pump import LISTENS

log = structlog.stdlib.get_logger()

BREATH = 0.02
"""Seconds between two rounds of the ringer: the first ring after a silence leaves at once."""

SPACES = {TURNS: LISTENS}
"""Seconds between two rings of a queue, where that is more: who was just rung still listens.

A doorbell's way through Dramatiq and Redis costs a millisecond of CPU on both sides.
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
        self._quiet_until: dict[str, float] = {}
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
            if not self._flagged:
                self._rung.clear()
                await self._rung.wait()
            now = time.monotonic()
            queues = sorted(q for q in self._flagged if self._quiet_until.get(q, 0.0) <= now)
            self._flagged.difference_update(queues)
            if queues:
                try:
                    await asyncio.to_thread(self._send, queues)
                    pause = OPEN_FIRST
                except Exception as error:
                    self.failures += 1
                    log.warning("doorbell lost", queues=queues, error=type(error).__name__)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, OPEN_LONGEST)
                self._quiet_until.update((q, now + SPACES.get(q, 0.0)) for q in queues)
            await asyncio.sleep(BREATH)

    def _send(self, queues: Sequence[str]) -> None:
        broker: Any = self._broker
        for queue in queues:
            if waiting(broker, queue) < MOST_WAITING:
                broker.enqueue(doorbell(queue))
