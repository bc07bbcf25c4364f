"""What people call the things that a flow names by a key, for whoever draws the flow."""

from flowengine.store.transaction import Transaction


async def labels(transaction: Transaction) -> tuple[tuple[str, str, str], ...]:
    """(kind, key, name) of every flow, queue, schedule and tag of the workspace: one statement."""
    rows = await transaction.rows(
        """
        SELECT 'flow' AS kind, key, name FROM flows WHERE tenant_id = $1
        UNION ALL SELECT 'queue', key, name FROM queues WHERE tenant_id = $1
        UNION ALL SELECT 'schedule', key, name FROM schedules WHERE tenant_id = $1
        UNION ALL SELECT 'tag', key, name FROM tags WHERE tenant_id = $1
        ORDER BY kind, key
        """,
        transaction.tenant,
    )
    return tuple((row["kind"], row["key"], row["name"]) for row in rows)
