"""Doorbells through Redis: consumers wait at their queue, and who was just rung is left alone."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable

from dramatiq import Worker

from workers import bells as ringing
from workers.actors import CALLS, QUEUES, SENDS, TURNS, Pumps, register
from workers.bells import Bells
from workers.broker import redis_broker, waiting
from workers.garbage import YOUNG, settle
from workers.pump import Pump

SOONER = 20.0
"""Seconds: far more than a doorbell takes, far less than the pumps' own look in these tests."""


async def until(true: Callable[[], bool]) -> bool:
    """Whether a condition came true before the patience ended."""
    for _ in range(int(SOONER * 100)):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_doorbell_reaches_a_consumer_that_waits_and_is_gone(redis_url: str) -> None:
    rung: list[str] = []

    async def work(name: str) -> float:
        rung.append(name)
        return 600.0

    pumps = Pumps(*(Pump(name, lambda name=name: work(name), poll=600) for name in QUEUES))
    for pump in pumps.all():
        pump.start()
    assert await until(lambda: len(rung) == len(QUEUES))
    rung.clear()
    broker = redis_broker(redis_url)
    register(broker, asyncio.get_running_loop(), pumps)
    worker = Worker(broker, queues=set(QUEUES), worker_threads=1, worker_timeout=3_000)
    await asyncio.to_thread(worker.start)
    ringing_broker = redis_broker(redis_url)
    bells = Bells(ringing_broker)
    bells.start()
    for place, queue in enumerate((TURNS, SENDS, CALLS, SENDS)):
        bells.ring(queue)
        assert await until(lambda place=place: len(rung) > place), "the consumer slept on"
    assert rung == [TURNS, SENDS, CALLS, SENDS]
    assert await until(lambda: not any(waiting(broker, queue) for queue in QUEUES))
    await bells.stop()
    for pump in pumps.all():
        await pump.stop()
    await asyncio.to_thread(worker.stop)
    broker.close()
    ringing_broker.close()


async def test_nobody_asks_for_delayed_doorbells_which_never_are(redis_url: str) -> None:
    broker = redis_broker(redis_url)
    worker = Worker(broker, queues=set(QUEUES), worker_threads=1, worker_timeout=50)
    for queue in QUEUES:
        broker.declare_queue(queue)
    await asyncio.to_thread(worker.start)
    try:
        assert broker.get_declared_queues() == set(QUEUES)
        assert set(worker.consumers) == set(QUEUES)
    finally:
        await asyncio.to_thread(worker.stop)
        broker.close()


async def test_many_rings_are_few_doorbells_and_the_last_is_not_lost(redis_url: str) -> None:
    broker = redis_broker(redis_url)
    bells = Bells(broker)
    bells.start()
    began = time.monotonic()
    for _ in range(100):
        bells.ring(TURNS)
        await asyncio.sleep(0.005)
    # In one step of the loop: no doorbell for this ring can have left before they are counted.
    bells.ring(TURNS)
    first = waiting(broker, TURNS)
    rounds = (time.monotonic() - began) / ringing.SPACES[TURNS]
    assert 1 <= first <= rounds + 2
    assert await until(lambda: waiting(broker, TURNS) > first), "what was rung last was forgotten"
    await bells.stop()
    broker.close()


def test_what_is_loaded_is_left_alone_by_the_collector() -> None:
    before = gc.get_threshold()
    assert threading.current_thread() is threading.main_thread()
    try:
        settle()
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold()[0] == YOUNG
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() >= 1, "garbage made later is still found"
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
