"""What the clock brings: starts and expiries that are due go into the inbox, like all else."""

from uuid import UUID

import msgspec

from flowengine.happenings import ExpiryDue, FlowStarted
from flowengine.store.database import Transaction
from flowengine.store.inbox import Entry, enter_unseen, lock
from flowengine.store.plans import RulesOf, Wanted, routed
from flowengine.store.rooms import conversations_of
from flowengine.store.starts import Start, due_starts, settle_starts
from flowengine.store.statuses import ECHO, adopt
from flowengine.store.timetables import sated


async def feed_starts(transaction: Transaction, rules: RulesOf, limit: int = 100) -> int:
    """Begin the scheduled starts that are due; how many. Each once, late rather than never.

    Those of workspaces whose outbox is full already wait for their turn. `rules`: of channels, for
    those that go by another one than theirs.
    """
    due = await due_starts(transaction, limit)
    full = await sated(transaction, {start.tenant_id for start in due}) if due else set[UUID]()
    if full:
        due = await due_starts(transaction, limit, full)
    if not due:
        return 0
    wanted = {start.id: _wanted(start) for start in due}
    targets = await routed(transaction, list(wanted.values()), rules)
    places = {id: (targets[each], each.contact) for id, each in wanted.items()}
    rooms = await conversations_of(
        transaction, [(start.tenant_id, *places[start.id]) for start in due]
    )
    last = await lock(transaction, list(rooms.values()))
    begun = await settle_starts(transaction, [start.id for start in due])
    entries = [
        Entry(
            rooms[places[start.id]],
            start.channel_id,
            FlowStarted(
                start.flow, "start", msgspec.json.decode(start.args), purpose=start.purpose
            ),
        )
        for start in sorted(begun, key=lambda start: start.due_at)
    ]
    await enter_unseen(transaction, entries, last)
    return len(due)


def _wanted(start: Start) -> Wanted:
    return Wanted(start.tenant_id, start.channel_id, start.contact_id, bool(start.purpose))


async def feed_expiries(transaction: Transaction, limit: int = 200) -> int:
    """Tell conversations of executions whose time may be over; how many.

    Each is looked at again in an hour, should the turn find that it lives on.
    """
    rows = await transaction.rows(
        """
        SELECT e.id, e.conversation_id, c.channel_id
        FROM executions e JOIN conversations c ON c.id = e.conversation_id
        WHERE e.ended_at IS NULL AND e.expires_at <= now() ORDER BY e.expires_at LIMIT $1
        """,
        limit,
    )
    if not rows:
        return 0
    last = await lock(transaction, [row["conversation_id"] for row in rows])
    told: set[UUID] = {
        row["id"]
        for row in await transaction.rows(
            """
            UPDATE executions SET expires_at = now() + interval '1 hour'
            WHERE id = ANY($1::uuid[]) AND ended_at IS NULL AND expires_at <= now() RETURNING id
            """,
            [row["id"] for row in rows],
        )
    }
    entries = [
        Entry(row["conversation_id"], row["channel_id"], ExpiryDue(str(row["id"])))
        for row in rows
        if row["id"] in told
    ]
    await enter_unseen(transaction, entries, last)
    return len(entries)


async def adopt_late(transaction: Transaction, limit: int = 500) -> int:
    """Statuses that were stored at the very moment when their send was recorded; how many.

    Each transaction missed the other's row. Only young orphans can be of that kind.
    """
    rows = await transaction.rows(
        """
        SELECT o.channel_id, o.provider_id, m.conversation_id
        FROM status_orphans o
        JOIN provider_ids p ON p.channel_id = o.channel_id AND p.provider_id = o.provider_id
        JOIN messages m ON m.id = p.message_id
        WHERE o.at > now() - interval '5 minutes' AND o.status <> $2
        ORDER BY o.channel_id, o.provider_id LIMIT $1
        """,
        limit,
        ECHO,
    )
    if not rows:
        return 0
    last = await lock(transaction, [row["conversation_id"] for row in rows])
    pairs = list(dict.fromkeys((row["channel_id"], row["provider_id"]) for row in rows))
    await enter_unseen(transaction, await adopt(transaction, pairs), last)
    return len(pairs)
