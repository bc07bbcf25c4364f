"""How sure a share is, and the difference between two: intervals of 95 %.

Wilson's score interval for one share; Newcombe's (his method 10, 1998) for a difference, which is
made of two of Wilson's and needs no large counts.
"""

from math import sqrt

from msgspec import Struct

Z = 1.959964
"""Of the normal distribution: 95 % lie within so many deviations."""


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
    rate, square = hits / total, Z * Z
    middle = rate + square / (2 * total)
    reach = Z * sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    scale = 1 + square / total
    low, high = (middle - reach) / scale, (middle + reach) / scale
    return Share(hits, total, rate, max(0.0, low), min(1.0, high))


def difference(one: Share, other: Share) -> tuple[float, float, float]:
    """`other` minus `one`, and its lowest and highest value with 95 % confidence."""
    gap = other.rate - one.rate
    down = sqrt((other.rate - other.low) ** 2 + (one.high - one.rate) ** 2)
    up = sqrt((other.high - other.rate) ** 2 + (one.rate - one.low) ** 2)
    return gap, gap - down, gap + up


def is_clear(one: Share, other: Share) -> bool:
    """Whether one of the two is better, as far as 95 % go."""
    _gap, low, high = difference(one, other)
    return low > 0 or high < 0
