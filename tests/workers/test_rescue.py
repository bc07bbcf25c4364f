"""A stored state that cannot be read: tried again, then a person has the conversation."""

import asyncio

import pytest

from tests.workers.test_people import ASKS, VARIABLES
from tests.workers.town import Town


@pytest.mark.parametrize(
    "spoil",
    ["UPDATE execution_state SET state = 'x'", "UPDATE conversations SET state = 'x'"],
)
async def test_a_state_that_cannot_be_read_is_moved_past(town: Town, spoil: str) -> None:
    """RUNTIME 10: after three failures a person has it, and it fails no more."""
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    await town.run(spoil)
    town.say("Ana")
    assert town.workers is not None
    for _ in range(100):
        if await town.value("SELECT owner = 'queue' AND failures = 0 FROM conversations"):
            break
        await asyncio.sleep(0.4)
        await town.run("UPDATE conversations SET work_at = now() WHERE failures > 0")
        town.workers.ring()
    assert await town.value("SELECT owner = 'queue' AND failures = 0 FROM conversations")
    await town.quiet()
    assert await town.value("SELECT status FROM executions") == "failed"
    assert await town.value("SELECT count(*) FROM wakes") == 0
