"""Bring a database to today's schema, whoever asks and however many ask at once.

Alembic is called from here, never from its command line: the product does this at every start.
"""

import asyncio
from collections.abc import Mapping
from importlib.resources import files

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from flowengine.store.roles import ROLES, role_dsn

__all__ = ["ROLES", "revisions", "role_dsn", "upgrade", "upgrade_now"]

LOCK = 0x666C6F77
"""The advisory lock under which a database is migrated ("flow")."""

PATIENCE = 0.1
"""Seconds between two looks at the lock."""


async def upgrade(dsn: str, passwords: Mapping[str, str] | None = None, to: str = "head") -> None:
    """Migrate as the owner whom `dsn` names, and make the partitions of the coming months.

    The owner needs CREATEROLE (or `flow_web` and `flow_worker` exist, and it may grant them).
    `passwords`: role to its new password; without one a role signs in as the server's pg_hba says.
    A second caller waits for the first. `to`: an older schema, for an older backup; a database that
    has come further stays there. Raises what PostgreSQL raises.
    """
    lock = await asyncpg.connect(dsn)
    try:
        # Asked again and again: who waits inside a statement holds a snapshot, and the holder's
        # CREATE INDEX CONCURRENTLY would wait for that snapshot to end: a deadlock.
        while not await lock.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110
            await asyncio.sleep(PATIENCE)
        await _migrate(dsn, to)
        for role, password in (passwords or {}).items():
            await _set_password(lock, role, password)
    finally:
        await lock.close()


def upgrade_now(dsn: str, passwords: Mapping[str, str] | None = None) -> None:
    """`upgrade` for a thread that has no event loop."""
    asyncio.run(upgrade(dsn, passwords))


def revisions() -> frozenset[str]:
    """The schemas that this version knows, by the names of their migrations."""
    script = ScriptDirectory.from_config(configuration())
    return frozenset(each.revision for each in script.walk_revisions())


def configuration() -> Config:
    """Alembic's settings; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _migrate(dsn: str, to: str) -> None:
    # NullPool: an engine that lives for one call keeps nothing open.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(_climb, to)
        await connection.exec_driver_sql("SELECT ensure_partitions(3)")
        await connection.commit()
    await engine.dispose()


def _climb(connection: Connection, to: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


async def _set_password(connection: asyncpg.Connection, role: str, password: str) -> None:
    if role not in ROLES:
        raise ValueError(f"{role} is not one of {', '.join(ROLES)}")
    literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
    for patience in range(10):
        try:
            await connection.execute(f"ALTER ROLE {role} PASSWORD {literal}")
            return
        except asyncpg.InternalServerError:  # "tuple concurrently updated": another database's boot
            await asyncio.sleep(0.05 * (patience + 1))
    raise TimeoutError(f"the password of {role} could not be set: others kept changing it")
