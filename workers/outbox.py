"""`perform_sends`: each lane's head leaves through its channel's connector, and is recorded.

Claiming a lane and marking its head `sending` is one transaction, committed before the request.
Then many requests are under way at once, each a task of its own; their verdicts are recorded in
batches by one task. Nothing is fetched ahead: a lane that is claimed is performed.
"""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from connectors.base import Context, File, OpenAsset, Provider
from flowengine.messages import Accepted, Reaction, Refused, Send, Unclear
from flowengine.store.assets import asset
from flowengine.store.consents import allowed
from flowengine.store.database import Database, Transaction
from flowengine.store.ids import new_id
from flowengine.store.lanes import (
    Head,
    beat,
    claim,
    last_heard,
    let_go_empty,
    mark,
    put_back,
)
from flowengine.store.verdicts import Delivered, Failed, Result, Verdict
from workers.channels import Channels
from workers.deciding import UNCLEAR_LIMIT, Apologise, Ask, Go, Probe, Wait, decide, judge
from workers.rates import Rates
from workers.recorder import Recorder
from workers.resolving import resolve

log = structlog.stdlib.get_logger()

CLAIM = 50
CAMPAIGNS = 4
"""One lane in so many is a campaign's, however many replies wait."""

OPT_OUT = Refused("opted_out", permanent=True)

_send = msgspec.json.Decoder(Send)


class Going(Struct, frozen=True):
    """A head that may be sent now. `probe`: it tries a channel whose circuit is open."""

    head: Head
    send: Send
    provider: Provider
    probe: bool = False


class Ready(Struct, frozen=True):
    """A head that is marked as being sent."""

    head: Head
    send: Send
    attempt: int
    provider: Provider
    last_heard: str = ""
    probe: bool = False


class Claim(Struct, frozen=True):
    """What a claim gave: heads to perform, whether more is due now, seconds until more will be."""

    ready: list[Ready]
    more: bool
    seconds: float


