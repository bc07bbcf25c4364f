"""A fault between every two steps of ingest, turn, send and call: each in turn, none left out.

The wire to PostgreSQL is cut at the first round trip of a stage, then at the second, and so on
until the stage runs through; before the statement leaves, and after it was done but before its
answer came (so a COMMIT has happened, and the worker cannot know). Then the process is dead, or
only its connection is. A fresh worker finishes, and all must be as if nothing had been.
"""

import asyncio

import pytest

from connectors.fake_graph.words import Trouble
from tests.services.cutting import When
from tests.workers.crashing import (
    HEARD,
    STAGES,
    Crash,
    Stage,
    recover,
    same_as_ever,
    settle_by_policy,
)

WHENS: tuple[When, ...] = ("before", "after")
MOST = 120
"""Round trips of a stage, at the most: an endless enumeration is a fault of the test."""


# --- The proof ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deadly",
    [pytest.param(True, id="death"), pytest.param(False, id="cut", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("stage", list(STAGES))
async def test_a_fault_at_every_step_changes_nothing(
    crash: Crash, stage: str, when: When, deadly: bool
) -> None:
    crash.wire.mend()
    for at in range(1, MOST):
        if not await cut_at(crash, STAGES[stage], at, when, deadly):
            assert at > 3, "the stage has hardly any steps: is it what it says?"
            return
    raise AssertionError(f"{stage} has not run through after {MOST} steps")


async def cut_at(
    crash: Crash, stages: tuple[Stage, ...], at: int, when: When, deadly: bool
) -> bool:
    """One customer's life with one fault; whether there was one."""
    who = crash.customer()
    for before in stages[:-1]:
        await crash.healthy(lambda hands, before=before: before(crash, hands, who))
    await _last(crash, stages[-1], who, at, when, deadly)
    fired = crash.wire.fired.is_set()
    crash.wire.mend()
    await recover(crash, who)
    await same_as_ever(crash, who, f"step {at}")
    return fired


async def _last(crash: Crash, stage: Stage, who: str, at: int, when: When, deadly: bool) -> None:
    database = await crash.wired()
    hands = await crash.hands(database)
    async with database.worker() as transaction:
        await transaction.now()  # connected, so that what is counted is the stage
    crash.wire.arm(at, when, deadly=deadly)
    running = asyncio.ensure_future(stage(crash, hands, who))
    fired = asyncio.ensure_future(crash.wire.fired.wait())
    await asyncio.wait((running, fired), return_when=asyncio.FIRST_COMPLETED)
    if not deadly:
        # The process lives on: what it does about the trouble is its own business.
        await asyncio.wait((running,), timeout=10)
    for task in (running, fired):
        task.cancel()
    await asyncio.gather(running, fired, return_exceptions=True)
    await hands.die()
    await database.close(0.1)


# --- The provider's edge -----------------------------------------------------------------------


@pytest.mark.parametrize("taken", [True, False])
async def test_a_connection_cut_at_the_provider_doubles_and_loses_nothing(
    crash: Crash, taken: bool
) -> None:
    """For each of the messages in turn."""
    for place in range(len(HEARD)):
        who = crash.customer()
        fine = (Trouble("slow", to=f"+{who}"),) * place
        crash.town.graph.trouble(*fine, Trouble("cut", to=f"+{who}", taken=taken))
        for _ in range(2):
            await recover(crash, who)
        await crash.tell_statuses(who)
        await crash.healthy(lambda hands: hands.until_quiet())
        if await crash.town.value("SELECT count(*) FROM outbox"):
            await settle_by_policy(crash)
        await same_as_ever(crash, who, f"message {place}")
