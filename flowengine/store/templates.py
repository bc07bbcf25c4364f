"""Templates that the provider approved, as documents of `flowengine.workspace.Template`."""

from datetime import datetime

from msgspec import Struct

from flowengine.store.rows import must_touch, read_all
from flowengine.store.transaction import Transaction


class StoredTemplate(Struct, frozen=True):
    """`status` as the provider has it: approved, pending, rejected or paused."""

    name: str
    language: str
    category: str
    status: str
    document: bytes
    updated_at: datetime


async def templates(transaction: Transaction) -> tuple[StoredTemplate, ...]:
    """The workspace's templates, by name and language."""
    rows = await transaction.rows(
        """
        SELECT name, language, category, status, document, updated_at FROM templates
        WHERE tenant_id = $1 ORDER BY name, language
        """,
        transaction.tenant,
    )
    return read_all(StoredTemplate, rows)


async def put_template(
    transaction: Transaction,
    name: str,
    language: str,
    category: str,
    document: bytes,
    status: str = "approved",
) -> None:
    """Make a template known, or change it."""
    await transaction.run(
        """
        INSERT INTO templates (tenant_id, name, language, category, status, document)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, name, language) DO UPDATE SET category = excluded.category,
            status = excluded.status, document = excluded.document, updated_at = now()
        """,
        transaction.tenant,
        name,
        language,
        category,
        status,
        document,
    )


async def remove_template(transaction: Transaction, name: str, language: str) -> None:
    """Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM templates WHERE tenant_id = $1 AND name = $2 AND language = $3",
        transaction.tenant,
        name,
        language,
    )
    must_touch(count, f"template {name} in {language}")
