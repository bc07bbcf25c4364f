"""Templates taken over by the clock: what an account changed while no webhook told us."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from connectors.base import Provider, templated
from flowengine.messages import Refused, Unclear
from flowengine.store.database import Database
from flowengine.store.templates import put_off_sync, take_sync
from workers.templating import sync

log = structlog.stdlib.get_logger()

EVERY = timedelta(hours=6)
AGAIN = timedelta(minutes=30)
"""After one that the provider did not let us end."""

LONGEST = 30.0
"""Seconds."""


async def sync_by_clock(
    database: Database, provider: Provider, tenant: UUID, channel: UUID
) -> bool:
    """Take a channel's templates over, if it is time; whether it was done.

    Whoever finds it due takes it: the others see that it was begun.
    """
    source = templated(provider)
    if source is None or not source.account:
        return False
    async with database.worker(tenant) as transaction:
        if not await take_sync(transaction, channel, EVERY):
            return False
    try:
        async with asyncio.timeout(LONGEST):
            done = await sync(database, provider, tenant)
    except TimeoutError:
        done = Unclear("timeout")
    except BaseException:  # cut short with the whole round, or a fault of ours: soon again as well
        await _soon_again(database, tenant, channel)
        raise
    if isinstance(done, Refused | Unclear):
        log.warning("templates not taken over", channel=str(channel), why=done.reason)
        await _soon_again(database, tenant, channel)
        return False
    if done.added or done.changed or done.gone:
        log.info(
            "templates taken over", channel=str(channel), added=done.added, changed=done.changed,
            gone=done.gone,
        )  # fmt: skip
    return True


async def _soon_again(database: Database, tenant: UUID, channel: UUID) -> None:
    async with database.worker(tenant) as transaction:
        await put_off_sync(transaction, channel, EVERY - AGAIN)
