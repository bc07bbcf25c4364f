"""Webhooks as a bad day at Meta brings them: late, in any order, in batches, doubled, repeated.

Every event gets a delay of its own, whatever is due together is shuffled and cut into batches of
any size, four couriers a number deliver side by side to any of the addresses, some bodies come a
second time, and what is not answered 200 comes again, the same bytes, until it is.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Sequence
from typing import Any

import httpx
from msgspec import Struct

from connectors.net import NETWORK_TROUBLE, Postman
from connectors.net.postman import Sign, Wrap

COURIERS = 4
LARGEST = 12
"""Events in one body, at the most."""

DELAY = {"messages": 0.4, "statuses": 2.0}
"""Seconds that an event may be late, by what it brings."""

DOUBLED = 0.15
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""Seconds until a body that was refused comes again; Meta's grow for a week."""


class _Body(Struct):
    """`events` not yet wrapped, or the bytes of a delivery that is to be repeated."""

    events: Sequence[Any] = ()
    raw: bytes = b""
    pause: float = FIRST_PAUSE
    doubled: bool = False


class Storm(Postman):
    """`address`: several, with commas between; each delivery takes any of them."""

    def __init__(
        self, http: httpx.AsyncClient, address: str, wrap: Wrap, sign: Sign, dice: random.Random
    ) -> None:
        super().__init__(http, address, wrap, sign)
        self._wrapped, self._signed, self._client = wrap, sign, http
        self.dice = dice
        self._addresses = address.split(",")
        self._pool: list[tuple[float, int, _Body]] = []
        self._turns = itertools.count()
        self._couriers: list[asyncio.Task[None]] = []
        self._busy = 0
        self._woken = asyncio.Event()
        self.bodies = self.repeated = self.doubled = 0

    def post(self, event: Any, after: float = 0) -> None:
        brings = "statuses" if "statuses" in event[1] else "messages"
        self._put(_Body((event,)), after + self.dice.uniform(0, DELAY[brings]))
        if not self._couriers:
            self._couriers = [asyncio.create_task(self._run()) for _ in range(COURIERS)]

    @property
    def waiting(self) -> int:
        """Bodies and events that were not answered 200 yet."""
        return len(self._pool) + self._busy

    async def settled(self) -> None:
        while self.waiting:  # noqa: ASYNC110 - the pool has no single end to be told of
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        self._pool.clear()
        for each in self._couriers:
            each.cancel()

    def _put(self, body: _Body, after: float) -> None:
        due = asyncio.get_running_loop().time() + after
        heapq.heappush(self._pool, (due, next(self._turns), body))
        self._woken.set()

    async def _run(self) -> None:
        while True:
            body = self._next()
            if body is None:
                await self._rest()
                continue
            self._busy += 1
            try:
                await self._carry(body)
            finally:
                self._busy -= 1

    async def _rest(self) -> None:
        """Until something may be due."""
        self._woken.clear()
        now = asyncio.get_running_loop().time()
        pause = self._pool[0][0] - now if self._pool else 1.0
        try:
            async with asyncio.timeout(max(0.005, min(pause, 1.0))):
                await self._woken.wait()
        except TimeoutError:
            return

    def _next(self) -> _Body | None:
        """One body to be carried now: a repeated one as it was, or a new one of due events."""
        now, size = asyncio.get_running_loop().time(), self.dice.randint(1, LARGEST)
        events: list[Any] = []
        while self._pool and self._pool[0][0] <= now and len(events) < size:
            body = heapq.heappop(self._pool)[2]
            if body.raw:
                for event in events:
                    self._put(_Body((event,)), 0)
                return body
            events.extend(body.events)
        if not events:
            return None
        self.dice.shuffle(events)
        self.bodies += 1
        return _Body(raw=self._wrapped(events))

    async def _carry(self, body: _Body) -> None:
        if not await self._taken(body.raw):
            self.repeated += 1
            pause = min(body.pause * 2, LONGEST_PAUSE)
            self._put(_Body(raw=body.raw, pause=pause, doubled=body.doubled), body.pause)
        elif not body.doubled and self.dice.random() < DOUBLED:
            self.doubled += 1
            self._put(_Body(raw=body.raw, doubled=True), self.dice.uniform(0, 3))

    async def _taken(self, raw: bytes) -> bool:
        headers = {"content-type": "application/json", **self._signed(raw)}
        try:
            answer = await self._client.post(
                self.dice.choice(self._addresses), content=raw, headers=headers
            )
        except NETWORK_TROUBLE:
            return False
        return answer.status_code == 200
