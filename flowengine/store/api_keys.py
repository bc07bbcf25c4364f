"""Keys of programs: shown once, kept hashed, revoked for ever."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.accounts import ROLES
from flowengine.store.ids import new_id
from flowengine.store.rows import must_touch, read, read_all, read_found
from flowengine.store.tokens import new_token, show_key, token_hash
from flowengine.store.transaction import Transaction

PREFIX = "fe_"
_SHOWN = 10
_COLUMNS = (
    "id, tenant_id, name, prefix, role, areas, created_at, last_used_at, revoked_at, created_by"
)


class ApiKey(Struct, frozen=True):
    """A key, as it can be shown: `prefix` is how its text begins.

    `areas`: parts of the API that it may touch, as `messages`; empty: all that its role allows.
    `created_by`: the person who made it, who may have left since; null: a program's or a command's.
    """

    id: UUID
    tenant_id: UUID
    name: str
    prefix: str
    role: str
    areas: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    created_by: UUID | None = None


async def make_api_key(
    transaction: Transaction,
    name: str,
    role: str,
    by: UUID | None = None,
    areas: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can be told again."""
    if role not in ROLES:
        raise ValueError(f"{role} is not a role: {', '.join(ROLES)}")
    secret = new_token(PREFIX)
    row = await transaction.row(
        f"""
        INSERT INTO api_keys (tenant_id, id, name, prefix, key_hash, role, created_by, areas)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        new_id(),
        name,
        secret[:_SHOWN],
        token_hash(secret),
        role,
        by,
        list(areas),
    )
    return read_found(ApiKey, row, "new key"), secret


async def find_api_key(transaction: Transaction, secret: str) -> ApiKey | None:
    """For a visitor who shows a key: which it is; None where it is unknown or revoked."""
    key = token_hash(secret)
    await show_key(transaction, key)
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL", key
    )
    if row is None:
        return None
    # Written once a minute at most: a busy program would rewrite the row with every call.
    await transaction.run(
        """
        UPDATE api_keys SET last_used_at = now() WHERE key_hash = $1
            AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        """,
        key,
    )
    return read(ApiKey, row)


async def api_keys(transaction: Transaction) -> tuple[ApiKey, ...]:
    """The workspace's keys, the newest first, revoked ones too."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM api_keys WHERE tenant_id = $1 ORDER BY id DESC", transaction.tenant
    )
    return read_all(ApiKey, rows)


async def live_keys_of(transaction: Transaction, user_id: UUID) -> tuple[ApiKey, ...]:
    """The keys that a person made and that still open something, the newest first."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM api_keys
        WHERE tenant_id = $1 AND created_by = $2 AND revoked_at IS NULL ORDER BY id DESC
        """,
        transaction.tenant,
        user_id,
    )
    return read_all(ApiKey, rows)


async def revoke_above(transaction: Transaction, user_id: UUID, role: str) -> tuple[ApiKey, ...]:
    """End those keys of a person that may do more than `role`; which they were."""
    above = [
        key
        for key in await live_keys_of(transaction, user_id)
        if ROLES.index(key.role) > ROLES.index(role)
    ]
    for key in above:
        await revoke_api_key(transaction, key.id)
    return tuple(above)


async def revoke_api_key(transaction: Transaction, key_id: UUID) -> None:
    """End a key at once. Raises `NotFound`."""
    count = await transaction.run(
        """
        UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
        WHERE tenant_id = $1 AND id = $2
        """,
        transaction.tenant,
        key_id,
    )
    must_touch(count, "such key")
