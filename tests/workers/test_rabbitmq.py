"""RabbitMQ in Redis' place: doorbells arrive, are not heaped up, and may be lost."""

import asyncio
import threading
from pathlib import Path

import dramatiq
import pytest

from tests.flowengine.playing import OI, text
from tests.services import postgres as services
from tests.web.living import wait_for
from tests.workers.plant import open_plant
from tests.workers.town import KEY
from workers.actors import QUEUES, TURNS, doorbell
from workers.bells import Bells
from workers.broker import MOST_WAITING, rabbitmq_broker, shared_broker, waiting
from workers.broker_health import broker_health
from workers.consuming import Consuming
from workers.settings import read_settings

pytest_plugins = ["tests.services.rabbitmq"]


@pytest.mark.slow
async def test_doorbells_are_counted_and_not_heaped_up(rabbitmq_url: str, tmp_path: Path) -> None:
    broker = rabbitmq_broker(rabbitmq_url)
    bells = Bells(broker)
    bells.start()
    try:
        for _ in range(MOST_WAITING * 2):
            bells.ring(TURNS)
            await asyncio.sleep(0.005)
        await wait_for(lambda: asyncio.to_thread(waiting, broker, TURNS), 30)
        assert 1 <= await asyncio.to_thread(waiting, broker, TURNS) <= MOST_WAITING
        assert bells.failures == 0
    finally:
        await bells.stop()
        await asyncio.to_thread(broker.flush, TURNS)
        broker.close()


@pytest.mark.slow
async def test_a_doorbell_reaches_its_actor(rabbitmq_url: str) -> None:
    broker, rung = rabbitmq_broker(rabbitmq_url), threading.Event()
    for queue in QUEUES:
        dramatiq.Actor(
            rung.set, broker=broker, actor_name=queue, queue_name=queue, priority=0, options={}
        )
    consuming = Consuming(broker)
    await consuming.start()
    try:
        await asyncio.to_thread(broker.enqueue, doorbell(TURNS))
        assert await asyncio.to_thread(rung.wait, 30)
    finally:
        await consuming.stop()
        await asyncio.to_thread(broker.close)


@pytest.mark.slow
async def test_workers_are_woken_by_rabbitmq(
    rabbitmq_url: str, database: services.Database, tmp_path: Path
) -> None:
    settings = {"broker_url": rabbitmq_url, "lease_seconds": 2}
    async with open_plant(database, tmp_path, **settings) as plant:
        town = plant.town
        await town.publish("oi", (OI, text("um", "Um")), ("oi > um",))
        await plant.worker()
        for number in range(3):
            who = f"55119{number:08d}"
            town.say("oi", who=who)
            await town.hears("Um", who=who, within=30)
        assert town.workers is not None
        assert (await town.workers.broker_health())["status"] == "ok"
        assert (await town.workers.health())["doorbells_lost"] == 0


async def test_a_broker_that_is_away_is_said_to_be() -> None:
    settings = read_settings({}, broker_url="amqp://guest:guest@127.0.0.1:1/", secret_key=KEY)
    said = await broker_health(settings, shared_broker(settings))
    assert said["status"] == "away"
