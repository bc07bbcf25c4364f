"""The database behind a command: the one in the settings, or that of the product that runs here.

Commands work beside a running product and never start one: what they change acts within a second.
"""

import argparse
import asyncio
import fcntl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from flowengine.store.auditing import COMMAND
from flowengine.store.database import Database, Transaction
from flowengine.store.embedded import Address, find
from flowengine.store.errors import StoreError
from flowengine.store.schema import is_current
from flowengine.store.tenants import Tenant, tenant_by_slug, tenants
from flowengine.store.trouble import is_passing
from flowengine.store.vault import Vault
from web.commands.output import CommandError, bad_usage
from web.commands.running import read_note
from workers.database import open_database
from workers.secret_key import secret_keys
from workers.settings import Settings, SettingsError, read_settings

PATIENCE = 60.0
"""Seconds that a command waits for a product that is just starting."""


class Opened(Struct, frozen=True):
    """What a command works with, and for which workspace."""

    settings: Settings
    database: Database
    vault: Vault
    tenant: Tenant


WRONG_ADDRESS = frozenset(
    {
        "ClientConfigurationError",
        "InvalidAuthorizationSpecificationError",
        "InvalidCatalogNameError",
        "InvalidPasswordError",
        "InsufficientPrivilegeError",
    }
)
"""What a driver says of an address that leads nowhere or to a role that may not."""


def database_trouble(error: Exception) -> str | None:
    """What to tell people of an error that is the database's or its address's; else None."""
    if is_passing(error):
        return f"the database does not answer: {error}"
    if type(error).__name__ in WRONG_ADDRESS:
        first = "; run `flowengine migrate` first" if "flow_w" in str(error) else ""
        return f"FLOWENGINE_DATABASE_URL: {error}{first}"
    return None


def configure_store(parser: argparse.ArgumentParser) -> None:
    """The options that all commands on a workspace have."""
    parser.add_argument("--tenant", metavar="SLUG", help="the workspace, where there are several")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def settings_or_refuse() -> Settings:
    """The settings of the environment; a wrong one is bad usage."""
    try:
        return read_settings()
    except SettingsError as error:
        raise bad_usage(str(error)) from None


def shared_settings(name: str) -> Settings:
    """The settings of a process that works beside others: it needs a database that they share."""
    settings = settings_or_refuse()
    if settings.embedded:
        raise bad_usage(
            f"FLOWENGINE_DATABASE_URL falta: `flowengine {name}` trabalha ao lado de outros"
            " processos. Para tudo em um processo só, use `flowengine up`"
        )
    return settings


class OpenedStore(Struct, frozen=True):
    """The database alone, for what is no single workspace's; `root`: where people reach us."""

    database: Database
    root: str


def run_on_store(body: Callable[[OpenedStore], Awaitable[int]]) -> int:
    """Runs `body` on the open database; its troubles become one sentence."""

    async def run() -> int:
        settings = settings_or_refuse()
        database = await _database(settings)
        database.actor = COMMAND
        note = None if settings.database_url else read_note(settings.data)
        own = note.address if note is not None else f"http://{settings.host}:{settings.port}"
        try:
            return await body(OpenedStore(database, settings.public_url or own))
        finally:
            await database.close()

    return _told(run)


def configure_json(parser: argparse.ArgumentParser) -> None:
    """The option of commands that are no workspace's."""
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run_opened(arguments: argparse.Namespace, body: Callable[[Opened], Awaitable[int]]) -> int:
    """Runs `body` on the open database; its troubles become one sentence."""

    async def run() -> int:
        async with _open(arguments.tenant) as opened:
            return await body(opened)

    return _told(run)


def _told(run: Callable[[], Coroutine[None, None, int]]) -> int:
    try:
        return asyncio.run(run())
    except SettingsError as error:
        raise bad_usage(str(error)) from None
    except StoreError as error:
        raise CommandError(str(error)) from None
    except Exception as error:
        trouble = database_trouble(error)
        if trouble is None:
            raise
        raise CommandError(trouble) from None


@asynccontextmanager
async def _open(slug: str | None) -> AsyncGenerator[Opened]:
    settings = settings_or_refuse()
    vault = Vault(secret_keys(settings)) if settings.database_url else None
    database = await _database(settings)
    database.actor = COMMAND
    try:
        async with database.worker() as transaction:
            tenant = await _tenant(transaction, slug)
        yield Opened(settings, database, vault or Vault(secret_keys(settings)), tenant)
    finally:
        await database.close()


async def _database(settings: Settings) -> Database:
    if settings.database_url is not None:
        return await open_database(settings)
    until = time.monotonic() + PATIENCE
    while True:
        address = find(settings.data)
        if address is not None and await _is_migrated(settings, address):
            web, worker = address.dsn("flow_web"), address.dsn("flow_worker")
            return await Database.open(web, worker, web_size=1, worker_size=2)
        if not _starting(settings.data) or time.monotonic() > until:
            raise CommandError(
                f"no product is running with the data folder {settings.data}:"
                " start it with `flowengine up`, or say FLOWENGINE_DATABASE_URL"
            )
        await asyncio.sleep(0.2)


async def _is_migrated(settings: Settings, address: Address) -> bool:
    """The product says so itself when it is ready; else the database has to be asked."""
    note = read_note(settings.data)
    if note is not None and note.stage == "ready":
        return True
    return await is_current(address.dsn("flow_worker"))


def _starting(data: Path) -> bool:
    """Whether a product has this data folder, though its database is not there yet."""
    try:
        with (data / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


async def _tenant(transaction: Transaction, slug: str | None) -> Tenant:
    if slug is not None:
        found = await tenant_by_slug(transaction, slug)
        if found is None:
            raise bad_usage(f"there is no workspace {slug!r}")
        return found
    every = list(await tenants(transaction))
    if not every:
        raise CommandError("there is no workspace yet")
    if len(every) > 1:
        raise bad_usage(f"say --tenant: {', '.join(each.slug for each in every)}")
    return every[0]
