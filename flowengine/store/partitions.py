"""The monthly partitions of messages and journal: made ahead, with an alarm when they run out."""

from flowengine.store.transaction import Transaction

MONTHS_AHEAD = 3


async def ensure_partitions(
    transaction: Transaction, months_ahead: int = MONTHS_AHEAD
) -> list[str]:
    """Make the partitions that are missing up to `months_ahead`; the names of those made.

    A worker's transaction; call it daily. It takes no lock that a turn waits for.
    """
    rows = await transaction.rows("SELECT ensure_partitions($1) AS name", months_ahead)
    return [row["name"] for row in rows]


async def months_ready(transaction: Transaction) -> int:
    """For how many whole months after this one both tables have partitions; -1: none for this one.

    Below 1 it is time to wake somebody.
    """
    newest: int | None = await transaction.value(
        """
        WITH newest AS (
            SELECT inhparent, max(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM')) AS month
            FROM pg_inherits
            WHERE inhparent IN ('messages'::regclass, 'journal'::regclass)
                AND inhrelid::regclass::text ~ '_[0-9]{4}_[0-9]{2}$'
            GROUP BY inhparent
        ), months AS (
            SELECT extract(year FROM age) * 12 + extract(month FROM age) AS ahead
            FROM newest, LATERAL (SELECT age(month, date_trunc('month', now()))) AS t (age)
        )
        SELECT CASE WHEN count(*) = 2 THEN min(ahead)::int END FROM months
        """
    )
    return -1 if newest is None else max(newest, -1)
