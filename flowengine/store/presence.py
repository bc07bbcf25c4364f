"""Who has which flow open in an editor, in whichever web process: a hint, not a lock.

A row says so for some seconds and is written again while the editor is open. The table is unlogged:
after a crash of the database everybody just comes again.
"""

from uuid import UUID

from flowengine.store.transaction import Transaction

LASTS = 20.0
"""Seconds that somebody is believed to be there after they were heard of."""


async def be_here(transaction: Transaction, flow: str, token: UUID, user: UUID) -> None:
    """An editor (`token`) is open. Every few seconds, lest it is forgotten."""
    await transaction.run(
        """
        INSERT INTO flow_openings (tenant_id, flow, token, user_id, seen_at)
        VALUES ($1, $2, $3, $4, clock_timestamp())
        ON CONFLICT (token) DO UPDATE SET seen_at = excluded.seen_at
        """,
        transaction.tenant,
        flow,
        token,
        user,
    )


async def go(transaction: Transaction, token: UUID) -> None:
    """An editor was closed; what nobody closed goes with it, once it is old."""
    await transaction.run(
        """
        DELETE FROM flow_openings WHERE tenant_id = $1
            AND (token = $2 OR seen_at < clock_timestamp() - interval '1 hour')
        """,
        transaction.tenant,
        token,
    )


async def others(transaction: Transaction, flow: str, user: UUID) -> tuple[str, ...]:
    """Names of who else has a flow open, each once. Cost: a look at the flow's few rows."""
    rows = await transaction.rows(
        """
        SELECT DISTINCT coalesce(nullif(u.name, ''), u.email) AS name
        FROM flow_openings o JOIN users u ON u.id = o.user_id
        WHERE o.tenant_id = $1 AND o.flow = $2 AND o.user_id <> $3
            AND o.seen_at > clock_timestamp() - make_interval(secs => $4)
        ORDER BY 1
        """,
        transaction.tenant,
        flow,
        user,
        LASTS,
    )
    return tuple(row["name"] for row in rows)
