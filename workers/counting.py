"""Counts what executions went through, some seconds after it happened, for the numbers of flows.

Kinds of sums: `began` (how many executions), `in` (came to a node), `out` (left it by the exit
`name`), `at` (stand there now), `drop` (ended there without having been meant to), `end` (ended
with the outcome `name`), `done` (were completed), and `ab`: of those who took a variant of an A/B
test, how they ended (`name`: exit, 1 or 0 for completed, outcome, with a tab between). An execution
counts once at each node and exit. What happens in a flow that is called stands at the calling node.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

import msgspec
from msgspec import Struct

from flowengine import trail as trails
from flowengine.state import encode
from flowengine.store.database import Database, Transaction
from flowengine.store.flow_counts import (
    Fresh,
    Key,
    Walk,
    counted_up_to,
    forget_ended,
    fresh_turns,
    may_count,
    take_erased,
    write_counts,
)
from flowengine.trail import Trail

GONE = ("expired", "failed", "interrupted")
"""How executions end that nobody wanted to end so."""

LATE = timedelta(seconds=20)
"""A turn's transaction ends within a lease (10 s) of its journal rows' time: later rows are seen by
looking so far back."""

FIRST, LONGEST = timedelta(minutes=1), timedelta(days=1)
MANY, FEW = 20_000, 1_000
"""Turns of a batch: with more the next window is half as long, with fewer twice."""

AT_ONCE = 4
"""Batches of one call, so that the clock goes on."""

_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)


class Way(Struct, omit_defaults=True):
    """The way of one execution along its own flow. `last`: where it is; `depth`: of called flows;
    `began`: whether it was counted at all."""

    nodes: set[str] = set()
    exits: set[tuple[str, str]] = set()
    last: str = ""
    depth: int = 0
    began: bool = False
    over: bool = False


_way = msgspec.json.Decoder(Way)


class Tally:
    """Sums in the making."""

    def __init__(self) -> None:
        self.sums: Counter[Key] = Counter()
        self.walks: list[Walk] = []

    def take(self, turns: Iterable[Fresh]) -> None:
        """All turns of one execution that are not counted yet, in order."""
        listed = list(turns)
        last = listed[-1]
        way = _way.decode(last.way) if last.way else Way()
        stood, before = way.last, last.counted_version or last.version
        for each in listed:
            self._walk(each, way)
        if not way.began:
            way.began = True
            self._add(last, "began")
        ends = last.ended and not way.over
        stands = "" if last.ended else way.last
        was = "" if way.over else stood
        if (was, before) != (stands, last.version):
            if was:
                self._add(last, "at", was, n=-1, version=before)
            if stands:
                self._add(last, "at", stands)
        if ends:
            way.over = True
            self._end(last, way)
        self.walks.append(
            Walk(last.execution_id, last.tenant_id, last.flow, last.version, last.day,
                 last.turn, last.at, last.ended, encode(_plain(way)))
        )  # fmt: skip

    def _walk(self, turn: Fresh, way: Way) -> None:
        try:
            events = _trail.decode(turn.trail)
        except msgspec.DecodeError:
            return  # erased with its person
        for event in events:
            match event:
                case trails.Called():
                    way.depth += 1
                case trails.Returned():
                    way.depth = max(0, way.depth - 1)
                case trails.Entered() | trails.MovedOver() if not way.depth:
                    way.last = event.node
                    if event.node not in way.nodes:
                        way.nodes.add(event.node)
                        self._add(turn, "in", event.node)
                case trails.Left() if not way.depth:
                    if (event.node, event.exit) not in way.exits:
                        way.exits.add((event.node, event.exit))
                        self._add(turn, "out", event.node, event.exit)
                case _:
                    pass

    def _end(self, turn: Fresh, way: Way) -> None:
        if turn.status in GONE:
            self._add(turn, "drop", way.last)
        if turn.outcome:
            self._add(turn, "end", "", turn.outcome)
        completed = turn.status == "completed"
        if completed:
            self._add(turn, "done")
        for node, exit in sorted(way.exits):
            if exit.startswith("variant:"):
                self._add(turn, "ab", node, f"{exit}\t{int(completed)}\t{turn.outcome}")

    def _add(
        self, turn: Fresh, kind: str, node: str = "", name: str = "", n: int = 1, version: int = 0
    ) -> None:
        key = (turn.tenant_id, turn.flow, version or turn.version, turn.day, kind, node, name)
        self.sums[key] += n


def _plain(way: Way) -> dict[str, object]:
    """The way as JSON that is the same for the same way."""
    return {
        "nodes": sorted(way.nodes), "exits": sorted(way.exits), "last": way.last,
        "depth": way.depth, "began": way.began, "over": way.over,
    }  # fmt: skip


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
            way = _way.decode(row["way"])
            if way.last and not way.over:
                key = (row["tenant_id"], row["flow"], row["version"], row["day"])
                sums[(*key, "at", way.last, "")] -= 1
        await write_counts(transaction, (), sums, at)
