"""The reaper of a chaos run: somebody is killed with -9 every few seconds, whoever it is.

On a slow machine a process takes longer to start than the pause between two kills, and nobody
would ever be there. So the last web process that is ready, and the last worker, are spared until
another one has come: the kills are as many as the machine can bear.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from web.commands.chaos_site import Site

VICTIMS = {"worker": 45, "web": 20, "redis": 15, "postgres": 20}
"""Out of a hundred kills, so many of each."""

READY = {"worker": b"worker started", "web": b"web ready"}
"""What each logs when it has begun to work."""

POSTGRES = ("backend", "all", "postmaster")
REST = (0.1, 2.0)
"""Seconds that what was killed stays down; a process then needs its time to start."""

STUCK = 40.0
"""Seconds without an answer after which PostgreSQL is not recovering but stands still: killed
while it starts its children anew, it may wait for one of them for ever."""


class Reaper:
    """Kills until `stop`. `every`: seconds between two kills, from and to."""

    def __init__(self, site: Site, dice: random.Random, every: tuple[float, float]) -> None:
        self._site = site
        self._dice = dice
        self._every = every
        self.kills: Counter[str] = Counter()
        self._stopping = asyncio.Event()
        self._still = asyncio.Event()
        self._at_postgres = asyncio.Lock()
        self.stood_still = 0

    @property
    def count(self) -> int:
        return sum(self.kills.values())

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(self._dice.uniform(*self._every)):
                    await self._stopping.wait()
            except TimeoutError:
                victim = self._dice.choices(list(VICTIMS), list(VICTIMS.values()))[0]
                await self._kill(victim)
        self._still.set()

    async def stop(self) -> None:
        """No more of it; whatever was killed last is on its way back."""
        self._stopping.set()
        await self._still.wait()

    async def _kill(self, victim: str) -> None:
        rest = self._dice.uniform(*REST)
        if victim == "postgres":
            await self._kill_postgres(rest)
            return
        members = {
            "worker": self._site.workers,
            "web": self._site.webs,
            "redis": [self._site.redis],
        }[victim]
        living = [member for member in members if member.up]
        word = READY.get(victim)
        ready = [member for member in living if word is None or member.says(word)]
        chosen = self._dice.choice(living) if living else None
        if chosen is None or (word is not None and set(ready) <= {chosen}):
            return
        chosen.kill(rest)
        self.kills[victim] += 1

    async def _kill_postgres(self, rest: float) -> None:
        how = self._dice.choice(POSTGRES)
        async with self._at_postgres:
            await asyncio.to_thread(self._site.postgres.kill, how)
            self.kills[f"postgres {how}"] += 1
            if how != "backend":
                await asyncio.sleep(rest / 2)
                await asyncio.to_thread(self._site.postgres.restart)

    async def watch(self, answers: Callable[[], Awaitable[bool]]) -> None:
        """Start PostgreSQL again when it has not answered for `STUCK` seconds, as a liveness
        probe would; `stood_still` counts it. `answers`: whether it does a small work now."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(1)
            if await answers():
                last = time.monotonic()
            elif time.monotonic() - last > STUCK and not self._at_postgres.locked():
                async with self._at_postgres:
                    self.stood_still += 1
                    await asyncio.to_thread(self._site.postgres.kill, "all")
                    await asyncio.to_thread(self._site.postgres.restart)
                last = time.monotonic()
