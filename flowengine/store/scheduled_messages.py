"""Scheduled messages: what a person or program has written, to be said at a time.

They wait in a table of their own. When one is due it becomes a message and a send like any other,
in its conversation's lane. Changing one is conditional on its version: once it is being sent, the
answer is `AlreadyGone`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.errors import AlreadyGone, NotFound, OutOfTime
from flowengine.store.ids import new_id
from flowengine.store.pages import Page, read_cursor, write_cursor
from flowengine.store.rows import plain, read_all, read_found
from flowengine.store.transaction import Transaction

AHEAD = timedelta(days=90)
"""How far ahead a message may be scheduled."""


class NewScheduled(Struct, frozen=True):
    """What is to be said. `content`: its JSON. `local_time` and `zone`: what was asked for.

    `author_id`: the person (or key) who says it. `key`: 16 bytes of the request that asks for it.
    """

    conversation_id: UUID
    author_id: str
    kind: str
    content: bytes
    text: str
    due_at: datetime
    local_time: str
    zone: str
    key: bytes = b""


class Scheduled(Struct, frozen=True):
    """A scheduled message. `state`: waiting, sent (to the outbox), cancelled or refused (`reason`).

    `last_inbound_at`: from which the channel's window for free text counts.
    """

    id: UUID
    conversation_id: UUID
    contact_name: str
    channel_name: str
    channel_kind: str
    author_id: str
    kind: str
    content: bytes
    text: str
    due_at: datetime
    local_time: str
    zone: str
    version: int
    state: str
    reason: str
    created_at: datetime
    phone: str | None = None
    last_inbound_at: datetime | None = None
    settled_at: datetime | None = None


async def schedule_message(transaction: Transaction, new: NewScheduled) -> Scheduled:
    """Have a message said later. The same `key` again gives what the first request made.

    Raises `NotFound`, and `OutOfTime` for a time that has passed or is over 90 days ahead.
    """
    await _may_be(transaction, new.due_at)
    id = new_id()
    made = await transaction.value(
        """
        INSERT INTO scheduled_messages (id, tenant_id, conversation_id, author_id, kind, content,
            text, due_at, local_time, zone, key)
        SELECT $2, $1, c.id, $4, $5, $6, $7, $8, $9, $10, $11
        FROM conversations c WHERE c.tenant_id = $1 AND c.id = $3
        ON CONFLICT (tenant_id, key) WHERE key <> '' DO NOTHING RETURNING id
        """,
        transaction.tenant,
        id,
        new.conversation_id,
        new.author_id,
        new.kind,
        new.content,
        plain(new.text),
        new.due_at,
        new.local_time,
        new.zone,
        new.key,
    )
    if made is None:
        made = await transaction.value(
            "SELECT id FROM scheduled_messages WHERE tenant_id = $1 AND key = $2 AND key <> ''",
            transaction.tenant,
            new.key,
        )
    if made is None:
        raise NotFound("there is no such conversation")
    return await scheduled_message(transaction, made)


async def _may_be(transaction: Transaction, due_at: datetime) -> None:
    now = await transaction.now()
    if due_at <= now:
        raise OutOfTime("the time has passed")
    if due_at > now + AHEAD:
        raise OutOfTime(f"it is more than {AHEAD.days} days ahead")


async def scheduled_message(transaction: Transaction, id: UUID) -> Scheduled:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        f"{_SCHEDULED} WHERE s.tenant_id = $1 AND s.id = $2", transaction.tenant, id
    )
    return read_found(Scheduled, row, "such scheduled message")


async def scheduled_messages(
    transaction: Transaction,
    *,
    conversation_id: UUID | None = None,
    state: str = "waiting",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Scheduled]:
    """The workspace's, the next first. `state` empty: whatever became of them."""
    after = read_cursor(cursor)
    rows = await transaction.rows(
        f"""
        {_SCHEDULED}
        WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.conversation_id = $2)
            AND ($3 = '' OR s.state = $3)
            AND ($4::timestamptz IS NULL OR (s.due_at, s.id) > ($4, $5))
        ORDER BY s.due_at, s.id LIMIT $6
        """,
        transaction.tenant,
        conversation_id,
        state,
        after.at if after else None,
        after.id if after else None,
        limit + 1,
    )
    items = read_all(Scheduled, rows[:limit])
    more = len(rows) > limit
    return Page(items, write_cursor(items[-1].due_at, items[-1].id) if more else None)


class Change(Struct, frozen=True):
    """What is to be different; None stays as it is. `due_at`, `local_time`, `zone` go together."""

    due_at: datetime | None = None
    local_time: str | None = None
    zone: str | None = None
    kind: str | None = None
    content: bytes | None = None
    text: str | None = None
    cancel: bool = False


async def change_scheduled(
    transaction: Transaction, id: UUID, version: int, change: Change
) -> Scheduled:
    """Change or cancel one that is still as it was read.

    Raises `NotFound`, `AlreadyGone`, `OutOfTime`.
    """
    if change.due_at is not None:
        await _may_be(transaction, change.due_at)
    changed = await transaction.run(
        """
        UPDATE scheduled_messages SET version = version + 1, due_at = coalesce($4, due_at),
            local_time = coalesce($5, local_time), zone = coalesce($6, zone),
            kind = coalesce($7, kind), content = coalesce($8, content), text = coalesce($9, text),
            state = CASE WHEN $10 THEN 'cancelled' ELSE state END,
            settled_at = CASE WHEN $10 THEN clock_timestamp() END
        WHERE tenant_id = $1 AND id = $2 AND version = $3 AND state = 'waiting'
        """,
        transaction.tenant,
        id,
        version,
        change.due_at,
        change.local_time,
        change.zone,
        change.kind,
        change.content,
        plain(change.text) if change.text is not None else None,
        change.cancel,
    )
    found = await scheduled_message(transaction, id)
    if not changed:
        waiting = found.state == "waiting"
        raise AlreadyGone("it was changed since" if waiting else f"it is {found.state}")
    return found


_SCHEDULED = """
SELECT s.id, s.conversation_id, s.author_id, s.kind, s.content, s.text, s.due_at, s.local_time,
    s.zone, s.version, s.state, s.reason, s.created_at, s.settled_at, c.last_inbound_at,
    t.name AS contact_name, t.phone, h.name AS channel_name, h.kind AS channel_kind
FROM scheduled_messages s
JOIN conversations c ON c.tenant_id = s.tenant_id AND c.id = s.conversation_id
JOIN contacts t ON t.tenant_id = s.tenant_id AND t.id = c.contact_id
JOIN channels h ON h.tenant_id = s.tenant_id AND h.id = c.channel_id
"""
