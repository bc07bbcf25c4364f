"""How sure a share is, and the difference between two: intervals of 95 %, and of several at once.

Wilson's score interval for one share; Newcombe's (his method 10, 1998) for a difference, which is
made of two of Wilson's and needs no large counts. Where several differences are looked at, Holm's
procedure (1979) keeps the chance that any of them is said to be one by mistake under 5 %.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import erfc, isclose, sqrt
from statistics import NormalDist

from msgspec import Struct

LEVEL = 0.05
"""How often one may be wrong."""


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
    """`other` minus `one`, and its lowest and highest value, wrong as seldom as `level` says."""
    return _newcombe(one, other, deviations(level))


def is_clear(one: Share, other: Share) -> bool:
    """Whether one of the two is better, as far as 95 % go."""
    _gap, low, high = difference(one, other)
    return low > 0 or high < 0


def doubt(one: Share, other: Share) -> float:
    """The smallest level at which the two still differ: how easily chance alone would do it (a p
    value that agrees with the intervals). Cost: ~50 µs."""
    if one.rate == other.rate or not (one.total and other.total):
        return 1.0
    near, far = 0.0, 60.0
    for _ in range(50):
        middle = (near + far) / 2
        _gap, low, high = _newcombe(one, other, middle)
        near, far = (middle, far) if low > 0 or high < 0 else (near, middle)
    return erfc(near / sqrt(2))


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


def _newcombe(one: Share, other: Share, z: float) -> tuple[float, float, float]:
    (low, high), (down, up) = (_wilson(each.hits, each.total, z) for each in (one, other))
    gap = other.rate - one.rate
    return (
        gap,
        gap - sqrt((other.rate - down) ** 2 + (high - one.rate) ** 2),
        gap + sqrt((up - other.rate) ** 2 + (one.rate - low) ** 2),
    )


def _wilson(hits: int, total: int, z: float) -> tuple[float, float]:
    if total <= 0:
        return 0.0, 1.0
    rate, square = hits / total, z * z
    middle = rate + square / (2 * total)
    reach = z * sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
