"""Buckets of tokens: never more than rate and burst allow, and nobody waits for ever."""

import itertools
from uuid import UUID

import pytest
import redis.asyncio
from hypothesis import given
from hypothesis import strategies as st

from flowengine.store.ids import new_id
from workers.rates import OwnRates, SharedRates, Want, of_channel, of_model

ONE = UUID(int=1)


def many(per_second: float, wanted: int) -> list[Want]:
    return [of_channel(ONE, per_second, wanted)]


async def test_a_bucket_lets_a_burst_go_and_then_keeps_the_rate() -> None:
    now = 100.0
    rates = OwnRates(clock=lambda: now)
    burst = (await rates.reserve(many(60, 100)))[0]
    assert 29 <= burst.count <= 31
    assert 0 < burst.seconds <= 1 / 60
    sent = 0
    for _ in range(1000):
        now += 0.01
        sent += (await rates.reserve(many(60, 3)))[0].count
    assert 598 <= sent <= 602
    assert (await rates.reserve([of_channel(new_id(), 60, 1)]))[0].count == 1


async def test_a_slow_channel_sends_one_at_a_time() -> None:
    now = 0.0
    rates = OwnRates(share=0.5, clock=lambda: now)
    granted = (await rates.reserve(many(1, 5)))[0]
    assert (granted.count, granted.seconds) == (1, pytest.approx(2, abs=0.01))
    now += 1.9
    assert (await rates.reserve(many(1, 1)))[0].count == 0
    now += 0.11
    assert (await rates.reserve(many(1, 1)))[0].count == 1


async def test_an_unofficial_channel_sends_thirty_a_minute() -> None:
    now = 0.0
    rates = OwnRates(clock=lambda: now)
    sent = 0
    for _ in range(600):
        sent += (await rates.reserve(many(0.5, 10)))[0].count
        now += 0.1
    assert sent == 30


async def test_a_model_answers_one_contact_five_times_a_minute() -> None:
    now = 0.0
    rates = OwnRates(clock=lambda: now)
    room = new_id()
    counts = [(await rates.reserve([of_model(room, 5)]))[0].count for _ in range(7)]
    assert counts == [1, 1, 1, 1, 1, 0, 0]
    assert (await rates.reserve([of_model(new_id(), 5)]))[0].count == 1
    now += 12.01
    assert (await rates.reserve([of_model(room, 5)]))[0].count == 1


async def test_what_was_not_needed_is_given_back() -> None:
    now = 0.0
    rates = OwnRates(clock=lambda: now)
    want = of_channel(ONE, 2, 1)
    assert (await rates.reserve([want]))[0].count == 1
    assert (await rates.reserve([want]))[0].count == 0
    await rates.reserve([want.back(1)])
    assert (await rates.reserve([want]))[0].count == 1


STEPS = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40), st.integers(0, 40)), max_size=60)


@given(
    per_second=st.floats(0.05, 200),
    share=st.sampled_from([1.0, 0.5, 0.1]),
    steps=STEPS,
)
async def test_no_window_sees_more_than_rate_and_burst(
    per_second: float, share: float, steps: list[tuple[float, int, int]]
) -> None:
    """In any window of t seconds at most rate x t + burst leave, also where some are given back."""
    now = 1000.0
    rates = OwnRates(share, clock=lambda: now)
    sent: list[tuple[float, int]] = []
    for pause, wanted, unneeded in steps:
        now += pause
        want = of_channel(ONE, per_second, wanted)
        got = (await rates.reserve([want]))[0].count
        back = min(got, unneeded)
        if back:
            await rates.reserve([want.back(back)])
        sent.append((now, got - back))
    rate = per_second * share
    burst = max(1.0, 0.5 * rate)
    totals = [0, *itertools.accumulate(count for _, count in sent)]
    for first, (began, _) in enumerate(sent):
        for last in range(first, len(sent)):
            seconds = sent[last][0] - began
            assert totals[last + 1] - totals[first] <= rate * seconds + burst + 1e-3


@given(per_second=st.floats(0.05, 200), greedy=st.integers(1, 100))
async def test_who_waits_as_long_as_they_were_told_gets_a_token(
    per_second: float, greedy: int
) -> None:
    now = 0.0
    rates = OwnRates(clock=lambda: now)
    await rates.reserve(many(per_second, greedy))
    for _ in range(20):
        told = (await rates.reserve(many(per_second, 0)))[0]
        assert told.seconds <= 1 / per_second + 1e-6
        now += told.seconds + 1e-6
        assert (await rates.reserve(many(per_second, 1)))[0].count == 1


async def test_two_processes_share_a_rate_through_redis(redis_url: str) -> None:
    clients = [redis.asyncio.Redis.from_url(redis_url) for _ in range(2)]
    rates = [SharedRates(client, OwnRates(0.5)) for client in clients]
    try:
        # Slow enough that a busy machine does not earn a token meanwhile.
        taken = sum([(await rates[n % 2].reserve(many(0.01, 2)))[0].count for n in range(20)])
        assert taken == 1
        granted = (await rates[0].reserve(many(0.01, 5)))[0]
        assert granted.count == 0
        assert 0 < granted.seconds <= 100
    finally:
        for client in clients:
            await client.aclose()


async def test_redis_counts_as_a_process_does(redis_url: str) -> None:
    """The script and `take` are the same arithmetic; many buckets are asked at one moment."""
    client = redis.asyncio.Redis.from_url(redis_url)
    shared = SharedRates(client, OwnRates())
    buckets = [Want("a", 100, 0, 3), Want("b", 100, 450, 9), Want("c", 1000, 4000, 2)]
    try:
        assert [each.count for each in await shared.reserve(buckets)] == [1, 5, 2]
        assert [each.count for each in await shared.reserve(buckets)] == [0, 0, 2]
        await shared.reserve([buckets[1].back(3), Want("new", 1, 0, -5)])
        assert [each.count for each in await shared.reserve(buckets)] == [0, 3, 1]
        assert await client.exists("flowengine:rate:new") == 0
        assert 0 < await client.pttl("flowengine:rate:a") <= 101_000
    finally:
        await client.aclose()


async def test_without_redis_a_process_keeps_to_its_share() -> None:
    client = redis.asyncio.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    rates = SharedRates(client, OwnRates(0.5))
    granted = (await rates.reserve(many(1, 2)))[0]
    assert granted.count == 1
    assert granted.seconds > 1.4
    await client.aclose()


async def test_a_redis_that_was_flushed_starts_anew(redis_url: str) -> None:
    """Losing the buckets may cost one burst more, and nothing else."""
    client = redis.asyncio.Redis.from_url(redis_url)
    rates = SharedRates(client, OwnRates())
    try:
        assert (await rates.reserve(many(0.01, 2)))[0].count == 1
        await client.flushall()
        await client.script_flush()
        assert (await rates.reserve(many(0.01, 2)))[0].count == 1
        assert (await rates.reserve(many(0.01, 2)))[0].count == 0
    finally:
        await client.aclose()
