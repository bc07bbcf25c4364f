"""What a restored product must not do again.

Between the backup and the loss of the old product lies time that nobody here knows of: what waited
to be sent may have left. So each such send is given to people (a dead letter that says `restored`,
to be retried by hand, and a status that comes late still settles it); what was planned for that
time is skipped; a call that cannot be repeated safely ends as interrupted.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Refused
from flowengine.store.outbox import record
from flowengine.store.transaction import Transaction
from flowengine.store.verdicts import Failed, Result

RESTORED = Refused(
    "restored", permanent=True, detail="it waited when the backup was made, and may have left since"
)
BATCH = 200


class Settled(Struct, frozen=True):
    """How many sends were flagged, calls interrupted, planned things skipped."""

    sends: int = 0
    calls: int = 0
    skipped: int = 0


async def settle(transaction: Transaction, made_at: datetime, moved: bool) -> Settled:
    """After the rows are loaded, in their transaction. `moved`: the old product is known to have
    stopped before `made_at`, so that only the leases have to go."""
    await transaction.run("UPDATE lanes SET owner = NULL, until = NULL, next_at = now()")
    await transaction.run("UPDATE calls SET owner = NULL, until = NULL, next_at = now()")
    if moved:
        return Settled()
    return Settled(
        await _flag(transaction),
        await transaction.run("UPDATE calls SET state = 'calling'"),
        await _skip(transaction, made_at),
    )


async def _flag(transaction: Transaction) -> int:
    """All sends of a conversation at once: one that is given up would drop those behind it."""
    rows = await transaction.rows(
        "SELECT id, conversation_id, attempt FROM outbox ORDER BY conversation_id, seq, pos"
    )
    lanes: dict[UUID, list[Result]] = {}
    for row in rows:
        result = Result(
            row["id"], row["conversation_id"], row["attempt"], Failed(RESTORED, flagged=True)
        )
        lanes.setdefault(result.conversation, []).append(result)
    batch: list[Result] = []
    for lane in lanes.values():
        batch.extend(lane)
        if len(batch) >= BATCH:
            await record(transaction, batch)
            batch = []
    await record(transaction, batch)
    return len(rows)


async def _skip(transaction: Transaction, made_at: datetime) -> int:
    """What fell due meanwhile may have happened there."""
    count = await transaction.run(
        """
        UPDATE scheduled_starts SET state = 'skipped', settled_at = now(), version = version + 1
        WHERE state = 'waiting' AND due_at BETWEEN $1 AND now()
        """,
        made_at,
    )
    count += await transaction.run(
        """
        UPDATE scheduled_messages SET state = 'refused', reason = 'restored', settled_at = now(),
            version = version + 1
        WHERE state = 'waiting' AND due_at BETWEEN $1 AND now()
        """,
        made_at,
    )
    # Time tables: what was under way may have gone on there; they are read anew, from now on.
    count += await transaction.run(
        "UPDATE cron_runs SET state = 'done', next_at = NULL WHERE state = 'running'"
    )
    await transaction.run("DELETE FROM cron_triggers")
    await transaction.run("DELETE FROM cron_seen")
    return count
