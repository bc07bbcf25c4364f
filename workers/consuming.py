"""Dramatiq's worker threads: they take doorbells and ring the pumps of this process.

Their start and stop block, so they are called off the loop; nothing in them waits for the loop.
"""

import asyncio

from dramatiq import Broker, Worker
from dramatiq.brokers.redis import RedisBroker

from workers.actors import QUEUES

THREADS = 2
ASKING = 50
"""Milliseconds: an idle consumer of Redis asks so often, which bounds a doorbell's delay."""

LISTENING = 100
"""Milliseconds: in memory a consumer is woken at once; this only bounds its stop."""

PATIENCE = 5_000
"""Milliseconds that stopping waits for the threads."""


class Consuming:
    """One per process that works."""

    def __init__(self, broker: Broker) -> None:
        idle = ASKING if isinstance(broker, RedisBroker) else LISTENING
        self._worker = Worker(
            broker, queues=set(QUEUES), worker_timeout=idle, worker_threads=THREADS
        )

    async def start(self) -> None:
        await asyncio.to_thread(self._worker.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self._worker.stop, PATIENCE)
