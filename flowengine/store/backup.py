"""`back_up`: the whole database and the files that it names, in one file, with the product at work.

All tables are read in one REPEATABLE READ transaction, so the file shows one moment. It asks no
lock that a turn waits for. By the owner, who sees all workspaces. What signs people in (sessions,
links, programs' tokens) is left out: an old file must not let anybody in again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from flowengine.store.archive import FORMAT, Manifest, Partition, Writer
from flowengine.store.errors import StoreError

LEFT_OUT = frozenset(
    {"alembic_version", "sessions", "sign_in_links", "sign_in_attempts", "token_grants"}
)


class Unreadable(StoreError):
    """The role that backs up does not see all rows of a table."""


OpenPlace = Callable[[str], Awaitable[AsyncIterator[bytes] | None]]
"""Opens an object of the object store; None where there is none (any more)."""


async def back_up(
    dsn: str, file: Path, *, version: str, key: str, open_place: OpenPlace
) -> Manifest:
    """Write the database that `dsn` (the owner's) names to `file`; what is in it.

    `version`: of the product. `key`: the name of its secret key. A failure leaves no file. A file
    that is deleted while the backup is made may be missing in it. Raises `Unreadable`, and what
    asyncpg, the object store and the disk raise.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            with Writer(file) as writer:
                made_at: datetime = await connection.fetchval("SELECT clock_timestamp()")
                for table, columns in await tables(connection):
                    await _copy(connection, writer, table, columns)
                missing = await _add_files(connection, writer, open_place)
                manifest = Manifest(
                    format=FORMAT,
                    made_at=made_at,
                    version=version,
                    revision=await connection.fetchval("SELECT version_num FROM alembic_version"),
                    server=int(await connection.fetchval("SHOW server_version_num")),
                    key=key,
                    parts=tuple(writer.parts),
                    partitions=await partitions(connection),
                    files=tuple(writer.files),
                    missing=missing,
                )
                writer.finish(manifest)
        return manifest
    finally:
        await connection.close()


async def _add_files(connection: asyncpg.Connection, writer: Writer, open_place: OpenPlace) -> int:
    """The bytes of every file that the tables name; how many are not there."""
    missing = 0
    for place in await places(connection):
        pieces = await open_place(place)
        if pieces is None:
            missing += 1
        else:
            await writer.add_file(place, pieces)
    return missing


async def places(connection: asyncpg.Connection) -> list[str]:
    """Where the bytes of all files are."""
    rows = await connection.fetch("SELECT place FROM assets WHERE place <> '' ORDER BY place")
    return [row["place"] for row in rows]


async def _copy(
    connection: asyncpg.Connection, writer: Writer, table: str, columns: tuple[str, ...]
) -> None:
    query = f"SELECT {', '.join(columns)} FROM {table}"

    async def fill(take: Any) -> int:
        done = await connection.copy_from_query(query, output=take, format="binary")
        return int(done.rpartition(" ")[2])

    await writer.add(table, columns, fill)


async def tables(connection: asyncpg.Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Every table that is kept, with its columns; a row's foreign keys point to earlier tables."""
    rows = await connection.fetch(
        """
        SELECT c.relname AS name, row_security_active(c.oid) AND NOT EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup'
                    AND pg_has_role(current_user, p.polroles[1], 'MEMBER')
            ) AS hidden,
            ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
            ARRAY(SELECT f.confrelid::regclass::text FROM pg_constraint f
                WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS needs
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition ORDER BY 1
        """
    )
    kept = {row["name"]: row for row in rows if row["name"] not in LEFT_OUT}
    hidden = [name for name, row in kept.items() if row["hidden"]]
    if hidden:
        raise Unreadable(
            f"this role does not see all rows of {', '.join(hidden)}:"
            " back up as the role that migrates"
        )
    order: list[str] = []
    while len(order) < len(kept):
        ready = [
            name
            for name, row in kept.items()
            if name not in order and all(n in order for n in row["needs"] if n in kept)
        ]
        if not ready:
            raise LookupError("tables that point to each other in a circle")
        order.extend(ready)
    return [(name, tuple(kept[name]["columns"])) for name in order]


async def partitions(connection: asyncpg.Connection) -> tuple[Partition, ...]:
    """The partitions there are."""
    rows = await connection.fetch(
        """
        SELECT i.inhparent::regclass::text AS parent, c.relname AS name,
            pg_get_expr(c.relpartbound, c.oid) AS bound
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE c.relispartition AND c.relkind = 'r' ORDER BY 1, 2
        """
    )
    return tuple(Partition(row["parent"], row["name"], row["bound"]) for row in rows)
