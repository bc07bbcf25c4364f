"""Whether a database has the schema that this version works with, without loading Alembic (27 MB).

Migrations are numbered files in one line, so the newest is the one with the highest number.
"""

from functools import lru_cache
from importlib.resources import files

import asyncpg


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """The revisions of the schema that this version knows, the oldest first."""
    names = (each.name for each in files("migrations.versions").iterdir())
    return tuple(sorted(name[:4] for name in names if name[:4].isdigit()))


async def is_current(dsn: str) -> bool:
    """Whether the database can be worked with; any of the three roles may ask.

    It has today's schema, or a newer one: migrations that run before a deploy only add, and a
    process of the old version that starts again meanwhile goes on.
    """
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return False
        version = await connection.fetchval("SELECT version_num FROM alembic_version")
        return version is not None and (version == known()[-1] or version not in known())
    finally:
        await connection.close()
