"""What `flowengine up` opens behind the port, in this order; it is closed in the other one.

PostgreSQL, tables, the first workspace, the simulated network, workers.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from msgspec import Struct

from connectors.net import guarded_client, open_client
from connectors.simulator import Network
from flowengine.store.database import Database
from flowengine.store.embedded import AlreadyRunning, Embedded, NotStarted
from flowengine.store.migrate import upgrade
from flowengine.store.vault import Vault
from flowengine.zones import zone
from web.commands.demo import demo_workspace, make_first_workspace
from web.commands.numbers import open_numbers
from web.commands.owner import sign_in_path
from web.commands.running import read_note, remove_note, write_note
from web.commands.shop import SHOP_ZONE, Shop, point_to_shop
from web.limits import open_limits
from web.runtime import Boot, Services
from web.tokens import Signer
from workers.database import migrate_database, open_database
from workers.handle import open_workers
from workers.linking import Linking
from workers.secret_key import secret_keys
from workers.settings import Settings

PATIENCE = 90.0
"""Seconds that a start waits for the last product, where that one is stopping."""

LOOK = 1.0


class Place(Struct, frozen=True):
    """Where this process is reached: `loopback` by itself, `public` by people."""

    loopback: str
    public: str


class Product(Struct, frozen=True):
    """What was opened: the sign-in link, and PostgreSQL where it is ours."""

    link: str
    embedded: Embedded | None = None

    async def fallen(self) -> None:
        """Raises `NotStarted` when PostgreSQL ends by itself; without our own it never returns."""
        if self.embedded is None:
            await asyncio.Event().wait()
            return
        while not await asyncio.to_thread(self.embedded.wait, LOOK):
            pass
        raise NotStarted(f"O PostgreSQL parou sozinho:\n{self.embedded.last_words()}")


async def open_product(
    settings: Settings, boot: Boot, place: Place, stack: AsyncExitStack
) -> Product:
    """Opens everything; `stack` closes it. Raises `NotStarted`, `SettingsError`."""
    embedded = await _database_server(settings, boot, place, stack)
    boot.stage = "Atualizando as tabelas."
    database = await _database(settings, embedded)
    stack.push_async_callback(database.close)
    vault = Vault(secret_keys(settings))
    boot.stage = "Abrindo o espaço de trabalho."
    await make_first_workspace(database, vault, place.loopback)
    settings = await _open_shop(settings, database, stack)
    linking = Linking(settings, database, vault)
    await linking.listen()
    stack.push_async_callback(linking.stop)
    # The simulated network is this very process, and so is what links phones.
    own = (place.loopback.partition("://")[2], linking.host)
    client = open_client(allowed_hosts=(*settings.provider_hosts, *own))
    stack.push_async_callback(client.aclose)
    network = Network(client)
    stack.callback(network.close)
    await open_numbers(database, vault, network, place.loopback)
    workers = await open_workers(settings, database, pumps=True, client=client)
    stack.push_async_callback(workers.stop)
    linking.open(workers)
    stack.push_async_callback(linking.stop)  # while there is still somebody to tell
    limits = open_limits(settings)
    stack.push_async_callback(limits.close)
    signer = Signer(secret_keys(settings))
    guarded = guarded_client(settings.allowed_http_hosts)
    stack.push_async_callback(guarded.aclose)
    boot.open(Services(database, vault, workers, client, guarded, signer, limits, network))
    if embedded is not None:
        write_note(settings.data, place.loopback, "ready")
    return Product(place.public + await sign_in_path(database), embedded)


async def _open_shop(settings: Settings, database: Database, stack: AsyncExitStack) -> Settings:
    """Where there is the demo workspace, its pet shop's own system runs too, and may be called."""
    tenant = await demo_workspace(database)
    if tenant is None:
        return settings
    shop = Shop(lambda: datetime.now(UTC), zone(SHOP_ZONE))
    address = await shop.start()
    stack.push_async_callback(shop.close)
    await point_to_shop(database, tenant, address)
    hosts = (*settings.allowed_http_hosts, address.removeprefix("http://"))
    return settings.model_copy(update={"allowed_http_hosts": hosts})


async def _database_server(
    settings: Settings, boot: Boot, place: Place, stack: AsyncExitStack
) -> Embedded | None:
    if not settings.embedded:
        return None
    embedded = await _start(settings, boot)
    stack.push_async_callback(asyncio.to_thread, embedded.stop)
    stack.callback(remove_note, settings.data)
    write_note(settings.data, place.loopback)
    stack.callback(write_note, settings.data, place.loopback, "stopping")
    return embedded


async def _start(settings: Settings, boot: Boot) -> Embedded:
    """Starts PostgreSQL; a product that is on its way out is waited for."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await _started(settings)
        except AlreadyRunning as error:
            other = read_note(settings.data)
            if other is not None and other.stage != "stopping":
                raise NotStarted(
                    f"O Flowengine já está rodando com a pasta {settings.data}: {other.address}"
                ) from None
            if time.monotonic() > until:
                raise NotStarted(str(error)) from None
            boot.stage = "Esperando o Flowengine anterior terminar."
            await asyncio.sleep(0.5)


async def _started(settings: Settings) -> Embedded:
    """A start that is broken off is let finish, then stopped: PostgreSQL must not stay behind."""
    starting = asyncio.ensure_future(asyncio.to_thread(Embedded.start, settings.data))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        embedded = await starting
        await asyncio.to_thread(embedded.stop)
        raise


async def _database(settings: Settings, embedded: Embedded | None) -> Database:
    """Brought up to date, then opened."""
    if embedded is None:
        await migrate_database(settings)
        return await open_database(settings, web_size=4)
    await upgrade(embedded.dsn())
    web, worker = embedded.dsn("flow_web"), embedded.dsn("flow_worker")
    return await Database.open(web, worker, worker_size=settings.database_pool)
