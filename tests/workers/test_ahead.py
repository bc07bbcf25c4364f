"""Tokens that are taken ahead: few questions, and never more than the rate allows."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from flowengine.store.ids import new_id
from workers.ahead import LASTS, SHARE, Ahead
from workers.rates import BURST, Granted, OwnRates, Want, of_channel

CHANNEL = new_id()


class Asked:
    """Rates of this process that note what they were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rates = OwnRates(clock=lambda: self.now)
        self.asked: list[int] = []

    async def reserve(self, wants: Sequence[Want]) -> list[Granted]:
        self.asked.extend(want.wanted for want in wants)
        return await self.rates.reserve(wants)

    def ahead(self) -> Ahead:
        return Ahead(self, lambda: self.now)


async def test_who_sends_much_below_the_rate_asks_seldom() -> None:
    rates = Asked()
    ahead = rates.ahead()
    for _ in range(100):
        assert await ahead.take([of_channel(CHANNEL, 100_000, 5)]) == [5]
        rates.now += 0.01
    assert len(rates.asked) < 25
    # Lost is what one tenth of a second's use was guessed too high, no more.
    assert 500 <= sum(rates.asked) < 700


async def test_near_the_rate_nothing_is_taken_ahead() -> None:
    rates = Asked()
    ahead = rates.ahead()
    for _ in range(50):
        await ahead.take([of_channel(CHANNEL, 80, 1)])
        rates.now += 1 / 40
    assert sum(rates.asked) <= 51  # before its pace is known, one
    assert set(rates.asked[10:]) == {1}


async def test_what_was_not_used_in_time_is_forgotten() -> None:
    rates = Asked()
    ahead = rates.ahead()
    for _ in range(2):
        await ahead.take([of_channel(CHANNEL, 100_000, 4)])
    assert rates.asked == [4, 8]
    rates.now += 2 * LASTS
    assert await ahead.take([of_channel(CHANNEL, 100_000, 1)]) == [1]
    assert rates.asked == [4, 8, 1]


async def test_of_several_buckets_each_gets_its_own() -> None:
    rates = Asked()
    ahead = rates.ahead()
    other = new_id()
    wants = [of_channel(CHANNEL, 100_000, 3), of_channel(other, 0.5, 3)]
    assert await ahead.take(wants) == [3, 1]
    assert await ahead.take(wants) == [3, 0]
    assert await ahead.take([]) == []


@given(
    per_second=st.floats(0.5, 2000),
    steps=st.lists(st.tuples(st.floats(0, 0.3), st.integers(1, 40)), min_size=1, max_size=40),
)
async def test_no_stretch_of_time_has_more_than_the_rate_and_a_burst(
    per_second: float, steps: list[tuple[float, int]]
) -> None:
    rates = Asked()
    ahead = rates.ahead()
    sent: list[tuple[float, int]] = []
    for pause, wanted in steps:
        rates.now += pause
        sent.append((rates.now, (await ahead.take([of_channel(CHANNEL, per_second, wanted)]))[0]))
    burst = max(1.0, BURST * per_second) + SHARE * LASTS * per_second
    totals = [0, *itertools.accumulate(count for _, count in sent)]
    for first, (began, _) in enumerate(sent):
        for last in range(first, len(sent)):
            seconds = sent[last][0] - began
            assert totals[last + 1] - totals[first] <= per_second * seconds + burst + 1e-3
