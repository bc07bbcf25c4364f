"""The file of a backup: a zip with one entry a table (COPY's binary form), one a file of the object
store, and `manifest.json` last.

The manifest names each entry's SHA-256, so what was cut short, altered or lost is noticed before a
byte is restored. Reading it needs no program of PostgreSQL's: many servers have none.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from flowengine.store.errors import StoreError

FORMAT = "flowengine-backup/1"
MANIFEST = "manifest.json"
PIECE = 256 * 1024


class BadArchive(StoreError):
    """The file is no backup, or it is damaged, or it was made by a newer version."""


class Part(Struct, frozen=True):
    """One table: `entry` in the zip, its rows, and the SHA-256 of its bytes."""

    table: str
    entry: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


class KeptFile(Struct, frozen=True):
    """One file of the object store: `entry` in the zip, its place, and the SHA-256 of its bytes."""

    place: str
    entry: str
    size: int
    sha256: str


class Partition(Struct, frozen=True):
    """A month of a partitioned table; `bound` as PostgreSQL writes it."""

    parent: str
    name: str
    bound: str


class Manifest(Struct, frozen=True):
    """`revision`: of the schema. `key`: the name of the secret key that its secrets need.

    `missing`: files that the tables name and the object store did not have.
    """

    format: str
    made_at: datetime
    version: str
    revision: str
    server: int
    key: str
    parts: tuple[Part, ...]
    partitions: tuple[Partition, ...]
    files: tuple[KeptFile, ...] = ()
    missing: int = 0

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


Fill = Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[int]]
"""Hands the pieces of a table to its argument; gives the number of rows."""


class Writer:
    """Writes FILE.part, and calls it FILE only when all of it is on the disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._draft = file.with_name(file.name + ".part")
        self._draft.unlink(missing_ok=True)  # of a backup that was killed
        # Messages and media are in it: nobody else's business.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle = os.fdopen(os.open(self._draft, flags, 0o600), "wb")
        self._zip = zipfile.ZipFile(self._handle, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.parts: list[Part] = []
        self.files: list[KeptFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        if kind is not None:
            with suppress(Exception):  # the disk may be full
                self._zip.close()
            with suppress(OSError):
                self._handle.close()
            self._draft.unlink(missing_ok=True)

    async def add(self, table: str, columns: tuple[str, ...], fill: Fill) -> None:
        """One table, as `fill` brings it."""
        digest, size = hashlib.sha256(), 0
        name = f"tables/{table}.copy"
        with self._zip.open(name, "w", force_zip64=True) as entry:

            async def take(piece: bytes) -> None:
                nonlocal size
                digest.update(piece)
                size += len(piece)
                entry.write(piece)

            rows = await fill(take)
        self.parts.append(Part(table, name, columns, rows, size, digest.hexdigest()))

    async def add_file(self, place: str, pieces: AsyncIterator[bytes]) -> None:
        """One file of the object store."""
        digest, size = hashlib.sha256(), 0
        name = f"files/{place}"
        with self._zip.open(name, "w", force_zip64=True) as entry:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
                entry.write(piece)
        self.files.append(KeptFile(place, name, size, digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """The manifest, then the name."""
        self._zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        self._zip.close()
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._handle.close()
        self._draft.replace(self._file)


class Reader:
    """Reads an archive; `check` first. Raises `BadArchive`."""

    def __init__(self, file: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, EOFError) as error:
            raise BadArchive(f"{file} is no whole backup of Flowengine: {error}") from None
        self.file = file
        try:
            self.manifest = _manifest(file, self._zip.read(MANIFEST))
        except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
            self.close()
            raise BadArchive(f"{file} is no whole backup of Flowengine: {error}") from None
        except BadArchive:
            self.close()
            raise

    def close(self) -> None:
        self._zip.close()

    def check(self) -> None:
        """Read every byte and compare it with the manifest."""
        for part in (*self.manifest.parts, *self.manifest.files):
            digest = hashlib.sha256()
            try:
                with self._zip.open(part.entry) as entry:
                    while piece := entry.read(PIECE):
                        digest.update(piece)
            except Exception as error:  # zlib's, zipfile's, the disk's
                raise BadArchive(f"{self.file} is damaged at {part.entry}: {error}") from None
            if digest.hexdigest() != part.sha256:
                raise BadArchive(f"{self.file} is damaged: {part.entry} is not what was written")

    async def pieces(self, part: Part | KeptFile) -> AsyncGenerator[bytes]:
        """The bytes of a table, or of a file."""
        with self._zip.open(part.entry) as entry:
            while piece := entry.read(PIECE):
                yield piece


def _manifest(file: Path, raw: bytes) -> Manifest:
    try:
        known = msgspec.json.decode(raw, type=dict[str, object]).get("format")
        if known != FORMAT:
            raise BadArchive(
                f"{file} has the format {known}, and this version of Flowengine reads {FORMAT}:"
                " restore it with the version that made it"
            )
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BadArchive(f"{file}: its manifest cannot be read: {error}") from None
