"""`restore`: a backup into an empty database, all of it or nothing, and nothing is sent twice.

One transaction: a failure leaves the target as it was. The archive's schema may be older than ours:
the target gets that schema, then the rows, then our migrations.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import asyncpg

from flowengine.store.archive import BadArchive, Manifest, Part, Reader
from flowengine.store.backup import LEFT_OUT, partitions, places, tables
from flowengine.store.errors import StoreError
from flowengine.store.migrate import revisions, upgrade
from flowengine.store.resuming import Settled, settle
from flowengine.store.transaction import Transaction

FILL = {"messages": 65, "journal": 100}
"""Percent of a page that partitions are filled to, as `ensure_partitions` makes them."""


class NotEmpty(StoreError):
    """The target has a workspace already."""


class InUse(StoreError):
    """Web or worker processes are connected to the target."""


WritePlace = Callable[[str, AsyncIterator[bytes]], Awaitable[None]]
"""Writes an object into the object store."""


async def restore(
    dsn: str,
    reader: Reader,
    *,
    write_place: WritePlace,
    force: bool = False,
    moved: bool = False,
) -> Settled:
    """Load a checked archive as the owner whom `dsn` names; what was settled of what was under way.

    `force`: what the target holds is removed. `moved`: the product that made the archive was
    stopped before, and will not run again: what waits to be sent is sent.
    Raises `BadArchive`, `NotEmpty`, `InUse`.
    """
    manifest = reader.manifest
    _refuse_newer(manifest)
    await _refuse_taken(dsn, force)
    await upgrade(dsn, to="head" if force else manifest.revision)
    connection = await asyncpg.connect(dsn)
    try:
        if force:
            await _refuse_other_schema(connection, manifest)
        # Files first: no row ever names what is not there. What a failure leaves, the next try
        # writes again.
        for file in manifest.files:
            await write_place(file.place, reader.pieces(file))
        async with connection.transaction():
            left = await _places(connection)
            settled = await _load(connection, reader, moved)
            await _drop(connection, left - {file.place for file in manifest.files})
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    await upgrade(dsn)
    return settled


async def _load(connection: asyncpg.Connection, reader: Reader, moved: bool) -> Settled:
    manifest = reader.manifest
    every = [name for name, _ in await tables(connection)]
    everywhere = [*every, *sorted(LEFT_OUT - {"alembic_version"})]
    there = [name for name in everywhere if await _exists(connection, name)]
    unknown = [part.table for part in manifest.parts if part.table not in every]
    if unknown:
        raise BadArchive(f"the archive has tables that are not ours: {', '.join(unknown)}")
    await connection.execute(f"TRUNCATE {', '.join(there)}")
    for name in every:
        # COPY cannot go through the fence, and triggers would count what is no change.
        await connection.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        await connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    await _make_partitions(connection, manifest)
    for part in manifest.parts:
        await _fill(connection, reader, part)
    transaction = Transaction(cast("Any", connection), None, crosses=True)
    settled = await settle(transaction, manifest.made_at, moved)
    for name in every:
        await connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        await connection.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    return settled


async def _places(connection: asyncpg.Connection) -> set[str]:
    """Where the target has files now; an older schema knows none."""
    found = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('assets')
            AND attname = 'place' AND NOT attisdropped)
        """
    )
    return set(await places(connection)) if found else set()


async def _drop(connection: asyncpg.Connection, left: set[str]) -> None:
    """Files of what the target held are removed by the workers."""
    if left:
        await connection.execute(
            """
            INSERT INTO dropped_files (tenant_id, place)
            SELECT split_part(p, '/', 1)::uuid, p FROM unnest($1::text[]) AS p
            ON CONFLICT DO NOTHING
            """,
            sorted(left),
        )


async def _fill(connection: asyncpg.Connection, reader: Reader, part: Part) -> None:
    done = await connection.copy_to_table(
        part.table,
        source=reader.pieces(part),
        columns=[column.strip('"') for column in part.columns],
        format="binary",
    )
    if int(done.rpartition(" ")[2]) != part.rows:
        raise BadArchive(f"{part.table} should have {part.rows} rows, and has {done}")


async def _make_partitions(connection: asyncpg.Connection, manifest: Manifest) -> None:
    """The months that the archive has rows of and the target lacks."""
    there = {each.name for each in await partitions(connection)}
    for each in manifest.partitions:
        if each.name in there:
            continue
        for statement in (
            f"CREATE TABLE {each.name} (LIKE {each.parent} INCLUDING ALL)"
            f" WITH (fillfactor = {FILL[each.parent]})",
            f"ALTER TABLE {each.name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {each.name} FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {each.parent} ATTACH PARTITION {each.name} {each.bound}",
        ):
            await connection.execute(statement)


async def _exists(connection: asyncpg.Connection, table: str) -> bool:
    return await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table)


def _refuse_newer(manifest: Manifest) -> None:
    if manifest.revision not in revisions():
        raise BadArchive(
            f"the archive was made by Flowengine {manifest.version} with a newer schema"
            f" ({manifest.revision}): restore it with that version"
        )


async def _refuse_taken(dsn: str, force: bool) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        working = await connection.fetchval(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND usename IN ('flow_web', 'flow_worker')
            """
        )
        if working:
            raise InUse("web or worker processes are connected to the target: stop them first")
        taken = await _exists(connection, "tenants") and await connection.fetchval(
            "SELECT EXISTS (SELECT FROM tenants)"
        )
        if taken and not force:
            raise NotEmpty("the target has a workspace already; --force removes all that it holds")
    finally:
        await connection.close()


async def _refuse_other_schema(connection: asyncpg.Connection, manifest: Manifest) -> None:
    current = await connection.fetchval("SELECT version_num FROM alembic_version")
    if current != manifest.revision:
        raise BadArchive(
            f"the archive has an older schema ({manifest.revision}) than the target ({current}):"
            " restore it into a new, empty database"
        )
