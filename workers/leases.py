"""What this process holds a lease of, and until when it may believe so.

Read by the loop and by the heart's thread: each dictionary operation here is a single step, which
CPython does not interrupt. The deadline is counted from before the statement that leased, by our
own clock: it ends no later than the database's.
"""

import time
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

MARGIN = 0.1
"""Part of a lease that is not made use of: between a last look and the first byte time passes."""


class Leases:
    """Lanes, or calls. `seconds`: how long a lease lasts; `clock`: for tests."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[UUID, float] = {}

    def now(self) -> float:
        """The moment to hand to `hold` and `renew`: read it before the statement is sent."""
        return self._clock()

    def hold(self, id: UUID, since: float) -> None:
        """It was leased by a statement that was sent at `since`."""
        self._until[id] = since + self._seconds

    def let_go(self, ids: Iterable[UUID]) -> None:
        for id in ids:
            self._until.pop(id, None)

    def holds(self, id: UUID) -> bool:
        """Whether nobody else can have it yet. To be asked right before an effect."""
        return self._clock() < self._until.get(id, 0.0) - self._seconds * MARGIN

    def ageing(self, beats: int) -> list[UUID]:
        """Those that are older than one beat of `beats` in a lease: young ones need no renewal."""
        young = self._clock() + self._seconds * (1 - 1 / beats)
        return [id for id, until in list(self._until.items()) if until < young]

    def renew(self, asked: Collection[UUID], ours: Collection[UUID], since: float) -> None:
        """Of those `asked` about, `ours` are ours for another lease; the others are lost."""
        mine = set(ours)
        for id in asked:
            if id not in mine:
                self._until.pop(id, None)
            elif id in self._until:  # else it was let go of meanwhile
                self._until[id] = since + self._seconds
