"""Delivery statuses: they only move forward, and one may settle a send that hangs in doubt.

Statuses come in any order, doubled, before our own record of the send, and by the thousand. Most
are one set-based update, guarded by rank, without any conversation's lock. A lock is taken only
where a status is news for an execution: it settles an interrupted send, or fails one that had been
taken.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.happenings import SendRefused
from flowengine.messages import Refused, Status
from flowengine.state import encode
from flowengine.store.burying import bury, settle_arrived
from flowengine.store.database import Transaction
from flowengine.store.inbox import Entry
from flowengine.store.media_first import MEDIA, release_behind
from flowengine.store.verdicts import Delivered, Failed, Result

RANKS = ("queued", "sending", "unknown", "sent", "failed", "delivered", "read", "played")
"""A status replaces those before it. So `failed` counts only before `delivered`."""

_RANK = {status: rank for rank, status in enumerate(RANKS)}
_FAILED = Refused("policy", permanent=True)


class News(Struct, frozen=True):
    """A status of one of our messages. `attempt`: of the send that still stands, else 0."""

    status: Status
    channel: UUID
    message: UUID
    conversation: UUID
    attempt: int
    effect_id: str
    execution: UUID | None
    before: str
    kind: str = ""


async def match(
    transaction: Transaction, statuses: Sequence[tuple[UUID, Status]]
) -> tuple[list[News], list[tuple[UUID, Status]]]:
    """Find the messages that statuses (each with its channel) speak of; the rest are orphans.

    By provider id, else by the callback "id:attempt" that went out with the send. A callback by a
    channel where the conversation never was is nobody's: signed webhooks may say anything. What a
    former channel could not deliver is no news where another one is about to say it.
    """
    if not statuses:
        return [], []
    callbacks = [_callback(status.callback) for _, status in statuses]
    rows = await transaction.rows(
        """
        SELECT s.place, m.id, m.conversation_id, m.status, m.effect_id, m.execution_id, m.kind,
            CASE WHEN o.attempt = s.attempt THEN o.attempt ELSE 0 END AS attempt
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::bool[]) WITH ORDINALITY
            AS s (channel_id, provider_id, callback_id, attempt, failed, place)
        LEFT JOIN provider_ids p
            ON p.channel_id = s.channel_id AND p.provider_id = s.provider_id
        JOIN messages m ON m.id = coalesce(p.message_id, s.callback_id)
        JOIN conversations c ON c.id = m.conversation_id
        LEFT JOIN outbox o ON o.id = m.id
        WHERE (c.channel_id = s.channel_id OR p.message_id IS NOT NULL OR EXISTS (
                SELECT FROM channel_switches w WHERE w.conversation_id = c.id
                    AND s.channel_id IN (w.from_channel_id, w.to_channel_id)
            )) AND (o.id IS NULL OR o.channel_id = s.channel_id OR NOT s.failed)
        ORDER BY s.place
        """,
        [channel for channel, _ in statuses],
        [status.provider_id for _, status in statuses],
        [id for id, _ in callbacks],
        [attempt for _, attempt in callbacks],
        [status.status == "failed" for _, status in statuses],
    )
    places: list[int] = [row["place"] - 1 for row in rows]
    news = [_news(row, *statuses[place]) for row, place in zip(rows, places, strict=True)]
    found = set(places)
    return news, [pair for place, pair in enumerate(statuses) if place not in found]


def _news(row: Any, channel: UUID, status: Status) -> News:
    return News(
        status=status,
        channel=channel,
        message=row["id"],
        conversation=row["conversation_id"],
        attempt=row["attempt"],
        effect_id=row["effect_id"],
        execution=row["execution_id"],
        before=row["status"],
        kind=row["kind"],
    )


def _callback(text: str) -> tuple[UUID | None, int | None]:
    id, _, attempt = text.partition(":")
    try:
        return UUID(id), int(attempt)
    except ValueError:
        return None, None


def settles(news: News) -> bool:
    """Whether the send still stands in the outbox at this attempt."""
    return news.attempt > 0


def fails_late(news: News) -> bool:
    """Whether a send that was taken has failed after all, and an execution may care."""
    return news.execution is not None and _failed_late(news)


def verdicts(news: Sequence[News]) -> list[Result]:
    """What the statuses say of sends that still stand."""
    return [
        Result(
            each.message,
            each.conversation,
            each.attempt,
            Failed(_why(each.status))
            if each.status.status == "failed"
            else Delivered(each.status.provider_id),
        )
        for each in news
        if settles(each)
    ]


def late_failures(news: Sequence[News]) -> list[Entry]:
    """Inbox rows for sends that failed after they were taken."""
    return [
        Entry(
            each.conversation,
            each.channel,
            SendRefused(each.effect_id, _why(each.status), late=True),
        )
        for each in news
        if fails_late(each)
    ]


async def move_forward(transaction: Transaction, news: Sequence[News]) -> int:
    """Write each message's furthest status; how many moved. One statement."""
    best: dict[UUID, Status] = {}
    for each in news:
        other = best.get(each.message)
        if other is None or _RANK.get(each.status.status, 0) > _RANK.get(other.status, 0):
            best[each.message] = each.status
    if not best:
        return 0
    ids = sorted(best)
    moved = await transaction.run(
        """
        WITH moved AS (
            SELECT m.id, s.status, s.at, s.error, s.provider_id
            FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bytea[], $5::text[])
                AS s (id, status, at, error, provider_id)
            JOIN messages m ON m.id = s.id
            WHERE array_position($6::text[], s.status) > array_position($6::text[], m.status)
            ORDER BY m.id FOR NO KEY UPDATE OF m
        )
        UPDATE messages m
        SET status = moved.status, status_at = moved.at, error = coalesce(moved.error, m.error),
            provider_id = CASE WHEN m.provider_id = '' THEN moved.provider_id
                               ELSE m.provider_id END,
            delivered_at = CASE WHEN moved.status IN ('delivered', 'read', 'played')
                                THEN coalesce(m.delivered_at, clock_timestamp())
                                ELSE m.delivered_at END
        FROM moved
        WHERE m.id = moved.id
            AND array_position($6::text[], moved.status) > array_position($6::text[], m.status)
        """,
        ids,
        [best[id].status for id in ids],
        [best[id].at for id in ids],
        [encode(_why(best[id])) if best[id].status == "failed" else None for id in ids],
        [best[id].provider_id for id in ids],
        list(RANKS),
    )
    await _follow_up(transaction, news)
    return moved


