"""The heart: a thread that keeps this process's leases, however busy its loop is.

It stops in two cases, and then the work is taken over when its lease runs out: the process is dead
or halted, or the loop has not moved for `STUCK` seconds, when nothing is being done that a lease
could be kept for. A process that goes on after its heart had stopped finds its leases over
(`Leases.holds`) and performs nothing under them.
"""

import asyncio
import threading
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from flowengine.store.heartbeats import Pulse
from workers.leases import Leases

log = structlog.stdlib.get_logger()

BEATS = 4
"""Signs of life within one lease."""

STUCK = 60.0
"""Seconds (or four leases, if that is more) that the loop may stand still."""

PATIENCE = 5.0
"""Seconds that stopping waits for a beat under way."""


class Beating(Protocol):
    """Whose leases are kept: `Sender` and `Caller`."""

    @property
    def owner(self) -> UUID: ...

    @property
    def leases(self) -> Leases: ...


class Heart:
    """One per process that works; `start` and `stop` on its loop."""

    def __init__(self, dsn: str, lease: float, sender: Beating, caller: Beating) -> None:
        self._dsn = dsn
        self._lease = lease
        self._sender = sender
        self._caller = caller
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._moved = 0.0
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._moved = self._sender.leases.now()
        self._ticking = asyncio.create_task(self._tick(), name="heart:tick")
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        self._stop.set()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, PATIENCE)

    async def _tick(self) -> None:
        """On the loop: it moves."""
        while True:
            self._moved = self._sender.leases.now()
            await asyncio.sleep(self._lease / BEATS)

    # -- in the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._beat_until_stopped())

    async def _beat_until_stopped(self) -> None:
        pulse = Pulse(self._dsn)
        try:
            while not self._stop.wait(self._lease / BEATS):
                if self._stands_still():
                    log.error("the loop stands still: its leases are not kept")
                    continue
                try:
                    await self._beat(pulse)
                except Exception as error:
                    log.warning("leases could not be kept", error=repr(error))
                    await pulse.close()
        finally:
            await pulse.close()

    def _stands_still(self) -> bool:
        return self._sender.leases.now() - self._moved > max(STUCK, 4 * self._lease)

    async def _beat(self, pulse: Pulse) -> None:
        lease = timedelta(seconds=self._lease)
        for whose, beat in ((self._sender, pulse.beat_lanes), (self._caller, pulse.beat_calls)):
            asked, since = whose.leases.ageing(BEATS), whose.leases.now()
            if asked:
                ours = await beat(whose.owner, lease, asked)
                whose.leases.renew(asked, ours, since)
