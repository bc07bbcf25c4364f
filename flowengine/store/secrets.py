"""Secrets of flows: sealed, written by the web, read by workers only and only to be used.

Nobody is ever shown one: the page has names, and when each was last written.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import must_touch, read_all
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault


class SecretName(Struct, frozen=True):
    """A secret, as far as it can be seen."""

    key: str
    updated_at: datetime


async def secret_names(transaction: Transaction) -> tuple[SecretName, ...]:
    """The workspace's secrets, by key."""
    rows = await transaction.rows(
        "SELECT key, updated_at FROM secrets WHERE tenant_id = $1 ORDER BY key", transaction.tenant
    )
    return read_all(SecretName, rows)


async def put_secret(transaction: Transaction, vault: Vault, key: str, value: str) -> None:
    """Seal a secret, over the one of that name if there is one."""
    await transaction.run(
        """
        INSERT INTO secrets (tenant_id, key, value) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, key) DO UPDATE SET value = $3, updated_at = now()
        """,
        transaction.tenant,
        key,
        vault.seal(value.encode(), _place(transaction.tenant, key)),
    )


async def remove_secret(transaction: Transaction, key: str) -> None:
    """Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM secrets WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"secret {key}")


async def reveal(transaction: Transaction, vault: Vault, keys: Collection[str]) -> dict[str, str]:
    """The values of those of `keys` that there are: a worker's transaction. Raises `Unsealed`."""
    rows = await transaction.rows(
        "SELECT key, value FROM secrets WHERE tenant_id = $1 AND key = ANY($2::text[])",
        transaction.tenant,
        list(keys),
    )
    return {
        row["key"]: vault.open(row["value"], _place(transaction.tenant, row["key"])).decode()
        for row in rows
    }


def _place(tenant_id: UUID, key: str) -> str:
    return f"secret/{tenant_id}/{key}"
