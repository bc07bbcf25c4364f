"""Flows: the draft that is edited, and the versions that were published and never change.

The store keeps a document's bytes and the hashes that the caller computed of it; it never looks
inside. `calls` are the keys of the flows that a document's `flow` nodes call.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.happenings import DraftOver
from flowengine.store.errors import NotFound, Stale, Tried
from flowengine.store.flow_moves import stop_stray
from flowengine.store.inbox import Entry, enter_unseen
from flowengine.store.releases import rebuild
from flowengine.store.rows import must_touch, plain, read_all, read_found
from flowengine.store.transaction import Transaction


class FlowRow(Struct, frozen=True):
    """A line of the list. `changed`: the draft says something else than what is published."""

    key: str
    name: str
    rev: int
    draft_hash: str
    changed: bool
    updated_at: datetime
    version: int | None = None
    release: str | None = None
    published_hash: str | None = None
    published_at: datetime | None = None
    folder: str = ""


class Draft(Struct, frozen=True):
    """What is being edited. `rev` grows with each save: it is the ETag."""

    key: str
    name: str
    document: bytes
    hash: str
    rev: int
    updated_at: datetime
    updated_by: UUID | None = None


class DraftHead(Struct, frozen=True):
    """A draft without its document: which one it is."""

    hash: str
    rev: int


class Version(Struct, frozen=True):
    """What was published: never changes."""

    key: str
    version: int
    hash: str
    logic_hash: str
    document: bytes
    published_at: datetime
    published_by: UUID | None = None
    message: str = ""


class Document(Struct, frozen=True):
    """What a flow says, as a draft or as what is published."""

    key: str
    name: str
    hash: str
    document: bytes


class NewVersion(Struct, frozen=True):
    """What is to be published: canonical bytes, their hashes, the keys of the flows it calls.

    `message`: why, for the list of versions.
    """

    key: str
    name: str
    document: bytes
    hash: str
    logic_hash: str
    calls: Collection[str] = ()
    message: str = ""


class Published(Struct, frozen=True):
    """What publishing did. `new`: false where these very bytes were a version already."""

    key: str
    version: int
    hash: str
    release: str
    new: bool


async def flows(transaction: Transaction) -> tuple[FlowRow, ...]:
    """The workspace's flows, by name."""
    rows = await transaction.rows(
        """
        SELECT f.key, f.name, f.rev, f.draft_hash, f.updated_at, f.published AS version, f.release,
            v.hash AS published_hash, v.published_at, f.folder,
            f.draft_hash IS DISTINCT FROM v.hash AS changed
        FROM flows f
        LEFT JOIN flow_versions v
            ON v.tenant_id = f.tenant_id AND v.flow = f.key AND v.version = f.published
        WHERE f.tenant_id = $1 ORDER BY f.name, f.key
        """,
        transaction.tenant,
    )
    return read_all(FlowRow, rows)


async def documents(transaction: Transaction) -> tuple[Document, ...]:
    """Every flow's draft, and what is published of it where that says something else."""
    rows = await transaction.rows(
        """
        SELECT key, name, draft_hash AS hash, draft AS document FROM flows WHERE tenant_id = $1
        UNION ALL
        SELECT f.key, f.name, v.hash, v.document FROM flows f
        JOIN flow_versions v
            ON v.tenant_id = f.tenant_id AND v.flow = f.key AND v.version = f.published
        WHERE f.tenant_id = $1 AND v.hash <> f.draft_hash
        ORDER BY name, key
        """,
        transaction.tenant,
    )
    return read_all(Document, rows)


