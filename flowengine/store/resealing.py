"""A new key for the vault: seal anew what older keys sealed, then the old keys can go."""

from flowengine.store.linked import place_of_key
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault

# Table, sealed column, what names a row beside its tenant, and its place.
_SEALED = (
    ("secrets", "value", "key", "secret/{tenant}/{name}"),
    ("model_profiles", "settings", "key", "model/{tenant}/{name}"),
    ("channels", "settings", "id", "channel/{tenant}/{name}"),
    ("subscriptions", "secret", "id", "subscription/{name}"),
)
_DEVICE_KEYS = 2000
"""Keys of linked devices that are read at once: there may be a thousand a device."""


async def reseal(transaction: Transaction, vault: Vault) -> int:
    """Seal anew, in all workspaces, what is not of the newest key; how many. For a worker.

    Raises `Unsealed` where none of the keys opens a row; then nothing is changed.
    """
    count = 0
    for table, column, name, where in _SEALED:
        rows = await transaction.rows(
            f"""
            SELECT tenant_id, {name} AS name, {column} AS sealed FROM {table}
            WHERE {column} <> '' ORDER BY tenant_id, {name} FOR UPDATE
            """
        )
        for row in rows:
            if not vault.is_stale(row["sealed"]):
                continue
            place = where.format(tenant=row["tenant_id"], name=row["name"])
            await transaction.run(
                f"UPDATE {table} SET {column} = $3 WHERE tenant_id = $1 AND {name} = $2",
                row["tenant_id"],
                row["name"],
                vault.seal(vault.open(row["sealed"], place), place),
            )
            count += 1
    return count + await _reseal_devices(transaction, vault)


async def _reseal_devices(transaction: Transaction, vault: Vault) -> int:
    """The keys of linked devices, page by page; what is written meanwhile has the newest key."""
    count, after = 0, ("", "")
    while True:
        rows = await transaction.rows(
            """
            SELECT tenant_id, channel_id, key, value FROM device_keys
            WHERE (channel_id::text, key) > ($1, $2)
            ORDER BY channel_id::text, key LIMIT $3 FOR UPDATE
            """,
            *after,
            _DEVICE_KEYS,
        )
        for row in rows:
            after = (str(row["channel_id"]), row["key"])
            if not vault.is_stale(row["value"]):
                continue
            place = place_of_key(row["tenant_id"], row["channel_id"], row["key"])
            await transaction.run(
                "UPDATE device_keys SET value = $4"
                " WHERE tenant_id = $1 AND channel_id = $2 AND key = $3",
                row["tenant_id"],
                row["channel_id"],
                row["key"],
                vault.seal(vault.open(row["value"], place), place),
            )
            count += 1
        if len(rows) < _DEVICE_KEYS:
            return count
