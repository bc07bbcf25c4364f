"""Delivers a simulated provider's webhooks: signed, in order, repeated until answered 200.

Used by our two honest providers (the simulator and the fake Graph), which must trouble us as a real
one does: late, doubled, in batches, out of order. Everything is told, nothing is left to chance.
"""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from msgspec import Struct

from connectors.net.client import NETWORK_TROUBLE

LOG = logging.getLogger(__name__)

Wrap = Callable[[Sequence[Any]], bytes]
Sign = Callable[[bytes], dict[str, str]]


class Manner(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How webhooks are delivered; the defaults are an easy day.

    `batch`: most events in a body. `copies`: how often each body is posted. `reverse`: what is due
    together comes in the wrong order. `delay`: seconds before an event is due. `first_pause`
    doubles after each answer that is not 200, up to `longest_pause` (seconds).
    """

    batch: int = 1
    copies: int = 1
    reverse: bool = False
    delay: float = 0
    first_pause: float = 0.05
    longest_pause: float = 30


class Postman:
    """One address's deliveries. `wrap` makes a body of events, `sign` the headers of a body."""

    def __init__(
        self, http: httpx.AsyncClient, address: str, wrap: Wrap, sign: Sign, most: int = 100_000
    ) -> None:
        self.address = address
        self.manner = Manner()
        self.delivered = 0
        self.lost = 0
        self._http = http
        self._wrap = wrap
        self._sign = sign
        self._most = most
        self._due: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()
        self._ring = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._round: asyncio.Task[None] | None = None

    def post(self, event: Any, after: float = 0) -> None:
        """Have an event delivered `after` seconds; needs a running loop."""
        if len(self._due) >= self._most:
            self.lost += 1
            LOG.warning("webhooks to %s: too many are waiting, one is lost", self.address)
            return
        due = asyncio.get_running_loop().time() + after + self.manner.delay
        heapq.heappush(self._due, (due, next(self._numbers), event))
        self._idle.clear()
        self._ring.set()
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._deliver_all())

    async def settled(self) -> None:
        """Wait until everything posted so far has been delivered."""
        await self._idle.wait()

    def stop(self) -> None:
        """Stop; what was not delivered is forgotten."""
        self._due.clear()
        self._idle.set()
        if self._round is not None:
            self._round.cancel()

    async def _deliver_all(self) -> None:
        while True:
            self._ring.clear()
            pause = self._pause()
            if pause is None:
                self._idle.set()
                await self._ring.wait()
            elif pause > 0:
                await self._wait(pause)
            else:
                await self._deliver(self._take())

    def _pause(self) -> float | None:
        if not self._due:
            return None
        return self._due[0][0] - asyncio.get_running_loop().time()

    async def _wait(self, pause: float) -> None:
        """Until the next is due, or an earlier one is posted."""
        try:
            async with asyncio.timeout(pause):
                await self._ring.wait()
        except TimeoutError:
            pass

    def _take(self) -> list[Any]:
        now, events = asyncio.get_running_loop().time(), list[Any]()
        while self._due and self._due[0][0] <= now and len(events) < max(1, self.manner.batch):
            events.append(heapq.heappop(self._due)[2])
        return events[::-1] if self.manner.reverse else events

    async def _deliver(self, events: list[Any]) -> None:
        body = self._wrap(events)
        headers = {"content-type": "application/json", **self._sign(body)}
        for _ in range(max(1, self.manner.copies)):
            pause = self.manner.first_pause
            while not await self._accepted(body, headers):
                await asyncio.sleep(pause)
                pause = min(pause * 2, self.manner.longest_pause)
        self.delivered += len(events)

    async def _accepted(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            response = await self._http.post(self.address, content=body, headers=headers)
        except NETWORK_TROUBLE as trouble:
            LOG.info("webhook to %s: %s", self.address, type(trouble).__name__)
            return False
        return response.status_code == 200
