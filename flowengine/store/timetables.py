"""Time tables: the cron triggers of what is published, their occurrences, and who gets them.

A trigger knows when it is due next. When it is, one row is made for the occurrence (its key is the
trigger and the time, so each is one); that row then walks through the workspace's contacts, and the
place where it stands moves in the transaction that begins the flow with them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.given import Contact
from flowengine.store.database import Transaction
from flowengine.store.ids import new_id
from flowengine.store.rows import read_all


class StoredTrigger(Struct, frozen=True):
    """A cron trigger. `audience`: JSON of an `Audience` or null."""

    tenant_id: UUID
    flow: str
    node: str
    expression: str
    zone: str
    audience: bytes
    purpose: str
    channels: tuple[str, ...]
    next_at: datetime | None = None


class Run(Struct, frozen=True):
    """An occurrence under way. `after_contact`: the last contact that it has come to."""

    id: UUID
    tenant_id: UUID
    flow: str
    node: str
    due_at: datetime
    audience: bytes
    purpose: str
    channels: tuple[str, ...]
    rev: int
    zone: str
    language: str
    after_contact: UUID | None = None


class Candidate(Struct, frozen=True):
    """A contact, and where it is talked with. `owner`: the agent whose contact it is. `home`: kinds
    and ids of the channels that the conversation came from, where it goes on through another."""

    contact: Contact
    owner: str
    conversation: UUID
    channel: UUID
    channel_kind: str
    home: tuple[str, ...] = ()


class Page(Struct, frozen=True):
    """Contacts that can be reached, and the last one that was looked at (None: no more)."""

    candidates: tuple[Candidate, ...]
    last: UUID | None


async def stale_tenants(transaction: Transaction, limit: int = 20) -> list[tuple[UUID, int]]:
    """Workspaces whose triggers were read at an older rev, with the present one."""
    rows = await transaction.rows(
        """
        SELECT t.id, t.rev FROM tenants t LEFT JOIN cron_seen s ON s.tenant_id = t.id
        WHERE s.rev IS DISTINCT FROM t.rev LIMIT $1
        """,
        limit,
    )
    return [(row["id"], row["rev"]) for row in rows]


async def cron_documents(transaction: Transaction, tenant: UUID) -> list[bytes]:
    """Documents of a workspace's published flows that speak of a time table."""
    rows = await transaction.rows(
        """
        SELECT v.document FROM flows f JOIN flow_versions v
            ON v.tenant_id = f.tenant_id AND v.flow = f.key AND v.version = f.published
        WHERE f.tenant_id = $1 AND f.release IS NOT NULL
            AND position('"cron"'::bytea IN v.document) > 0
        """,
        tenant,
    )
    return [row["document"] for row in rows]


async def put_triggers(
    transaction: Transaction, tenant: UUID, rev: int, triggers: Sequence[StoredTrigger]
) -> None:
    """These are a workspace's time tables now.

    One whose times are the same keeps what it was due for: publishing skips no occurrence.
    """
    await transaction.run(
        """
        INSERT INTO cron_seen (tenant_id, rev) VALUES ($1, $2)
        ON CONFLICT (tenant_id) DO UPDATE SET rev = excluded.rev
        """,
        tenant,
        rev,
    )
    await transaction.run(
        """
        DELETE FROM cron_triggers WHERE tenant_id = $1
            AND (flow, node) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))
        """,
        tenant,
        [each.flow for each in triggers],
        [each.node for each in triggers],
    )
    for each in triggers:
        await transaction.run(
            """
            INSERT INTO cron_triggers AS c (tenant_id, flow, node, expression, zone, audience,
                purpose, channels, since, next_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), $9)
            ON CONFLICT (tenant_id, flow, node) DO UPDATE
            SET audience = excluded.audience, purpose = excluded.purpose,
                channels = excluded.channels,
                since = CASE WHEN c.expression = excluded.expression AND c.zone = excluded.zone
                             THEN c.since ELSE excluded.since END,
                next_at = CASE WHEN c.expression = excluded.expression AND c.zone = excluded.zone
                               THEN c.next_at ELSE excluded.next_at END,
                expression = excluded.expression, zone = excluded.zone
            """,
            tenant,
            each.flow,
            each.node,
            each.expression,
            each.zone,
            each.audience,
            each.purpose,
            list(each.channels),
            each.next_at,
        )


async def due_triggers(transaction: Transaction, limit: int = 50) -> tuple[StoredTrigger, ...]:
    """Triggers that are due, locked; those that somebody else has in hand are passed over."""
    rows = await transaction.rows(
        """
        SELECT tenant_id, flow, node, expression, zone, audience, purpose, channels, next_at
        FROM cron_triggers WHERE next_at <= clock_timestamp()
        ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED
        """,
        limit,
    )
    return read_all(StoredTrigger, rows)


async def strike_hour(
    transaction: Transaction,
    trigger: StoredTrigger,
    due_at: datetime,
    missed: int,
    next_at: datetime | None,
) -> None:
    """An occurrence begins, and the trigger waits for its next one.

    `missed`: occurrences before it that nobody could begin; they are not made up for.
    """
    await transaction.run(
        """
        INSERT INTO cron_runs (id, tenant_id, flow, node, due_at, audience, purpose, channels,
            missed, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp()) ON CONFLICT DO NOTHING
        """,
        new_id(),
        trigger.tenant_id,
        trigger.flow,
        trigger.node,
        due_at,
        trigger.audience,
        trigger.purpose,
        list(trigger.channels),
        missed,
    )
    await transaction.run(
        "UPDATE cron_triggers SET next_at = $4 WHERE tenant_id = $1 AND flow = $2 AND node = $3",
        trigger.tenant_id,
        trigger.flow,
        trigger.node,
        next_at,
    )


