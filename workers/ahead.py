"""Tokens taken ahead, so that not every batch of turns asks Redis for its own.

A batch asks while its conversations are locked, and asking costs as much as two of its turns. So a
process takes as many tokens more as it used in the last tenth of a second, and keeps them for a
tenth of a second. Those that are left then are lost. Hence only where a quarter of the rate at most
is used: what is lost is wanted by nobody, and a burst is longer by a fortieth of a second's worth.
"""

import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from workers.rates import KEPT, Granted, Rates, Want

LASTS = 0.1
"""Seconds that tokens are kept."""

SHARE = 0.25
"""Of a rate: who uses more takes nothing ahead."""


class _Hand(Struct):
    """What is left of a bucket's tokens, and how many were used since `since`, and before it."""

    since: float
    left: int = 0
    used: int = 0
    before: int = 0

    def turn(self, now: float) -> None:
        """Begin anew once the tokens are too old."""
        if now - self.since >= LASTS:
            self.before = self.used if now - self.since < 2 * LASTS else 0
            self.since, self.left, self.used = now, 0, 0

    def more(self, want: Want) -> int:
        """How many to take beyond what is wanted."""
        usual = max(self.before, self.used)
        return usual if usual * want.seconds <= SHARE * LASTS else 0


class Ahead:
    """Between one who takes tokens, and never gives any back, and `rates`. `clock` in seconds."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._clock = clock
        self._hands: dict[str, _Hand] = {}

    async def take(self, wants: Sequence[Want]) -> list[int]:
        """How many of the tokens that are wanted of each bucket there were."""
        hands = [self._hand(want.bucket) for want in wants]
        if any(hand.left < want.wanted for hand, want in zip(hands, wants, strict=True)):
            await self._fetch(hands, wants)
        return [_use(hand, want.wanted) for hand, want in zip(hands, wants, strict=True)]

    def _hand(self, bucket: str) -> _Hand:
        now = self._clock()
        if len(self._hands) > KEPT:
            self._hands = {k: hand for k, hand in self._hands.items() if now - hand.since < LASTS}
        hand = self._hands.setdefault(bucket, _Hand(now))
        hand.turn(now)
        return hand

    async def _fetch(self, hands: Sequence[_Hand], wants: Sequence[Want]) -> None:
        asked = [
            Want(want.bucket, want.seconds, want.slack, want.wanted + hand.more(want))
            for hand, want in zip(hands, wants, strict=True)
        ]
        answers: list[Granted] = await self._rates.reserve(asked)
        for hand, got in zip(hands, answers, strict=True):
            hand.left += got.count


def _use(hand: _Hand, wanted: int) -> int:
    count = min(hand.left, wanted)
    hand.left -= count
    hand.used += count
    return count
