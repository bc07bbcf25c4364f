"""Workspaces: the tenants of everything else."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.store.errors import Taken
from flowengine.store.ids import new_id
from flowengine.store.rows import read, read_all, read_found
from flowengine.store.transaction import Transaction

_COLUMNS = (
    "id, slug, name, language, timezone, opt_out_words, opt_out_text, purposes, default_queue"
)


class Tenant(Struct, frozen=True):
    """A workspace. `purposes`: of proactive messages, beside utility and marketing."""

    id: UUID
    slug: str
    name: str
    language: str
    timezone: str
    opt_out_words: tuple[str, ...]
    opt_out_text: str
    purposes: tuple[str, ...] = ()
    default_queue: str | None = None


async def create_tenant(
    transaction: Transaction,
    slug: str,
    name: str,
    *,
    opt_out_words: Sequence[str],
    opt_out_text: str,
    language: str = "pt-BR",
    timezone: str = "America/Sao_Paulo",
) -> Tenant:
    """Make a workspace: a worker's transaction, as the web cannot. Raises `Taken`."""
    try:
        row = await transaction.row(
            f"""
            INSERT INTO tenants (id, slug, name, language, timezone, opt_out_words, opt_out_text)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
            """,
            new_id(),
            slug,
            name,
            language,
            timezone,
            list(opt_out_words),
            opt_out_text,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(f"a workspace is called {slug} already") from None
    return read_found(Tenant, row, "new workspace")


async def tenant(transaction: Transaction) -> Tenant:
    """The workspace that the transaction speaks for. Raises `NotFound`."""
    row = await transaction.row(f"SELECT {_COLUMNS} FROM tenants WHERE id = $1", transaction.tenant)
    return read_found(Tenant, row, "such workspace")


async def tenant_by_slug(transaction: Transaction, slug: str) -> Tenant | None:
    """The workspace of that name, for a worker."""
    row = await transaction.row(f"SELECT {_COLUMNS} FROM tenants WHERE slug = $1", slug)
    return None if row is None else read(Tenant, row)


async def tenants(transaction: Transaction) -> tuple[Tenant, ...]:
    """All workspaces, for a worker; in the order in which they were made."""
    return read_all(Tenant, await transaction.rows(f"SELECT {_COLUMNS} FROM tenants ORDER BY id"))


async def change_tenant(
    transaction: Transaction,
    *,
    name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    opt_out_words: Sequence[str] | None = None,
    opt_out_text: str | None = None,
    purposes: Sequence[str] | None = None,
) -> Tenant:
    """Change what is given of the workspace. Raises `NotFound`."""
    row = await transaction.row(
        f"""
        UPDATE tenants SET name = coalesce($2, name), language = coalesce($3, language),
            timezone = coalesce($4, timezone), opt_out_words = coalesce($5, opt_out_words),
            opt_out_text = coalesce($6, opt_out_text), purposes = coalesce($7, purposes),
            updated_at = now()
        WHERE id = $1 RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        name,
        language,
        timezone,
        None if opt_out_words is None else list(opt_out_words),
        opt_out_text,
        None if purposes is None else list(purposes),
    )
    return read_found(Tenant, row, "such workspace")


async def set_default_queue(transaction: Transaction, queue: str | None) -> None:
    """Who gets what flows hand over without naming a queue."""
    await transaction.run(
        "UPDATE tenants SET default_queue = $2, updated_at = now() WHERE id = $1",
        transaction.tenant,
        queue,
    )


async def revisions(transaction: Transaction, tenant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """A number for each workspace that changes with all that turns may keep in memory of it.

    Flows published, bindings, schedules, queues, constants, secrets, fields, tags, templates, model
    profiles and the workspace itself count; channels and contacts do not.
    """
    rows = await transaction.rows(
        "SELECT id, rev FROM tenants WHERE id = ANY($1::uuid[])", list(tenant_ids)
    )
    return {row["id"]: row["rev"] for row in rows}
