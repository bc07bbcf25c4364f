"""How channels do: what the last look at each found, and rounds that look at a workspace's.

A round is leased by one process, so nobody looks at a channel twice at once. What a round came to
is kept beside it. The web reads all of this; only workers write it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.messages import Notice, Tell
from flowengine.state import encode
from flowengine.store.channel_news import NEWS
from flowengine.store.ids import new_id
from flowengine.store.rows import read, read_all
from flowengine.store.subscriptions import EVERYTHING, KIND
from flowengine.store.transaction import Transaction

SUBJECT = "channel_health"
"""Under which alerts stand among the news of a channel."""

TOLD = "channel.health"
"""The name by which subscriptions hear of alerts."""

BAD = ("disconnected", "needs_pairing", "reauthorise")
"""States in which nothing gets through."""

NOBODY = UUID(int=0)
"""The conversation of what is about none."""

_COLUMNS = (
    "h.channel_id, h.state, h.why, h.detail, h.notes, h.since, h.looked_at, h.deep_at, h.heard_at,"
    " h.misses, h.tries, h.try_at, h.alerted"
)


class Note(Struct, frozen=True, omit_defaults=True):
    """Something of a set-up that is not well, as `connectors.base.Look` tells it."""

    what: str
    how: str
    why: str = ""
    detail: str = ""


class Health(Struct, frozen=True):
    """`state`: unknown, connected, connecting, disconnected, needs_pairing or reauthorise.

    `why`: a word for the reason; `detail` is the provider's. `notes`: what else is not well.
    `misses`: bad looks in a row. `tries`: of starting it again, the next not before `try_at`.
    `alerted`: what people were told last. `heard_at`: when its last webhook came.
    """

    channel_id: UUID
    state: str = "unknown"
    why: str = ""
    detail: str = ""
    notes: tuple[Note, ...] = ()
    since: datetime | None = None
    looked_at: datetime | None = None
    deep_at: datetime | None = None
    heard_at: datetime | None = None
    misses: int = 0
    tries: int = 0
    try_at: datetime | None = None
    alerted: str = ""


class Watched(Struct, frozen=True):
    """A channel that is to be looked at, and how it was. `waits`: something is to leave by it."""

    id: UUID
    tenant_id: UUID
    kind: str
    name: str
    trouble: str
    strikes: int
    created_at: datetime
    updated_at: datetime
    health: Health
    waits: bool = False


class Round(Struct, frozen=True):
    """A workspace whose channels this process looks at now. `deep`: with all there is to ask."""

    tenant: UUID
    deep: bool


class Result(Struct, frozen=True):
    """What a round came to. `alerts`: how many people were told of."""

    at: datetime | None = None
    deep: bool = False
    milliseconds: int = 0
    total: int = 0
    healthy: int = 0
    reconnected: int = 0
    failed: int = 0
    cleaned: int = 0
    alerts: int = 0


class Rounds(Struct, frozen=True):
    """The last round of each kind; None: there was none yet."""

    cheap: Result | None = None
    deep: Result | None = None


class Alert(Struct, frozen=True):
    """What people are told. `level`: good, warning or stop."""

    level: str
    state: str
    why: str = ""
    detail: str = ""


# --- What pages and programs read -------------------------------------------------------------


async def health_of(transaction: Transaction, channel_id: UUID) -> Health:
    """How a channel of the workspace does; unknown where nobody has looked yet."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM channel_health h WHERE tenant_id = $1 AND channel_id = $2",
        transaction.tenant,
        channel_id,
    )
    return Health(channel_id) if row is None else read(Health, row)


async def healths(transaction: Transaction) -> dict[UUID, Health]:
    """The same of all that were looked at, by channel."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM channel_health h WHERE tenant_id = $1", transaction.tenant
    )
    return {each.channel_id: each for each in read_all(Health, rows)}


async def last_rounds(transaction: Transaction) -> Rounds:
    """What the workspace's last rounds came to."""
    row = await transaction.row(
        "SELECT cheap, deep FROM health_rounds WHERE tenant_id = $1", transaction.tenant
    )
    if row is None:
        return Rounds()
    cheap, deep = (
        msgspec.convert(told, Result, strict=False) if (told := row[name]) else None
        for name in ("cheap", "deep")
    )
    return Rounds(cheap, deep)


