"""Templates that the provider approved, as documents of `flowengine.workspace.Template`.

Each account has its own: two of a workspace's may call different ones by the same name.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
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
        FROM templates WHERE tenant_id = $1 ORDER BY name, language, account
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
    """Make a template known that no account was asked for, or change it.

    Where an account has one of that name and language, it is that one which is changed.
    """
    await transaction.run(
        """
        WITH there AS (
            SELECT CASE WHEN count(*) = 1 THEN min(account) ELSE '' END AS account
            FROM templates WHERE tenant_id = $1 AND name = $2 AND language = $3
        )
        INSERT INTO templates (tenant_id, name, language, category, status, document, account)
        SELECT $1, $2, $3, $4, $5, $6, there.account FROM there
        ON CONFLICT (tenant_id, name, language, account) DO UPDATE SET category = excluded.category,
            status = excluded.status, document = excluded.document, updated_at = now()
        """,
        transaction.tenant,
        name,
        language,
        category,
        status,
        document,
    )


async def remove_template(
    transaction: Transaction, name: str, language: str, account: str | None = None
) -> None:
    """Forget it: of one account ("": written by hand), or (None) of all. Raises `NotFound`."""
    count = await transaction.run(
        """
        DELETE FROM templates WHERE tenant_id = $1 AND name = $2 AND language = $3
            AND ($4::text IS NULL OR account = $4)
        """,
        transaction.tenant,
        name,
        language,
        account,
    )
    must_touch(count, f"template {name} in {language}")


def one_of_each(found: Sequence[StoredTemplate]) -> tuple[StoredTemplate, ...]:
    """Those that flows name: of one name and language the approved one, else the newest."""
    best: dict[tuple[str, str], StoredTemplate] = {}
    for each in found:
        key = (each.name, each.language)
        if key not in best or _rank(each) > _rank(best[key]):
            best[key] = each
    return tuple(best.values())


def _rank(template: StoredTemplate) -> tuple[bool, datetime]:
    return template.status == "approved", template.updated_at


async def template_document(
    transaction: Transaction, name: str, language: str, account: str = ""
) -> bytes | None:
    """The document of a template, its language written either way (pt_BR, pt-BR).

    Of `account`, else as it was written by hand. None where only another account has it: there it
    may be another one.
    """
    document: bytes | None = await transaction.value(
        """
        SELECT document FROM templates
        WHERE tenant_id = $1 AND name = $2 AND language = $3 AND account IN ('', $4)
        ORDER BY account DESC LIMIT 1
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
    await _adopt(transaction, account, found)
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
        ON CONFLICT (tenant_id, name, language, account) DO UPDATE SET
            category = excluded.category, status = excluded.status, document = excluded.document,
            quality = excluded.quality, reason = excluded.reason, updated_at = now()
        WHERE (t.category, t.status, t.document, t.quality, t.reason)
            IS DISTINCT FROM (excluded.category, excluded.status, excluded.document,
                excluded.quality, excluded.reason)
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


async def _adopt(transaction: Transaction, account: str, found: Sequence[SyncedTemplate]) -> None:
    await transaction.run(
        """
        UPDATE templates t SET account = $2
        FROM unnest($3::text[], $4::text[]) AS f (name, language)
        WHERE t.tenant_id = $1 AND t.account = '' AND t.name = f.name AND t.language = f.language
            AND NOT EXISTS (SELECT FROM templates o WHERE o.tenant_id = $1 AND o.account = $2
                AND o.name = t.name AND o.language = t.language)
        """,
        transaction.tenant,
        account,
        [each.name for each in found],
        [each.language for each in found],
    )


async def take_sync(transaction: Transaction, channel: UUID, every: timedelta) -> bool:
    """Whether the templates of a channel's account are to be taken over now, by who asks."""
    count = await transaction.run(
        """
        UPDATE channel_health SET templates_at = clock_timestamp()
        WHERE tenant_id = $1 AND channel_id = $2
            AND (templates_at IS NULL OR templates_at <= clock_timestamp() - $3::interval)
        """,
        transaction.tenant,
        channel,
        every,
    )
    return count > 0


async def put_off_sync(transaction: Transaction, channel: UUID, ago: timedelta) -> None:
    """It did not come to its end: as if it had been done so long ago."""
    await transaction.run(
        """
        UPDATE channel_health SET templates_at = clock_timestamp() - $3::interval
        WHERE tenant_id = $1 AND channel_id = $2
        """,
        transaction.tenant,
        channel,
        ago,
    )


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
            $7::text[], $8::text[])
            AS n (tenant_id, name, language, status, quality, category, reason, account)
        WHERE t.tenant_id = n.tenant_id AND t.name = n.name AND n.language IN ('', t.language)
            AND (n.account = '' OR t.account IN ('', n.account))
        """,
        [tenant for tenant, _ in news],
        [each.name for _, each in news],
        [each.language for _, each in news],
        [each.status for _, each in news],
        [each.quality for _, each in news],
        [each.category for _, each in news],
        [each.reason for _, each in news],
        [each.account for _, each in news],
    )
