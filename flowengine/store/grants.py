"""Grants: what a program holds that signed a user in. Short tokens are made from it, one at a time.

Each refresh token is used once and gives the next. One that is shown again was stolen, by who shows
it now or by who showed it before: the grant ends for both. Access tokens are never stored; they
name the grant, so they are void as soon as it is gone.
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.accounts import know_user
from flowengine.store.ids import new_id
from flowengine.store.rows import read
from flowengine.store.tokens import new_token, show_key, token_hash
from flowengine.store.transaction import Transaction

PREFIX = "fr_"


class Grant(Struct, frozen=True):
    """Whom a grant lets in where, as what they are now."""

    id: UUID
    tenant_id: UUID
    user_id: UUID
    email: str
    name: str
    role: str


async def open_grant(
    transaction: Transaction, user_id: UUID, tenant_id: UUID, lifetime: timedelta
) -> tuple[UUID, str]:
    """A new grant's id and refresh token; call it only after they proved who they are."""
    await know_user(transaction, user_id)
    await transaction.run(
        "DELETE FROM token_grants WHERE user_id = $1 AND expires_at < now()", user_id
    )
    id, token = new_id(), new_token(PREFIX)
    await transaction.run(
        """
        INSERT INTO token_grants (id, tenant_id, user_id, token_hash, expires_at)
        VALUES ($1, $2, $3, $4, now() + $5)
        """,
        id,
        tenant_id,
        user_id,
        token_hash(token),
        lifetime,
    )
    return id, token


async def refresh_grant(
    transaction: Transaction, token: str, lifetime: timedelta
) -> tuple[Grant, str] | None:
    """Use a refresh token: the grant and the next token; None where it is spent, over or unknown.

    A spent one ends its grant.
    """
    key = token_hash(token)
    await show_key(transaction, key)
    await transaction.run("DELETE FROM token_grants WHERE spent_hash = $1", key)
    following = new_token(PREFIX)
    row = await transaction.row(
        """
        UPDATE token_grants SET spent_hash = token_hash, token_hash = $2, refreshed_at = now(),
            expires_at = now() + $3
        WHERE token_hash = $1 AND expires_at > now()
        RETURNING id, user_id, tenant_id, set_config('app.user', user_id::text, true)
        """,
        key,
        token_hash(following),
        lifetime,
    )
    if row is None:
        return None
    grant = await find_grant(transaction, row["id"])
    return None if grant is None else (grant, following)


async def find_grant(transaction: Transaction, grant_id: UUID) -> Grant | None:
    """A grant of the user whom the transaction knows, with the role that they have now."""
    row = await transaction.row(
        """
        SELECT g.id, g.tenant_id, g.user_id, u.email, u.name, m.role
        FROM token_grants g
        JOIN users u ON u.id = g.user_id
        JOIN memberships m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
        WHERE g.id = $1 AND g.expires_at > now()
        """,
        grant_id,
    )
    return None if row is None else read(Grant, row)


async def close_grant(transaction: Transaction, grant_id: UUID) -> None:
    """Sign the program out: in a transaction that knows the user."""
    await transaction.run("DELETE FROM token_grants WHERE id = $1", grant_id)


async def close_grants(transaction: Transaction, user_id: UUID) -> None:
    """Sign a user's programs out everywhere, as after a new password."""
    await know_user(transaction, user_id)
    await transaction.run("DELETE FROM token_grants WHERE user_id = $1", user_id)
