"""Templates that the provider approved, as documents of `flowengine.workspace.Template`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.messages import TemplateNews
from flowengine.store.rows import must_touch, read_all
from flowengine.store.transaction import Transaction


class StoredTemplate(Struct, frozen=True):
    """`status` as the provider has it: approved, pending, rejected, paused …

    `account`: the provider's that it was read from; empty: written down by hand. `quality` and
    `reason` (of a refusal) in the provider's words.
    """

    name: str
    language: str
    category: str
    status: str
    document: bytes
    updated_at: datetime
    account: str = ""
    quality: str = ""
    reason: str = ""


class SyncedTemplate(Struct, frozen=True):
    """One as the provider has it now."""

    name: str
    language: str
    category: str
    status: str
    document: bytes
    quality: str = ""
    reason: str = ""


class Synced(Struct, frozen=True):
    """What a synchronisation did: how many are there, are new, changed, and are no more."""

    found: int
    added: int
    changed: int
    gone: int


async def templates(transaction: Transaction) -> tuple[StoredTemplate, ...]:
    """The workspace's templates, by name and language."""
    rows = await transaction.rows(
        """
        SELECT name, language, category, status, document, updated_at, account, quality, reason
        FROM templates WHERE tenant_id = $1 ORDER BY name, language
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


async def template_document(
    transaction: Transaction, name: str, language: str, account: str = ""
) -> bytes | None:
    """The document of a template, its language written either way (pt_BR, pt-BR).

    None too where it was read from another account than `account`: there it may be another one.
    """
    document: bytes | None = await transaction.value(
        """
        SELECT document FROM templates
        WHERE tenant_id = $1 AND name = $2 AND language = $3 AND account IN ('', $4)
        """,
        transaction.tenant,
        name,
        language.replace("-", "_"),
        account,
    )
    return document


async def sync_templates(
    transaction: Transaction, account: str, found: Sequence[SyncedTemplate]
) -> Synced:
    """Take over what an account has now; those that it had and has no more count as deleted.

    What was written down by hand is the account's from now on, where the account has it too.
    """
    rows = await transaction.rows(
        """
        WITH found AS (
            SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                $8::text[], $9::text[])
                AS f (name, language, category, status, document, quality, reason)
        )
        INSERT INTO templates AS t (tenant_id, account, name, language, category, status, document,
            quality, reason)
        SELECT $1, $2, * FROM found
        ON CONFLICT (tenant_id, name, language) DO UPDATE SET account = excluded.account,
            category = excluded.category, status = excluded.status, document = excluded.document,
            quality = excluded.quality, reason = excluded.reason, updated_at = now()
        WHERE (t.account, t.category, t.status, t.document, t.quality, t.reason)
            IS DISTINCT FROM (excluded.account, excluded.category, excluded.status,
                excluded.document, excluded.quality, excluded.reason)
        RETURNING xmax = 0 AS added
        """,
        transaction.tenant,
        account,
        [each.name for each in found],
        [each.language for each in found],
        [each.category for each in found],
        [each.status for each in found],
        [each.document for each in found],
        [each.quality for each in found],
        [each.reason for each in found],
    )
    gone = await transaction.run(
        """
        UPDATE templates t SET status = 'deleted', updated_at = now()
        WHERE tenant_id = $1 AND account = $2 AND status <> 'deleted' AND NOT EXISTS (
            SELECT FROM unnest($3::text[], $4::text[]) AS f (name, language)
            WHERE f.name = t.name AND f.language = t.language)
        """,
        transaction.tenant,
        account,
        [each.name for each in found],
        [each.language for each in found],
    )
    added = sum(row["added"] for row in rows)
    return Synced(len(found), added, len(rows) - added, gone)


async def hear_of_templates(
    transaction: Transaction, news: Sequence[tuple[UUID, TemplateNews]]
) -> None:
    """What providers told of templates, by workspace; of those that we do not know: nothing."""
    await transaction.run(
        """
        UPDATE templates t SET status = coalesce(nullif(n.status, ''), t.status),
            quality = coalesce(nullif(n.quality, ''), t.quality),
            category = coalesce(nullif(n.category, ''), t.category),
            reason = CASE WHEN n.status = '' THEN t.reason ELSE n.reason END, updated_at = now()
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::text[]) AS n (tenant_id, name, language, status, quality, category, reason)
        WHERE t.tenant_id = n.tenant_id AND t.name = n.name AND n.language IN ('', t.language)
        """,
        [tenant for tenant, _ in news],
        [each.name for _, each in news],
        [each.language for _, each in news],
        [each.status for _, each in news],
        [each.quality for _, each in news],
        [each.category for _, each in news],
        [each.reason for _, each in news],
    )
