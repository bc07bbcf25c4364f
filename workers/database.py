"""The pools of a process that works beside others on one PostgreSQL.

The one address in the settings is the owner's. The roles that the product really works as get
passwords derived from the secret key, so that every process knows them and nobody keeps them.
"""

import base64
import hmac

from flowengine.store.database import Database
from flowengine.store.roles import ROLES, role_dsn
from workers.secret_key import secret_key
from workers.settings import PREFIX, Settings, SettingsError

LEAST_PAUSE = 5.0
"""Seconds: a busy machine may leave a living worker standing in a transaction for a moment."""


def role_passwords(settings: Settings) -> dict[str, str]:
    """Role to password: the same in every process that has the secret key."""
    key = secret_key(settings)
    return {
        role: base64.urlsafe_b64encode(hmac.digest(key, f"role {role}".encode(), "sha256")).decode()
        for role in ROLES
    }


async def migrate_database(settings: Settings) -> None:
    """Bring the settings' database to today's schema, with the roles' passwords."""
    from flowengine.store.migrate import upgrade  # most of a second of imports: only to migrate

    await upgrade(owner_address(settings), role_passwords(settings))


async def open_database(settings: Settings, *, web_size: int = 1) -> Database:
    """Connect as both roles. `web_size`: connections for pages; a worker needs hardly any."""
    passwords = role_passwords(settings)
    web, worker = (role_dsn(owner_address(settings), role, passwords[role]) for role in ROLES)
    return await Database.open(
        web,
        worker,
        web_size=web_size,
        worker_size=settings.database_pool,
        halted=max(LEAST_PAUSE, settings.lease_seconds),
    )


def owner_address(settings: Settings) -> str:
    """The settings' database, as its owner. Raises `SettingsError` where there is none."""
    if settings.database_url is None:
        raise SettingsError(
            f"{PREFIX}DATABASE_URL falta: este processo trabalha ao lado de outros."
        )
    return settings.database_url.get_secret_value()
