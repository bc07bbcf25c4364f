"""Drafts that another document took the place of: a file, an old version, a program's.

What was in a draft and is in no published version would be gone with it; so it is kept, the last
ten of each flow, and may be the draft again.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.draft_edits import hold_draft
from flowengine.store.rows import read_all, read_found
from flowengine.store.transaction import Transaction

KEPT = 10
"""Of each flow."""


class EarlierDraft(Struct, frozen=True):
    """A draft that was replaced. `rev`: its revision then; `replaced_by`: null for a program."""

    rev: int
    name: str
    hash: str
    replaced_at: datetime
    replaced_by: UUID | None


async def keep_earlier(
    transaction: Transaction, flow: str, became: str, by: UUID | None = None
) -> bool:
    """Before a draft becomes the document with the hash `became`: keep it, unless it says the same
    or a published version says what it says. Whether it was kept. From here to the
    transaction's end nobody else saves the draft."""
    await hold_draft(transaction, flow)
    kept = await transaction.run(
        """
        INSERT INTO earlier_drafts (tenant_id, flow, rev, name, hash, document, replaced_by)
        SELECT f.tenant_id, f.key, f.rev, f.name, f.draft_hash, f.draft, $4 FROM flows f
        WHERE f.tenant_id = $1 AND f.key = $2 AND f.draft_hash <> $3 AND NOT EXISTS (
            SELECT FROM flow_versions v WHERE v.tenant_id = $1 AND v.flow = $2
                AND v.hash = f.draft_hash AND v.version > 0)
        ON CONFLICT DO NOTHING
        """,
        transaction.tenant,
        flow,
        became,
        by,
    )
    if kept:
        await transaction.run(
            """
            DELETE FROM earlier_drafts WHERE tenant_id = $1 AND flow = $2 AND rev NOT IN (
                SELECT rev FROM earlier_drafts WHERE tenant_id = $1 AND flow = $2
                ORDER BY rev DESC LIMIT $3)
            """,
            transaction.tenant,
            flow,
            KEPT,
        )
    return bool(kept)


async def earlier_drafts(transaction: Transaction, flow: str) -> tuple[EarlierDraft, ...]:
    """Those that are kept of a flow, the last one first."""
    rows = await transaction.rows(
        """
        SELECT rev, name, hash, replaced_at, replaced_by FROM earlier_drafts
        WHERE tenant_id = $1 AND flow = $2 ORDER BY rev DESC
        """,
        transaction.tenant,
        flow,
    )
    return read_all(EarlierDraft, rows)


class _Document(Struct, frozen=True):
    document: bytes


async def earlier_draft(transaction: Transaction, flow: str, rev: int) -> bytes:
    """The document of one. Raises `NotFound`."""
    row = await transaction.row(
        "SELECT document FROM earlier_drafts WHERE tenant_id = $1 AND flow = $2 AND rev = $3",
        transaction.tenant,
        flow,
        rev,
    )
    return read_found(_Document, row, f"draft {rev} of {flow}").document
