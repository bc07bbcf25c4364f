"""`flowengine migrate`: the database's tables brought up to date; an owner for a new one."""

import argparse
import asyncio
from collections.abc import Callable

from flowengine.store.database import Database
from flowengine.store.embedded import AlreadyRunning, Embedded, NotStarted, find
from flowengine.store.migrate import upgrade
from flowengine.store.resealing import reseal
from flowengine.store.vault import Vault
from web.commands.opened import database_trouble, settings_or_refuse
from web.commands.output import CommandError, bad_usage, json_line, text
from web.commands.owner import make_owner, sign_in_path
from workers.database import migrate_database, open_database
from workers.secret_key import secret_keys
from workers.settings import Settings, SettingsError


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument(
        "--owner", metavar="EMAIL", help="who owns the workspace; prints a one-time sign-in link"
    )
    parser.add_argument("--workspace-name", default="Meu espaço", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """Migrates the settings' database, or the embedded one, running or not."""
    settings = settings_or_refuse()
    if arguments.owner and "@" not in arguments.owner:
        raise bad_usage(f"--owner: {arguments.owner!r} is no e-mail address")
    try:
        if settings.embedded:
            link = _embedded(settings, arguments)
        else:
            link = asyncio.run(_shared(settings, arguments))
    except SettingsError as error:
        raise bad_usage(str(error)) from None
    except (AlreadyRunning, NotStarted) as error:
        raise CommandError(str(error)) from None
    except Exception as error:
        trouble = database_trouble(error)
        if trouble is None:
            raise
        raise CommandError(trouble) from None
    _show(arguments.json, link)
    return 0


async def _shared(settings: Settings, arguments: argparse.Namespace) -> str:
    await migrate_database(settings)
    return await _owner(await open_database(settings), settings, arguments)


def _embedded(settings: Settings, arguments: argparse.Namespace) -> str:
    running = find(settings.data)
    if running is not None:
        return asyncio.run(_own(settings, arguments, running.dsn))
    embedded = Embedded.start(settings.data)
    try:
        return asyncio.run(_own(settings, arguments, embedded.dsn))
    finally:
        embedded.stop()


async def _own(settings: Settings, arguments: argparse.Namespace, dsn: Callable[..., str]) -> str:
    await upgrade(dsn())
    database = await Database.open(dsn("flow_web"), dsn("flow_worker"), web_size=1, worker_size=2)
    return await _owner(database, settings, arguments)


async def _owner(database: Database, settings: Settings, arguments: argparse.Namespace) -> str:
    try:
        if settings.old_secret_keys:
            async with database.worker() as transaction:
                await reseal(transaction, Vault(secret_keys(settings)))
        if not arguments.owner:
            return ""
        await make_owner(database, arguments.owner, arguments.workspace_name)
        root = settings.public_url or f"http://{settings.host}:{settings.port}"
        return root + await sign_in_path(database, arguments.owner)
    finally:
        await database.close()


def _show(as_json: bool, link: str) -> None:
    if as_json:
        json_line({"migrated": True, **({"sign_in": link} if link else {})})
        return
    text("The tables are up to date.")
    if link:
        text(f"Sign in (once, within a day): {link}")
