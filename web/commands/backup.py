"""`flowengine backup FILE` and `flowengine restore FILE`: the database and its media, in one file.

The secret key is not in it: who finds the file cannot use the channels' tokens. It is kept apart
(`secret.key` of the data folder, or FLOWENGINE_SECRET_KEY), and a restore asks for the same one.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from flowengine.store.archive import BadArchive, Manifest, Reader
from flowengine.store.backup import OpenPlace, back_up
from flowengine.store.embedded import AlreadyRunning, Embedded, NotStarted, find
from flowengine.store.errors import StoreError
from flowengine.store.restore import restore
from flowengine.store.resuming import Settled
from flowengine.store.vault import Vault
from web.commands.opened import database_trouble, settings_or_refuse
from web.commands.output import CommandError, bad_usage, json_line, text
from workers.database import migrate_database
from workers.objects import Missing, StorageAway, open_objects
from workers.secret_key import FILE, secret_key
from workers.settings import PREFIX, Settings, SettingsError


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Their arguments."""
    parser.set_defaults(name=name)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="JSON lines")
    if name == "backup":
        return
    parser.add_argument("--check", action="store_true", help="read the file only, restore nothing")
    parser.add_argument("--force", action="store_true", help="remove what the target holds")
    parser.add_argument(
        "--moved",
        action="store_true",
        help="the old product was stopped before the backup: what waits is sent",
    )
    parser.add_argument(
        "--other-key",
        action="store_true",
        help="go on without the old secret key: channels and secrets must be entered again",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints what is in the file, or a line of JSON that says so."""
    settings = settings_or_refuse()
    try:
        if arguments.name == "backup":
            return _back_up(settings, arguments)
        return _restore(settings, arguments)
    except SettingsError as error:
        raise bad_usage(str(error)) from None
    except BadArchive as error:
        raise CommandError(str(error), 2) from None
    except (AlreadyRunning, NotStarted, StoreError) as error:
        raise CommandError(str(error)) from None
    except StorageAway as error:
        raise CommandError(f"the files' store does not answer: {error}") from None
    except OSError as error:
        raise CommandError(f"{error.filename or arguments.file}: {error.strerror}") from None
    except Exception as error:
        trouble = database_trouble(error)
        if trouble is None:
            raise
        raise CommandError(trouble) from None


def _back_up(settings: Settings, arguments: argparse.Namespace) -> int:
    file: Path = arguments.file
    if file.exists():
        raise CommandError(f"{file} is there already: choose another name")
    if settings.embedded and not list(settings.data.glob("postgres-[0-9]*")):
        raise CommandError(f"the data folder {settings.data} holds no database")
    name = Vault([secret_key(settings)]).name

    def work(dsn: str) -> Awaitable[Manifest]:
        return back_up(
            dsn, file, version=version("flowengine"), key=name, open_place=found(settings)
        )

    with _owner(settings, beside=True) as dsn:
        manifest = asyncio.run(_awaited(work, dsn))
    size = file.stat().st_size
    if arguments.json:
        json_line({"file": str(file), "bytes": size, **_summary(manifest)})
        return 0
    text(
        f"{file}: {manifest.rows} rows of {len(manifest.parts)} tables and"
        f" {len(manifest.files)} files, {size} bytes."
    )
    _tell_missing(manifest)
    where = f"{settings.data / FILE}" if settings.secret_key is None else f"{PREFIX}SECRET_KEY"
    text(f"The secret key is not in it; keep it apart: {where} (key {manifest.key}).")
    return 0


def _restore(settings: Settings, arguments: argparse.Namespace) -> int:
    reader = Reader(arguments.file)
    try:
        reader.check()
        if arguments.check:
            return _checked(reader.manifest, arguments)
        if not arguments.other_key:
            _refuse_other_key(settings, reader.manifest)

        def work(dsn: str) -> Awaitable[Settled]:
            objects = open_objects(settings)
            if objects is None and reader.manifest.files:
                raise CommandError(f"the backup holds files: set {PREFIX}FILES_URL")
            write = objects.write if objects is not None else nothing
            return restore(
                dsn, reader, write_place=write, force=arguments.force, moved=arguments.moved
            )

        with _owner(settings, beside=False) as dsn:
            settled = asyncio.run(_awaited(work, dsn))
        if not settings.embedded:
            asyncio.run(migrate_database(settings))  # the roles' passwords
    finally:
        reader.close()
    _tell(reader.manifest, settled, arguments)
    return 0


async def nothing(_place: str, _pieces: AsyncIterator[bytes]) -> None:
    """Writes a file of a backup that has none."""


def found(settings: Settings) -> OpenPlace:
    """Opens files of the settings' object store."""
    objects = open_objects(settings)

    async def open_place(place: str) -> AsyncIterator[bytes] | None:
        try:
            return None if objects is None else await objects.read(place)
        except Missing:
            return None

    return open_place


T = TypeVar("T")


async def _awaited(work: Callable[[str], Awaitable[T]], dsn: str) -> T:
    return await work(dsn)


@contextmanager
def _owner(settings: Settings, beside: bool) -> Generator[str]:
    """The owner's address. `beside`: of the embedded product that runs, where it does."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    running = find(settings.data) if beside else None
    if running is not None:
        yield running.dsn()
        return
    embedded = Embedded.start(settings.data)
    try:
        yield embedded.dsn()
    finally:
        embedded.stop()


def _refuse_other_key(settings: Settings, manifest: Manifest) -> None:
    """Before anything is changed: without its key a backup has channels that cannot speak."""
    given = settings.secret_key is not None or (settings.data / FILE).exists()
    if given and Vault([secret_key(settings)]).name == manifest.key:
        return
    mend = (
        f"copy {FILE} of the old data folder to {settings.data / FILE}"
        if settings.embedded
        else f"set {PREFIX}SECRET_KEY to the old one"
    )
    raise CommandError(
        f"the backup needs the secret key {manifest.key}, and it is not the one here: {mend},"
        " or use --other-key and enter channels and secrets again"
    )


def _checked(manifest: Manifest, arguments: argparse.Namespace) -> int:
    if arguments.json:
        json_line({"whole": True, **_summary(manifest)})
    else:
        text(f"Whole: {manifest.rows} rows of {len(manifest.parts)} tables, {manifest.made_at}.")
    return 0


def _tell(manifest: Manifest, settled: Settled, arguments: argparse.Namespace) -> None:
    if arguments.json:
        json_line(
            {
                **_summary(manifest),
                "flagged_sends": settled.sends,
                "interrupted_calls": settled.calls,
                "skipped": settled.skipped,
            }
        )
        return
    text(f"Restored {manifest.rows} rows, as of {manifest.made_at}.")
    if settled.sends:
        text(f"{settled.sends} messages waited then and may have left since: they are among the")
        text("dead letters, and nothing is sent again by itself.")
    if settled.skipped:
        text(f"{settled.skipped} planned starts and messages fell due meanwhile: skipped.")
    _tell_missing(manifest)
    text("Everybody signs in again.")


def _tell_missing(manifest: Manifest) -> None:
    if manifest.missing:
        text(f"{manifest.missing} files are NOT in it: the tables name them, and the object store")
        text(f"that {PREFIX}FILES_URL names does not have them (or it is not set here).")


def _summary(manifest: Manifest) -> dict[str, object]:
    return {
        "rows": manifest.rows,
        "tables": len(manifest.parts),
        "files": len(manifest.files),
        "missing_files": manifest.missing,
        "made_at": manifest.made_at,
        "version": manifest.version,
        "revision": manifest.revision,
        "key": manifest.key,
    }