async def health_counts(transaction: Transaction) -> dict[str, int]:
    """How many channels at work there are by state, in all workspaces: a worker's transaction."""
    rows = await transaction.rows(
        """
        SELECT coalesce(h.state, 'unknown') AS state, count(*) AS count
        FROM channels c
        LEFT JOIN channel_health h ON h.tenant_id = c.tenant_id AND h.channel_id = c.id
        WHERE c.state = 'active' GROUP BY 1
        """
    )
    return {row["state"]: row["count"] for row in rows}


# --- Rounds: a worker's transactions ----------------------------------------------------------


async def add_rounds(transaction: Transaction, spread: float) -> None:
    """Workspaces with channels that nobody looks at yet: each at a moment of its own."""
    await transaction.run(
        """
        INSERT INTO health_rounds (tenant_id, next_at, deep_at)
        SELECT t.tenant_id, t.at, t.at
        FROM (SELECT DISTINCT tenant_id, now() + (1 + random()) * $1 * interval '1 second' AS at
              FROM (SELECT DISTINCT tenant_id FROM channels c WHERE state = 'active' AND NOT EXISTS
                    (SELECT FROM health_rounds r WHERE r.tenant_id = c.tenant_id)) n) t
        ON CONFLICT DO NOTHING
        """,
        spread,
    )


async def hurry(transaction: Transaction, tenant: UUID) -> None:
    """Have the workspace's channels looked at as soon as somebody can; a worker's transaction."""
    await transaction.run(
        """
        INSERT INTO health_rounds (tenant_id) VALUES ($1)
        ON CONFLICT (tenant_id) DO UPDATE SET next_at = least(health_rounds.next_at, now())
        """,
        tenant,
    )


async def claim_rounds(
    transaction: Transaction, owner: UUID, lease: timedelta, most: int
) -> list[Round]:
    """Lease workspaces whose round is due, the longest waiting first."""
    rows = await transaction.rows(
        """
        WITH due AS (
            SELECT tenant_id FROM health_rounds
            WHERE next_at <= now() AND (until IS NULL OR until <= now())
            ORDER BY next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE health_rounds r SET owner = $1, until = clock_timestamp() + $2::interval
        FROM due WHERE r.tenant_id = due.tenant_id
        RETURNING r.tenant_id, r.deep_at <= now() AS deep
        """,
        owner,
        lease,
        most,
    )
    return [Round(row["tenant_id"], row["deep"]) for row in rows]


async def claim_round(transaction: Transaction, owner: UUID, lease: timedelta) -> bool:
    """Lease the workspace's round, due or not; False while somebody else has it."""
    tenant = transaction.tenant
    await transaction.run(
        "INSERT INTO health_rounds (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", tenant
    )
    count = await transaction.run(
        """
        UPDATE health_rounds SET owner = $2, until = clock_timestamp() + $3::interval
        WHERE tenant_id = $1 AND (until IS NULL OR until <= clock_timestamp())
        """,
        tenant,
        owner,
        lease,
    )
    return count > 0


async def end_round(
    transaction: Transaction, owner: UUID, result: Result, cheap: float, deep: float
) -> None:
    """Keep what the workspace's round came to; the next ones are due in so many seconds."""
    await transaction.run(
        """
        UPDATE health_rounds SET owner = NULL, until = NULL,
            next_at = clock_timestamp() + $3 * interval '1 second',
            deep_at = CASE WHEN $4 THEN clock_timestamp() + $5 * interval '1 second'
                           ELSE deep_at END,
            cheap = CASE WHEN $4 THEN cheap ELSE $6::jsonb END,
            deep = CASE WHEN $4 THEN $6::jsonb ELSE deep END
        WHERE tenant_id = $1 AND owner = $2
        """,
        transaction.tenant,
        owner,
        cheap,
        result.deep,
        deep,
        msgspec.to_builtins(result),
    )


async def watched(transaction: Transaction) -> tuple[Watched, ...]:
    """The workspace's channels that are at work, those first that were looked at longest ago."""
    rows = await transaction.rows(
        f"""
        SELECT c.id, c.tenant_id, c.kind, c.name, c.trouble, c.strikes, c.created_at, c.updated_at,
            to_jsonb(h) AS health, EXISTS (
                SELECT FROM lanes l
                WHERE l.class IN (0, 1) AND l.channel_id = c.id AND l.next_at IS NOT NULL
            ) AS waits
        FROM channels c LEFT JOIN LATERAL (
            SELECT {_COLUMNS} FROM channel_health h
            WHERE h.tenant_id = c.tenant_id AND h.channel_id = c.id
        ) h ON true
        WHERE c.tenant_id = $1 AND c.state = 'active' ORDER BY h.looked_at NULLS FIRST, c.id
        """,
        transaction.tenant,
    )
    return tuple(_watched(dict(row.items())) for row in rows)


