"""The connectors of channels that webhooks come in by, kept in the process.

A webhook must not ask the database who its channel is every time, and a changed secret must act
within a second: so before a webhook is taken, and once a second at most, the channels that changed
meanwhile are forgotten. Addresses that are nobody's are remembered too, for seconds, and so many.
"""

import asyncio
import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from connectors.base import Provider
from flowengine.store import channels
from flowengine.store.channel_health import hurry
from flowengine.store.channels import Channel
from web.runtime import Services
from workers.channels import open_connector

log = structlog.stdlib.get_logger()

FRESH = 1.0  # seconds
MOST = 10_000
UNKNOWN = 5.0  # seconds that an address is remembered as nobody's
MOST_UNKNOWN = 10_000
LATE = timedelta(seconds=5)


class Door(Struct, frozen=True):
    """A channel and its connector, or a word for why its settings make none. `at`: since when, by
    the monotonic clock."""

    channel: Channel
    provider: Provider | str
    at: float = 0.0


class Doors:
    """One per process; used on the server's loop only."""

    def __init__(self) -> None:
        self._doors: dict[UUID, Door] = {}
        self._nobody: dict[UUID, float] = {}
        self._lock = asyncio.Lock()
        self._checked = 0.0
        self._mark: datetime | None = None

    async def door(self, services: Services, channel: UUID) -> Door | None:
        """The channel's door; None where there is no such channel, or it was removed."""
        if time.monotonic() - self._checked > FRESH:
            await self._refresh(services)
        known = self._doors.get(channel)
        # A connector that stumbled may stand at the next try, though its channel did not change.
        if known is not None and (
            not isinstance(known.provider, str) or time.monotonic() - known.at < UNKNOWN
        ):
            return known
        if time.monotonic() - self._nobody.get(channel, -UNKNOWN) < UNKNOWN:
            return None
        found = await self._open(services, channel)
        if found is None:
            self._forget_the_oldest()
            self._nobody[channel] = time.monotonic()
        return found

    def _forget_the_oldest(self) -> None:
        """Who knocks at ten thousand wrong addresses fills no more memory than that."""
        while len(self._nobody) >= MOST_UNKNOWN:
            self._nobody.pop(next(iter(self._nobody)))

    async def _refresh(self, services: Services) -> None:
        async with self._lock:
            if time.monotonic() - self._checked <= FRESH:
                return
            # No transaction: what is committed between the two is seen by one of them.
            async with services.database.single() as transaction:
                now = await transaction.now()
                if self._mark is not None:
                    for changed in await channels.channels_changed_since(transaction, self._mark):
                        self._nobody.pop(changed.id, None)
                        known = self._doors.get(changed.id)
                        # One change is seen again and again for seconds; all who come in by the
                        # door would open it anew, each for itself.
                        if known is None or known.channel.updated_at != changed.updated_at:
                            self._doors.pop(changed.id, None)
            # A change that is committed late carries an earlier time.
            self._mark, self._checked = now - LATE, time.monotonic()

    async def _open(self, services: Services, channel: UUID) -> Door | None:
        async with services.database.worker() as transaction:
            found = await channels.channel_anywhere(transaction, channel)
            if found is None or found.state == "removed":
                return None
            provider = await open_connector(
                transaction, services.vault, channel, found.kind, services.http
            )
            if isinstance(provider, str):
                log.warning("webhooks turned away", channel=str(channel), why=provider)
                if channel not in self._doors:  # people are told, and what mends it; once
                    await hurry(transaction, found.tenant_id)
        if len(self._doors) >= MOST:
            self._doors.clear()
        door = self._doors[channel] = Door(found, provider, time.monotonic())
        return door
