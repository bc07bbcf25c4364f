"""Edits of drafts that are done once, however often they come: the last one of each open editor.

An editor sends its edits one at a time and numbers them. So whether one was done already is told by
the last that was, which is written in the statement that saves the draft, or by itself where it was
refused: a copy that is delivered late is not done either. Who edits is part of the key: the same
tab of another person, or in another workspace, is another one.
"""

from uuid import UUID

from msgspec import Struct

from flowengine.store.errors import Stale
from flowengine.store.flows import DraftHead, draft_head
from flowengine.store.rows import plain, read_found
from flowengine.store.transaction import Transaction


class Stamp(Struct, frozen=True):
    """Which edit it is. `tab`: drawn by lot as an editor opens; `number`: grows with each edit."""

    user: UUID
    tab: UUID
    number: int


class Edit(Struct, frozen=True):
    """An edit, done or refused, to be kept: `outcome` is what its answer needs once more, in the
    caller's words."""

    stamp: Stamp
    outcome: bytes


class LastEdit(Struct, frozen=True):
    """The last edit of an open editor. `rev`: of the draft as it left it. `outcome`: as it was
    kept, empty where another number was asked for."""

    number: int
    rev: int
    outcome: bytes = b""


async def hold_draft(transaction: Transaction, key: str) -> None:
    """Until the transaction ends nobody else saves this draft; without a word where there is none.

    A statement of its own: one that waits for a lock goes on with what it had read before.
    """
    await transaction.run(
        "SELECT FROM flows WHERE tenant_id = $1 AND key = $2 FOR NO KEY UPDATE",
        transaction.tenant,
        key,
    )


async def last_edit(
    transaction: Transaction, key: str, stamp: Stamp | None
) -> tuple[DraftHead, LastEdit | None]:
    """Which draft it is now, and the last edit of this tab, of one moment. Raises `NotFound`."""
    if stamp is None:
        return await draft_head(transaction, key), None
    row = await transaction.row(
        """
        SELECT f.draft_hash AS hash, f.rev, e.number, e.rev AS done,
            CASE WHEN e.number = $5 THEN e.outcome ELSE '' END AS outcome
        FROM flows f LEFT JOIN draft_edits e
            ON e.tenant_id = f.tenant_id AND e.flow = f.key AND e.user_id = $3 AND e.tab = $4
        WHERE f.tenant_id = $1 AND f.key = $2
        """,
        transaction.tenant,
        key,
        stamp.user,
        stamp.tab,
        stamp.number,
    )
    head = read_found(DraftHead, row, f"flow {key}")
    if row is None or row["number"] is None:
        return head, None
    return head, LastEdit(row["number"], row["done"], row["outcome"])


async def save_edit(
    transaction: Transaction,
    key: str,
    name: str,
    document: bytes,
    hash: str,
    rev: int,
    edit: Edit,
) -> int:
    """Save a draft over revision `rev`, and that this edit did it; the new revision.

    Equal bytes make no new revision. Raises `Stale` where the draft is another by now, or where
    this edit or a later one of its tab was done meanwhile: whoever reads again then sees that.
    """
    new: int | None = await transaction.value(
        """
        WITH saved AS (
            UPDATE flows f SET name = $3, draft = $4, draft_hash = $5,
                rev = f.rev + (f.draft_hash <> $5)::int, updated_at = now(), updated_by = $7
            WHERE f.tenant_id = $1 AND f.key = $2 AND f.rev = $6
            RETURNING f.rev
        ), kept AS (
            INSERT INTO draft_edits AS e (tenant_id, flow, user_id, tab, number, rev, outcome)
            SELECT $1, $2, $7, $8, $9, saved.rev, $10 FROM saved
            ON CONFLICT (tenant_id, flow, user_id, tab) DO UPDATE SET
                number = excluded.number, rev = excluded.rev, outcome = excluded.outcome, at = now()
            WHERE e.number < excluded.number
            RETURNING e.rev
        )
        SELECT rev FROM kept
        """,
        transaction.tenant,
        key,
        plain(name),
        document,
        hash,
        rev,
        edit.stamp.user,
        edit.stamp.tab,
        edit.stamp.number,
        edit.outcome,
    )
    if new is None:
        raise Stale((await draft_head(transaction, key)).rev)
    return new


async def refuse_edit(transaction: Transaction, key: str, edit: Edit) -> bool:
    """Keep that this edit was refused. False where there is no such flow, or where this edit or a
    later one of its tab was done or refused meanwhile: whoever reads again then sees that."""
    kept: int | None = await transaction.value(
        """
        INSERT INTO draft_edits AS e (tenant_id, flow, user_id, tab, number, rev, outcome)
        SELECT f.tenant_id, f.key, $3, $4, $5, f.rev, $6 FROM flows f
        WHERE f.tenant_id = $1 AND f.key = $2
        ON CONFLICT (tenant_id, flow, user_id, tab) DO UPDATE SET
            number = excluded.number, rev = excluded.rev, outcome = excluded.outcome, at = now()
        WHERE e.number < excluded.number
        RETURNING e.rev
        """,
        transaction.tenant,
        key,
        edit.stamp.user,
        edit.stamp.tab,
        edit.stamp.number,
        edit.outcome,
    )
    return kept is not None
