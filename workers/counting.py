"""Counts what executions went through, some seconds after it happened, for the numbers of flows:
`workers.tallying` says what is counted."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby

from flowengine.store.database import Database, Transaction
from flowengine.store.flow_counts import (
    Key,
    counted_up_to,
    forget_empty,
    forget_ended,
    fresh_turns,
    may_count,
    take_erased,
    write_counts,
)
from workers.tallying import Tally, read_way

LATE = timedelta(seconds=20)
"""A turn's transaction ends within a lease (10 s) of its journal rows' time: later rows are seen by
looking so far back."""

FIRST, LONGEST = timedelta(minutes=1), timedelta(days=1)
MANY, FEW = 20_000, 1_000
"""Turns of a batch: with more the next window is half as long, with fewer twice."""

AT_ONCE = 4
"""Batches of one call, so that the clock goes on."""


class Counting:
    """One per process; several do no harm, as one counts at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: datetime | None = None
        self._window = FIRST

    async def tick(self) -> int:
        """Count what is new; how many turns."""
        counted = 0
        for _ in range(AT_ONCE):
            turns, caught_up = await self._batch()
            counted += turns
            if caught_up:
                break
        return counted

    async def tidy(self) -> None:
        """Forget ways that nobody needs; those of erased people wait nowhere any more."""
        async with self._database.worker() as transaction:
            if not await may_count(transaction):
                return
            mark = await counted_up_to(transaction)
            if mark is not None:
                await forget_ended(transaction, mark - timedelta(days=1))
                await forget_empty(transaction, mark)
                await self._erased(transaction, mark)

    async def _batch(self) -> tuple[int, bool]:
        """One window of time; how many turns were new, and whether it was the last."""
        async with self._database.worker() as transaction:
            if not await may_count(transaction):
                self._seen = None  # another process moves the mark on
                return 0, True
            mark = self._seen or await counted_up_to(transaction)
            if mark is None:
                return 0, True
            now = await transaction.now()
            until = min(mark + self._window, now)
            found = await fresh_turns(transaction, mark - LATE, until)
            if found:
                tally = Tally()
                for _, turns in groupby(found, key=lambda each: each.execution_id):
                    tally.take(turns)
                at = max(each.at for each in found)
                await write_counts(transaction, tally.walks, tally.sums, at)
        self._seen = until
        if len(found) > MANY:
            self._window = max(self._window / 2, FIRST)
        elif len(found) < FEW:
            self._window = min(self._window * 2, LONGEST)
        return len(found), until >= now

    async def _erased(self, transaction: Transaction, at: datetime) -> None:
        sums: Counter[Key] = Counter()
        for row in await take_erased(transaction):
            way = read_way(row["way"])
            if way.last and not way.over:
                key = (row["tenant_id"], row["flow"], row["version"], row["day"])
                sums[(*key, "at", way.last, "")] -= 1
        await write_counts(transaction, (), sums, at)
