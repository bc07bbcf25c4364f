"""`Fetching`: files that customers sent are fetched from the provider before it forgets them.

In the background, so that no webhook and no turn waits for a video. Several processes share the
work; what one of them dies with is taken up after a quarter of an hour.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from connectors.base import Fetched, Provider
from flowengine.messages import Refused, Unclear
from flowengine.store.assets import Asset
from flowengine.store.database import Database
from flowengine.store.message_files import DAYS, claim_files, keep_file, put_off
from flowengine.store.message_files import Fetching as Due
from workers.channels import Channels
from workers.files import MOST, Files, describe
from workers.objects import StorageAway
from workers.spool import Spool, TooLarge

log = structlog.stdlib.get_logger()

HANDS = 4
"""Files that one process fetches at the same time."""

IDLE = 1.0
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds between two tries; they double."""


class Fetching:
    """One per process. `fetched` counts what it has kept."""

    def __init__(self, database: Database, channels: Channels, files: Files) -> None:
        self._database = database
        self._channels = channels
        self._files = files
        self.fetched = 0

    async def fetch_some(self) -> float:
        """Fetch what is due, a handful at once; seconds until there may be more."""
        async with self._database.worker() as transaction:
            due = await claim_files(transaction, HANDS)
        await asyncio.gather(*(self._fetch(each) for each in due))
        return 0.0 if len(due) == HANDS else IDLE

    async def _fetch(self, due: Due) -> None:
        with Spool(MOST) as spool:
            try:
                fetched = await self._ask(due, spool)
                if isinstance(fetched, Fetched):
                    await self._keep(due, spool, fetched)
                    return
                trouble = fetched
            except StorageAway as error:
                trouble = Refused("transient", False, detail=f"storage: {error}")
            except TooLarge as error:
                trouble = Refused("too_large", True, detail=str(error))
            except Exception:
                log.exception("a file could not be fetched", message=str(due.message_id))
                trouble = Refused("transient", False, detail="our own error")
        await self._put_off(due, trouble)

    async def _ask(self, due: Due, spool: Spool) -> Fetched | Refused | Unclear:
        async with self._database.worker(due.tenant_id) as transaction:
            provider: Provider | str = await self._channels.provider(
                transaction, due.channel_id, due.channel_kind, due.channel_updated_at
            )
        if isinstance(provider, str):
            return Refused("transient", False, detail=provider)
        return await provider.fetch(due.media, spool.write, MOST)

    async def _keep(self, due: Due, spool: Spool, fetched: Fetched) -> None:
        media = due.media
        asset: Asset = describe(spool, media.filename, media.mime or fetched.mime)
        stored = await self._files.store(due.tenant_id, spool)
        async with self._database.worker(due.tenant_id) as transaction:
            if await keep_file(transaction, due.message_id, stored.place, asset, stored.data):
                self.fetched += 1

    async def _put_off(self, due: Due, trouble: Refused | Unclear) -> None:
        seconds, reason = _again(due, trouble, datetime.now(UTC)), _words(trouble)
        if seconds is None:
            log.warning("a customer's file was given up", channel=str(due.channel_id), why=reason)
        async with self._database.worker(due.tenant_id) as transaction:
            await put_off(transaction, due.message_id, reason, seconds)


def _again(due: Due, trouble: Refused | Unclear, now: datetime) -> float | None:
    """Seconds until the next try; None where there is no use in one."""
    if isinstance(trouble, Refused) and trouble.permanent:
        return None
    if now - due.at > timedelta(days=DAYS):
        return None
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(due.tries - 1, 20))


def _words(trouble: Refused | Unclear) -> str:
    """One of our words for a refusal."""
    return trouble.reason if isinstance(trouble, Refused) else "transient"
