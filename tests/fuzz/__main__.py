"""`python -m tests.fuzz [SECONDS]`: fuzz every target in turn, and tell the slowest input of each.

It fails on whatever a target raises, and on an input that takes more than 50 ms of CPU: measured
again alone, the best of three, so that neither a first use nor a busy machine counts.
"""

# ruff: noqa: T201 - what it says is its result

import sys
import time
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS, Target

SECONDS = 600
MOST = 0.050
"""Seconds of CPU that an input may take."""

BATCH = 200
LEAST = 200
"""Inputs that each target gets, however slow the machine is at making them."""


class Slowest:
    """What a target took longest for, and all that was too slow."""

    def __init__(self) -> None:
        self.count = 0
        self.took = 0.0
        self.input: Any = None
        self.late: list[tuple[float, Any]] = []


def measured(target: Target, value: Any) -> float:
    began = time.thread_time()
    target.run(value)
    return time.thread_time() - began


def fuzz(target: Target, seconds: float, first: int) -> Slowest:
    """Inputs for so long, and `LEAST` at least; whatever `run` raises comes out."""
    found = Slowest()
    until = time.monotonic() + seconds

    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(target.inputs)
    def batch(value: Any) -> None:
        if time.monotonic() > until and found.count >= LEAST:
            return
        found.count += 1
        took = measured(target, value)
        if took > found.took:
            took = min(took, *(measured(target, value) for _ in range(3)))
        if took > found.took:
            found.took, found.input = took, value
        if took > MOST:
            found.late.append((took, value))

    number = first
    while time.monotonic() < until or found.count < LEAST:
        seed(number)(batch)()
        number += 1
    return found


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    first = int(time.time())
    print(f"{seconds:g} seconds, seed {first}")
    failed = False
    for target in TARGETS:
        found = fuzz(target, seconds / len(TARGETS), first)
        shown = repr(found.input)
        print(f"{target.name:<14} {found.count:>8} inputs, slowest {found.took * 1000:6.2f} ms")
        print(f"    {shown if len(shown) <= 200 else shown[:200] + '…'}")
        for took, value in found.late[-3:]:
            failed = True
            print(f"    TOO SLOW, {took * 1000:.1f} ms: {value!r}"[:2_000])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
