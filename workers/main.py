"""The worker process of the production setting: `flowengine worker`.

Not the `dramatiq` command: there, a second SIGTERM leaves a process behind that goes on consuming.
Here a signal only sets an event, however often it comes.
"""

import asyncio
import signal

import structlog
import uvloop

from connectors.net import open_client
from workers.actors import register
from workers.broker import shared_broker
from workers.consuming import Consuming
from workers.database import open_database, owner_address
from workers.files import Files
from workers.garbage import settle_soon
from workers.metrics import Scrape
from workers.objects import open_objects
from workers.probes import Probes
from workers.settings import Settings
from workers.tracing import close_tracing, open_tracing
from workers.waiting import until_ready
from workers.working import Working

log = structlog.stdlib.get_logger()


def run_worker(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT, then drain; the exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work(settings))


async def work(settings: Settings, stop: asyncio.Event | None = None) -> int:
    """The same on a running loop; `stop` ends it too."""
    stopped = stop or asyncio.Event()
    _listen(stopped)
    open_tracing(settings, "worker")
    probes = Probes(settings)
    await probes.start()
    try:
        if await _ready(settings, stopped):
            await _work(settings, stopped, probes)
    finally:
        await probes.close()
        await asyncio.to_thread(close_tracing)
    log.info("worker stopped")
    return 0


async def _ready(settings: Settings, stopped: asyncio.Event) -> bool:
    """Waits for the database, and says so when what is waited for changes."""
    told = ""

    def tell(what: str) -> None:
        nonlocal told
        if what != told:
            log.warning("worker waits", what=what)
        told = what

    return await until_ready(owner_address(settings), stopped, tell)


async def _work(settings: Settings, stopped: asyncio.Event, probes: Probes) -> None:
    broker = shared_broker(settings)
    database = await open_database(settings)
    client = open_client(
        max_connections=settings.worker_concurrency * 2, allowed_hosts=settings.provider_hosts
    )
    working = Working(settings, database, client, Files(database, open_objects(settings)))
    consuming: Consuming | None = None
    try:
        await working.start()
        if broker is not None:
            register(broker, asyncio.get_running_loop(), working.pumps)
            consuming = Consuming(broker)
            await consuming.start()
        probes.opened(database, Scrape(database, dict))
        settle_soon()
        log.info("worker started", broker=type(broker).__name__ if broker else None)
        await stopped.wait()
        log.info("worker stopping")
    finally:
        probes.draining = True
        if consuming is not None:
            await consuming.stop()
        await working.stop()
        await client.aclose()
        await database.close()


def _listen(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
