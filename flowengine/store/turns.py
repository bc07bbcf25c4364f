"""Claiming conversations that have work, and loading all that a turn needs to know.

Under the claim's locks everything is read in *later* statements: one statement would read the
inbox as it was before the lock, and strand a row that came in between (measured). A batch of fifty
costs two statements.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.chat import Offer
from flowengine.given import Contact, Pick
from flowengine.messages import Identity
from flowengine.store.database import Transaction

CANDIDATES = 200
"""Conversations looked at for each claim: out of them each tenant gets its share first."""

ROWS = 100
"""Inbox rows of one conversation taken in one transaction; the rest follow in the next."""


class InboxRow(Struct, frozen=True):
    seq: int
    received_at: datetime
    event: bytes


class WakeRow(Struct, frozen=True):
    """A wake. `due_at` is null while the send that it waits for has not been taken."""

    effect_id: str
    execution: UUID
    due_at: datetime | None


class LiveExecution(Struct, frozen=True):
    id: UUID
    state: bytes
    updated_at: datetime


class Loaded(Struct):
    """A claimed conversation with everything that waits for it. Filled in once, then only read.

    `tenant_rev` changes with all that may be kept in memory of its workspace; it is read under the
    lock, as what the turn before has changed of it counts. `identities`: of the
    contact, best first. `channel_rests`: it may not send just now. `crowded`: more conversations
    had work than a claim looks at.
    """

    id: UUID
    tenant: UUID
    contact_id: UUID
    channel: UUID
    channel_kind: str
    channel_updated_at: datetime
    tenant_rev: int
    state: bytes | None
    epoch: int
    taken_seq: int
    last_seq: int
    failures: int
    inbox: list[InboxRow]
    executions: list[LiveExecution]
    wakes: list[WakeRow]
    unsent: set[str]
    contact: Contact
    contact_owner: str = ""
    identities: tuple[Identity, ...] = ()
    channel_state: str = ""
    channel_rate: float | None = None
    channel_rests: bool = False
    channel_strikes: int = 0
    more: bool = False
    crowded: bool = False


class Batch(Struct, frozen=True):
    """Claimed conversations, and the clock as it was after their locks were taken."""

    now: datetime
    conversations: list[Loaded]


async def claim(transaction: Transaction, limit: int, alone: UUID | None = None) -> list[Loaded]:
    """Lock up to `limit` conversations that have work, the longest waiting first.

    A tenant gets a quarter of the batch before the others had theirs. Those that somebody else
    works on are passed over. `alone`: only this one. `crowded` of each says that more waited than
    were looked at: somebody may stand behind a crowd.
    """
    if alone is not None:
        rows = await transaction.rows(_ONE, alone)
    else:
        rows = await transaction.rows(_CLAIM, CANDIDATES, max(1, limit // 4), limit)
    return [_loaded(row) for row in rows]


async def claim_of(transaction: Transaction, tenants: Sequence[UUID], limit: int) -> list[Loaded]:
    """The same of `tenants` in turn: the longest waiting of each, then the next of each.

    For a crowd, where the longest waiting of all are one tenant's: see `due.py`.
    """
    ahead = max(1, CANDIDATES // max(1, len(tenants)))
    return [_loaded(row) for row in await transaction.rows(_OF, list(tenants), ahead, limit)]


_COLUMNS = """
    c.id, c.tenant_id, c.contact_id, c.channel_id, c.state, c.epoch, c.taken_seq, c.last_seq,
    c.failures, ch.kind, ch.updated_at, ch.state AS channel_state, ch.rate AS channel_rate,
    coalesce(ch.next_send_at > now(), false) AS channel_rests, ch.strikes AS channel_strikes
