"""The process of the production setting: `flowengine baileys`."""

import asyncio
import signal
from contextlib import AsyncExitStack

import structlog
import uvloop

from flowengine.store.vault import Vault
from workers.database import open_database, owner_address
from workers.handle import open_workers
from workers.linking.keeper import Linking
from workers.probes import Probes
from workers.secret_key import secret_keys
from workers.settings import Settings
from workers.waiting import until_ready

log = structlog.stdlib.get_logger()


def run_linking(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT, then put the sessions down; the exit code."""
    vault = Vault(secret_keys(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(link(settings, vault))


async def link(settings: Settings, vault: Vault) -> int:
    """The same on a running loop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)

    def tell(what: str) -> None:
        log.warning("baileys waits", what=what)

    probes = Probes(settings)
    await probes.start()
    if await until_ready(owner_address(settings), stopped, tell):
        async with AsyncExitStack() as stack:
            await _open(settings, vault, stack, probes)
            log.info("baileys started", address=settings.baileys_url)
            await stopped.wait()
            log.info("baileys stopping")
            probes.draining = True
    await probes.close()
    return 0


async def _open(settings: Settings, vault: Vault, stack: AsyncExitStack, probes: Probes) -> None:
    database = await open_database(settings)
    stack.push_async_callback(database.close)
    workers = await open_workers(settings, database, pumps=False)
    stack.push_async_callback(workers.stop)
    probes.opened(database, workers.scrape)
    linking = Linking(settings, database, vault)
    stack.push_async_callback(linking.stop)
    await linking.listen()
    linking.open(workers)
