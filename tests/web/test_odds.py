"""Intervals of shares and of their differences, against published figures."""

from random import Random

import pytest

from web.editor.odds import difference, doubt, holm, is_clear, share


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


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_a_difference_is_newcombe_s(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, table II, method 10: first minus second."""
    gap, down, up = difference(share(*other), share(*one))
    assert (down, up) == pytest.approx((low, high), abs=5e-4)
    assert down <= gap <= up


def test_of_nothing_nothing_is_known() -> None:
    nothing = share(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert not is_clear(nothing, share(5, 5))
    assert is_clear(share(10, 100), share(60, 100))


def test_doubt_is_where_the_interval_begins_to_hold_nothing() -> None:
    one, other = share(30, 200), share(55, 200)
    level = doubt(one, other)
    assert level == pytest.approx(0.0025, abs=0.0005)
    _gap, low, _high = difference(one, other, level)
    assert low == pytest.approx(0, abs=1e-9)
    assert is_clear(one, other)
    assert doubt(other, one) == pytest.approx(level)
    assert doubt(one, one) == doubt(share(0, 0), one) == 1
    assert doubt(share(0, 9000), share(9000, 9000)) < 1e-300


def test_holm_s_steps_stop_at_the_first_that_may_be_chance() -> None:
    """His steps of 5 % for four: 0.0125, 0.0167, 0.025, 0.05."""
    found = holm([0.010, 0.040, 0.030, 0.005])
    assert [clear for clear, _level in found] == [True, False, False, True]
    assert [level for _clear, level in found] == pytest.approx([0.05 / 3, 0.025, 0.025, 0.0125])
    assert holm([0.04]) == [(True, 0.05)]
    assert holm([0.01, 0.01]) == [(True, 0.025), (True, 0.025)]
    assert holm([]) == []


def test_ways_that_are_alike_are_seldom_said_to_differ() -> None:
    """Three ways of one rate, the best picked after looking: wrong in 5 % of the tests, not 12."""
    random, wrong, alone = Random(7), 0, 0
    for _ in range(500):
        ways = [share(sum(random.random() < 0.3 for _ in range(150)), 150) for _ in range(3)]
        doubts = [doubt(ways[a], ways[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        wrong += any(clear for clear, _level in holm(doubts))
        alone += min(doubts) < 0.05
    assert wrong / 500 <= 0.05 < alone / 500
