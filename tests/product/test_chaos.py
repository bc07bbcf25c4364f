"""`flowengine chaos`, small enough for every pull request; `make deep` plays a larger one."""

import msgspec
import pytest

from tests.services.lacking import lacking
from web.commands.chaos_run import Outcome, Plan, run_chaos
from web.commands.output import CommandError

SMALL = Plan(
    conversations=8, seed=7, seconds=12, calm=90, workers=2, every=(1.5, 3.0), lease=2, unclear=8
)
LARGE = Plan(conversations=150, seed=11, seconds=120, calm=240)


async def play(plan: Plan) -> Outcome:
    try:
        return await run_chaos(plan)
    except CommandError as trouble:
        if "redis-server" in str(trouble):
            lacking(str(trouble))
        raise


def nothing_happened(outcome: Outcome) -> None:
    tally = outcome.tally
    assert not tally.faults, "\n".join(tally.faults)
    assert (tally.lost, tally.doubled, tally.out_of_order) == (0, 0, 0), outcome.figures
    assert tally.clean


@pytest.mark.redis
@pytest.mark.postgres
async def test_kills_and_a_bad_provider_change_no_transcript() -> None:
    outcome = await play(SMALL)
    nothing_happened(outcome)
    assert outcome.turns > 8
    assert outcome.kills > 0


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.parametrize("seed", [11, 12])
async def test_the_same_for_longer(seed: int) -> None:
    outcome = await play(msgspec.structs.replace(LARGE, seed=seed))
    nothing_happened(outcome)
    assert outcome.kills > 5
