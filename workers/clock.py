"""What only time brings about: starts and expiries that are due, doubts to settle, cleaning up.

Timers of conversations need none of it: they are found by `conversations.work_at`, as messages are.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.store.cleaning import clean
from flowengine.store.database import Database, Transaction
from flowengine.store.echoes import release_echoes
from flowengine.store.feeding import adopt_late, feed_expiries, feed_starts
from flowengine.store.flow_moves import feed_moves, settle_moves
from flowengine.store.partitions import ensure_partitions
from flowengine.store.saying import Due, due_messages, next_message_at, say_due
from flowengine.store.starts import next_start_at
from flowengine.store.trials import feed_endings
from workers.channels import Channels
from workers.counting import Counting
from workers.keeping import Keeper
from workers.timetable import Timetable

SWEEP = 1.0
COUNT = 5.0
TIDY = 3600.0
CLEAN = 60.0
PARTITIONS = 3600.0
STARTS = 100
MESSAGES = 100


class Clock:
    """One per process; several do no harm, as each row is taken by one of them."""

    def __init__(self, database: Database, channels: Channels, timetable: Timetable) -> None:
        self._database = database
        self._channels = channels
        self._timetable = timetable
        self._keeper = Keeper(database)
        self._counting = Counting(database)
        self._last: dict[str, float] = {}
        self.fed = 0
        """Inbox rows that the last tick entered."""

    async def tick(self) -> float:
        """Do what is due; seconds until something may be."""
        self.fed = 0
        waits = [await self._starts(), await self._messages()]
        if self._due("sweep", SWEEP):
            await self._sweep()
        waits.append(await self._crons())
        if self._due("count", COUNT):
            await self._counting.tick()
        if self._due("tidy", TIDY):
            await self._counting.tidy()
        if self._due("clean", CLEAN):
            await self._clean()
        if self._due("partitions", PARTITIONS):
            async with self._database.worker() as transaction:
                await ensure_partitions(transaction)
        waits.append(await self._keeper.tick())
        return min(waits)

    async def _starts(self) -> float:
        async with self._database.worker() as transaction:
            starts = await feed_starts(transaction, self._channels.rules, STARTS)
            at, now = await next_start_at(transaction), await transaction.now()
        self.fed += starts
        return 0.0 if starts == STARTS else _until(at, now)

    async def _messages(self) -> float:
        async with self._database.worker() as transaction:
            due = await due_messages(transaction, MESSAGES)
            if due:
                self.fed += await say_due(transaction, due, await self._closed(transaction, due))
            at, now = await next_message_at(transaction), await transaction.now()
        return 0.0 if len(due) == MESSAGES else _until(at, now)

    async def _closed(self, transaction: Transaction, due: Sequence[Due]) -> list[UUID]:
        """Those that only a template could say by now: the customer wrote too long ago."""
        closed: list[UUID] = []
        now = await transaction.now()
        for each in due:
            hours = await self._channels.window_hours(
                transaction, each.channel_id, each.channel_kind, each.channel_updated_at
            )
            heard = each.last_inbound_at
            shut = heard is None or now - heard >= timedelta(hours=hours)
            if hours and each.kind != "template" and shut:
                closed.append(each.id)
        return closed

    async def _crons(self) -> float:
        fed, seconds = await self._timetable.tick()
        self.fed += fed
        return min(seconds, SWEEP)

    async def _sweep(self) -> None:
        async with self._database.worker() as transaction:
            self.fed += await feed_expiries(transaction)
        async with self._database.worker() as transaction:
            self.fed += await adopt_late(transaction)
        async with self._database.worker() as transaction:
            self.fed += await release_echoes(transaction)
        async with self._database.worker() as transaction:
            self.fed += await feed_moves(transaction)
        async with self._database.worker() as transaction:
            await settle_moves(transaction)
        async with self._database.worker() as transaction:
            self.fed += await feed_endings(transaction)

    async def _clean(self) -> None:
        gone = 1
        while gone:
            async with self._database.worker() as transaction:
                gone = await clean(transaction)

    def _due(self, name: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(name, -every) < every:
            return False
        self._last[name] = now
        return True


def _until(at: datetime | None, now: datetime) -> float:
    """Seconds until a time; what is due already is in other hands, or has to wait for its turn."""
    if at is None:
        return SWEEP
    return 0.2 if at <= now else max(0.02, (at - now).total_seconds())
