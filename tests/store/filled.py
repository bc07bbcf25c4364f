"""One row in every table, for one workspace: what a stranger must not see any of."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Column, Table

from flowengine.store import (
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
from flowengine.store.ids import new_id

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

OWNERS = ("tenants", "users", "memberships")
"""Tables that `settle` has put a row into already."""


async def fill(owner_dsn: str, tenant: UUID, user: UUID) -> dict[str, dict[str, Any]]:
    """Write the rows as the superuser, who is behind no fence; by table, what was written."""
    shared: dict[str, Any] = {
        "tenant_id": tenant,
        "user_id": user,
        "contact_id": new_id(),
        "channel_id": new_id(),
        "conversation_id": new_id(),
        "execution_id": new_id(),
    }
    shared |= {"from_channel_id": shared["channel_id"], "to_channel_id": shared["channel_id"]}
    # Where a shared id is a table's own.
    own = {
        "contacts": shared["contact_id"],
        "channels": shared["channel_id"],
        "conversations": shared["conversation_id"],
        "executions": shared["execution_id"],
    }
    written: dict[str, dict[str, Any]] = {}
    connection = await asyncpg.connect(owner_dsn)
    try:
        for table in metadata.sorted_tables:
            if table.name in OWNERS:
                continue
            row = {c.name: value(c, shared, own.get(table.name)) for c in table.columns}
            await insert(connection, table, row)
            written[table.name] = row
    finally:
        await connection.close()
    return written


async def insert(connection: Any, table: Table, row: dict[str, Any]) -> None:
    """Write a row; jsonb as text, since this connection has no codec."""
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table.name} ({names}) VALUES ({places})", *row.values())


def value(column: Column[Any], shared: dict[str, Any], own: UUID | None) -> Any:
    """A value for a column: a shared id, one that the tables agree on, or any of its type."""
    if column.name in shared:
        return shared[column.name]
    if column.name == "id" and own is not None:
        return own
    kind = str(column.type)
    if kind == "TEXT" and column.name in ("flow", "root", "queue", "key", "schedule", "base"):
        return "chave"
    match kind:
        case "UUID" | "CHAR(32)":
            return new_id()
        case "TEXT":
            return f"{column.table.name} {new_id()}"
        case "BLOB" | "BYTEA":
            return new_id().bytes
        case "BIGINT" | "INTEGER" | "SMALLINT":
            return 1
        case "DOUBLE":
            return 1.0
        case "BOOLEAN":
            return True
        case "DATE":
            return datetime.now(UTC).date()
        case "DATETIME" | "TIMESTAMP":
            return datetime.now(UTC)
        case "JSONB":
            return "{}"
        case "TSVECTOR":
            return "um"
        case _:
            assert kind == "ARRAY", kind
            return ["um"]