"""

_JOINS = "JOIN channels ch ON ch.id = c.channel_id"

_CLAIM = f"""
WITH due AS (
    SELECT id, tenant_id, work_at FROM conversations
    WHERE work_at <= now() ORDER BY work_at LIMIT $1
), shared AS (
    SELECT id, work_at, row_number() OVER (PARTITION BY tenant_id ORDER BY work_at) > $2 AS over
    FROM due
)
SELECT {_COLUMNS}, (SELECT count(*) FROM due) >= $1 AS crowded
FROM shared s JOIN conversations c ON c.id = s.id {_JOINS}
WHERE c.work_at <= now()
ORDER BY s.over, s.work_at LIMIT $3
FOR NO KEY UPDATE OF c SKIP LOCKED
"""

_OF = f"""
WITH due AS (
    SELECT c.id, q.place,
        row_number() OVER (PARTITION BY q.tenant_id ORDER BY c.work_at) AS round
    FROM unnest($1::uuid[]) WITH ORDINALITY AS q (tenant_id, place)
    CROSS JOIN LATERAL (
        SELECT id, work_at FROM conversations
        WHERE tenant_id = q.tenant_id AND work_at <= now() ORDER BY work_at LIMIT $2
    ) c
)
SELECT {_COLUMNS}, true AS crowded
FROM due d JOIN conversations c ON c.id = d.id {_JOINS}
WHERE c.work_at <= now()
ORDER BY d.round, d.place LIMIT $3
FOR NO KEY UPDATE OF c SKIP LOCKED
"""

_ONE = f"""
SELECT {_COLUMNS}, false AS crowded
FROM conversations c {_JOINS}
WHERE c.id = $1 AND c.work_at <= now()
FOR NO KEY UPDATE OF c SKIP LOCKED
"""


def _loaded(row: Any) -> Loaded:
    return Loaded(
        id=row["id"],
        tenant=row["tenant_id"],
        contact_id=row["contact_id"],
        channel=row["channel_id"],
        channel_kind=row["kind"],
        channel_updated_at=row["updated_at"],
        tenant_rev=0,
        state=row["state"],
        epoch=row["epoch"],
        taken_seq=row["taken_seq"],
        last_seq=row["last_seq"],
        failures=row["failures"],
        inbox=[],
        executions=[],
        wakes=[],
        unsent=set(),
        contact=Contact(str(row["contact_id"])),
        channel_state=row["channel_state"],
        channel_rate=row["channel_rate"],
        channel_rests=row["channel_rests"],
        channel_strikes=row["channel_strikes"],
        crowded=row["crowded"],
    )


async def load(transaction: Transaction, claimed: Sequence[Loaded]) -> Batch:
    """Read what waits for claimed conversations, in a statement of its own."""
    by_id = {each.id: each for each in claimed}
    rows = await transaction.rows(
        _LOAD,
        list(by_id),
        [each.taken_seq for each in claimed],
        [each.contact_id for each in claimed],
        ROWS + 1,
        [each.tenant for each in claimed],
    )
    for row in rows:
        _fill(by_id[row["id"]], row)
    now: datetime = rows[0]["now"] if rows else await transaction.now()
    return Batch(now, list(claimed))


def _fill(mine: Loaded, row: Any) -> None:
    came = [InboxRow(*each) for each in _columns(row, "seqs", "received", "events")]
    mine.inbox, mine.more = came[:ROWS], len(came) > ROWS
    mine.executions = [LiveExecution(*e) for e in _columns(row, "executions", "states", "updated")]
    mine.wakes = [WakeRow(*each) for each in _columns(row, "wakes", "woken", "due")]
    mine.unsent = set(row["unsent"] or ())
    mine.tenant_rev = row["rev"]
    if row["name"] is None:
        return
    mine.identities = tuple(Identity(*each) for each in row["identities"])
    mine.contact_owner = str(row["owner_id"] or "")
    mine.contact = Contact(
        str(mine.contact_id),
        row["name"],
        row["phone"],
        row["language"] or "",
        tuple(row["tags"]),
        row["fields"],
    )


def _columns(row: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(row[name] or () for name in names), strict=True))


_LOAD = """
SELECT c.id, clock_timestamp() AS now, t.rev, i.*, e.*, w.*, o.*,
    p.name, p.phone, p.language, p.fields, p.tags, p.owner_id,
    ARRAY(
        SELECT ARRAY[x.kind, x.value, x.scope] FROM identities x
        WHERE x.tenant_id = p.tenant_id AND x.contact_id = coalesce(p.merged_into, p.id)
        ORDER BY array_position(ARRAY['phone', 'bsuid', 'lid'], x.kind), x.first_seen_at DESC
    ) AS identities
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $5::uuid[])
    AS c (id, taken_seq, contact_id, tenant_id)
