"""Users, and their roles in workspaces.

A user belongs to the workspace that made them, and the same person may be a user of several: each
workspace answers for its own. Only the product's operator (a worker's transaction) can let a user
into another workspace too.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.errors import LastOwner
from flowengine.store.ids import new_id
from flowengine.store.rows import must_touch, read_all, read_found
from flowengine.store.transaction import Transaction

ROLES = ("viewer", "agent", "designer", "admin", "owner")
"""From the least to the most."""

_USER = "id, email, name, language, password_hash"


class User(Struct, frozen=True):
    """A person. `password_hash`: null where they sign in by link only."""

    id: UUID
    email: str
    name: str
    language: str
    password_hash: str | None = None


class Member(Struct, frozen=True):
    """A person in a workspace."""

    id: UUID
    email: str
    name: str
    role: str
    joined_at: datetime


class Place(Struct, frozen=True):
    """A workspace that a person belongs to."""

    tenant_id: UUID
    slug: str
    name: str
    role: str


async def make_user(
    transaction: Transaction, email: str, name: str, language: str = "pt-BR"
) -> User:
    """The workspace's user with that address, made if there is none; they still have to `join`."""
    await transaction.run(
        """
        INSERT INTO users (id, tenant_id, email, name, language) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, email) DO NOTHING
        """,
        new_id(),
        transaction.tenant,
        fold_email(email),
        name,
        language,
    )
    row = await transaction.row(
        f"SELECT {_USER} FROM users WHERE tenant_id = $1 AND email = $2",
        transaction.tenant,
        fold_email(email),
    )
    return read_found(User, row, "such user")


async def user(transaction: Transaction, user_id: UUID) -> User:
    """A person of this workspace, or oneself. Raises `NotFound`."""
    row = await transaction.row(f"SELECT {_USER} FROM users WHERE id = $1", user_id)
    return read_found(User, row, "such user")


async def users_by_email(transaction: Transaction, email: str) -> tuple[User, ...]:
    """For a visitor who signs in by password: who has that address, in whichever workspaces."""
    await transaction.run("SELECT set_config('app.email', $1, true)", fold_email(email))
    rows = await transaction.rows(
        f"SELECT {_USER} FROM users WHERE email = $1 ORDER BY id", fold_email(email)
    )
    return read_all(User, rows)


async def set_password(transaction: Transaction, user_id: UUID, password_hash: str) -> None:
    """Only a user's own transaction (`database.web(tenant, user)`) or a worker's can."""
    count = await transaction.run(
        "UPDATE users SET password_hash = $2 WHERE id = $1", user_id, password_hash
    )
    must_touch(count, "such user")


async def change_user(
    transaction: Transaction, user_id: UUID, *, name: str | None = None, language: str | None = None
) -> User:
    """Change what is given of oneself. Raises `NotFound`."""
    row = await transaction.row(
        f"""
        UPDATE users SET name = coalesce($2, name), language = coalesce($3, language)
        WHERE id = $1 RETURNING {_USER}
        """,
        user_id,
        name,
        language,
    )
    return read_found(User, row, "such user")


async def join(transaction: Transaction, user_id: UUID, role: str) -> None:
    """Make a user a member, or give a member this role: the web, users of its own workspace only.

    Raises `LastOwner`.
    """
    _known(role)
    if role != "owner":
        await _keep_an_owner(transaction, user_id)
    await transaction.run(
        """
        INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role
        """,
        transaction.tenant,
        user_id,
        role,
    )


async def leave(transaction: Transaction, user_id: UUID) -> None:
    """Take a user out; their sessions in this workspace end. Raises `LastOwner`, `NotFound`."""
    await _keep_an_owner(transaction, user_id)
    count = await transaction.run(
        "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2", transaction.tenant, user_id
    )
    must_touch(count, "such member")


async def set_role(transaction: Transaction, user_id: UUID, role: str) -> None:
    """Give a member another role. Raises `LastOwner`, `NotFound`."""
    _known(role)
    if role != "owner":
        await _keep_an_owner(transaction, user_id)
    count = await transaction.run(
        "UPDATE memberships SET role = $3 WHERE tenant_id = $1 AND user_id = $2",
        transaction.tenant,
        user_id,
        role,
    )
    must_touch(count, "such member")


async def members(transaction: Transaction) -> tuple[Member, ...]:
    """The workspace's people, by name."""
    rows = await transaction.rows(f"{_MEMBERS} ORDER BY u.name, u.email", transaction.tenant)
    return read_all(Member, rows)


async def member(transaction: Transaction, user_id: UUID) -> Member:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(f"{_MEMBERS} AND u.id = $2", transaction.tenant, user_id)
    return read_found(Member, row, "such member")


async def places(transaction: Transaction, user_id: UUID) -> tuple[Place, ...]:
    """A user's workspaces, by name: for that user's own transaction, a visitor's or a worker's."""
    await know_user(transaction, user_id)
    rows = await transaction.rows(
        """
        SELECT t.id AS tenant_id, t.slug, t.name, m.role
        FROM memberships m JOIN tenants t ON t.id = m.tenant_id
        WHERE m.user_id = $1 ORDER BY t.name, t.id
        """,
        user_id,
    )
    return read_all(Place, rows)


async def know_user(transaction: Transaction, user_id: UUID) -> None:
    """From here on the transaction is this user's: only after they proved who they are."""
    await transaction.run("SELECT set_config('app.user', $1, true)", str(user_id))


def fold_email(email: str) -> str:
    """One way of writing an address: no space around it, lower case."""
    return email.strip().lower()


_MEMBERS = """
SELECT u.id, u.email, u.name, m.role, m.created_at AS joined_at
FROM memberships m JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = $1
"""


def _known(role: str) -> None:
    if role not in ROLES:
        raise ValueError(f"{role} is not a role: {', '.join(ROLES)}")


async def _keep_an_owner(transaction: Transaction, user_id: UUID) -> None:
    # Locked, or two owners who lower each other at the same moment would leave none.
    owners = await transaction.rows(
        """
        SELECT user_id FROM memberships WHERE tenant_id = $1 AND role = 'owner'
        ORDER BY user_id FOR UPDATE
        """,
        transaction.tenant,
    )
    if [row["user_id"] for row in owners] == [user_id]:
        raise LastOwner("a workspace keeps at least one owner")
