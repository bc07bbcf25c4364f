"""`Watch`: every channel of every workspace is looked at, twice a minute and, closer, every five.

A workspace's round is leased, so one process does it; each starts at a moment of its own, so they
spread by themselves. In a process so many looks go on at once, of one workspace fewer, each with
its time-out. A channel is written as soon as it was looked at: a round that is cut loses nothing.
"""

import asyncio
import random
import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace

from connectors.base import Provider, pairing_of
from flowengine.messages import Refused, Unclear
from flowengine.store.channel_health import (
    BAD,
    Health,
    Result,
    Watched,
    add_rounds,
    claim_round,
    claim_rounds,
    end_round,
    forget_removed,
    tell_alerts,
    watched,
    write_health,
)
from flowengine.store.channels import revive_channel
from flowengine.store.circuits import alive
from flowengine.store.database import Database
from flowengine.store.ids import new_id
from flowengine.store.trouble import is_passing
from workers.channel_health import (
    UNUSED,
    Found,
    alerts_of,
    is_healthy,
    judge,
    look,
    may_try,
    tried,
)
from workers.channels import Channels
from workers.metrics import looked
from workers.template_clock import sync_by_clock

log = structlog.stdlib.get_logger()

CHEAP, DEEP = 30.0, 300.0
"""Seconds between two rounds of a workspace."""

ROUNDS = 20
HANDS, OF_ONE = 16, 4
"""Looks that go on at once: in a process, and of one workspace."""

LOOK, ROUND = 12.0, 60.0
"""Seconds: of one look with what it begins anew, and of a round."""

LEASE = timedelta(seconds=ROUND * 2)
ADD = 15.0
NEXT = 2.0


class Busy(Exception):
    """Somebody else looks at this workspace's channels, and is not done."""


class _Done(Struct, frozen=True):
    """What came of one channel."""

    healthy: bool = False
    connecting: bool = False
    reconnected: bool = False
    cleaned: bool = False
    alerts: int = 0


