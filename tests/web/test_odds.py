"""Intervals of shares and of their differences, against published figures."""

import pytest

from web.editor.odds import difference, is_clear, share


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