class Sender:
    """Performs the outbox for one process; `owner` is the name of its leases.

    `beat` must come well within each `lease`: a request may last longer, a dead process may not.
    `unclear`: seconds that a send in doubt waits for its status.
    """

    def __init__(
        self,
        database: Database,
        channels: Channels,
        rates: Rates,
        recorder: Recorder,
        concurrency: int,
        lease: timedelta,
        unclear: float = UNCLEAR_LIMIT,
    ) -> None:
        self.owner = new_id()
        self._unclear = unclear
        self._lease = lease
        self._database = database
        self._channels = channels
        self._rates = rates
        self._recorder = recorder
        self._concurrency = concurrency
        self._lanes: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._passed = 0

    async def perform_sends(self) -> float:
        """Claim what is due, as far as there are hands free; seconds until there may be more."""
        free = min(self._concurrency - len(self._lanes), CLAIM)
        if free <= 0:
            self._freed.clear()
            await self._freed.wait()
            return 0.0
        claimed = await self._claim(free)
        for each in claimed.ready:
            task = asyncio.create_task(self._perform(each))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return 0.0 if claimed.more else claimed.seconds

    async def beat(self) -> None:
        """Keep the leases of what is under way."""
        if self._lanes:
            async with self._database.worker() as transaction:
                await beat(transaction, self.owner, self._lease, list(self._lanes))

    async def drain(self) -> None:
        """Wait for what is under way to end and be recorded."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def release(self, conversations: Sequence[UUID]) -> None:
        """These lanes were let go of: there are hands free."""
        self._lanes.difference_update(conversations)
        self._freed.set()

    # -- claiming --------------------------------------------------------------------------------

    async def _claim(self, limit: int) -> Claim:
        verdicts: list[Result] = []
        waits: list[Wait] = []
        async with self._database.worker() as transaction:
            share = self._share(limit)
            claimed = await claim(transaction, self.owner, self._lease, limit, share)
            verdicts.extend(claimed.broken)
            if claimed.empty:
                await let_go_empty(transaction, claimed.empty)
            ready = await self._sort(transaction, claimed.heads, claimed.now, verdicts, waits)
        self._lanes.update(each.head.conversation for each in ready)
        for result in verdicts:
            self._lanes.add(result.conversation)
            self._recorder.add(result)
        seconds = [(wait.until - claimed.now).total_seconds() for wait in waits]
        return Claim(ready, claimed.more, max(0.005, min(seconds, default=math.inf)))

    def _share(self, limit: int) -> int:
        """How many of the next `limit` lanes are kept for campaigns: a quarter in the long run."""
        self._passed += limit
        share, self._passed = divmod(self._passed, CAMPAIGNS)
        return min(share, limit)

    async def _sort(
        self,
        transaction: Transaction,
        heads: Sequence[Head],
        now: datetime,
        verdicts: list[Result],
        waits: list[Wait],
    ) -> list[Ready]:
        """Decide on each head; those to be performed are marked in this transaction."""
        going: dict[UUID, Going] = {}
        back: list[tuple[UUID, datetime]] = []
        typing: list[UUID] = []
        for head in heads:
            provider = await self._channels.provider(
                transaction, head.channel, head.channel_kind, head.channel_updated_at
            )
            decision = await self._decide(transaction, head, provider, now)
            if isinstance(decision, Going):
                going[head.id] = decision
            elif isinstance(decision, Wait):
                waits.append(decision)
                back.append((head.conversation, decision.until))
                if decision.typing:
                    typing.append(head.id)
                    self._type(provider, head)
            else:
                verdicts.append(Result(head.id, head.conversation, head.attempt, decision))
        await _refuse_unwanted(transaction, going, verdicts)
        for wait, conversation in await self._slow_down(going, now):
            waits.append(wait)
            back.append((conversation, wait.until))
        if back:
            await put_back(transaction, back, typing)
        return await self._mark(transaction, going, now)

    async def _decide(
        self, transaction: Transaction, head: Head, provider: Provider | str, now: datetime
    ) -> Going | Wait | Verdict:
        """What to do with a head. One that cannot be read must not hold up all the others."""
        try:
            send = _send.decode(head.effect)
            decision = decide(head, send, now, self._unclear)
        except Exception as error:
            return Failed(Refused("invalid", permanent=True, detail=str(error)), flagged=True)
        probe = isinstance(decision, Probe)
        if isinstance(decision, Ask | Probe | Apologise):
            policy = "flag" if isinstance(provider, str) else provider.policy
            decision = await resolve(transaction, head, send, decision, policy, now, self._unclear)
        if not isinstance(decision, Go):
            return decision
        if isinstance(provider, str):
            return Failed(Refused("account", permanent=True, detail=provider))
        return Going(head, send, provider, probe)

    async def _slow_down(self, going: dict[UUID, Going], now: datetime) -> list[tuple[Wait, UUID]]:
        """Keep to each channel's rate: those without a token wait, spaced out."""
        by_channel: dict[UUID, list[Going]] = {}
        for each in going.values():
            by_channel.setdefault(each.head.channel, []).append(each)
        waiting: list[tuple[Wait, UUID]] = []
        for channel, group in by_channel.items():
            rate = group[0].head.channel_rate or group[0].provider.messages_per_second
            granted = await self._rates.reserve(channel, rate, len(group))
            for place, late in enumerate(group[granted.count :]):
                until = now + timedelta(seconds=granted.seconds + place / rate)
                waiting.append((Wait(until), late.head.conversation))
                del going[late.head.id]
        return waiting

    async def _mark(
        self, transaction: Transaction, going: dict[UUID, Going], now: datetime
    ) -> list[Ready]:
        if not going:
            return []
        reactions = [g.head for g in going.values() if isinstance(g.send.content, Reaction)]
        heard = await last_heard(transaction, [head.conversation for head in reactions])
        attempts = await mark(transaction, list(going))
        gone = [(g.head.conversation, now) for id, g in going.items() if id not in attempts]
        if gone:
            await put_back(transaction, gone)
        return [
            Ready(
                g.head,
                g.send,
                attempts[id],
                g.provider,
                heard.get(g.head.conversation, ""),
                g.probe,
            )
            for id, g in going.items()
            if id in attempts
        ]

    # -- performing ------------------------------------------------------------------------------

    async def _perform(self, ready: Ready) -> None:
        head = ready.head
        context = Context(
            callback=f"{head.id}:{ready.attempt}",
            attempt=ready.attempt,
            last_inbound=ready.last_heard,
            open_asset=self._opener(head.tenant),
        )
        try:
            outcome: Accepted | Refused | Unclear = await ready.provider.perform(
                ready.send, head.identities, context
            )
        except asyncio.CancelledError:
            outcome = Unclear("cancelled")
        except Exception:
            log.exception("a connector broke", channel=str(head.channel), send=str(head.id))
            outcome = Unclear("our own error")
        judged = judge(outcome, ready.attempt, self._unclear, ready.probe)
        verdict = _news_only(judged, head)
        self._recorder.add(Result(head.id, head.conversation, ready.attempt, verdict))

    def _opener(self, tenant: UUID) -> OpenAsset:
        async def open_asset(digest: str) -> File | None:
            async with self._database.worker(tenant) as transaction:
                found = await asset(transaction, digest)
            if found is None:
                return None
            return File(found.mime, found.data, found.name)

        return open_asset

    def _type(self, provider: Provider | str, head: Head) -> None:
        """Show "typing…", outside of the lane: whether it worked is nobody's business."""
        if isinstance(provider, str) or not provider.capabilities.typing:
            return
        task = asyncio.create_task(self._show_typing(provider, head))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show_typing(self, provider: Provider, head: Head) -> None:
        async with self._database.worker() as transaction:
            heard = await last_heard(transaction, [head.conversation])
        context = Context(last_inbound=heard.get(head.conversation, ""))
        await provider.typing(head.identities, context)


def _news_only(verdict: Verdict, head: Head) -> Verdict:
    """The recipient is worth recording only where the provider knows them by another id."""
    if isinstance(verdict, Delivered) and verdict.recipient in {i.value for i in head.identities}:
        return Delivered(verdict.provider_id)
    return verdict


async def _refuse_unwanted(
    transaction: Transaction, going: dict[UUID, Going], verdicts: list[Result]
) -> None:
    """What nobody asked for leaves only with consent, looked up at the last moment."""
    asked = [(g.head.contact, g.send.purpose) for g in going.values() if g.send.purpose]
    if not asked:
        return
    fine = await allowed(transaction, asked)
    for id, (head, send) in {i: (g.head, g.send) for i, g in going.items()}.items():
        if send.purpose and (head.contact, send.purpose) not in fine:
            verdicts.append(Result(id, head.conversation, head.attempt, Failed(OPT_OUT)))
            del going[id]
