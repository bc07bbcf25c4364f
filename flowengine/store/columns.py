"""What the pages of tables are written with: the metadata, the column types, and short verbs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)

At = DateTime(timezone=True)
Bytes = LargeBinary()
ID = Uuid()
Words = ARRAY(Text())

# Small and always churning: finished rows are deleted by the transaction that records the outcome.
BUSY = {
    "fillfactor": "80",
    "autovacuum_vacuum_scale_factor": "0.0",
    "autovacuum_vacuum_threshold": "2000",
    "autovacuum_vacuum_cost_delay": "0",
    "autovacuum_analyze_scale_factor": "0.0",
    "autovacuum_analyze_threshold": "5000",
}


def must(name: str, kind: TypeEngine[Any], default: str | None = None) -> Column[Any]:
    """A column that is always there; `default` is SQL."""
    server_default = None if default is None else text(default)
    return Column(name, kind, nullable=False, server_default=server_default)


def may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """A column that may be null."""
    return Column(name, kind, nullable=True)


def index(
    name: str,
    *columns: str,
    where: str = "",
    unique: bool = False,
    using: str = "btree",
    options: Mapping[str, int] = {},
) -> Index:
    """An index; a column may be an expression or carry DESC. `where` makes it partial."""
    return Index(
        name,
        *(column if column.isidentifier() else text(column) for column in columns),
        unique=unique,
        postgresql_where=text(where) if where else None,
        postgresql_using=using,
        postgresql_with=dict(options),
    )


def of_tenant() -> SchemaItem:
    """The row goes when its tenant goes."""
    return ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE")


def of(table: str, column: str, key: str = "key", ondelete: str = "CASCADE") -> SchemaItem:
    """The row belongs to one of the same tenant; renaming a key renames it here too."""
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{table}.tenant_id", f"{table}.{key}"],
        ondelete=ondelete,
        onupdate="CASCADE",
    )
