"""Statuses come in any order, doubled, in any batches, side by side: the furthest one stands."""

import asyncio
import random

import pytest

from connectors.fake_graph.words import Ladder
from flowengine.store.statuses import RANKS
from tests.flowengine.playing import OI, text
from tests.workers.test_inbox import body, message, status
from tests.workers.town import Town

TOLD = ("sent", "delivered", "read", "failed")
"""What Cloud says of a message of ours."""


@pytest.mark.parametrize("seed", range(3))
async def test_the_furthest_status_stands_whatever_the_order(town: Town, seed: int) -> None:
    dice = random.Random(seed)
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", (OI, text("ola", "Olá")), ("oi > ola",))
    people = [f"55119{n:08d}" for n in range(80)]
    await town.deliver(body(town, [message(who, 1, "oi") for who in people]))
    await town.until(lambda: len(town.graph.sent) == len(people), 60)
    await town.quiet(60)
    wamids = [sent.wamid for sent in town.graph.sent]
    told = {wamid: dice.choices(TOLD, k=dice.randint(1, 6)) for wamid in wamids}
    events = [status(wamid, state) for wamid, states in told.items() for state in states]
    dice.shuffle(events)
    while events:
        batches = [[events.pop() for _ in range(min(len(events), dice.randint(1, 9)))]
                   for _ in range(6)]  # fmt: skip
        answers = await asyncio.gather(
            *(town.deliver(body(town, [], batch)) for batch in batches if batch)
        )
        assert set(answers) == {200}
    rows = await town.rows("SELECT provider_id, status FROM messages WHERE direction = 'out'")
    stands = {row["provider_id"]: row["status"] for row in rows}
    furthest = {wamid: max(("sent", *states), key=RANKS.index) for wamid, states in told.items()}
    assert {wamid: stands[wamid] for wamid in wamids} == furthest


@pytest.mark.parametrize("late", ["sent", "delivered"])
async def test_a_late_status_never_takes_back_a_read(town: Town, late: str) -> None:
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", (OI, text("ola", "Olá")), ("oi > ola",))
    town.say("oi")
    await town.hears("Olá", within=30)
    await town.quiet(30)
    wamid = town.graph.sent[0].wamid
    for state in ("read", late, late):
        assert await town.deliver(body(town, [], [status(wamid, state)])) == 200
    assert await town.value("SELECT status FROM messages WHERE direction = 'out'") == "read"