class Watch:
    """One per process. `root`: where the world reaches us, "" where no setting says so: then our
    address is compared with nothing, as it may have many names."""

    def __init__(self, database: Database, channels: Channels, root: str) -> None:
        self._database = database
        self._channels = channels
        self._root = root.rstrip("/")
        self._owner = new_id()
        self._hands = asyncio.Semaphore(HANDS)
        self._added = -ADD
        self._looks: set[asyncio.Task[_Done]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Look at nothing more; what is not done is another round's."""
        self._stopping = True
        for task in self._looks:
            task.cancel()

    async def tick(self) -> float:
        """Do the rounds that are due; seconds until there may be more."""
        if self._stopping:
            return NEXT
        if time.monotonic() - self._added >= ADD:
            async with self._database.worker() as transaction:
                await add_rounds(transaction, CHEAP)
            self._added = time.monotonic()
        async with self._database.worker() as transaction:
            rounds = await claim_rounds(transaction, self._owner, LEASE, ROUNDS)
        await asyncio.gather(*(self._round(each.tenant, each.deep) for each in rounds))
        return 0.0 if len(rounds) == ROUNDS else NEXT

    async def look_now(self, tenant: UUID, deep: bool, patience: float = 30.0) -> Result:
        """A workspace's round at once. Raises `Busy` while somebody else is at it for so long."""
        until = time.monotonic() + patience
        while True:
            async with self._database.worker(tenant) as transaction:
                mine = await claim_round(transaction, self._owner, LEASE)
            if mine:
                return await self._round(tenant, deep)
            if time.monotonic() > until:
                raise Busy
            await asyncio.sleep(0.5)

    # -- one workspace ---------------------------------------------------------------------------

    async def _round(self, tenant: UUID, deep: bool) -> Result:
        began = time.perf_counter()
        async with self._database.worker(tenant) as transaction:
            every = await watched(transaction)
            gone = await forget_removed(transaction)
        some = asyncio.Semaphore(OF_ONE)
        tasks = {asyncio.create_task(self._one(each, deep, some)) for each in every}
        self._looks |= tasks
        done, late = await asyncio.wait(tasks, timeout=ROUND) if tasks else (tasks, tasks)
        for task in late:  # they come first in the next round
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._looks -= tasks
        told = [task.result() for task in done if not task.cancelled()]
        async with self._database.worker(tenant) as transaction:
            result = Result(
                at=await transaction.now(),
                deep=deep,
                milliseconds=round((time.perf_counter() - began) * 1000),
                total=len(every),
                healthy=sum(each.healthy for each in told),
                reconnected=sum(each.reconnected for each in told),
                failed=len(every) - sum(each.healthy or each.connecting for each in told),
                cleaned=gone + sum(each.cleaned for each in told),
                alerts=sum(each.alerts for each in told),
            )
            await end_round(transaction, self._owner, result, _about(CHEAP), _about(DEEP))
        return result

    # -- one channel -----------------------------------------------------------------------------

    async def _one(self, channel: Watched, deep: bool, some: asyncio.Semaphore) -> _Done:
        async with some, self._hands:
            try:
                return await self._look(channel, deep or channel.health.deep_at is None)
            except Exception as error:
                if not is_passing(error):
                    log.exception("a look at a channel broke", channel=str(channel.id))
                return _Done()

    async def _look(self, channel: Watched, deep: bool) -> _Done:
        async with self._database.worker(channel.tenant_id) as transaction:
            provider = await self._channels.provider(
                transaction, channel.id, channel.kind, channel.updated_at
            )
            now = await transaction.now()
        before = channel.health
        webhook = f"{self._root}/webhooks/{channel.kind}/{channel.id}" if self._root else ""
        began = False
        try:
            async with asyncio.timeout(LOOK):
                found = await look(provider, channel, deep, webhook)
                after = judge(channel, found, deep, now)
                if may_try(before, found, now) and not isinstance(provider, str):
                    began = await _begin_anew(provider, channel)
                    after = tried(after, now)
                    if began:
                        after = replace(
                            after, state="connected", why="", detail="", since=now, misses=0
                        )
        except TimeoutError:
            found = Found("disconnected", "silent", f"{LOOK:g} s")
            after = judge(channel, found, deep, now)
        cleaned = await _forget_unused(provider, after, now)
        if cleaned:
            after = replace(after, why="unused")
        after, alerts = alerts_of(before, after)
        back = before.state in ("connecting", *BAD) and before.tries > 0
        reconnected = after.state == "connected" and (began or back)
        async with self._database.worker(channel.tenant_id) as transaction:
            await write_health(transaction, after)
            await tell_alerts(transaction, channel, alerts, now)
            if reconnected:
                await alive(transaction, [channel.id])
            elif channel.trouble == "auth" and after.state == "connected":
                await revive_channel(transaction, channel.id)  # it is let in again
        for alert in alerts:
            log.warning(
                "channel", channel=str(channel.id), level=alert.level, state=alert.state,
                why=alert.why,
            )  # fmt: skip
        looked(after.state, len(alerts), reconnected)
        if deep and after.state == "connected" and not isinstance(provider, str):
            await sync_by_clock(self._database, provider, channel.tenant_id, channel.id)
        connecting = after.state == "connecting"
        return _Done(is_healthy(after), connecting, reconnected, cleaned, len(alerts))


async def _begin_anew(provider: Provider, channel: Watched) -> bool:
    """Start its connection again, by the provider's own means; whether it is open at once."""
    session = pairing_of(provider)
    if session is None:
        return False
    link = await session.restart()
    log.info("channel restarted", channel=str(channel.id), tries=channel.health.tries + 1)
    return not isinstance(link, Refused | Unclear) and link.state == "open"


async def _forget_unused(provider: Provider | str, health: Health, now: datetime) -> bool:
    """Have the provider forget a session that has waited for its phone for a month."""
    session = None if isinstance(provider, str) else pairing_of(provider)
    if session is None or health.state != "needs_pairing" or health.why in ("unused", "missing"):
        return False
    if health.since is None or now - health.since < UNUSED:
        return False
    return not isinstance(await session.remove(), Refused | Unclear)


def _about(seconds: float) -> float:
    """So that workspaces whose rounds came together part again."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
