"""How a send ended: recorded once, in one transaction with everything that hangs on it.

A verdict counts only while its row stands at that very attempt: a status event, the sender itself
and a clean-up after a dead worker may all bring one, and the first wins. Lock order: conversations,
lanes, outbox, each by id.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from flowengine.happenings import RepliesLate, SendRefused, SendTaken
from flowengine.state import encode
from flowengine.store.circuits import Strike, alive, strike
from flowengine.store.database import Transaction
from flowengine.store.inbox import Entry, cancel_bot_sends, dropped, enter_unseen, lock
from flowengine.store.media_first import hold_behind
from flowengine.store.sends import lock_lanes
from flowengine.store.statuses import adopt
from flowengine.store.verdicts import (
    Again,
    Delivered,
    Doubt,
    Dropped,
    Failed,
    Result,
    TooLate,
    Verdict,
)
from flowengine.store.waking import start_wakes


class Recorded(Struct, frozen=True):
    """`counted`: ids of the verdicts that were the first. `entered`: the inbox got rows of it."""

    counted: frozenset[UUID] = frozenset()
    entered: bool = False


async def record(
    transaction: Transaction,
    results: Sequence[Result],
    *,
    owner: UUID | None = None,
    last: dict[UUID, int] | None = None,
) -> Recorded:
    """Write what `results` mean.

    `owner`: whose lanes are let go. `last`: what `lock` gave, where the caller holds the
    conversations' locks already.
    """
    if not results:
        return Recorded()
    conversations = [result.conversation for result in results]
    if last is None:
        last = await lock(transaction, conversations)
    await lock_lanes(transaction, conversations)
    rows = await _standing(transaction, results)
    verdicts = _valid(rows, results)
    entries: list[Entry] = []
    settled: list[str] = []
    for part in (_too_late, _delivered, _failed, _dropped, _again, _doubt):
        mine = {id: rows[id] for id, verdict in verdicts.items() if _KIND[type(verdict)] is part}
        if mine:
            await part(transaction, mine, verdicts, entries, settled)
    if settled:
        await start_wakes(transaction, settled)
    await enter_unseen(transaction, entries, last)
    await let_go(transaction, conversations, owner)
    await _judge_channels(transaction, rows, verdicts)
    return Recorded(frozenset(verdicts), bool(entries))


async def let_go(
    transaction: Transaction, conversations: Sequence[UUID], owner: UUID | None
) -> None:
    """Free the lanes that `owner` holds (or nobody); each is due when its head is.

    Under the lanes' locks, taken in an earlier statement: so every row that a turn has put behind
    is seen here, and one that comes later finds the lane free.
    """
    await transaction.run(
        """
        UPDATE lanes l SET owner = NULL, until = NULL, next_at = h.next_at,
            class = coalesce(h.class, l.class)
        FROM (SELECT DISTINCT id FROM unnest($1::uuid[]) AS w (id)) w
        LEFT JOIN LATERAL (
            SELECT coalesce(o.next_at, clock_timestamp()) AS next_at, o.class FROM outbox o
            WHERE o.conversation_id = w.id ORDER BY o.seq, o.pos LIMIT 1
        ) h ON true
        WHERE l.conversation_id = w.id AND (l.owner IS NULL OR l.owner = $2)
        """,
        list(conversations),
        owner,
    )


Row = Any
"""A row of the outbox; it does not leave this module."""


async def _standing(transaction: Transaction, results: Sequence[Result]) -> dict[UUID, Row]:
    rows = await transaction.rows(
        """
        SELECT o.id, o.effect_id, o.tenant_id, o.conversation_id, o.channel_id, o.awaited,
            o.execution_id, o.visit, o.seq, o.pos, o.attempt, o.effect, o.state
        FROM unnest($1::uuid[], $2::int[]) AS r (id, attempt)
        JOIN outbox o ON o.id = r.id AND o.attempt = r.attempt
        ORDER BY o.id FOR UPDATE OF o
        """,
        [result.id for result in results],
        [result.attempt for result in results],
    )
    return {row["id"]: row for row in rows}


def _valid(rows: dict[UUID, Row], results: Sequence[Result]) -> dict[UUID, Verdict]:
    """Those that hold: of the attempt that stands, and what its sender tells before what others
    concluded."""
    verdicts: dict[UUID, Verdict] = {}
    for result in sorted(results, key=lambda each: not each.seen):
        row = rows.get(result.id)
        if row is None or row["attempt"] != result.attempt:
            continue
        if result.seen in ("", row["state"]):
            verdicts[result.id] = result.verdict
    return verdicts


async def _delivered(
    transaction: Transaction, rows: dict[UUID, Row], verdicts: dict[UUID, Verdict],
    entries: list[Entry], settled: list[str],
) -> None:  # fmt: skip
    taken = [(id, verdict) for id, verdict in verdicts.items() if isinstance(verdict, Delivered)]
    await transaction.run(
        """
        WITH taken AS (
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS t (id, provider_id, channel)
        ), gone AS (
            DELETE FROM outbox USING taken WHERE outbox.id = taken.id
        ), known AS (
            INSERT INTO provider_ids (channel_id, provider_id, message_id)
            SELECT channel, provider_id, id FROM taken WHERE provider_id <> ''
            ON CONFLICT DO NOTHING
        )
        UPDATE messages m
        SET provider_id = taken.provider_id,
            status = CASE WHEN m.status IN ('queued', 'sending', 'unknown') THEN 'sent'
                          ELSE m.status END,
            status_at = CASE WHEN m.status IN ('queued', 'sending', 'unknown')
                             THEN clock_timestamp() ELSE m.status_at END,
            error = NULL
        FROM taken WHERE m.id = taken.id
        """,
        [id for id, _ in taken],
        [verdict.provider_id for _, verdict in taken],
        [rows[id]["channel_id"] for id, _ in taken],
    )
    for id, _ in taken:
        row = rows[id]
        settled.append(row["effect_id"])
        if row["awaited"]:
            entries.append(_entry(row, SendTaken(row["effect_id"])))
    told = {rows[id]["conversation_id"]: verdict.recipient for id, verdict in taken}
    await _learn(transaction, {room: phone for room, phone in told.items() if phone[:1] == "+"})
    await hold_behind(transaction, {id: rows[id]["effect"] for id, _ in taken})
    known = [(rows[id]["channel_id"], verdict.provider_id) for id, verdict in taken]
    entries.extend(await adopt(transaction, known))


async def _learn(transaction: Transaction, phones: dict[UUID, str]) -> None:
    """The number that the provider really wrote to is the contact's too (Brazil's ninth digit)."""
    if not phones:
        return
    await transaction.run(
        """
        INSERT INTO identities (tenant_id, kind, scope, value, contact_id)
        SELECT c.tenant_id, 'phone', '', t.phone, c.contact_id
        FROM unnest($1::uuid[], $2::text[]) AS t (id, phone)
        JOIN conversations c ON c.id = t.id
        WHERE NOT EXISTS (
            SELECT FROM identities i WHERE i.tenant_id = c.tenant_id AND i.kind = 'phone'
                AND i.scope = '' AND i.value = t.phone
        )
        ON CONFLICT DO NOTHING
        """,
        list(phones),
        list(phones.values()),
    )


async def _failed(
    transaction: Transaction, rows: dict[UUID, Row], verdicts: dict[UUID, Verdict],
    entries: list[Entry], settled: list[str],
) -> None:  # fmt: skip
    failed = [(id, verdict) for id, verdict in verdicts.items() if isinstance(verdict, Failed)]
    await transaction.run(
        """
        WITH failed AS (
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[])
                AS f (id, reason, refused, status)
        ), gone AS (
            DELETE FROM outbox o USING failed WHERE o.id = failed.id RETURNING o.*
        ), dead AS (
            INSERT INTO dead_letters (message_id, tenant_id, conversation_id, channel_id, effect,
                reason, refused, attempts)
            SELECT gone.id, tenant_id, conversation_id, channel_id, effect, failed.reason,
                failed.refused, attempt
            FROM gone JOIN failed ON failed.id = gone.id
            ON CONFLICT (message_id) DO UPDATE
            SET reason = excluded.reason, refused = excluded.refused, attempts = excluded.attempts,
                at = excluded.at, settled_at = NULL, settled_how = ''
        )
        UPDATE messages m SET status = failed.status, status_at = clock_timestamp(),
            error = failed.refused
        FROM failed WHERE m.id = failed.id
        """,
        [id for id, _ in failed],
        [verdict.refused.reason for _, verdict in failed],
        [encode(verdict.refused) for _, verdict in failed],
        ["unknown" if verdict.flagged else "failed" for _, verdict in failed],
    )
    for id, verdict in failed:
        row = rows[id]
        settled.append(row["effect_id"])
        if row["awaited"]:
            entries.append(_entry(row, SendRefused(row["effect_id"], verdict.refused)))
    settled.extend(await _drop_rest(transaction, [rows[id] for id, _ in failed]))


async def _drop_rest(transaction: Transaction, failed: Sequence[Row]) -> list[str]:
    """The later sends of the same visits make no sense alone; their effect ids."""
    rows = await transaction.rows(
        """
        WITH rest AS (
            DELETE FROM outbox o
            USING unnest($1::uuid[], $2::int[], $3::bigint[], $4::int[])
                AS f (execution_id, visit, seq, pos)
            WHERE o.execution_id = f.execution_id AND o.visit = f.visit AND o.state = 'queued'
                AND o.conversation_id = ANY($5::uuid[]) AND (o.seq, o.pos) > (f.seq, f.pos)
            RETURNING o.id, o.effect_id
        )
        UPDATE messages m SET status = 'dropped', status_at = clock_timestamp()
        FROM rest WHERE m.id = rest.id RETURNING rest.effect_id
        """,
        [row["execution_id"] for row in failed],
        [row["visit"] for row in failed],
        [row["seq"] for row in failed],
        [row["pos"] for row in failed],
        [row["conversation_id"] for row in failed],
    )
    return [row["effect_id"] for row in rows]


async def _dropped(
    transaction: Transaction, rows: dict[UUID, Row], _verdicts: dict[UUID, Verdict],
    entries: list[Entry], settled: list[str],
) -> None:  # fmt: skip
    await transaction.run(
        """
        WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::uuid[]))
        UPDATE messages SET status = 'dropped', status_at = clock_timestamp()
        WHERE id = ANY($1::uuid[]) AND status <> 'unknown'
        """,
        list(rows),
    )
    settled.extend(row["effect_id"] for row in rows.values())
    awaited = [row for row in rows.values() if row["awaited"]]
    entries.extend(_entry(row, dropped(row["effect_id"])) for row in awaited)


async def _too_late(
    transaction: Transaction, rows: dict[UUID, Row], verdicts: dict[UUID, Verdict],
    entries: list[Entry], settled: list[str],
) -> None:  # fmt: skip
    """A person answers instead: what the bot has still to say there is not said."""
    first = {row["conversation_id"]: row for row in reversed(rows.values())}
    entries.extend(_entry(row, RepliesLate(row["effect_id"])) for row in first.values())
    await _dropped(transaction, rows, verdicts, entries, settled)
    cancelled = await cancel_bot_sends(transaction, list(first))
    entries.extend(cancelled.entries)
    settled.extend(cancelled.effects)


async def _again(
    transaction: Transaction, rows: dict[UUID, Row], verdicts: dict[UUID, Verdict],
    _entries: list[Entry], _settled: list[str],
) -> None:  # fmt: skip
    again = [(id, verdict) for id, verdict in verdicts.items() if isinstance(verdict, Again)]
    await transaction.run(
        """
        UPDATE outbox o SET state = 'queued',
            next_at = clock_timestamp() + a.seconds * interval '1 second'
        FROM unnest($1::uuid[], $2::float8[]) AS a (id, seconds) WHERE o.id = a.id
        """,
        [id for id, _ in again],
        [verdict.seconds for _, verdict in again],
    )


async def _doubt(
    transaction: Transaction, _rows: dict[UUID, Row], verdicts: dict[UUID, Verdict],
    _entries: list[Entry], _settled: list[str],
) -> None:  # fmt: skip
    doubts = [(id, verdict) for id, verdict in verdicts.items() if isinstance(verdict, Doubt)]
    await transaction.run(
        """
        WITH doubts AS (
            SELECT * FROM unnest($1::uuid[], $2::float8[]) AS d (id, seconds)
        ), stand AS (
            UPDATE outbox o SET state = 'unknown',
                next_at = clock_timestamp() + doubts.seconds * interval '1 second'
            FROM doubts WHERE o.id = doubts.id
        )
        UPDATE messages m SET status = 'unknown', status_at = clock_timestamp()
        FROM doubts WHERE m.id = doubts.id AND m.status IN ('queued', 'sending')
        """,
        [id for id, _ in doubts],
        [verdict.seconds for _, verdict in doubts],
    )


_KIND = {
    Delivered: _delivered,
    Failed: _failed,
    Dropped: _dropped,
    Again: _again,
    Doubt: _doubt,
    TooLate: _too_late,
}


async def _judge_channels(
    transaction: Transaction, rows: dict[UUID, Row], verdicts: dict[UUID, Verdict]
) -> None:
    """Open and close circuits. Last of all: a channel's row is locked behind everything else."""
    strikes: dict[UUID, Strike] = {}
    living: set[UUID] = set()
    for id, verdict in verdicts.items():
        channel = rows[id]["channel_id"]
        if isinstance(verdict, Delivered) or _refused_this_one(verdict):
            living.add(channel)
        elif isinstance(verdict, Again | Doubt):
            found = _against(verdict, strikes.get(channel, Strike(0)))
            if found is not None:
                strikes[channel] = found
    await alive(transaction, living)
    for channel in living & strikes.keys():
        strikes[channel] = replace(strikes[channel], outages=0, probe=False)
    await strike(transaction, {c: e for c, e in strikes.items() if e.outages or e.seconds})


def _refused_this_one(verdict: Verdict) -> bool:
    """Whether the provider answered, and it was about this message only."""
    if not isinstance(verdict, Failed) or verdict.flagged:
        return False
    return bool(verdict.refused.code) and verdict.refused.scope != "channel"


def _against(verdict: Again | Doubt, before: Strike) -> Strike | None:
    """What a verdict adds to what was said against its channel; None where it says nothing."""
    again = isinstance(verdict, Again)
    seconds = verdict.channel_seconds if again else 0.0
    if not verdict.outage and not seconds:
        return None
    reason = verdict.refused.reason if again and verdict.refused else "transient"
    return Strike(
        before.outages + verdict.outage,
        max(before.seconds, seconds),
        reason,
        before.probe or verdict.probe,
    )


def _entry(row: Row, happening: SendTaken | SendRefused | RepliesLate) -> Entry:
    return Entry(row["conversation_id"], row["channel_id"], happening)
