"""Files of a workspace that flows send, by the hash of their bytes."""

import hashlib
from datetime import datetime

from msgspec import Struct

from flowengine.store.rows import plain, read, read_all
from flowengine.store.transaction import Transaction

_COLUMNS = "hash, mime, size, name, at"


class Asset(Struct, frozen=True):
    """`hash` as flows name it, "sha256:…"; `size` in bytes."""

    hash: str
    mime: str
    size: int
    name: str
    at: datetime


class StoredAsset(Struct, frozen=True):
    """A file with its bytes."""

    hash: str
    mime: str
    name: str
    data: bytes


async def put_asset(transaction: Transaction, mime: str, name: str, data: bytes) -> str:
    """Keep a file; its "sha256:…". Equal bytes are kept once."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    await transaction.run(
        """
        INSERT INTO assets (tenant_id, hash, mime, size, name, data) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """,
        transaction.tenant,
        digest,
        mime,
        len(data),
        plain(name),
        data,
    )
    return digest


async def asset(transaction: Transaction, digest: str) -> StoredAsset | None:
    """A file of this workspace, by its "sha256:…"."""
    row = await transaction.row(
        "SELECT hash, mime, name, data FROM assets WHERE tenant_id = $1 AND hash = $2",
        transaction.tenant,
        digest,
    )
    return None if row is None else read(StoredAsset, row)


async def assets(transaction: Transaction) -> tuple[Asset, ...]:
    """The workspace's files, the newest first."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM assets WHERE tenant_id = $1 ORDER BY at DESC, hash",
        transaction.tenant,
    )
    return read_all(Asset, rows)
