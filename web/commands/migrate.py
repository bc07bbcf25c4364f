"""`flowengine migrate`: the database's tables, brought up to date."""

import argparse
import asyncio

from flowengine.store.embedded import AlreadyRunning, Embedded, NotStarted, find
from flowengine.store.migrate import upgrade
from flowengine.store.trouble import is_passing
from web.commands.opened import settings_or_refuse
from web.commands.output import CommandError, bad_usage, json_line, text
from workers.database import migrate_database
from workers.settings import Settings, SettingsError


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """Migrates the settings' database, or the embedded one, running or not."""
    settings = settings_or_refuse()
    try:
        if settings.embedded:
            _embedded(settings)
        else:
            asyncio.run(migrate_database(settings))
    except SettingsError as error:
        raise bad_usage(str(error)) from None
    except (AlreadyRunning, NotStarted) as error:
        raise CommandError(str(error)) from None
    except Exception as error:
        if is_passing(error):
            raise CommandError(f"the database does not answer: {error}") from None
        raise
    if arguments.json:
        json_line({"migrated": True})
    else:
        text("The tables are up to date.")
    return 0


def _embedded(settings: Settings) -> None:
    running = find(settings.data)
    if running is not None:
        asyncio.run(upgrade(running.dsn()))
        return
    embedded = Embedded.start(settings.data)
    try:
        asyncio.run(upgrade(embedded.dsn()))
    finally:
        embedded.stop()
