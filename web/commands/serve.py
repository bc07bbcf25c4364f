"""`flowengine web`: a web process of the production setting."""

import argparse
import asyncio
from contextlib import AsyncExitStack

import structlog
import uvloop

from connectors.net import guarded_client, open_client
from flowengine.store.vault import Vault
from web.app import create_app
from web.commands.listening import address, listen_for_stop, make_server, open_socket
from web.commands.logs import configure_logs
from web.commands.making import make_runtime
from web.commands.opened import database_trouble, shared_settings
from web.commands.output import CommandError, bad_usage
from web.limits import open_limits
from web.runtime import Boot, Services
from web.tokens import Signer
from workers.database import open_database
from workers.garbage import settle_soon
from workers.handle import open_workers
from workers.secret_key import secret_keys
from workers.settings import Settings, SettingsError
from workers.tracing import close_tracing, open_tracing
from workers.waiting import AWAY, OLD, until_ready

log = structlog.stdlib.get_logger()

STAGES = {
    OLD: "Esperando as tabelas: rode `flowengine migrate`.",
    AWAY: "Esperando o banco de dados responder.",
}


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """It has no arguments: all is in the settings."""


def run(arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = shared_settings("web")
    configure_logs(settings)
    try:
        vault = Vault(secret_keys(settings))
    except SettingsError as error:
        raise bad_usage(str(error)) from None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, vault))


async def _serve(settings: Settings, vault: Vault) -> int:
    """The port first; then the database, as soon as `flowengine migrate` has been there."""
    stop = asyncio.Event()
    listen_for_stop(stop)
    listener = open_socket(settings.host, settings.port)
    where = address(listener)
    boot = Boot("Esperando o banco de dados.")
    runtime = make_runtime(settings, boot, embedded=False)
    open_tracing(settings, "web")
    server = make_server(create_app(runtime), settings.trusted_proxies)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("web listening", address=where)
    try:
        async with AsyncExitStack() as stack:
            if await _migrated(settings, boot, stop):
                boot.open(await _services(settings, vault, stack))
                settle_soon()
                log.info("web ready", address=where)
            await stop.wait()
            log.info("web stopping")
            boot.close()
    finally:
        server.should_exit = True
        await serving
        await asyncio.to_thread(close_tracing)
    return 0


async def _services(settings: Settings, vault: Vault, stack: AsyncExitStack) -> Services:
    database = await open_database(settings, web_size=4)
    stack.push_async_callback(database.close)
    client = open_client(allowed_hosts=settings.provider_hosts)
    stack.push_async_callback(client.aclose)
    workers = await open_workers(settings, database, pumps=False, client=client)
    stack.push_async_callback(workers.stop)
    limits = open_limits(settings)
    stack.push_async_callback(limits.close)
    guarded = guarded_client(settings.allowed_http_hosts)
    stack.push_async_callback(guarded.aclose)
    signer = Signer(secret_keys(settings))
    return Services(database, vault, workers, client, guarded, signer, limits)


async def _migrated(settings: Settings, boot: Boot, stop: asyncio.Event) -> bool:
    """Waits until the database answers and its tables are today's; False where it shall stop."""
    url = settings.database_url
    if url is None:
        raise CommandError("FLOWENGINE_DATABASE_URL is missing")

    def tell(what: str) -> None:
        boot.stage = STAGES[what]

    try:
        return await until_ready(url.get_secret_value(), stop, tell)
    except Exception as error:
        trouble = database_trouble(error)
        if trouble is None:
            raise
        raise CommandError(trouble) from None
