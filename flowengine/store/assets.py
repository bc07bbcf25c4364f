"""Files of a workspace, by the hash of their bytes. The bytes are in an object store, at `place`.

A place is used once: a file that is kept anew after it was deleted gets another one, so that
removing what was dropped can never take a living file. Before bytes are written their place is
noted among the dropped files (`reserve`); the row that names it takes the note away. So whatever
dies in between, nothing is kept that no row names.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.ids import new_id
from flowengine.store.rows import plain, read, read_all
from flowengine.store.transaction import Transaction

_COLUMNS = "hash, mime, size, name, at"

RESERVED = timedelta(days=1)
"""How long bytes may be written before they count as left behind."""


HELD = timedelta(minutes=15)
"""How long a process may be at removing an object; then it is tried again."""


class Asset(Struct, frozen=True):
    """`hash` as flows name it, "sha256:…"; `size` in bytes."""

    hash: str
    mime: str
    size: int
    name: str
    at: datetime


class StoredAsset(Struct, frozen=True):
    """A file and where its bytes are: at `place`, or still in `data`."""

    hash: str
    mime: str
    name: str
    size: int
    place: str
    data: bytes | None


class Moving(Struct, frozen=True):
    """A file whose bytes are still in the database."""

    tenant_id: UUID
    hash: str
    data: bytes


class Dropped(Struct, frozen=True):
    """An object that nothing shows any more."""

    tenant_id: UUID
    place: str


async def reserve(transaction: Transaction) -> str:
    """A place for new bytes. Commit it before the first one is written."""
    place = f"{transaction.tenant}/{new_id()}"
    await transaction.run(
        "INSERT INTO dropped_files (tenant_id, place, due_at) VALUES ($1, $2, now() + $3)",
        transaction.tenant,
        place,
        RESERVED,
    )
    return place


async def put_asset(
    transaction: Transaction,
    place: str,
    asset: Asset,
    origin: str = "made",
    data: bytes | None = None,
) -> bool:
    """Keep a file whose bytes were written to `place`. Equal bytes are kept once: False where they
    are there already, and what is at `place` is not needed.

    `data`: the bytes themselves, where there is no object store; `place` is empty then.

    `origin`: made (by authors), sent (to one person), received (from one); the first of them that
    applies stays.
    """
    new = await transaction.value(
        """
        INSERT INTO assets (tenant_id, hash, mime, size, name, place, origin, data)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (tenant_id, hash) DO UPDATE SET at = now(),
            name = CASE WHEN assets.name = '' THEN excluded.name ELSE assets.name END,
            origin = CASE WHEN 'made' IN (assets.origin, excluded.origin) THEN 'made'
                          WHEN 'sent' IN (assets.origin, excluded.origin) THEN 'sent'
                          ELSE 'received' END
        RETURNING place = $6
        """,
        transaction.tenant,
        asset.hash,
        asset.mime,
        asset.size,
        plain(asset.name),
        place,
        origin,
        data,
    )
    if new:
        await transaction.run("DELETE FROM dropped_files WHERE place = $1", place)
    else:
        await transaction.run("UPDATE dropped_files SET due_at = now() WHERE place = $1", place)
    return bool(new)


async def asset(transaction: Transaction, digest: str) -> StoredAsset | None:
    """A file of this workspace, by its "sha256:…"."""
    row = await transaction.row(
        """
        SELECT hash, mime, name, size, place, data FROM assets WHERE tenant_id = $1 AND hash = $2
        """,
        transaction.tenant,
        digest,
    )
    return None if row is None else read(StoredAsset, row)


async def kept_files(transaction: Transaction, names: Collection[str]) -> frozenset[str]:
    """Those of some "sha256:…" that this workspace has."""
    if not names:
        return frozenset()
    rows = await transaction.rows(
        "SELECT hash FROM assets WHERE tenant_id = $1 AND hash = ANY($2::text[])",
        transaction.tenant,
        list(names),
    )
    return frozenset(str(row["hash"]) for row in rows)


async def assets(transaction: Transaction) -> tuple[Asset, ...]:
    """The workspace's own files, the newest first: not what people sent to it."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM assets WHERE tenant_id = $1 AND origin = 'made'
        ORDER BY at DESC, hash
        """,
        transaction.tenant,
    )
    return read_all(Asset, rows)


# -- moving and removing -------------------------------------------------------------------------


async def next_to_move(transaction: Transaction, after: tuple[UUID, str]) -> Moving | None:
    """A file of any workspace whose bytes are still in the database, in the order of their keys."""
    row = await transaction.row(
        """
        SELECT tenant_id, hash, data FROM assets
        WHERE data IS NOT NULL AND (tenant_id, hash) > ($1, $2) ORDER BY tenant_id, hash LIMIT 1
        """,
        *after,
    )
    return None if row is None else read(Moving, row)


async def moved(transaction: Transaction, digest: str, place: str) -> bool:
    """Its bytes are at `place` now; False where somebody else has moved or deleted it."""
    done = await transaction.run(
        """
        UPDATE assets SET place = $3, data = NULL
        WHERE tenant_id = $1 AND hash = $2 AND data IS NOT NULL
        """,
        transaction.tenant,
        digest,
        place,
    )
    if done:
        await transaction.run("DELETE FROM dropped_files WHERE place = $1", place)
    else:
        await transaction.run("UPDATE dropped_files SET due_at = now() WHERE place = $1", place)
    return bool(done)


async def take_dropped(transaction: Transaction, most: int) -> tuple[Dropped, ...]:
    """Objects to be removed; nobody else gets them for a while. `forget` what was removed: the
    others come again."""
    rows = await transaction.rows(
        """
        UPDATE dropped_files d SET due_at = now() + $2 FROM (
            SELECT place FROM dropped_files WHERE due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        ) due
        WHERE d.place = due.place RETURNING d.tenant_id, d.place
        """,
        most,
        HELD,
    )
    return read_all(Dropped, rows)


async def forget(transaction: Transaction, places: Sequence[str]) -> None:
    """These objects are removed."""
    await transaction.run("DELETE FROM dropped_files WHERE place = ANY($1::text[])", list(places))
