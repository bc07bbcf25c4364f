"""The production setting: the web's handle here, workers in their own processes, Redis between."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis

from connectors.fake_graph.words import Ladder, Trouble
from tests.flowengine.playing import OI, ask, text
from tests.services import postgres as services
from tests.workers.plant import Plant, open_plant
from tests.workers.test_inbox import body, message
from tests.workers.town import ANA
from workers.pump import LISTENS

ASKS = (
    (
        OI,
        text("um", "Um"),
        ask("nome", "Nome?", save_as="nome"),
        text("fim", "Oi, {{ nome }}!"),
    ),
    ("oi > um", "um > nome", "nome:reply > fim"),
)
PATIENCE = 30
"""Seconds of a test's patience on a busy machine."""

FAR = 60
"""Seconds between two looks: so long that what comes within the patience was rung for."""


@pytest.fixture
async def plant(
    database: services.Database, redis_url: str, tmp_path: Path
) -> AsyncIterator[Plant]:
    async with open_plant(database, tmp_path, redis_url=redis_url, lease_seconds=2) as plant:
        yield plant


async def test_a_doorbell_wakes_the_worker(plant: Plant) -> None:
    """It looks by itself once a minute here: whatever is answered sooner was rung for."""
    town = plant.town
    plant.environment["FLOWENGINE_LOOK_SECONDS"] = "60"
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    await plant.worker()
    for number in range(5):
        who = f"55119{number:08d}"
        town.say("oi", who=who)
        await town.hears("Um", "Nome?", who=who, within=30)


async def test_a_worker_killed_between_the_200_and_the_reply_leaves_one_reply(
    plant: Plant,
) -> None:
    """kill -9 while Graph has taken the message and has not answered yet."""
    town = plant.town
    town.graph.ladder = Ladder(sent=1.0, delivered=1.2)
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    first = await plant.worker()
    town.graph.trouble(Trouble("slow", seconds=3))
    assert await town.deliver(body(town, [message(ANA, 1, "oi")])) == 200
    town.at_work.ring()
    await town.until(lambda: len(town.graph.sent) == 1)
    first.kill()
    await first.wait()
    assert await town.value("SELECT state FROM outbox ORDER BY seq, pos LIMIT 1") == "sending"
    await plant.worker()
    await town.hears("Um", "Nome?", within=15)
    await asyncio.sleep(2.5)
    assert town.heard() == ["Um", "Nome?"]


async def test_a_worker_killed_before_it_began_leaves_one_reply(plant: Plant) -> None:
    town = plant.town
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    assert await town.deliver(body(town, [message(ANA, 1, "oi")])) == 200
    first = await plant.worker()
    first.kill()
    await first.wait()
    await plant.worker()
    await town.hears("Um", "Nome?", within=20)
    await asyncio.sleep(1)
    assert town.heard() == ["Um", "Nome?"]


async def test_without_a_doorbell_the_worker_finds_it_by_its_own_look(
    plant: Plant, redis_url: str
) -> None:
    """The bound is the look's setting: what comes while Redis answers nobody is found by it."""
    town = plant.town
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    await plant.worker(FLOWENGINE_LOOK_SECONDS="0.5")
    town.say("oi")
    await town.hears("Um", "Nome?", within=PATIENCE)
    # What a worker still looks for after a turn is over: from here only a ring or its look helps.
    await asyncio.sleep(LISTENS * 3)
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("CLIENT", "PAUSE", str(4 * PATIENCE * 1000), "WRITE")
        try:
            town.say("Ana")
            await town.hears("Um", "Nome?", "Oi, Ana!", within=PATIENCE)
            assert (await town.at_work.health())["doorbells_lost"]
        finally:
            client.execute_command("CLIENT", "UNPAUSE")


async def test_a_doorbell_is_heard_without_waiting_for_the_look(plant: Plant) -> None:
    """Far from its next look, a worker takes the turn because somebody rang."""
    town = plant.town
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    await plant.worker(FLOWENGINE_LOOK_SECONDS=str(FAR))
    for number in range(3):
        who = f"55119{number:08d}"
        await asyncio.sleep(LISTENS * 3)
        town.say("oi", who=who)
        await town.hears("Um", "Nome?", who=who, within=PATIENCE)


async def test_two_signals_in_a_row_are_a_clean_end(plant: Plant) -> None:
    town = plant.town
    town.graph.trouble(Trouble("slow", seconds=1.5))
    await town.publish("oi", *ASKS, variables=[{"name": "nome"}])
    process = await plant.worker()
    town.say("oi")
    await town.until(lambda: len(town.graph.sent) == 1)
    process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    # What was under way was finished and recorded; the rest waits for the next worker.
    assert await town.value("SELECT count(*) FROM outbox WHERE state <> 'queued'") == 0
    assert await town.value("SELECT status FROM messages WHERE text = 'Um'") in (
        "sent",
        "delivered",
    )
    await plant.worker()
    await town.hears("Um", "Nome?", within=15)
