"""Talks kept with a flow: conversations that it must have, played before it is published.

The store keeps a talk's bytes and its name; it never looks inside.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.ids import new_id
from flowengine.store.rows import must_touch, plain, read_all, read_found
from flowengine.store.transaction import Transaction

MOST = 500
"""Talks of a flow; beyond that nobody looks at them any more."""


class StoredTalk(Struct, frozen=True):
    """A talk. `document`: what `flowengine.talks.writing` wrote."""

    id: UUID
    flow: str
    name: str
    document: bytes
    updated_at: datetime
    updated_by: UUID | None = None


async def talks(transaction: Transaction, flow: str) -> tuple[StoredTalk, ...]:
    """A flow's talks, by name."""
    rows = await transaction.rows(
        f"SELECT {_TALK} FROM talks WHERE tenant_id = $1 AND flow = $2 ORDER BY name, id LIMIT $3",
        transaction.tenant,
        flow,
        MOST,
    )
    return read_all(StoredTalk, rows)


async def talk(transaction: Transaction, flow: str, id: UUID) -> StoredTalk:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        f"SELECT {_TALK} FROM talks WHERE tenant_id = $1 AND flow = $2 AND id = $3",
        transaction.tenant,
        flow,
        id,
    )
    return read_found(StoredTalk, row, "such talk")


async def put_talk(
    transaction: Transaction,
    flow: str,
    name: str,
    document: bytes,
    by: UUID | None = None,
    conversation: UUID | None = None,
) -> StoredTalk:
    """Keep a talk under its name; another one of that name is replaced.

    `conversation`: the real one that it was recorded from; the talk goes when that person is
    erased, whoever changes it meanwhile.
    """
    row = await transaction.row(
        f"""
        INSERT INTO talks AS t (tenant_id, flow, id, name, document, updated_by, conversation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, flow, name) DO UPDATE SET
            document = excluded.document, updated_at = now(), updated_by = excluded.updated_by,
            conversation_id = coalesce(excluded.conversation_id, t.conversation_id)
        RETURNING {_TALK}
        """,
        transaction.tenant,
        flow,
        new_id(),
        plain(name),
        document,
        by,
        conversation,
    )
    return read_found(StoredTalk, row, "such talk")


async def add_talk(
    transaction: Transaction,
    flow: str,
    name: str,
    document: bytes,
    by: UUID | None = None,
    conversation: UUID | None = None,
) -> bool:
    """Keep one more talk; False, and nothing done, where there is one of that name."""
    count = await transaction.run(
        """
        INSERT INTO talks (tenant_id, flow, id, name, document, updated_by, conversation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, flow, name) DO NOTHING
        """,
        transaction.tenant,
        flow,
        new_id(),
        plain(name),
        document,
        by,
        conversation,
    )
    return count > 0


async def remove_talk(transaction: Transaction, flow: str, id: UUID) -> None:
    """Take a talk away. Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM talks WHERE tenant_id = $1 AND flow = $2 AND id = $3",
        transaction.tenant,
        flow,
        id,
    )
    must_touch(count, "such talk")


_TALK = "id, flow, name, document, updated_at, updated_by"
