"""A workspace is behind row-level security: from another one nothing of it can be seen or touched.

All as flow_web, as the web connects; the superuser only prepares what there is to see.
"""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from msgspec import Struct

from flowengine.store.columns import metadata
from flowengine.store.database import Database
from flowengine.store.transaction import Transaction
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.store.conftest import Place
from tests.store.filled import fill, insert

pytestmark = on_both

TABLES = sorted(metadata.tables)
SEALED = {
    "secrets": "value",
    "model_profiles": "settings",
    "channels": "settings",
    "subscriptions": "secret",
    "device_keys": "value",
}
OVER_THE_FENCE = {"found_messages", "lives_here", "ensure_partitions", "drop_month"}
# The rows that Davi may touch, being his own.
NOT_DAVIS = {
    "tenants": "id <> app_tenant()",
    "users": "id <> app_user()",
    "memberships": "user_id <> app_user()",
}


class Filled(Struct, frozen=True):
    """Bia's workspace with a row in every table."""

    store: Database
    bia: Place
    davi: Place
    rows: dict[str, dict[str, Any]]


@pytest.fixture
async def filled(store: Database, database: services.Database, bia: Place, davi: Place) -> Filled:
    return Filled(store, bia, davi, await fill(database.owner, bia.tenant, bia.owner))


@pytest.fixture
async def superuser(database: services.Database) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


async def count(transaction: Transaction, table: str) -> int:
    column = "tenant_id" if table in SEALED else "*"
    return await transaction.value(f"SELECT count({column}) FROM {table}")


async def test_every_table_that_there_is_is_tried_here(superuser: Any) -> None:
    """What Python describes and what the catalog has: nothing may hide behind either."""
    found = await superuser.fetch(
        """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition
            AND relname <> 'alembic_version'
        """
    )
    assert sorted(row["relname"] for row in found) == TABLES


async def test_functions_that_step_over_the_fence_are_known(superuser: Any) -> None:
    """Each filters the tenant itself, or shows no rows; a new one needs its own test."""
    found = await superuser.fetch(
        """
        SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
            AND (has_function_privilege('flow_web', oid, 'EXECUTE')
                 OR has_function_privilege('flow_worker', oid, 'EXECUTE'))
        """
    )
    assert {row["proname"] for row in found} == OVER_THE_FENCE


async def test_what_steps_over_the_fence_shows_a_stranger_nothing(filled: Filled) -> None:
    async with filled.store.web(filled.davi.tenant, filled.davi.owner) as transaction:
        assert await transaction.value("SELECT lives_here($1)", filled.bia.owner) is False
        assert await transaction.rows("SELECT found_messages('messages', 10)") == []
    async with filled.store.web(filled.bia.tenant, filled.bia.owner) as transaction:
        assert await transaction.value("SELECT lives_here($1)", filled.bia.owner) is True
        assert len(await transaction.rows("SELECT found_messages('messages', 10)")) == 1


async def test_its_own_workspace_sees_every_row(filled: Filled) -> None:
    """Else the tests below would hold of empty tables."""
    async with filled.store.web(filled.bia.tenant, filled.bia.owner) as transaction:
        seen = {table: await count(transaction, table) for table in TABLES}

    # A link and an attempt are only seen by whoever knows their key.
    keyed = {"sign_in_links", "sign_in_attempts"}
    assert {table for table, rows in seen.items() if rows == 0} == keyed


async def test_another_workspace_sees_none(filled: Filled) -> None:
    own = {"tenants", "users", "memberships"}  # Davi's own
    async with filled.store.web(filled.davi.tenant, filled.davi.owner) as transaction:
        seen = {table: await count(transaction, table) for table in TABLES}

    assert seen == {table: int(table in own) for table in TABLES}


async def test_a_visitor_sees_none(filled: Filled) -> None:
    async with filled.store.visitor() as transaction:
        assert {table: await count(transaction, table) for table in TABLES} == dict.fromkeys(
            TABLES, 0
        )


async def test_a_worker_sees_what_it_needs_of_all(filled: Filled) -> None:
    hidden = {"sessions", "sign_in_attempts", "api_keys", "token_grants"}
    async with filled.store.worker() as transaction:
        for table in TABLES:
            if table not in hidden:
                assert await transaction.value(f"SELECT count(*) FROM {table}") > 0, table
    for table in sorted(hidden):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with filled.store.worker() as transaction:
                await transaction.value(f"SELECT count(*) FROM {table}")


async def test_another_workspace_can_neither_change_nor_delete(
    filled: Filled, superuser: Any
) -> None:
    before = await everything(superuser)
    for table in TABLES:
        names = [column.name for column in metadata.tables[table].columns]
        for change in (*(f"UPDATE {table} SET {n} = {n}" for n in names), f"DELETE FROM {table}"):
            statement = f"{change} WHERE {NOT_DAVIS.get(table, 'true')}"
            assert await attempt(filled, statement) in (0, "refused"), statement

    assert await everything(superuser) == before


