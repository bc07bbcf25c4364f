"""Signs of life: leases kept by a connection of their own, from a thread of their own.

A loop that is busy, and a pool that is empty, must not make a living worker look dead.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg


class Pulse:
    """One connection as `flow_worker`, opened when it is first needed and again when it is lost."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None

    async def beat_lanes(self, owner: UUID, lease: timedelta, lanes: Sequence[UUID]) -> list[UUID]:
        """Keep the leases of lanes whose sends are in flight; those that are still ours."""
        return await self._beat(_LANES, owner, lease, lanes)

    async def beat_calls(self, owner: UUID, lease: timedelta, calls: Sequence[UUID]) -> list[UUID]:
        """Keep the leases of calls that are being made; those that are still ours."""
        return await self._beat(_CALLS, owner, lease, calls)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _beat(
        self, sql: str, owner: UUID, lease: timedelta, ids: Sequence[UUID]
    ) -> list[UUID]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=5,
                command_timeout=lease.total_seconds(),
                server_settings={"application_name": "flowengine heart", "timezone": "UTC"},
            )
        rows = await self._connection.fetch(sql, owner, lease, list(ids))
        return [row["id"] for row in rows]


_LANES = """
WITH mine AS (
    SELECT conversation_id FROM lanes
    WHERE conversation_id = ANY($3::uuid[]) AND owner = $1
    ORDER BY conversation_id FOR NO KEY UPDATE
)
UPDATE lanes l SET until = clock_timestamp() + $2::interval,
    next_at = clock_timestamp() + $2::interval
FROM mine WHERE l.conversation_id = mine.conversation_id AND l.owner = $1
RETURNING l.conversation_id AS id
"""

_CALLS = """
WITH mine AS (
    SELECT id FROM calls WHERE id = ANY($3::uuid[]) AND owner = $1 ORDER BY id FOR NO KEY UPDATE
)
UPDATE calls c SET until = clock_timestamp() + $2::interval,
    next_at = clock_timestamp() + $2::interval
FROM mine WHERE c.id = mine.id AND c.owner = $1
RETURNING c.id
"""
