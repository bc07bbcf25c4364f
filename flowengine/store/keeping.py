"""Retention carried out: what is older than a workspace's policy goes, by and by.

Months that nobody keeps go whole (`drop_months`): no row is touched. What one workspace alone wants
gone is deleted contact by contact in small batches (`forget_some`), each a transaction of its own,
so that nothing waits for it; how far it has come is in `policies`, and any process goes on there.
What stays is counted and text-free (executions), or still needed: what waits to be sent, offers.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.store.ids import id_at
from flowengine.store.message_files import forget_files
from flowengine.store.rows import read
from flowengine.store.transaction import Transaction

CONTACTS = 200
ROWS = 2000
_FIRST = UUID(int=0)


class _Walk(Struct, frozen=True):
    """A workspace that is not done: what is older than `since` goes, of contacts after `after`."""

    tenant_id: UUID
    since: datetime
    after: UUID | None


async def forget_some(transaction: Transaction) -> int | None:
    """Delete one small batch that is too old; how many rows. None: nothing is left to be done.

    A worker's transaction. 0 is a part in which nothing was found: ask again.
    """
    row = await transaction.row(
        """
        SELECT tenant_id, coalesce(keeping, date_trunc('month', now(), 'UTC')
            - make_interval(months => keep_months)) AS since, kept_after AS after
        FROM policies
        WHERE keep_months IS NOT NULL AND (keeping IS NOT NULL OR kept_from IS NULL
            OR kept_from < date_trunc('month', now(), 'UTC') - make_interval(months => keep_months))
        ORDER BY tenant_id LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    if row is None:
        return None
    walk = read(_Walk, row)
    people = [
        each["id"]
        for each in await transaction.rows(
            "SELECT id FROM contacts WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            walk.tenant_id,
            walk.after or _FIRST,
            CONTACTS,
        )
    ]
    gone, whole = await _forget(transaction, walk, people)
    if not whole:
        await _note(transaction, walk, walk.after)
    elif len(people) == CONTACTS:
        await _note(transaction, walk, people[-1])
    else:
        await transaction.run(
            """
            UPDATE policies SET keeping = NULL, kept_after = NULL,
                kept_from = greatest(kept_from, $2)
            WHERE tenant_id = $1
            """,
            walk.tenant_id,
            walk.since,
        )
    return gone


async def _note(transaction: Transaction, walk: _Walk, after: UUID | None) -> None:
    await transaction.run(
        "UPDATE policies SET keeping = $2, kept_after = $3 WHERE tenant_id = $1",
        walk.tenant_id,
        walk.since,
        after,
    )


async def _forget(
    transaction: Transaction, walk: _Walk, people: Sequence[UUID]
) -> tuple[int, bool]:
    """Delete what these contacts said too long ago; how many rows, and whether that was all."""
    rows = await transaction.rows(
        "SELECT id FROM conversations WHERE contact_id = ANY($1::uuid[])", list(people)
    )
    rooms = [row["id"] for row in rows]
    said = await transaction.run(_MESSAGES, rooms, id_at(walk.since), ROWS)
    turned = await transaction.run(_JOURNAL, rooms, walk.since, ROWS)
    if said == ROWS or turned == ROWS:
        return said + turned, False
    rest = 0
    for statement in _REST:
        rest += await transaction.run(statement, rooms, walk.since)
    await forget_files(transaction, rooms, walk.since)
    rest += await transaction.run(_STARTS, walk.tenant_id, list(people), walk.since)
    return said + turned + rest, True


_MESSAGES = """
DELETE FROM messages WHERE id < $2 AND id = ANY(ARRAY(
    SELECT m.id FROM unnest($1::uuid[]) AS r (id) CROSS JOIN LATERAL (
        SELECT id FROM messages WHERE conversation_id = r.id AND id < $2 ORDER BY id LIMIT $3
    ) m
    WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.id = m.id) LIMIT $3))
"""

_JOURNAL = """
DELETE FROM journal j USING (
    SELECT conversation_id, seq, step, at FROM journal
    WHERE conversation_id = ANY($1::uuid[]) AND at < $2 LIMIT $3
) old
WHERE j.conversation_id = old.conversation_id AND j.seq = old.seq AND j.step = old.step
    AND j.at = old.at AND j.at < $2
"""