def _watched(row: dict[str, object]) -> Watched:
    health = row["health"] or {"channel_id": row["id"]}
    return msgspec.convert({**row, "health": health}, Watched)


async def forget_removed(transaction: Transaction) -> int:
    """What is known of channels that were removed goes; how many."""
    return await transaction.run(
        """
        DELETE FROM channel_health h USING channels c
        WHERE h.tenant_id = $1 AND c.tenant_id = h.tenant_id AND c.id = h.channel_id
            AND c.state = 'removed'
        """,
        transaction.tenant,
    )


async def write_health(transaction: Transaction, health: Health) -> None:
    """Keep what a look found, in the transaction's workspace. `heard_at` is not ours to write."""
    await transaction.run(
        """
        INSERT INTO channel_health (tenant_id, channel_id, state, why, detail, notes, since,
            looked_at, deep_at, misses, tries, try_at, alerted)
        SELECT tenant_id, id, $3, $4, $5, $6::jsonb, coalesce($7, clock_timestamp()), $8, $9, $10,
            $11, $12, $13
        FROM channels WHERE tenant_id = $1 AND id = $2 AND state <> 'removed'
        ON CONFLICT (tenant_id, channel_id) DO UPDATE SET state = excluded.state,
            why = excluded.why, detail = excluded.detail, notes = excluded.notes,
            since = excluded.since, looked_at = excluded.looked_at, deep_at = excluded.deep_at,
            misses = excluded.misses, tries = excluded.tries, try_at = excluded.try_at,
            alerted = excluded.alerted
        """,
        transaction.tenant,
        health.channel_id,
        health.state,
        health.why,
        _plain(health.detail),
        [msgspec.to_builtins(note) for note in health.notes],
        health.since,
        health.looked_at,
        health.deep_at,
        health.misses,
        health.tries,
        health.try_at,
        health.alerted,
    )


async def heard(transaction: Transaction, channels: Collection[UUID]) -> None:
    """Webhooks came from these just now."""
    await transaction.run(
        """
        INSERT INTO channel_health (tenant_id, channel_id, heard_at)
        SELECT tenant_id, id, clock_timestamp() FROM channels
        WHERE id = ANY($1::uuid[]) AND state <> 'removed' ORDER BY id
        ON CONFLICT (tenant_id, channel_id) DO UPDATE SET heard_at = excluded.heard_at
        """,
        sorted(channels),
    )


async def tell_alerts(
    transaction: Transaction, channel: Watched, alerts: Sequence[Alert], now: datetime
) -> None:
    """Alerts become news of the channel, and calls to who subscribed to `channel.health`."""
    for alert in alerts:
        body = {"state": alert.state, "why": alert.why, "detail": _plain(alert.detail)}
        id = new_id()
        notice = Notice(f"{SUBJECT}:{id}", SUBJECT, body, alert.level)
        await transaction.run(
            """
            INSERT INTO webhook_dead (id, tenant_id, channel_id, raw, reason)
            VALUES ($1, $2, $3, $4, $5)
            """,
            id,
            channel.tenant_id,
            channel.id,
            encode(notice),
            f"{NEWS}{alert.level}",
        )
        data = {
            "channel": str(channel.id),
            "name": channel.name,
            "kind": channel.kind,
            "level": alert.level,
            "at": now.isoformat(),
            **body,
        }
        tell = Tell(f"health:{id}", "", "", TOLD, data)
        await transaction.run(
            """
            INSERT INTO calls (id, effect_id, tenant_id, conversation_id, kind, effect, next_at,
                created_at)
            SELECT gen_random_uuid(), $2 || '@' || s.id, s.tenant_id, $3, $4, $5,
                clock_timestamp(), clock_timestamp()
            FROM subscriptions s
            WHERE s.tenant_id = $1 AND s.state = 'active' AND s.names && ARRAY[$6, $7]
            """,
            channel.tenant_id,
            tell.id,
            NOBODY,
            KIND,
            encode(tell),
            TOLD,
            EVERYTHING,
        )


def _plain(text: str) -> str:
    return text.replace("\x00", "")[:300]