async def draft(transaction: Transaction, key: str) -> Draft:
    """A flow's draft. Raises `NotFound`."""
    row = await transaction.row(
        f"SELECT {_DRAFT} FROM flows WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    return read_found(Draft, row, f"flow {key}")


async def draft_head(transaction: Transaction, key: str) -> DraftHead:
    """Which draft it is now, for who may have read it already. Raises `NotFound`."""
    row = await transaction.row(
        "SELECT draft_hash AS hash, rev FROM flows WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        key,
    )
    return read_found(DraftHead, row, f"flow {key}")


async def save_draft(
    transaction: Transaction,
    key: str,
    name: str,
    document: bytes,
    hash: str,
    *,
    rev: int | None = None,
    by: UUID | None = None,
) -> Draft:
    """Save a draft over revision `rev` (None: whatever is there; 0: it must be new).

    Equal bytes make no new revision. Raises `Stale`.
    """
    row = await transaction.row(
        """
        INSERT INTO flows AS f (tenant_id, key, name, draft, draft_hash, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant_id, key) DO UPDATE SET
            name = excluded.name, draft = excluded.draft, draft_hash = excluded.draft_hash,
            rev = f.rev + (f.draft_hash <> excluded.draft_hash)::int,
            updated_at = now(), updated_by = excluded.updated_by
        WHERE $7::int IS NULL OR f.rev = $7
        RETURNING key, name, draft_hash AS hash, rev, updated_at, updated_by
        """,
        transaction.tenant,
        key,
        plain(name),
        document,
        hash,
        by,
        rev,
    )
    if row is None:
        raise Stale((await draft_head(transaction, key)).rev)
    return msgspec.convert({**row, "document": document}, Draft)


async def past_keys(transaction: Transaction) -> frozenset[str]:
    """Keys of flows that were removed and whose versions stay: a new one would have their past."""
    rows = await transaction.rows(
        """
        SELECT DISTINCT v.flow FROM flow_versions v
        LEFT JOIN flows f ON f.tenant_id = v.tenant_id AND f.key = v.flow
        WHERE v.tenant_id = $1 AND f.key IS NULL
        """,
        transaction.tenant,
    )
    return frozenset(row["flow"] for row in rows)


async def set_folder(transaction: Transaction, key: str, folder: str) -> None:
    """Put a flow into a folder of the list ("" for none): a name, nothing that flows know of.
    Raises `NotFound`."""
    count = await transaction.run(
        "UPDATE flows SET folder = $3 WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        key,
        plain(folder),
    )
    must_touch(count, f"flow {key}")


async def rename_folder(transaction: Transaction, old: str, new: str) -> int:
    """Give a folder another name, that of another one too; "" puts its flows into none. How many
    flows were in it. Raises `NotFound` where none was."""
    count = await transaction.run(
        "UPDATE flows SET folder = $3 WHERE tenant_id = $1 AND folder = $2 AND folder <> ''",
        transaction.tenant,
        plain(old),
        plain(new),
    )
    must_touch(count, f"folder {old}")
    return count


async def remove_flow(transaction: Transaction, key: str) -> None:
    """Remove a flow: nothing starts it any more; its versions stay for what still runs and replay.

    Who tests its draft is answered by what is published again. Raises `NotFound`, and
    `NotPublished` where another published flow calls it.
    """
    await _tell_testers(transaction, key)
    count = await transaction.run(
        "DELETE FROM flows WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"flow {key}")
    await rebuild(transaction, {key})
    await stop_stray(transaction)


async def _tell_testers(transaction: Transaction, key: str) -> None:
    """The conversations of those who test a flow hear that this is over, before the rows that
    name them go with the flow."""
    rows = await transaction.rows(
        """
        SELECT c.id, c.channel_id FROM testers t
        JOIN conversations c ON c.tenant_id = t.tenant_id AND c.contact_id = t.contact_id
        WHERE t.tenant_id = $1 AND t.flow = $2
        """,
        transaction.tenant,
        key,
    )
    over = DraftOver((key,))
    await enter_unseen(transaction, [Entry(row["id"], row["channel_id"], over) for row in rows])


async def versions(transaction: Transaction, key: str) -> tuple[Version, ...]:
    """All that was published of a flow, the newest first."""
    rows = await transaction.rows(
        f"{_VERSIONS} WHERE tenant_id = $1 AND flow = $2 AND version > 0 ORDER BY version DESC",
        transaction.tenant,
        key,
    )
    return read_all(Version, rows)


async def version(transaction: Transaction, key: str, which: int | str) -> Version:
    """One of them, by number or hash. Raises `NotFound`, for what was only tried on a phone too."""
    by_number = isinstance(which, int)
    row = await transaction.row(
        f"{_VERSIONS} WHERE tenant_id = $1 AND flow = $2 AND version > 0 AND"
        f" {'version = $3::bigint' if by_number else 'hash = $3'}",
        transaction.tenant,
        key,
        min(which, _NO_NUMBER) if isinstance(which, int) else which,
    )
    return read_found(Version, row, f"version {which} of {key}")


async def publish(
    transaction: Transaction, new: NewVersion, by: UUID | None = None, *, here: bool = False
) -> Published:
    """`publish_all` for one flow."""
    return (await publish_all(transaction, [new], by, here=here))[0]


async def publish_all(
    transaction: Transaction,
    new: Sequence[NewVersion],
    by: UUID | None = None,
    *,
    here: bool = False,
) -> tuple[Published, ...]:
    """Publish flows together (so that they may call each other), and what calls them anew.

    Bytes that were a version already are that version again. A flow that has no draft yet gets
    these bytes as its draft. Raises `NotPublished` where one calls a flow that is not published,
    `Tried` where its very bytes ran as a draft on a phone: what ran keeps its number. A move to
    what is not on the air any more ends. `here`: they are drafts of this workspace; `NotFound`
    where one was removed meanwhile.
    """
    # One publication at a time in a workspace: each rebuilds the releases of its callers.
    rows = await transaction.rows(
        "SELECT key FROM flows WHERE tenant_id = $1 ORDER BY key FOR NO KEY UPDATE",
        transaction.tenant,
    )
    gone = {each.key for each in new} - {row["key"] for row in rows}
    if here and gone:
        raise NotFound(f"flow {', '.join(sorted(gone))}")
    done = [(each, *await _add_version(transaction, each, by)) for each in new]
    releases = await rebuild(transaction, {each.key for each in new})
    await stop_stray(transaction)
    return tuple(
        Published(each.key, number, each.hash, releases[each.key], fresh)
        for each, number, fresh in done
    )


async def unpublish(transaction: Transaction, key: str) -> None:
    """Nothing new starts it, and a move to it ends. Raises `NotFound`, and `NotPublished` where
    another one calls it."""
    count = await transaction.run(
        "UPDATE flows SET published = NULL, release = NULL WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        key,
    )
    must_touch(count, f"flow {key}")
    await rebuild(transaction, {key})
    await stop_stray(transaction)


async def _add_version(
    transaction: Transaction, new: NewVersion, by: UUID | None
) -> tuple[int, bool]:
    known: int | None = await transaction.value(
        "SELECT version FROM flow_versions WHERE tenant_id = $1 AND flow = $2 AND hash = $3",
        transaction.tenant,
        new.key,
        new.hash,
    )
    if known is not None and known < 0:
        raise Tried(f"{new.key} has the bytes of a draft that was tried, {known}")
    number = known or await transaction.value(
        """
        INSERT INTO flow_versions
            (tenant_id, flow, version, hash, logic_hash, calls, document, published_by, message)
        SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8
        FROM flow_versions WHERE tenant_id = $1 AND flow = $2 AND version > 0
        RETURNING version
        """,
        transaction.tenant,
        new.key,
        new.hash,
        new.logic_hash,
        sorted(new.calls),
        new.document,
        by,
        plain(new.message),
    )
    await transaction.run(
        """
        INSERT INTO flows (tenant_id, key, name, draft, draft_hash, published, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, key) DO UPDATE SET published = excluded.published
        """,
        transaction.tenant,
        new.key,
        plain(new.name),
        new.document,
        new.hash,
        number,
        by,
    )
    return number, known is None


_NO_NUMBER = 2**31
"""More than any version's: what is asked for by an address may be of any size."""

_DRAFT = "key, name, draft AS document, draft_hash AS hash, rev, updated_at, updated_by"
_VERSIONS = """
SELECT flow AS key, version, hash, logic_hash, document, published_at, published_by, message
FROM flow_versions
"""
