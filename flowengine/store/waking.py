"""Wakes that hang on a send: their time begins when the send's fate is known."""

from collections.abc import Sequence

from flowengine.store.database import Transaction


async def start_wakes(transaction: Transaction, effects: Sequence[str]) -> None:
    """Start what waits for the sends `effects`: taken, failed or flagged, all the same.

    Under the conversations' locks, in the transaction that records the sends: a turn that comes
    later finds the due time, and one that came before has left the row.
    """
    await transaction.run(
        """
        WITH started AS (
            UPDATE wakes SET due_at = clock_timestamp() + seconds * interval '1 second'
            WHERE after_effect_id = ANY($1::text[]) AND after_effect_id <> '' AND due_at IS NULL
            RETURNING conversation_id, due_at
        )
        UPDATE conversations c SET work_at = least(c.work_at, next.due_at)
        FROM (SELECT conversation_id, min(due_at) AS due_at FROM started GROUP BY 1) next
        WHERE c.id = next.conversation_id
        """,
        list(effects),
    )
