"""The page of tables and the migrations say the same; the migrations hold on both versions."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from flowengine.store import (
    migrate,
    schema,
    tables,
    tables_channels,
    tables_config,
    tables_delivery,
    tables_files,
    tables_flows,
    tables_knowledge,
    tables_linked,
    tables_people,
)
from flowengine.store.columns import metadata
from tests.services.postgres import Database, Postgres, on_both

pytestmark = on_both

PAGES = (
    tables,
    tables_channels,
    tables_config,
    tables_delivery,
    tables_files,
    tables_flows,
    tables_knowledge,
    tables_linked,
    tables_people,
)  # importing them fills the metadata


async def differences(dsn: str) -> Sequence[Any]:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn)
    )
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


def compare(connection: Connection) -> Sequence[Any]:
    query = "SELECT relname FROM pg_class WHERE relispartition"
    aside = {row[0] for row in connection.exec_driver_sql(query)} | {"alembic_version"}
    options = {
        "target_metadata": metadata,
        "compare_type": True,
        "compare_server_default": True,
        "include_object": lambda _o, name, kind, *_: kind != "table" or name not in aside,
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


async def test_the_page_is_what_the_migrations_make(database: Database) -> None:
    assert await differences(database.owner) == []


async def test_the_comparison_sees_what_differs(database: Database) -> None:
    await run(database.owner, "ALTER TABLE contacts DROP COLUMN phone CASCADE")
    await run(database.owner, "DROP INDEX outbox_line")

    found = str(await differences(database.owner))

    assert "phone" in found
    assert "outbox_line" in found


async def test_storage_is_as_the_page_says(database: Database) -> None:
    options = dict(
        await rows(
            database.owner, "SELECT relname, reloptions FROM pg_class WHERE reloptions <> '{}'"
        )
    )

    for table in metadata.tables.values():
        wanted = table.dialect_options["postgresql"]["with"] or {}
        assert set(options.get(table.name, [])) == {f"{k}={v}" for k, v in wanted.items()}


async def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    await migrate.upgrade(database.owner)

    assert await schema.is_current(database.web)
    assert await differences(database.owner) == []


async def test_the_newest_schema_is_known_without_alembic(database: Database) -> None:
    assert set(schema.known()) == migrate.revisions()
    found = await rows(database.owner, "SELECT version_num FROM alembic_version")
    assert found == [(schema.known()[-1],)]


async def test_a_newer_schema_can_be_worked_with_an_older_one_cannot(database: Database) -> None:
    """What runs before a deploy only adds: an old process that starts again goes on."""
    for version, fine in (("9999", True), (schema.known()[-2], False)):
        await run(database.owner, f"UPDATE alembic_version SET version_num = '{version}'")
        assert await schema.is_current(database.web) is fine


async def test_many_upgrades_at_once_wait_for_each_other(postgres: Postgres) -> None:
    name = f"test_{uuid4().hex[:12]}"
    await run(postgres.dsn(), f"CREATE DATABASE {name}")
    try:
        assert not await schema.is_current(postgres.dsn(name))
        await asyncio.gather(*(migrate.upgrade(postgres.dsn(name)) for _ in range(3)))
        assert await differences(postgres.dsn(name)) == []
    finally:
        await run(postgres.dsn(), f"DROP DATABASE {name} WITH (FORCE)")


async def test_an_owner_who_is_no_superuser_can_migrate(
    postgres: Postgres, database: Database
) -> None:
    """As a managed PostgreSQL gives it: CREATEROLE at most, and the roles are there already."""
    name = f"test_{uuid4().hex[:12]}"
    postgres_dsn = postgres.dsn()
    assert database.name  # its migration made the roles, which belong to the server
    await run(postgres_dsn, f"CREATE ROLE {name} LOGIN CREATEROLE NOSUPERUSER")
    version = int((await rows(postgres_dsn, "SHOW server_version_num"))[0][0])
    if version >= 160000:
        await run(postgres_dsn, f"GRANT flow_worker TO {name} WITH ADMIN TRUE, INHERIT FALSE")
    await run(postgres_dsn, f"CREATE DATABASE {name} OWNER {name}")
    try:
        # Signed in as the superuser, who is the new role from the first statement on.
        plain = f"{postgres.dsn(name)}&role={name}"
        await migrate.upgrade(plain)
        owners = await rows(
            plain, "SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'found_messages'"
        )
        assert [row[0] for row in owners] == ["flow_worker"]
        assert await rows(plain, "SELECT pg_has_role(current_user, 'flow_worker', 'USAGE')") == [
            (False,)
        ]
    finally:
        await run(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")
        await run(postgres_dsn, f"DROP OWNED BY {name}")
        await run(postgres_dsn, f"DROP ROLE {name}")


async def test_partitions_reach_three_months_ahead(database: Database) -> None:
    names = [
        row[0]
        for row in await rows(
            database.owner,
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent IN ('messages'::regclass, 'journal'::regclass)",
        )
    ]

    assert sum(name.startswith("messages_") for name in names) == 4
    assert sum(name.startswith("journal_") for name in names) == 4


async def run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def rows(dsn: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
