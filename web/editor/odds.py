"""How sure a share is, and the difference between two, however often one looks.

Wilson's score interval for one share. A difference is looked at every day until it pleases, and
intervals that are right on one day would be wrong in a fifth of the tests by then. So it has a
confidence sequence, which is right on all days together: the mixture sequential probability ratio
test with a normal mixture (Johari, Koomen, Pekelis and Walsh, "Always valid inference", Operations
Research 70, 2022; Robbins 1970). Where several differences are looked at, Holm's procedure (1979)
keeps the chance that any of them is ever said to be one by mistake under 5 %.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, isclose, log, sqrt
from statistics import NormalDist

from msgspec import Struct

LEVEL = 0.05
"""How often one may be wrong."""

SPREAD = 0.1
"""How far apart ways usually lie: the deviation of the mixture. Any value is right; this one needs
the fewest conversations where ways lie 5 to 15 points apart."""


class Share(Struct, frozen=True):
    """`hits` of `total`, from `low` to `high` with 95 % confidence; all from 0 to 1."""

    hits: int
    total: int
    rate: float
    low: float
    high: float


def share(hits: int, total: int) -> Share:
    """Wilson's interval; of nothing it is everything."""
    if total <= 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    return Share(hits, total, hits / total, *_wilson(hits, total, deviations(LEVEL)))


def difference(one: Share, other: Share, level: float = LEVEL) -> tuple[float, float, float]:
    """`other` minus `one`, and its lowest and highest value: at no time, however often one looks,
    is what is true outside of them in more tests than `level` says."""
    gap = other.rate - one.rate
    if not (one.total and other.total):
        return gap, -1.0, 1.0
    middle, spread = _apart(one, other)
    wider = spread + SPREAD**2
    reach = sqrt(spread * wider / SPREAD**2 * (2 * log(1 / level) + log(wider / spread)))
    return gap, max(-1.0, middle - reach), min(1.0, middle + reach)


def doubt(one: Share, other: Share) -> float:
    """The smallest level at which the two still differ: how seldom ways that are alike would ever
    look so different (an always valid p value, which agrees with the intervals)."""
    if not (one.total and other.total):
        return 1.0
    middle, spread = _apart(one, other)
    wider = spread + SPREAD**2
    found = sqrt(wider / spread) * exp(-((SPREAD * middle) ** 2) / (2 * spread * wider))
    return min(1.0, found)


def holm(doubts: Sequence[float]) -> list[tuple[bool, float]]:
    """For each of several comparisons whether it is beyond chance, and the level at which that was
    decided: an interval of that level says the same. Equal ones have the same."""
    found = [(False, LEVEL)] * len(doubts)
    clear, before, level = True, -1.0, LEVEL
    places = sorted(range(len(doubts)), key=doubts.__getitem__)
    for left, place in zip(range(len(doubts), 0, -1), places, strict=True):
        if clear and not isclose(doubts[place], before, rel_tol=1e-6):
            before, level = doubts[place], LEVEL / left
            clear = before < level
        found[place] = (clear, level)
    return found


@lru_cache(maxsize=64)
def deviations(level: float) -> float:
    """Within how many deviations of a normal distribution all but `level` lies: 1.96 of 5 %."""
    return NormalDist().inv_cdf(1 - level / 2)


def _apart(one: Share, other: Share) -> tuple[float, float]:
    """How far apart two shares are, and the variance of that; each way counts as if one more had
    come to the goal and one more had not (Agresti and Caffo 2000), so that few say little."""
    rates = [(each.hits + 1) / (each.total + 2) for each in (one, other)]
    spread = sum(
        rate * (1 - rate) / (each.total + 2) for rate, each in zip(rates, (one, other), strict=True)
    )
    return rates[1] - rates[0], spread


def _wilson(hits: int, total: int, z: float) -> tuple[float, float]:
    if total <= 0:
        return 0.0, 1.0
    rate, square = hits / total, z * z
    middle = rate + square / (2 * total)
    reach = z * sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
