"""New sends: rows of the outbox, each behind the last of its conversation's lane.

A send has the id of its message, so that the callback data "id:attempt" finds both.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.database import Transaction

REPLY, CAMPAIGN = 0, 1
"""Classes of lanes: replies go before what nobody waits for."""

HORIZON = timedelta(hours=24)
"""How long a send is tried again after passing trouble: after a day a reply is no reply."""

POSITIONS = 1000
"""Room for the sends of one inbox row: `pos` is a send's place among the row's effects."""


NOTHING, SOMETHING = 0, 2
"""What `hangs` on a send's fate: a flow that awaits it, a wait that begins with it, a next message
that is held behind a file. Where nothing does, it is recorded without any conversation's lock."""


class NewSend(Struct, frozen=True):
    """A send for the outbox; its message row has the same id.

    `effect`: the `Send` as bytes. `author`: bot or agent; the bot's are dropped when a person takes
    over. `epoch`: the conversation's, when it was wanted. `attempt`: how often it was tried before.
    """

    id: UUID
    effect_id: str
    conversation: UUID
    effect: bytes
    author: str
    epoch: int = 0
    awaited: bool = False
    execution: UUID | None = None
    visit: int = 0
    pos: int = 0
    lane_class: int = REPLY
    attempt: int = 0
    hangs: int = SOMETHING


async def insert_sends(transaction: Transaction, sends: Sequence[tuple[NewSend, int]]) -> None:
    """Put sends, each with the `seq` of what caused it, behind their lanes' last.

    Under the conversations' locks. A lane that somebody holds is not made due: its holder looks
    again before it lets go.
    """
    await transaction.run(
        _INSERT,
        [s.id for s, _ in sends],
        [s.effect_id for s, _ in sends],
        [s.conversation for s, _ in sends],
        [s.lane_class for s, _ in sends],
        [seq for _, seq in sends],
        [s.pos for s, _ in sends],
        [s.effect for s, _ in sends],
        [s.author for s, _ in sends],
        [s.epoch for s, _ in sends],
        [s.awaited for s, _ in sends],
        [s.execution for s, _ in sends],
        [s.visit for s, _ in sends],
        HORIZON,
        [s.attempt for s, _ in sends],
        [s.hangs for s, _ in sends],
    )


async def lock_lanes(transaction: Transaction, conversations: Sequence[UUID]) -> None:
    """Lock the lanes of `conversations`, by id: after the conversations, before the outbox."""
    await transaction.run(
        """
        SELECT FROM lanes WHERE conversation_id = ANY($1::uuid[])
        ORDER BY conversation_id FOR NO KEY UPDATE
        """,
        list(conversations),
    )


_INSERT = """
WITH new AS (
    SELECT r.*, c.tenant_id, c.channel_id
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::bigint[], $6::int[],
            $7::bytea[], $8::text[], $9::int[], $10::bool[], $11::uuid[], $12::int[],
            $14::int[], $15::smallint[])
        AS r (id, effect_id, conversation_id, class, seq, pos, effect, author, epoch, awaited,
              execution_id, visit, attempt, hangs)
    JOIN conversations c ON c.id = r.conversation_id
), line AS (
    INSERT INTO outbox (id, effect_id, tenant_id, conversation_id, channel_id, class, seq, pos,
        effect, author, epoch, awaited, execution_id, visit, attempt, hangs, created_at, horizon)
    SELECT id, effect_id, tenant_id, conversation_id, channel_id, class, seq, pos, effect, author,
        epoch, awaited, execution_id, visit, attempt, hangs, clock_timestamp(),
        clock_timestamp() + $13::interval
    FROM new
)
INSERT INTO lanes AS l (conversation_id, tenant_id, channel_id, class, next_at, added)
SELECT conversation_id, tenant_id, channel_id, min(class), clock_timestamp(), 1
FROM new GROUP BY conversation_id, tenant_id, channel_id ORDER BY conversation_id
ON CONFLICT (conversation_id) DO UPDATE
SET class = CASE WHEN l.next_at IS NULL THEN excluded.class
                 ELSE least(l.class, excluded.class) END,
    next_at = CASE WHEN l.owner IS NULL THEN least(l.next_at, excluded.next_at)
                   ELSE l.next_at END,
    added = l.added + 1
"""