JOIN tenants t ON t.id = c.tenant_id
CROSS JOIN LATERAL (
    SELECT array_agg(seq ORDER BY seq) AS seqs, array_agg(received_at ORDER BY seq) AS received,
        array_agg(event ORDER BY seq) AS events
    FROM (
        SELECT seq, received_at, event FROM inbox
        WHERE conversation_id = c.id AND seq > c.taken_seq ORDER BY seq LIMIT $4
    ) came
) i
CROSS JOIN LATERAL (
    SELECT array_agg(x.id) AS executions, array_agg(s.state) AS states,
        array_agg(x.updated_at) AS updated
    FROM executions x JOIN execution_state s ON s.execution_id = x.id
    WHERE x.conversation_id = c.id AND x.ended_at IS NULL
) e
CROSS JOIN LATERAL (
    SELECT array_agg(effect_id) AS wakes, array_agg(execution_id) AS woken,
        array_agg(due_at) AS due
    FROM wakes WHERE conversation_id = c.id
) w
CROSS JOIN LATERAL (
    SELECT array_agg(effect_id) AS unsent FROM outbox
    WHERE conversation_id = c.id AND author = 'bot'
) o
LEFT JOIN contacts p ON p.id = c.contact_id
"""


async def next_work_at(transaction: Transaction) -> datetime | None:
    """When the next conversation has work; None where none waits."""
    at: datetime | None = await transaction.value(
        "SELECT work_at FROM conversations WHERE work_at IS NOT NULL ORDER BY work_at LIMIT 1"
    )
    return at


async def offers(transaction: Transaction, ids: Sequence[str]) -> dict[tuple[UUID, str], Offer]:
    """Stored offers by (conversation, id)."""
    rows = await transaction.rows(
        """
        SELECT id, conversation_id, execution_id, flow, node, visit, items FROM offers
        WHERE id = ANY($1::text[])
        """,
        list(ids),
    )
    return {(row["conversation_id"], row["id"]): _offer(row) for row in rows}


def _offer(row: Any) -> Offer:
    return Offer(
        id=row["id"],
        execution=str(row["execution_id"]),
        flow=row["flow"],
        node=row["node"],
        visit=row["visit"],
        picks=_picks.decode(row["items"]),
    )


_picks = msgspec.json.Decoder(tuple[Pick, ...], float_hook=Decimal)


class Spoken(Struct, frozen=True):
    """A line of the transcript. `author`: contact, bot or agent."""

    author: str
    text: str
    at: datetime


async def transcripts(
    transaction: Transaction, conversations: Sequence[UUID], lines: int
) -> dict[UUID, list[Spoken]]:
    """The last lines of conversations, oldest first."""
    rows = await transaction.rows(
        """
        SELECT c.id, m.author, m.text, m.at FROM unnest($1::uuid[]) AS c (id)
        CROSS JOIN LATERAL (
            SELECT author, text, at, id FROM messages
            WHERE conversation_id = c.id AND status <> 'dropped' ORDER BY id DESC LIMIT $2
        ) m ORDER BY c.id, m.id
        """,
        list(conversations),
        lines,
    )
    said: dict[UUID, list[Spoken]] = {}
    for row in rows:
        said.setdefault(row["id"], []).append(Spoken(row["author"], row["text"], row["at"]))
    return said
