"""The fields that a workspace keeps of its contacts: names and types; values are in `contacts`."""

from msgspec import Struct

from flowengine.store.rows import must_touch, plain, read_all
from flowengine.store.transaction import Transaction


class Field(Struct, frozen=True):
    """`key` as flows name it, `name` as people read it, `type` as in FLOWS.md §2."""

    key: str
    name: str
    type: str


async def fields(transaction: Transaction) -> tuple[Field, ...]:
    """The workspace's fields, by name."""
    rows = await transaction.rows(
        "SELECT key, name, type FROM contact_fields WHERE tenant_id = $1 ORDER BY name, key",
        transaction.tenant,
    )
    return read_all(Field, rows)


async def put_field(transaction: Transaction, key: str, name: str, type: str) -> None:
    """Make a field, or change it; values that contacts have stay as they are."""
    await transaction.run(
        """
        INSERT INTO contact_fields (tenant_id, key, name, type) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, key) DO UPDATE SET name = excluded.name, type = excluded.type
        """,
        transaction.tenant,
        key,
        plain(name),
        type,
    )


async def remove_field(transaction: Transaction, key: str) -> None:
    """Forget the field; what contacts have of it stays with them. Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM contact_fields WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"field {key}")
