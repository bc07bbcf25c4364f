"""Tags: the words that contacts can be marked with. Contacts carry a tag's key."""

from msgspec import Struct

from flowengine.store.rows import must_touch, plain, read_all
from flowengine.store.transaction import Transaction


class Tag(Struct, frozen=True):
    """`key` as flows name it, `name` and `color` as people see it."""

    key: str
    name: str
    color: str


async def tags(transaction: Transaction) -> tuple[Tag, ...]:
    """The workspace's tags, by name."""
    rows = await transaction.rows(
        "SELECT key, name, color FROM tags WHERE tenant_id = $1 ORDER BY name, key",
        transaction.tenant,
    )
    return read_all(Tag, rows)


async def put_tag(transaction: Transaction, key: str, name: str, color: str = "") -> None:
    """Make a tag, or change how it looks."""
    await transaction.run(
        """
        INSERT INTO tags (tenant_id, key, name, color) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, key) DO UPDATE SET name = excluded.name, color = excluded.color
        """,
        transaction.tenant,
        plain(key),
        plain(name),
        color,
    )


async def remove_tag(transaction: Transaction, key: str) -> None:
    """Take the tag away, from every contact that has it. Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM tags WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"tag {key}")
    await transaction.run(
        """
        UPDATE contacts SET tags = array_remove(tags, $2), updated_at = now()
        WHERE tenant_id = $1 AND $2 = ANY(tags)
        """,
        transaction.tenant,
        key,
    )
