"""Dramatiq's worker threads: they take doorbells and ring the pumps of this process.

Their start and stop block, so they are called off the loop; nothing in them waits for the loop.
"""

import asyncio

from dramatiq import Broker, Worker

from workers.actors import QUEUES

THREADS = 2
LISTENING = 250
"""Milliseconds: a consumer that waits is woken at once; this only bounds how it stops."""

PATIENCE = 5_000
"""Milliseconds that stopping waits for the threads."""


class Consuming:
    """One per process that works."""

    def __init__(self, broker: Broker) -> None:
        self._worker = Worker(
            broker, queues=set(QUEUES), worker_timeout=LISTENING, worker_threads=THREADS
        )

    async def start(self) -> None:
        await asyncio.to_thread(self._worker.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self._worker.stop, PATIENCE)