async def _follow_up(transaction: Transaction, news: Sequence[News]) -> None:
    """What a status means beside the message: files have come through, letters die or revive."""
    files = [(each.message, each.conversation) for each in news if each.kind in MEDIA]
    await release_behind(transaction, files)
    arrived = [e.message for e in news if e.before in ("unknown", "failed") and _arrived(e)]
    await settle_arrived(transaction, arrived)
    late = [each for each in news if _failed_late(each)]
    failed = {each.message: _why(each.status) for each in late}
    await bury(transaction, failed, {each.message: each.channel for each in late})


def _arrived(news: News) -> bool:
    return news.status.status in ("sent", "delivered", "read", "played") and not settles(news)


def _failed_late(news: News) -> bool:
    early = _RANK.get(news.before, 0) < _RANK["failed"]
    return news.status.status == "failed" and not settles(news) and early


def _why(status: Status) -> Refused:
    return msgspec.structs.replace(status.refused or _FAILED, permanent=True)


# --- Statuses that match nothing yet ---------------------------------------------------------


async def keep_orphans(transaction: Transaction, orphans: Sequence[tuple[UUID, Status]]) -> None:
    """Keep statuses of messages that we do not know (yet): 8 days, as the provider's retries.

    One that carries our own id is kept only while there is such a message: it was there before it
    was sent, so it is gone for good, as an erased person's is, and the status names that person.
    """
    if not orphans:
        return
    await transaction.run(
        """
        INSERT INTO status_orphans (channel_id, provider_id, status, event)
        SELECT o.channel_id, o.provider_id, o.status, o.event
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::uuid[])
            AS o (channel_id, provider_id, status, event, callback_id)
        WHERE o.callback_id IS NULL OR EXISTS (SELECT FROM messages m WHERE m.id = o.callback_id)
        ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
        """,
        [channel for channel, _ in orphans],
        [status.provider_id for _, status in orphans],
        [status.status for _, status in orphans],
        [encode(status) for _, status in orphans],
        [_callback(status.callback)[0] for _, status in orphans],
    )


async def adopt(transaction: Transaction, taken: Sequence[tuple[UUID, str]]) -> list[Entry]:
    """Apply what came before we knew these (channel, provider id); the inbox rows that follow.

    In the transaction that records the provider ids, under its locks.
    """
    if not taken:
        return []
    rows = await transaction.rows(
        """
        DELETE FROM status_orphans o
        USING unnest($1::uuid[], $2::text[]) AS t (channel_id, provider_id)
        WHERE o.channel_id = t.channel_id AND o.provider_id = t.provider_id
        RETURNING o.channel_id, o.event, o.status
        """,
        [channel for channel, _ in taken],
        [provider_id for _, provider_id in taken],
    )
    statuses = [
        (row["channel_id"], decode_status(row["event"])) for row in rows if row["status"] != ECHO
    ]
    news, _ = await match(transaction, statuses)
    await move_forward(transaction, news)
    return late_failures(news)


ECHO = "echo"
"""The word that stands for a held echo among the orphans."""

decode_status = msgspec.json.Decoder(Status).decode
