"""Every job and its queue: the table of contents of what a worker does.

An actor only rings its pump, which lives on the process's event loop and claims from the database
until nothing is left. The body runs in one of Dramatiq's threads, so it crosses to the loop.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq import Broker
from msgspec import Struct

from workers.pump import Pump

TURNS = "turns"
SENDS = "sends"
CALLS = "calls"
CLOCK = "clock"
QUEUES = (TURNS, SENDS, CALLS, CLOCK)

MAX_AGE = 60_000
"""Milliseconds; an older doorbell was answered long ago by the poll."""


class Pumps(Struct, frozen=True):
    """The pumps of a process that works."""

    turns: Pump
    sends: Pump
    calls: Pump
    clock: Pump

    def all(self) -> tuple[Pump, ...]:
        return (self.turns, self.sends, self.calls, self.clock)


def register(broker: Broker, loop: asyncio.AbstractEventLoop, pumps: Pumps) -> None:
    """Declare the actors on `broker`; `pumps` live on `loop`."""

    def take_turns() -> None:
        loop.call_soon_threadsafe(pumps.turns.ring)

    def perform_sends() -> None:
        loop.call_soon_threadsafe(pumps.sends.ring)

    def perform_calls() -> None:
        loop.call_soon_threadsafe(pumps.calls.ring)

    def tick() -> None:
        loop.call_soon_threadsafe(pumps.clock.ring)

    _declare(broker, TURNS, take_turns)
    _declare(broker, SENDS, perform_sends)
    _declare(broker, CALLS, perform_calls)
    _declare(broker, CLOCK, tick)


def _declare(broker: Broker, queue: str, body: Callable[[], None]) -> None:
    options: Any = {"max_age": MAX_AGE}
    broker.declare_queue(queue)
    dramatiq.Actor(
        body, broker=broker, actor_name=queue, queue_name=queue, priority=0, options=options
    )


def doorbell(queue: str) -> dramatiq.Message[None]:
    """The message that rings `queue`'s actor; it carries nothing."""
    return dramatiq.Message(
        queue_name=queue, actor_name=queue, args=(), kwargs={}, options={"max_age": MAX_AGE}
    )
