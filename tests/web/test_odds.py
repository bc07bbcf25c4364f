"""Intervals of shares against published figures; differences, however often one looks at them."""

from math import exp
from random import Random

import pytest

from web.editor.contests import ENOUGH
from web.editor.odds import LEVEL, Share, difference, doubt, holm, share


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_is_wilson_s(hits: int, total: int, low: float, high: float) -> None:
    """Newcombe 1998, table I, method 3."""
    found = share(hits, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_nothing_is_known() -> None:
    nothing = share(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert difference(nothing, share(5, 5)) == (1.0, -1.0, 1.0)
    assert doubt(nothing, share(500, 500)) == 1


def test_doubt_is_that_of_the_normal_mixture() -> None:
    """Johari et al. 2022, (5): with V the variance and T the mixture's, the ratio is
    sqrt(V / (V + T)) exp(T d2 / (2 V (V + T))); doubt is one over it."""
    rates = (31 / 202, 56 / 202)
    gap = rates[1] - rates[0]
    variance = sum(rate * (1 - rate) / 202 for rate in rates)
    ratio = (variance / (variance + 0.01)) ** 0.5
    ratio *= exp(0.01 * gap**2 / (2 * variance * (variance + 0.01)))
    assert doubt(share(30, 200), share(55, 200)) == pytest.approx(1 / ratio)
    assert doubt(share(0, 9000), share(9000, 9000)) < 1e-300
    assert doubt(share(55, 200), share(55, 200)) == 1


@pytest.mark.parametrize("level", [0.05, 0.0125])
def test_doubt_is_where_the_interval_begins_to_hold_nothing(level: float) -> None:
    seen: set[bool] = set()
    for hits in range(0, 401, 10):
        one, other = share(200, 400), share(hits, 400)
        gap, low, high = difference(one, other, level)
        assert low <= gap <= high
        clear = low > 0 or high < 0
        assert clear == (doubt(one, other) < level)
        assert doubt(one, other) == pytest.approx(doubt(other, one))
        assert difference(other, one, level) == pytest.approx((-gap, -high, -low))
        seen.add(clear)
    assert seen == {True, False}


# A test that is looked at after each conversation, by somebody who stops at the first "not chance".
LOOKS, TESTS = 800, 200


@pytest.mark.parametrize(("rate", "weight"), [(0.03, 0.5), (0.3, 0.5), (0.5, 0.5), (0.3, 0.1)])
def test_ways_that_are_alike_are_seldom_said_to_differ_however_often_one_looks(
    rate: float, weight: float
) -> None:
    random = Random(f"{rate} {weight}")
    wrong = sum(is_ever_clear(random, (rate, rate), weight) for _ in range(TESTS))
    assert wrong / TESTS <= LEVEL


def test_a_difference_that_is_there_is_found() -> None:
    random = Random(3)
    found = sum(is_ever_clear(random, (0.3, 0.45), 0.5) for _ in range(50))
    assert found >= 45


def is_ever_clear(random: Random, rates: tuple[float, float], weight: float) -> bool:
    """Whether two ways, the second with that weight, are told apart at any of the looks."""
    hits, totals = [0, 0], [0, 0]
    for _ in range(LOOKS):
        way = int(random.random() < weight)
        totals[way] += 1
        hits[way] += random.random() < rates[way]
        if min(totals) < ENOUGH:
            continue
        one, other = (Share(h, n, h / n, 0, 1) for h, n in zip(hits, totals, strict=True))
        if doubt(one, other) < LEVEL:
            return True
    return False


def test_holm_s_steps_stop_at_the_first_that_may_be_chance() -> None:
    """His steps of 5 % for four: 0.0125, 0.0167, 0.025, 0.05."""
    found = holm([0.010, 0.040, 0.030, 0.005])
    assert [clear for clear, _level in found] == [True, False, False, True]
    assert [level for _clear, level in found] == pytest.approx([0.05 / 3, 0.025, 0.025, 0.0125])
    assert holm([0.04]) == [(True, 0.05)]
    assert holm([0.01, 0.01]) == [(True, 0.025), (True, 0.025)]
    assert holm([]) == []


def test_the_best_of_three_is_picked_after_looking_and_seldom_wrong() -> None:
    """Three ways of one rate, looked at every day of forty: any of the pairs counts."""
    random, wrong = Random(7), 0
    for _ in range(TESTS):
        hits, total, said = [0, 0, 0], 0, False
        for _ in range(40):
            total += 30
            for way in range(3):
                hits[way] += sum(random.random() < 0.3 for _ in range(30))
            ways = [Share(each, total, each / total, 0, 1) for each in hits]
            doubts = [doubt(ways[a], ways[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
            said = said or any(clear for clear, _level in holm(doubts))
        wrong += said
    assert wrong / TESTS <= LEVEL
