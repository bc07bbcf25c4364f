"""Two workers, one conversation, every interleaving: one turn, and each message once.

The first worker is halted at one round trip of its work, then at the next, and so on through all of
them. While it stands still the second one works as hard as it can; then the first goes on. In the
second test its lease is over by then, though it does not know: what it had begun must neither be
done twice nor be lost.
"""

import asyncio

import pytest

from tests.services.cutting import When
from tests.workers.crashing import STAGES, Crash, recover, same_as_ever
from tests.workers.hands import Hands

MOST = 120


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("stage", ["turn", "send", "call"])
async def test_while_one_is_halted_at_any_step_the_other_doubles_nothing(
    crash: Crash, stage: str, when: When
) -> None:
    await at_every_step(crash, stage, when, overdue=False)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("stage", ["turn", "send", "call"])
async def test_what_was_taken_over_from_a_slow_worker_is_fenced(
    crash: Crash, stage: str, when: When
) -> None:
    await at_every_step(crash, stage, when, overdue=True)


async def at_every_step(crash: Crash, stage: str, when: When, *, overdue: bool) -> None:
    database = await crash.wired()
    slow = await crash.hands(database)
    try:
        await slow.until_quiet()  # its connections are open, so that what is counted is its work
        for at in range(1, MOST):
            if not await halted_at(crash, slow, stage, at, when, overdue):
                assert at > 3, "the stage has hardly any steps: is it what it says?"
                break
        else:
            raise AssertionError(f"{stage} has not run through after {MOST} steps")
    finally:
        await slow.end()
        await database.close(1)


async def halted_at(
    crash: Crash, slow: Hands, stage: str, at: int, when: When, overdue: bool
) -> bool:
    """One customer's life with the first worker halted once; whether it was."""
    who = crash.customer()
    for before in STAGES[stage][:-1]:
        await crash.healthy(lambda hands, before=before: before(crash, hands, who))
    crash.wire.hold(at, when)
    running = asyncio.ensure_future(STAGES[stage][-1](crash, slow, who))
    held = asyncio.ensure_future(crash.wire.held.wait())
    await asyncio.wait((running, held), return_when=asyncio.FIRST_COMPLETED)
    halted = crash.wire.held.is_set()
    other = asyncio.ensure_future(crash.meanwhile(overdue and halted))
    # Where the halted one has the conversation's lock, the other waits for it.
    await asyncio.wait((other,), timeout=0.5)
    crash.wire.release()
    held.cancel()
    # A transaction that stood idle for longer than its lease was ended by the server: an error to
    # the slow worker, which its pump would log. What counts is what is left.
    await asyncio.wait_for(asyncio.gather(running, held, return_exceptions=True), 60)
    await asyncio.wait_for(other, 60)
    crash.wire.mend()
    await recover(crash, who)
    await same_as_ever(crash, who, f"{stage}, {when} step {at}")
    return halted
