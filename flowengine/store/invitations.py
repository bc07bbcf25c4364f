"""Coming into a workspace by somebody's link: as the person it was made for, or with one's account.

Whoever is invited becomes a user of the workspace at once, whatever accounts their address has
elsewhere: nobody is told of those. Who opens the link and proves to be another account of the same
address brings that one instead, and has one account and one password for all their workspaces.

All for a worker's transaction, as the link opens more than one workspace's rows.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store import auditing
from flowengine.store.accounts import ROLES, fold_email, join, leave, make_user
from flowengine.store.rows import read
from flowengine.store.tokens import token_hash
from flowengine.store.transaction import Transaction


class Invitation(Struct, frozen=True):
    """A link that is still good: whose it is, and where it leads. `known`: they have a password."""

    user_id: UUID
    tenant_id: UUID
    email: str
    workspace: str
    role: str
    known: bool


async def invitation(transaction: Transaction, token: str) -> Invitation | None:
    """What a link is; None where it was used, is over or never was. It is not used up."""
    row = await transaction.row(
        """
        SELECT l.user_id, l.tenant_id, u.email, t.name AS workspace, m.role,
            u.password_hash IS NOT NULL AS known
        FROM sign_in_links l
        JOIN users u ON u.id = l.user_id
        JOIN tenants t ON t.id = l.tenant_id
        JOIN memberships m ON m.tenant_id = l.tenant_id AND m.user_id = l.user_id
        WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > now()
        """,
        token_hash(token),
    )
    return None if row is None else read(Invitation, row)


async def accept(transaction: Transaction, token: str, account: UUID) -> Invitation | None:
    """Bring another account into the invited one's place: its role, queues and all; None: too late.

    Call it only after they proved who they are, and that the address is the same. The user whom
    the place was kept for is in no workspace then and cannot sign in. Every other link of the
    account ends: it was made by somebody who may not enter here.
    """
    await transaction.run(
        "SELECT FROM sign_in_links WHERE token_hash = $1 FOR UPDATE", token_hash(token)
    )
    found = await invitation(transaction, token)
    if found is None:
        return None
    inside = transaction.of(found.tenant_id)
    await void_links(transaction, account)
    await void_links(transaction, found.user_id)
    if account == found.user_id:
        return found
    await auditing.act_as(inside, auditing.user_actor(account))
    present = await inside.value(
        "SELECT role FROM memberships WHERE tenant_id = $1 AND user_id = $2",
        found.tenant_id,
        account,
    )
    await join(inside, account, max(present or found.role, found.role, key=ROLES.index))
    await inside.run(
        """
        INSERT INTO queue_members (tenant_id, queue, user_id)
        SELECT tenant_id, queue, $3 FROM queue_members WHERE tenant_id = $1 AND user_id = $2
        ON CONFLICT DO NOTHING
        """,
        found.tenant_id,
        found.user_id,
        account,
    )
    # Its sessions go with it: whoever is in as the one who was invited does not become the account.
    await leave(inside, found.user_id)
    await inside.run(
        """
        UPDATE users SET password_hash = NULL WHERE id = $1
            AND NOT EXISTS (SELECT FROM memberships m WHERE m.user_id = $1)
        """,
        found.user_id,
    )
    await auditing.note(inside, "memberships", str(account), "came")
    return found


async def pending(transaction: Transaction) -> dict[UUID, datetime | None]:
    """Who of the workspace was invited and never came, and until when their last link is good.

    They came once they used a link or chose a password, in whichever workspace. None: no link that
    they were sent is good any more.
    """
    rows = await transaction.rows(
        """
        SELECT m.user_id, max(l.expires_at) FILTER (WHERE l.expires_at > now()) AS until
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        LEFT JOIN sign_in_links l ON l.user_id = m.user_id AND l.tenant_id = m.tenant_id
        WHERE m.tenant_id = $1 AND u.password_hash IS NULL AND NOT EXISTS (
            SELECT FROM sign_in_links used
            WHERE used.user_id = m.user_id AND used.used_at IS NOT NULL)
        GROUP BY m.user_id
        """,
        transaction.tenant,
    )
    return {row["user_id"]: row["until"] for row in rows}


async def withdraw(transaction: Transaction, user_id: UUID) -> bool:
    """Take an invitation back: its place and its links go. False: they came in the meantime."""
    await transaction.rows(
        "SELECT FROM sign_in_links WHERE user_id = $1 ORDER BY token_hash FOR UPDATE", user_id
    )
    if user_id not in await pending(transaction):
        return False
    await leave(transaction, user_id)
    return True


async def void_links(transaction: Transaction, user_id: UUID) -> None:
    """Every link of a user that was not used yet lets nobody in any more."""
    await transaction.run(
        "UPDATE sign_in_links SET used_at = now() WHERE user_id = $1 AND used_at IS NULL", user_id
    )


async def invite(transaction: Transaction, email: str, name: str, role: str) -> UUID:
    """Who has that address in this workspace: its member, else a new one with that role."""
    present: UUID | None = await transaction.value(
        """
        SELECT u.id FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.tenant_id = $1 AND u.email = $2 ORDER BY m.created_at LIMIT 1
        """,
        transaction.tenant,
        fold_email(email),
    )
    if present is not None:
        return present
    user = await make_user(transaction, email, name)
    await join(transaction, user.id, role)
    return user.id