async def test_another_workspace_cannot_write_rows_into_it(filled: Filled, superuser: Any) -> None:
    """The very rows that were there, so that nothing but the fence refuses them."""
    await superuser.execute("SET session_replication_role = replica")  # no cascades
    for table in sorted(filled.rows):
        # A conversation's row needs to be there for what is fenced through it.
        if table not in ("conversations", "executions", "channels"):
            await superuser.execute(f"DELETE FROM {table}")
    for table, row in filled.rows.items():
        assert await attempt_insert(filled, table, row) == "refused", table


async def everything(superuser: Any) -> dict[str, list[Any]]:
    return {
        table: await superuser.fetch(f"SELECT * FROM {table} t ORDER BY t::text")
        for table in TABLES
    }


async def attempt(filled: Filled, statement: str) -> int | str:
    """How many rows a stranger's statement touched."""
    try:
        async with filled.store.web(filled.davi.tenant, filled.davi.owner) as transaction:
            return await transaction.run(statement)
    except asyncpg.InsufficientPrivilegeError:
        return "refused"


async def attempt_insert(filled: Filled, table: str, row: dict[str, Any]) -> str:
    values = {name: {} if value == "{}" else value for name, value in row.items()}
    try:
        async with filled.store.web(filled.davi.tenant, filled.davi.owner) as transaction:
            await insert(transaction.connection, metadata.tables[table], values)
    except asyncpg.InsufficientPrivilegeError:
        return "refused"
    return "written"


@pytest.mark.parametrize("table", sorted(SEALED))
async def test_the_web_cannot_read_what_is_sealed(filled: Filled, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with filled.store.web(filled.bia.tenant) as transaction:
            await transaction.rows(f"SELECT {SEALED[table]} FROM {table}")


@pytest.mark.parametrize("role", ["web", "worker"])
async def test_partitions_are_reached_through_their_parent_only(
    filled: Filled, superuser: Any, role: str
) -> None:
    parts = await superuser.fetch(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
    )
    assert len(parts) == 8
    for part in parts:
        opened = filled.store.web(filled.bia.tenant) if role == "web" else filled.store.worker()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with opened as transaction:
                await transaction.rows(f"SELECT * FROM {part['relname']}")


async def test_every_table_is_fenced_for_its_owner_too(superuser: Any) -> None:
    open_tables = await superuser.fetch(
        """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT (relrowsecurity AND relforcerowsecurity) AND relname <> 'alembic_version'
        """
    )
    policies = await superuser.fetch(
        "SELECT DISTINCT tablename, roles FROM pg_policies WHERE policyname <> 'backup'"
    )

    assert open_tables == []
    both = {(table, role) for table in TABLES for role in ("flow_web", "flow_worker")}
    assert {(row["tablename"], role) for row in policies for role in row["roles"]} == both


async def test_the_owner_may_read_every_table_for_a_backup(superuser: Any) -> None:
    policies = await superuser.fetch(
        "SELECT tablename, cmd, current_user = ANY(roles) AS own FROM pg_policies"
        " WHERE policyname = 'backup'"
    )
    assert {(row["tablename"], row["cmd"], row["own"]) for row in policies} == {
        (table, "SELECT", True) for table in TABLES
    }


async def test_no_role_can_step_over_the_fence(superuser: Any) -> None:
    roles = await superuser.fetch(
        """
        SELECT rolname FROM pg_roles WHERE rolname IN ('flow_web', 'flow_worker')
            AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcreaterole AND NOT rolcreatedb
        """
    )
    owned = await superuser.fetch(
        """
        SELECT relname FROM pg_class
        WHERE relowner IN ('flow_web'::regrole, 'flow_worker'::regrole)
        """
    )

    assert len(roles) == 2
    assert owned == []


@pytest.mark.parametrize("table", ["flow_versions", "releases", "consent_log", "journal", "inbox"])
async def test_what_was_published_or_journaled_cannot_be_changed(
    filled: Filled, table: str
) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    for opened in (filled.store.web(filled.bia.tenant), filled.store.worker()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with opened as transaction:
                await transaction.run(f"UPDATE {table} SET {column} = {column}")


async def test_the_fence_is_gone_with_its_transaction(filled: Filled) -> None:
    """A connection that goes back to the pool speaks for nobody."""
    for _ in range(6):
        async with filled.store.web(filled.bia.tenant, filled.bia.owner):
            pass
    async with filled.store.visitor() as transaction:
        assert await transaction.value("SELECT count(*) FROM contacts") == 0
        assert await transaction.value("SELECT app_tenant()") is None
        assert await transaction.value("SELECT app_user()") is None
