"""Being signed in: sessions, the one-time links that open them, and attempts at a password.

All for a visitor's transaction, as nobody knows yet who asks; the row that a token opens is the
only one that the fence shows.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.accounts import know_user
from flowengine.store.rows import read
from flowengine.store.tokens import new_token, show_key, token_hash
from flowengine.store.transaction import Transaction

SEEN_EVERY = timedelta(minutes=5)
"""A session's row is written this often at most, not with each request."""


class Session(Struct, frozen=True):
    """Who is signed in, where, and as what. `csrf` is the session's own secret for forms."""

    user_id: UUID
    email: str
    name: str
    language: str
    tenant_id: UUID
    tenant_slug: str
    tenant_name: str
    tenant_timezone: str
    role: str
    csrf: str
    expires_at: datetime


async def open_session(
    transaction: Transaction,
    user_id: UUID,
    tenant_id: UUID,
    lifetime: timedelta,
    *,
    linked: bool = False,
) -> str:
    """The token of a new session of a member; call it only after they proved who they are.

    `linked`: by a one-time link, so that they may choose a password without knowing the old one.
    """
    await know_user(transaction, user_id)
    token = new_token()
    await transaction.run(
        """
        INSERT INTO sessions (token_hash, tenant_id, user_id, csrf, expires_at, linked_at)
        VALUES ($1, $2, $3, $4, now() + $5, CASE WHEN $6 THEN now() END)
        """,
        token_hash(token),
        tenant_id,
        user_id,
        new_token(),
        lifetime,
        linked,
    )
    return token


async def sign_in(transaction: Transaction, user_id: UUID, lifetime: timedelta) -> str | None:
    """Open a session where the user was last, else in their first workspace; None: they have none.

    Call it only after they proved who they are.
    """
    await know_user(transaction, user_id)
    place: UUID | None = await transaction.value(
        """
        SELECT m.tenant_id FROM memberships m
        LEFT JOIN sessions s ON s.user_id = m.user_id AND s.tenant_id = m.tenant_id
        WHERE m.user_id = $1
        ORDER BY s.seen_at DESC NULLS LAST, m.created_at, m.tenant_id LIMIT 1
        """,
        user_id,
    )
    return None if place is None else await open_session(transaction, user_id, place, lifetime)


async def find_session(transaction: Transaction, token: str) -> Session | None:
    """The session of a token; None where it is over or never was."""
    key = token_hash(token)
    await show_key(transaction, key)
    known = await transaction.row(
        """
        SELECT set_config('app.user', user_id::text, true), now() - seen_at AS unseen
        FROM sessions WHERE token_hash = $1 AND expires_at > now()
        """,
        key,
    )
    if known is None:
        return None
    if known["unseen"] > SEEN_EVERY:
        await transaction.run("UPDATE sessions SET seen_at = now() WHERE token_hash = $1", key)
    row = await transaction.row(
        """
        SELECT s.user_id, u.email, u.name, u.language, s.tenant_id, t.slug AS tenant_slug,
            t.name AS tenant_name, t.timezone AS tenant_timezone, m.role, s.csrf, s.expires_at
        FROM sessions s
        JOIN users u ON u.id = s.user_id
        JOIN tenants t ON t.id = s.tenant_id
        JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
        WHERE s.token_hash = $1
        """,
        key,
    )
    return None if row is None else read(Session, row)


async def move_session(transaction: Transaction, token: str, tenant_id: UUID) -> bool:
    """Go on in another of the user's workspaces; False where they do not belong to it."""
    session = await find_session(transaction, token)
    if session is None:
        return False
    count = await transaction.run(
        """
        UPDATE sessions SET tenant_id = $2 WHERE token_hash = $1 AND EXISTS (
            SELECT FROM memberships m WHERE m.tenant_id = $2 AND m.user_id = sessions.user_id)
        """,
        token_hash(token),
        tenant_id,
    )
    return bool(count)


async def close_session(transaction: Transaction, token: str) -> None:
    """Sign out; a token that is unknown is signed out already."""
    key = token_hash(token)
    await show_key(transaction, key)
    await transaction.run("DELETE FROM sessions WHERE token_hash = $1", key)


async def close_sessions(transaction: Transaction, user_id: UUID, keep: str = "") -> None:
    """Sign a user out everywhere but for the session of the token `keep`: in their own transaction.

    The one that is kept is no longer one of a link: a password is chosen with it once.
    """
    await know_user(transaction, user_id)
    await transaction.run(
        "DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2", user_id, token_hash(keep)
    )
    await transaction.run("UPDATE sessions SET linked_at = NULL WHERE user_id = $1", user_id)


async def came_by_link(transaction: Transaction, token: str, within: timedelta) -> bool:
    """Whether a one-time link opened this session, not longer ago than that: its user's."""
    return bool(
        await transaction.value(
            "SELECT linked_at > now() - $2::interval FROM sessions WHERE token_hash = $1",
            token_hash(token),
            within,
        )
    )


async def make_link(
    transaction: Transaction, user_id: UUID, tenant_id: UUID, lifetime: timedelta
) -> str:
    """The token of a link that signs a member in, once: a worker's or an admin's transaction."""
    token = new_token()
    await transaction.run(
        """
        INSERT INTO sign_in_links (token_hash, tenant_id, user_id, expires_at)
        VALUES ($1, $2, $3, now() + $4)
        """,
        token_hash(token),
        tenant_id,
        user_id,
        lifetime,
    )
    return token


async def take_link(transaction: Transaction, token: str, lifetime: timedelta) -> str | None:
    """Use a link: the token of a new session; None where it was used, is over or never was."""
    key = token_hash(token)
    await show_key(transaction, key)
    row = await transaction.row(
        """
        UPDATE sign_in_links SET used_at = now()
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()
        RETURNING user_id, tenant_id
        """,
        key,
    )
    if row is None:
        return None
    return await open_session(transaction, row["user_id"], row["tenant_id"], lifetime, linked=True)


async def attempt(
    transaction: Transaction, who: bytes, window: timedelta, most: int
) -> datetime | None:
    """Count an attempt at a password, before it is looked at; None: there were `most` already.

    `who`: a hash of address and origin. Whoever tries at the same moment waits for this commit, so
    a burst counts as so many. The time names the attempt, should it be forgiven.
    """
    await show_key(transaction, who)
    await transaction.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", who.hex())
    await transaction.run(
        "DELETE FROM sign_in_attempts WHERE who = $1 AND at < clock_timestamp() - $2::interval",
        who,
        window,
    )
    at: datetime | None = await transaction.value(
        """
        INSERT INTO sign_in_attempts (who, at) SELECT $1, clock_timestamp()
        WHERE (SELECT count(*) FROM sign_in_attempts WHERE who = $1) < $2 RETURNING at
        """,
        who,
        most,
    )
    return at


async def forgive_attempt(transaction: Transaction, who: bytes, at: datetime) -> None:
    """It was a right one: it does not count."""
    await show_key(transaction, who)
    await transaction.run("DELETE FROM sign_in_attempts WHERE who = $1 AND at = $2", who, at)


async def forget_attempts(transaction: Transaction, who: bytes) -> None:
    """They got in."""
    await show_key(transaction, who)
    await transaction.run("DELETE FROM sign_in_attempts WHERE who = $1", who)
