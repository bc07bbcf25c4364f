"""Who gets how much of what is free: one after the other, tenant by tenant, channel by channel.

Every send, call and turn costs about the same, so deficit round robin is plain round robin here: in
each round every tenant gets one, those first who were served longest ago, and within a tenant its
channels take turns. A tenant with one message waiting is never behind more than one round of the
others, whatever stands behind them.

Hands are bounded by what is left: a channel may have as many as are free, a tenant twice as many.
So one channel whose provider does not answer keeps half of the hands at most, two of them a third
each, and somebody new finds one free.
"""

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from msgspec import Struct

KEPT = 20_000
"""Tenants whose last turn is remembered; beyond it everybody is new again."""

LATER = 4
"""One in so many is for those who may wait, however many others there are."""

PART = 0.05
"""Of the time that may go into finding out who waits behind a crowd."""

T = TypeVar("T")


class Claimant(Struct, frozen=True):
    """Somebody with work: `key` names it, `most` is how much it may get now."""

    key: UUID
    tenant: UUID
    most: int


class Turns:
    """In which order tenants (and their channels) are served: who was longest ago comes first.

    `count`: how many were served in all.
    """

    def __init__(self) -> None:
        self._last: dict[UUID, int] = {}
        self.count = 0

    def serve(self, *who: UUID) -> None:
        self.count += 1
        if len(self._last) > KEPT:
            self._last.clear()
        for each in who:
            self._last[each] = self.count

    def order(self, some: Iterable[UUID]) -> list[UUID]:
        """Longest ago first; those never served keep their order, before all others."""
        return sorted(some, key=lambda who: self._last.get(who, 0))


class Hands:
    """Which of this process's hands are in use, and for whom."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._of: dict[UUID, tuple[UUID, UUID]] = {}
        self._used: Counter[UUID] = Counter()

    @property
    def free(self) -> int:
        return self.count - len(self._of)

    def use(self, work: UUID, tenant: UUID, channel: UUID) -> None:
        if work not in self._of:
            self._of[work] = (tenant, channel)
            self._used.update({tenant, channel})

    def let_go(self, works: Iterable[UUID]) -> None:
        for work in works:
            found = self._of.pop(work, None)
            if found is not None:
                for who in set(found):
                    self._used[who] -= 1
                    if self._used[who] <= 0:
                        del self._used[who]

    def used(self, who: UUID) -> int:
        """How many a tenant or channel has in use."""
        return self._used[who]

    def __contains__(self, work: UUID) -> bool:
        return work in self._of


class _Line:
    """Claimants of one class: tenants in their order, each with its own in theirs."""

    def __init__(self, claimants: Sequence[Claimant], turns: Turns) -> None:
        by_key = {each.key: each for each in claimants}
        self._queues: dict[UUID, deque[Claimant]] = {}
        for key in turns.order(by_key):
            self._queues.setdefault(by_key[key].tenant, deque()).append(by_key[key])
        self._waiting = deque(turns.order(self._queues))
        self.dealt: Counter[UUID] = Counter()

    def one(self, room: Callable[[UUID, UUID], bool]) -> Claimant | None:
        """One for the next who wants and may have it; None where there is nobody."""
        while self._waiting:
            tenant = self._waiting.popleft()
            queue = self._queues[tenant]
            while queue:
                claimant = queue.popleft()
                if self.dealt[claimant.key] < claimant.most and room(tenant, claimant.key):
                    self.dealt[claimant.key] += 1
                    queue.append(claimant)
                    self._waiting.append(tenant)
                    return claimant
        return None


class Deal:
    """One dealing out of the hands that are free."""

    def __init__(self, hands: Hands, turns: Turns) -> None:
        self._hands = hands
        self._turns = turns
        self._taken: Counter[UUID] = Counter()
        self.free = hands.free

    def out(
        self, first: Sequence[Claimant], limit: int, later: Sequence[Claimant] = ()
    ) -> tuple[dict[UUID, int], dict[UUID, int]]:
        """Up to `limit`, one to each tenant in each round; how many each claimant gets, by key.

        `later` are those who may wait: they get what `first` leaves, and in the long run one in
        `LATER` even if it leaves nothing.
        """
        lines = _Line(first, self._turns), _Line(later, self._turns)
        for _ in range(limit):
            turn = lines[::-1] if self._turns.count % LATER == 0 else lines
            got = turn[0].one(self._room) or turn[1].one(self._room)
            if got is None:
                break
            self._taken.update({got.tenant, got.key})
            self.free -= 1
            self._turns.serve(got.key, got.tenant)
        return dict(lines[0].dealt), dict(lines[1].dealt)

    def _room(self, tenant: UUID, key: UUID) -> bool:
        if self._hands.used(key) + self._taken[key] >= self.free:
            return False
        return tenant == key or self._hands.used(tenant) + self._taken[tenant] < 2 * self.free


class Roster(Generic[T]):
    """Who has work, while a crowd hides it: read anew as often as it may cost, and no oftener.

    `part`: how much of the time may go into reading it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, part: float = PART) -> None:
        self._clock = clock
        self._part = part
        self._fresh_until = 0.0
        self._known: deque[T] = deque()

    async def some(self, count: int, fetch: Callable[[], Awaitable[Iterable[T]]]) -> list[T]:
        """The next `count` of those with work, one after the other round and round.

        `fetch` finds all of them, where the last answer is too old.
        """
        began = self._clock()
        if began >= self._fresh_until:
            self._known = deque(await fetch())
            ended = self._clock()
            self._fresh_until = ended + (ended - began) / self._part
        found = [self._known[place] for place in range(min(count, len(self._known)))]
        self._known.rotate(-len(found))
        return found

    def forget(self) -> None:
        """The next time all are looked for again."""
        self._fresh_until = 0.0
