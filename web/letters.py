"""Dead letters tried again: what the page, the API and the command do alike."""

from uuid import UUID

from flowengine.store import dead_letters
from flowengine.store.database import Database
from flowengine.store.dead_letters import ALL, Asked

MOST = 5000
"""Letters that one request tries again; whoever has more asks again."""


async def retry_some(database: Database, tenant: UUID, ids: list[UUID]) -> int:
    """Try these again; how many were open. Raises `NotFound` where the workspace has none."""
    async with database.worker(tenant) as transaction:
        return await dead_letters.retry(transaction, ids)


async def retry_all(database: Database, tenant: UUID, asked: Asked = ALL) -> int:
    """Try all open letters that are meant again, batch by batch, oldest first; how many.

    Those that die again meanwhile are not tried twice.
    """
    done = 0
    async with database.worker(tenant) as transaction:
        now = await transaction.now()
    while done < MOST:
        async with database.worker(tenant) as transaction:
            ids = await dead_letters.open_letters(transaction, asked, before=now)
            if not ids:
                break
            done += await dead_letters.retry(transaction, ids)
    return done


async def dismiss_some(database: Database, tenant: UUID, ids: list[UUID]) -> int:
    """Put these aside; how many were open."""
    async with database.worker(tenant) as transaction:
        return await dead_letters.dismiss(transaction, ids)
