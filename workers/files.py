"""`Files`: what a workspace keeps, put into the object store and taken out of it, piece by piece.

Bytes first, then the row that names them, so a row never names what is not there. What dies in
between leaves a note of the place (`store/assets.py`), and `tidying.py` removes what is there.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from connectors.base import File
from flowengine.store import assets
from flowengine.store.assets import Asset, StoredAsset
from flowengine.store.database import Database
from workers.objects import Missing, Objects, StorageAway
from workers.spool import PIECE, SMALL, Spool, TooLarge

MOST_IN_DATABASE = 16 * 1024 * 1024
MOST = 100 * 1024 * 1024
"""Bytes of one file: no provider takes or brings larger ones."""


class OpenFile(Struct, frozen=True):
    """A kept file. `pieces` are read once."""

    mime: str
    name: str
    size: int
    pieces: AsyncIterator[bytes]


class Stored(Struct, frozen=True):
    """Where bytes were put; `data`: nowhere yet, they go into the row itself."""

    place: str
    data: bytes | None = None


class Files:
    """One per process. Without `objects` bytes are kept in the database."""

    def __init__(self, database: Database, objects: Objects | None) -> None:
        self._database = database
        self.objects = objects

    async def keep(
        self, tenant: UUID, spool: Spool, name: str = "", said: str = "", origin: str = "made"
    ) -> Asset:
        """Keep what was spooled; the same bytes are kept once. Its type is told by its bytes.

        `said`: the type that whoever brought it says. Raises `StorageAway`.
        """
        asset = describe(spool, name, said)
        stored = await self.store(tenant, spool)
        async with self._database.worker(tenant) as transaction:
            await assets.put_asset(transaction, stored.place, asset, origin, stored.data)
        return asset

    async def store(self, tenant: UUID, spool: Spool) -> Stored:
        """Write what was spooled to a new place; whoever calls writes the row that names it.

        Raises `StorageAway`, and `TooLarge` where only the database is there to take it.
        """
        if self.objects is None:
            if spool.size > MOST_IN_DATABASE:
                raise TooLarge(f"at most {MOST_IN_DATABASE} bytes without an object store")
            return Stored("", b"".join([piece async for piece in spool.pieces()]))
        async with self._database.worker(tenant) as transaction:
            place = await assets.reserve(transaction)
        await self.objects.write(place, spool.pieces())
        return Stored(place)

    async def open(
        self, tenant: UUID, digest: str, begin: int = 0, end: int | None = None
    ) -> OpenFile | None:
        """A file of this workspace from byte `begin` up to `end`; None where there is none.

        `size` is that of the whole. Raises `StorageAway`.
        """
        found = await self.find(tenant, digest)
        return None if found is None else await self.read(found, begin, end)

    async def find(self, tenant: UUID, digest: str) -> StoredAsset | None:
        """What is known of a file of this workspace."""
        async with self._database.worker(tenant) as transaction:
            return await assets.asset(transaction, digest)

    async def read(
        self, found: StoredAsset, begin: int = 0, end: int | None = None
    ) -> OpenFile | None:
        """The same of one that was found; None where its bytes are gone by now."""
        if found.data is not None:
            pieces = _cut(found.data[begin:end])
        elif self.objects is None:
            raise StorageAway("files are in an object store that is not set")
        else:
            try:
                pieces = await self.objects.read(found.place, begin, end)
            except Missing:
                return None
        return OpenFile(found.mime, found.name, found.size, pieces)

    async def for_sending(self, tenant: UUID, digest: str) -> File | None:
        """A file as connectors take it: whole where it is small, else its beginning and a way to
        read all of it. Raises `StorageAway`."""
        found = await self.find(tenant, digest)
        if found is None:
            return None
        small = found.size <= SMALL
        opened = await self.read(found, 0, None if small else PIECE)
        if opened is None:
            return None
        data = b"".join([piece async for piece in opened.pieces])
        if small:
            return File(found.mime, data, found.name)

        async def parts() -> AsyncIterator[bytes]:
            again = await self.read(found, 0, None)
            if again is not None:
                async for piece in again.pieces:
                    yield piece

        return File(found.mime, data, found.name, found.size, parts)


def describe(spool: Spool, name: str, said: str) -> Asset:
    """The row of what was spooled."""
    mime = spool.kind(said, name)
    return Asset(spool.hash, mime, spool.size, name[:200], datetime.now(UTC))


async def _cut(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]
