"""Language models that a workspace may ask: address, model and key, sealed as they hold a key."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.rows import must_touch, read_all
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault


class ProfileName(Struct, frozen=True):
    """A profile, as far as it can be seen."""

    key: str
    updated_at: datetime


async def model_profiles(transaction: Transaction) -> tuple[ProfileName, ...]:
    """The workspace's profiles, by key."""
    rows = await transaction.rows(
        "SELECT key, updated_at FROM model_profiles WHERE tenant_id = $1 ORDER BY key",
        transaction.tenant,
    )
    return read_all(ProfileName, rows)


async def put_model_profile(
    transaction: Transaction, vault: Vault, key: str, settings: bytes
) -> None:
    """Make a profile, or change it; `settings` is the connector's own JSON."""
    await transaction.run(
        """
        INSERT INTO model_profiles (tenant_id, key, settings) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, key) DO UPDATE SET settings = $3, updated_at = now()
        """,
        transaction.tenant,
        key,
        vault.seal(settings, _place(transaction.tenant, key)),
    )


async def remove_model_profile(transaction: Transaction, key: str) -> None:
    """Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM model_profiles WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"model profile {key}")


async def model_settings(transaction: Transaction, vault: Vault, key: str) -> bytes | None:
    """A profile's settings, opened: a worker's transaction. Raises `Unsealed`."""
    sealed: bytes | None = await transaction.value(
        "SELECT settings FROM model_profiles WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        key,
    )
    return None if sealed is None else vault.open(sealed, _place(transaction.tenant, key))


def _place(tenant_id: UUID, key: str) -> str:
    return f"model/{tenant_id}/{key}"
