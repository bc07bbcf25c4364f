"""How much waits, for health and for numbers on pages: a worker's transaction, one statement."""

from msgspec import Struct

from flowengine.store.rows import read_found
from flowengine.store.transaction import Transaction


class Waiting(Struct, frozen=True):
    """How many of each are due now. `lag`: seconds that the longest due conversation has waited.

    `outbox_unknown`: sends of which nobody knows whether they arrived.
    """

    conversations: int
    lag: float
    outbox_queued: int
    outbox_sending: int
    outbox_unknown: int
    calls: int
    starts: int
    dead_letters: int


async def waiting(transaction: Transaction) -> Waiting:
    """What waits in all workspaces. A million timers that are not due cost nothing here."""
    row = await transaction.row(
        """
        SELECT w.*, o.*,
            (SELECT count(*) FROM calls) AS calls,
            (SELECT count(*) FROM scheduled_starts
                WHERE state = 'waiting' AND due_at <= now()) AS starts,
            (SELECT count(*) FROM dead_letters WHERE settled_at IS NULL) AS dead_letters
        FROM (
            SELECT count(*) AS conversations,
                coalesce(extract(epoch FROM now() - min(work_at)), 0)::float8 AS lag
            FROM conversations WHERE work_at <= now()
        ) w, (
            SELECT count(*) FILTER (WHERE state = 'queued') AS outbox_queued,
                count(*) FILTER (WHERE state = 'sending') AS outbox_sending,
                count(*) FILTER (WHERE state = 'unknown') AS outbox_unknown
            FROM outbox
        ) o
        """
    )
    return read_found(Waiting, row, "answer")