async def next_run(transaction: Transaction) -> Run | None:
    """An occurrence that has still contacts to come to, locked."""
    rows = await transaction.rows(
        """
        SELECT r.id, r.tenant_id, r.flow, r.node, r.due_at, r.audience, r.purpose, r.channels,
            r.after_contact, t.rev, t.timezone AS zone, t.language
        FROM cron_runs r JOIN tenants t ON t.id = r.tenant_id
        WHERE r.state = 'running' AND r.next_at <= clock_timestamp()
        ORDER BY r.next_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED
        """
    )
    return read_all(Run, rows)[0] if rows else None


async def contacts_of(transaction: Transaction, run: Run, limit: int) -> Page:
    """The next contacts of the workspace, each with the conversation that was spoken in last.

    Only conversations on the trigger's channels, or that came from there and go on through another
    one, and where the flow answers.
    """
    rows = await transaction.rows(
        _CANDIDATES, run.tenant_id, run.after_contact, limit, list(run.channels), run.flow
    )
    found = tuple(_candidate(row) for row in rows if row["conversation_id"] is not None)
    return Page(found, rows[-1]["id"] if len(rows) == limit else None)


_CANDIDATES = """
SELECT t.id, t.name, t.phone, t.language, t.fields, t.tags, t.owner_id,
    r.conversation_id, r.channel_id, r.kind, r.home
FROM (
    SELECT * FROM contacts
    WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id > $2) AND merged_into IS NULL
    ORDER BY id LIMIT $3
) t
LEFT JOIN LATERAL (
    SELECT c.id AS conversation_id, h.id AS channel_id, h.kind, away.home
    FROM conversations c JOIN channels h ON h.id = c.channel_id
    LEFT JOIN LATERAL (
        SELECT array_agg(f.kind) || array_agg(f.id::text) AS home FROM channel_switches s
        JOIN channels f ON f.id = s.from_channel_id
        WHERE s.conversation_id = c.id AND s.back_at IS NULL
    ) away ON true
    WHERE c.contact_id = t.id AND c.tenant_id = $1 AND h.state <> 'removed'
        AND (cardinality($4::text[]) = 0 OR h.kind = ANY($4) OR h.id::text = ANY($4)
             OR away.home && $4)
        AND (NOT EXISTS (SELECT FROM channel_flows f
                         WHERE f.tenant_id = $1 AND f.channel_id = h.id)
             OR EXISTS (SELECT FROM channel_flows f
                        WHERE f.tenant_id = $1 AND f.channel_id = h.id AND f.flow = $5))
    ORDER BY c.last_message_at DESC NULLS LAST, c.id LIMIT 1
) r ON true
ORDER BY t.id
"""


def _candidate(row: Any) -> Candidate:
    contact = Contact(
        str(row["id"]),
        row["name"],
        row["phone"],
        row["language"] or "",
        tuple(row["tags"]),
        row["fields"],
    )
    owner = str(row["owner_id"] or "")
    home = tuple(row["home"] or ())
    return Candidate(contact, owner, row["conversation_id"], row["channel_id"], row["kind"], home)


async def advance_run(
    transaction: Transaction, run: UUID, last: UUID | None, begun: int, seconds: float = 0
) -> None:
    """It has come so far; `last` None: it is done. `seconds`: pause before it goes on."""
    await transaction.run(
        """
        UPDATE cron_runs SET after_contact = coalesce($2, after_contact), begun = begun + $3,
            state = CASE WHEN $2 IS NULL THEN 'done' ELSE state END,
            next_at = CASE WHEN $2 IS NULL THEN NULL
                           ELSE clock_timestamp() + $4 * interval '1 second' END
        WHERE id = $1
        """,
        run,
        last,
        begun,
        seconds,
    )


async def pause_run(transaction: Transaction, run: UUID, seconds: float) -> None:
    """The outbox has enough of its workspace for now."""
    await transaction.run(
        "UPDATE cron_runs SET next_at = clock_timestamp() + $2 * interval '1 second' WHERE id = $1",
        run,
        seconds,
    )


async def next_cron_at(transaction: Transaction) -> datetime | None:
    """When the next trigger or occurrence wants to be looked at."""
    at: datetime | None = await transaction.value(
        """
        SELECT least(
            (SELECT next_at FROM cron_triggers WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1),
            (SELECT next_at FROM cron_runs WHERE state = 'running' ORDER BY next_at LIMIT 1))
        """
    )
    return at


FEED_SECONDS = 60
"""What comes by itself fills at most so many seconds of a channel's rate."""

PLAIN_RATE = 30.0
"""Messages a second of a channel that has no rate of its own set."""


async def sated(transaction: Transaction, tenants: Collection[UUID]) -> set[UUID]:
    """Those of `tenants` whose outbox holds a minute's worth already: nothing more is fed to it.

    The outbox is small by this very rule, so counting it is cheap.
    """
    rows = await transaction.rows(
        """
        SELECT o.tenant_id FROM outbox o JOIN channels h ON h.id = o.channel_id
        WHERE o.tenant_id = ANY($1::uuid[])
        GROUP BY o.tenant_id HAVING count(*) >= $2 * min(coalesce(h.rate, $3))
        """,
        list(tenants),
        FEED_SECONDS,
        PLAIN_RATE,
    )
    return {row["tenant_id"] for row in rows}
