"""Where bytes of files are kept: a folder of this machine, or a bucket at S3, Google or Azure.

Where neither is set and there are several processes, they stay in the database (`files.py`).

A key is a place of `flowengine.store.assets`. What is read and written goes by in pieces: no file
is ever whole in memory.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from workers.settings import Settings, SettingsError

FOLDER = "files"
"""The folder in the data folder, where no address is given."""

PIECE = 256 * 1024
"""Bytes that are read at once."""

PART = 8 * 1024 * 1024
"""Bytes of one part of a large upload: S3 takes none below 5 MB."""

_OPTIONS: dict[str, Any] = {"timeout": "300s", "connect_timeout": "10s"}
RETRIES = 3


class StorageAway(Exception):
    """The object store does not answer, or does not let us in; the text is without secrets."""


class Missing(Exception):
    """There is nothing at this place."""


class Objects:
    """One per process. Raises `StorageAway` and `Missing`, nothing of the store's own."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    async def write(self, place: str, parts: AsyncIterator[bytes]) -> None:
        """Write an object, durable when it returns."""
        try:
            await obstore.put_async(self._store, place, parts, chunk_size=PART, max_concurrency=2)
        except (BaseError, OSError) as error:
            raise _away(error) from None
        if self._folder is not None:
            await asyncio.to_thread(_flush, self._folder, place)

    async def read(
        self, place: str, begin: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """An object's bytes from `begin` up to `end`, in pieces; found before this returns."""
        options: Any = {}
        if begin or end is not None:
            options = {"range": (begin, end) if end is not None else {"offset": begin}}
        try:
            found = await obstore.get_async(self._store, place, options=options)
        except FileNotFoundError:
            raise Missing(place) from None
        except (BaseError, OSError) as error:
            raise _away(error) from None
        return _pieces(found.stream(min_chunk_size=PIECE))

    async def remove(self, place: str) -> None:
        """Delete an object; it may be gone already."""
        try:
            await obstore.delete_async(self._store, place)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from None


async def _pieces(stream: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    try:
        async for piece in stream:
            yield bytes(piece)
    except (BaseError, OSError) as error:
        raise _away(error) from None


def open_objects(settings: Settings, retries: int = RETRIES) -> Objects | None:
    """By the settings; None: files stay in the database. Nothing is asked of it yet.

    Several processes need not share a data folder (a container's is gone with it), so theirs is
    never used by itself. Raises `SettingsError`.
    """
    if settings.files_url is None:
        return _folder(settings.data / FOLDER) if settings.embedded else None
    url = settings.files_url.get_secret_value()
    if url.startswith("file:"):
        return _folder(Path(unquote(urlsplit(url).path) or "/"))
    try:
        return Objects(_bucket(settings, url, retries))
    except (BaseError, ValueError, TypeError) as error:
        raise SettingsError(
            f"FLOWENGINE_FILES_URL não serve: {type(error).__name__}. Use s3://balde/pasta, "
            "gs://balde/pasta ou az://balde/pasta."
        ) from None


def _folder(path: Path) -> Objects:
    folder = path.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"A pasta {folder} dos arquivos não serve: {error.strerror}.") from None
    return Objects(LocalStore(folder), folder)


def _bucket(settings: Settings, url: str, retries: int) -> ObjectStore:
    """What is not set is found by the provider's own ways: its variables, the machine's role."""
    kind = urlsplit(url).scheme
    secret = settings.files_secret.get_secret_value() if settings.files_secret else ""
    known: dict[str, Any] = {}
    if kind == "s3":
        key, _, word = secret.partition(":")
        known = {"access_key_id": key, "secret_access_key": word}
        known |= {"region": settings.files_region, "endpoint": settings.files_endpoint}
    elif kind == "gs":
        known = {"service_account_key": secret}
    else:
        account, _, word = secret.partition(":")
        known = {"account_name": account, "account_key": word}
        known |= {"endpoint": settings.files_endpoint}
    config: Any = {name: value for name, value in known.items() if value}
    options: Any = _OPTIONS | {"allow_http": settings.files_endpoint.startswith("http://")}
    again: Any = {"max_retries": retries}
    return from_url(url, config=config, client_options=options, retry_config=again)


def _flush(folder: Path, place: str) -> None:
    """The file, its name, and that of each folder above it are on the disk."""
    path = folder / place
    for each in (path, *(above for above in path.parents if above.is_relative_to(folder))):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _away(error: Exception) -> StorageAway:
    """Without the store's own words: they show addresses, and sometimes keys."""
    return StorageAway(type(error).__name__)
