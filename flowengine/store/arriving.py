"""Customers' messages into the inbox in one statement, with what hangs on them.

Dedupe keys, then conversations locked by id, then rows: the order of `enter`, which does the same
in four statements for all else. A steady load is messages of known people; this is their way.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from flowengine.state import encode
from flowengine.store.inbox import PREVIEW, STRIDE, Entry
from flowengine.store.rows import plain
from flowengine.store.transaction import Transaction

Key = tuple[UUID, bytes]
"""A channel, and what a doubled delivery to it repeats."""

Stored = tuple[UUID, int]
"""A conversation, and the `seq` of a row in its inbox."""


class Gone(Exception):
    """A conversation was erased, or merged with another, in this moment: nothing was stored."""


async def enter_arrived(
    transaction: Transaction, entries: Sequence[Entry], fresh: bool = False
) -> dict[Key, Stored]:
    """Store `entries` in their order, each key once; what is stored by key. Raises `Gone`.

    Every entry has a key, and no two the same. `fresh`: all keys were already found to be new.
    """
    said = [entry.message for entry in entries]
    files = [None if each is None else each.file for each in said]
    some = any(files)
    noted = (
        [None if file is None else file.reference for file in files],
        ["" if file is None else plain(file.name) for file in files],
    )
    try:
        rows = await transaction.rows(
            _STATEMENTS[fresh, some],
            [entry.conversation for entry in entries],
            [entry.channel for entry in entries],
            [entry.key for entry in entries],
            [str(entry.happening.__struct_config__.tag) for entry in entries],
            [encode(entry.happening) for entry in entries],
            [None if each is None else each.id for each in said],
            [None if each is None else each.kind for each in said],
            [None if each is None else each.content for each in said],
            [None if each is None else each.text.replace("\x00", "") for each in said],
            [None if each is None else each.provider_id for each in said],
            [entry.written_at for entry in entries],
            STRIDE,
            PREVIEW,
            *(noted if some else ()),
        )
    except asyncpg.NotNullViolationError as error:
        raise Gone from error
    return {(row["channel_id"], row["key"]): (row["conversation_id"], row["seq"]) for row in rows}


# A conversation that is no more gives no `before`, so no `seq`: the inbox refuses the row, and
# with it all of the statement, its dedupe keys too.
_ARRIVED = """
WITH came AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::bytea[], $6::uuid[],
            $7::text[], $8::bytea[], $9::text[], $10::text[], $11::timestamptz[]{arrays})
        WITH ORDINALITY AS c (conversation_id, channel_id, key, kind, event, message_id,
            message_kind, content, text, provider_id, written_at{columns}, place)
), fresh AS (
    {fresh}
), news AS (
    SELECT came.*, row_number() OVER (PARTITION BY conversation_id ORDER BY place) AS nth
    FROM came JOIN fresh USING (channel_id, key)
), rooms AS (
    SELECT conversation_id, count(*) AS rows, count(message_id)::int AS messages,
        max(written_at) AS written_at,
        (array_agg(left(text, $13::int) ORDER BY place DESC)
            FILTER (WHERE message_id IS NOT NULL))[1] AS preview
    FROM news GROUP BY conversation_id
), locked AS (
    SELECT id FROM conversations
    WHERE id IN (SELECT conversation_id FROM rooms) AND owner <> 'merged'
    ORDER BY id FOR NO KEY UPDATE
), moved AS (
    UPDATE conversations c
    SET last_seq = c.last_seq + r.rows * $12::bigint, work_at = least(c.work_at, clock_timestamp()),
        unread = c.unread + r.messages, preview = coalesce(r.preview, c.preview),
        last_message_at = CASE WHEN r.messages > 0 THEN clock_timestamp()
                               ELSE c.last_message_at END,
        last_inbound_at = greatest(c.last_inbound_at, r.written_at),
        closed_at = CASE WHEN r.messages > 0 THEN NULL ELSE c.closed_at END
    FROM locked JOIN rooms r ON r.conversation_id = locked.id
    WHERE c.id = locked.id
    RETURNING c.id, c.tenant_id, c.last_seq - r.rows * $12::bigint AS before
), said AS (
    INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content,
        text, provider_id)
    SELECT n.message_id, m.tenant_id, m.id, clock_timestamp(), 'in', 'contact', n.message_kind,
        n.content, n.text, n.provider_id
    FROM news n JOIN moved m ON m.id = n.conversation_id WHERE n.message_id IS NOT NULL
), rows AS (
    INSERT INTO inbox (conversation_id, seq, kind, received_at, event)
    SELECT n.conversation_id, m.before + n.nth * $12::bigint, n.kind, clock_timestamp(), n.event
    FROM news n LEFT JOIN moved m ON m.id = n.conversation_id
){files}
SELECT n.channel_id, n.key, m.id AS conversation_id, m.before + n.nth * $12::bigint AS seq
FROM news n JOIN moved m ON m.id = n.conversation_id
"""

_FRESH = {
    False: """INSERT INTO inbox_seen (channel_id, key)
    SELECT channel_id, key FROM came ORDER BY channel_id, key
    ON CONFLICT DO NOTHING RETURNING channel_id, key""",
    True: "SELECT channel_id, key FROM came",
}

# Most batches bring words only, and pay nothing for files.
_FILES = {
    False: {"arrays": "", "columns": "", "files": ""},
    True: {
        "arrays": ", $14::bytea[], $15::text[]",
        "columns": ", reference, file_name",
        "files": """, files AS (
    INSERT INTO message_files (tenant_id, message_id, conversation_id, channel_id, reference, name)
    SELECT m.tenant_id, n.message_id, m.id, n.channel_id, n.reference, n.file_name
    FROM news n JOIN moved m ON m.id = n.conversation_id WHERE n.reference IS NOT NULL
)""",
    },
}
_STATEMENTS = {
    (fresh, some): _ARRIVED.format(fresh=_FRESH[fresh], **_FILES[some])
    for fresh in (False, True)
    for some in (False, True)
}