# A live execution keeps where it stands; replay begins at the first state that is kept.
_REST = (
    """
    DELETE FROM checkpoints k USING executions e
    WHERE e.conversation_id = ANY($1::uuid[]) AND k.execution_id = e.id AND k.at < $2
    """,
    """
    DELETE FROM execution_state s USING executions e
    WHERE e.conversation_id = ANY($1::uuid[]) AND s.execution_id = e.id AND e.ended_at < $2
    """,
    "DELETE FROM dead_letters WHERE conversation_id = ANY($1::uuid[]) AND at < $2",
    "DELETE FROM scheduled_messages WHERE conversation_id = ANY($1::uuid[]) AND settled_at < $2",
    """
    UPDATE conversations SET preview = ''
    WHERE id = ANY($1::uuid[]) AND preview <> '' AND last_message_at < $2
    """,
)
_STARTS = """
DELETE FROM scheduled_starts
WHERE tenant_id = $1 AND contact_id = ANY($2::uuid[]) AND settled_at < $3
"""


async def old_months(transaction: Transaction) -> list[tuple[str, date]]:
    """The months before the last one that are there still, (table, month), the oldest first."""
    rows = await transaction.rows(
        """
        SELECT parent, month FROM (
            SELECT inhparent::regclass::text AS parent,
                to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') AS month
            FROM pg_inherits
            WHERE inhparent IN ('messages'::regclass, 'journal'::regclass)
                AND inhrelid::regclass::text ~ '_[0-9]{4}_[0-9]{2}$'
        ) parts
        WHERE month < date_trunc('month', now(), 'UTC') - interval '1 month' ORDER BY parent, month
        """
    )
    return [(row["parent"], row["month"]) for row in rows]


async def drop_month(transaction: Transaction, parent: str, month: date) -> bool:
    """Detach and drop a month if no workspace keeps anything in it; whether it is gone.

    Call it in a transaction of its own. It waits for no lock longer than 0.2 s, and nobody waits
    for it longer: False where others were at work, too. Only from the oldest upwards: a gap would
    be filled again.
    """
    try:
        async with transaction.savepoint():
            return bool(await transaction.value("SELECT drop_month($1, $2)", parent, month))
    except asyncpg.LockNotAvailableError:
        return False


async def drop_media(transaction: Transaction) -> int | None:
    """Delete a workspace's files that are too old by its policy and that nothing names any more.

    How many; None where no workspace is due: each is looked at once a day. A file that a flow, one
    of its versions, a template, a constant or something still to be sent names is in use, however
    old.
    """
    row = await transaction.row(
        """
        SELECT tenant_id, keep_media_days FROM policies
        WHERE keep_media_days IS NOT NULL
            AND (media_kept_at IS NULL OR media_kept_at < now() - interval '1 day')
        ORDER BY tenant_id LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    if row is None:
        return None
    gone = await transaction.run(_MEDIA, row["tenant_id"], timedelta(days=row["keep_media_days"]))
    await transaction.run(
        "UPDATE policies SET media_kept_at = now() WHERE tenant_id = $1", row["tenant_id"]
    )
    return gone


_MEDIA = """
WITH old AS (
    SELECT hash, convert_to(hash, 'UTF8') AS name FROM assets
    WHERE tenant_id = $1 AND at < now() - $2::interval
)
DELETE FROM assets a USING old
WHERE a.tenant_id = $1 AND a.hash = old.hash
    AND NOT EXISTS (SELECT FROM flows f
        WHERE f.tenant_id = $1 AND position(old.name IN f.draft) > 0)
    AND NOT EXISTS (SELECT FROM flow_versions v
        WHERE v.tenant_id = $1 AND position(old.name IN v.document) > 0)
    AND NOT EXISTS (SELECT FROM templates t
        WHERE t.tenant_id = $1 AND position(old.name IN t.document) > 0)
    AND NOT EXISTS (SELECT FROM constants c
        WHERE c.tenant_id = $1 AND position(old.name IN c.value) > 0)
    AND NOT EXISTS (SELECT FROM scheduled_messages s
        WHERE s.tenant_id = $1 AND s.state = 'waiting' AND position(old.name IN s.content) > 0)
    AND NOT EXISTS (SELECT FROM outbox o
        WHERE o.tenant_id = $1 AND position(old.name IN o.effect) > 0)
"""
