"""Claiming lanes: whose turn it is, whether they may, and only then a lease.

First a look, which locks nothing: which channels have something to send. Hands are dealt out among
them (`shares.py`), tokens of their rates are taken, and so many lanes of each are leased as there
are tokens. A channel that rests, is paused or has no token is left out: its lanes stay as they are,
however many, and cost nothing until it may send again.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.circuits import OPEN_AFTER
from flowengine.store.database import Database, Transaction
from flowengine.store.due import DueChannel, due_channels, every_due_channel
from flowengine.store.ids import new_id
from flowengine.store.lanes import Claimed, Quota, claim
from flowengine.store.sends import CAMPAIGN, REPLY
from workers.ahead import Ahead
from workers.channels import Channels
from workers.deciding import UNCLEAR_LIMIT
from workers.leases import Leases
from workers.rates import Granted, Rates, Want, of_channel
from workers.shares import Claimant, Deal, Hands, Roster, Turns
from workers.sorting import Claim, Sorter

CLAIM = 50
VISITED = 100
"""Channels that are looked at for one claim while there is a crowd."""

GLANCE, GLANCE_EVERY = 10, 30.0
"""Lanes of a channel that does not send, looked at so often (seconds): what is in doubt there, or
was dropped, is settled all the same."""


class Wish(Struct, frozen=True):
    """A send that could leave without being claimed. `rate`: its channel's messages a second."""

    id: UUID
    tenant: UUID
    channel: UUID
    rate: float


class _Open(Struct, frozen=True):
    """A channel that may be claimed from. `rate`: None where no tokens are asked for."""

    due: DueChannel
    most: int
    rate: float | None


class Claimer:
    """Leases lanes for one process; `owner` is the name of its leases. Only from its loop.

    `concurrency`: how many sends may be under way. `unclear`: seconds that a send in doubt waits
    for its status.
    """

    def __init__(
        self,
        database: Database,
        channels: Channels,
        rates: Rates,
        concurrency: int,
        lease: timedelta,
        unclear: float = UNCLEAR_LIMIT,
    ) -> None:
        self.owner = new_id()
        self.leases = Leases(lease.total_seconds())
        self.hands = Hands(concurrency)
        self._database = database
        self._channels = channels
        self._rates = rates
        self._ahead = Ahead(rates)
        self._lease = lease
        self._sorter = Sorter(channels, unclear)
        self._turns = Turns()
        self._roster = Roster[DueChannel]()
        self._gates: dict[UUID, float] = {}
        self._glances: dict[UUID, float] = {}

    async def claim(self) -> Claim:
        """Lease what is due and may go, as far as there are hands free."""
        opened = await self._look()
        dealt = self._deal(opened)
        promised = self._promise(opened, dealt)
        try:
            granted = await self._take_tokens(opened, dealt)
            quotas = [Quota(key[0], key[1], count) for key, count in dealt.items() if count]
            if not quotas:
                return Claim(seconds=self._until_open())
            since = self.leases.now()
            async with self._database.worker() as transaction:
                claimed = await claim(transaction, self.owner, self._lease, quotas)
                given = await self._sorter.sort(transaction, claimed)
        finally:
            self.hands.let_go(promised)
        self._keep(claimed, given, since)
        await self._give_back(granted, given)
        self._glanced(opened, given)
        full = len(claimed.heads) + len(claimed.empty) >= sum(quota.lanes for quota in quotas)
        given.seconds = 0.0 if full else min(given.seconds, self._until_open())
        return given

    async def grant(self, wishes: Sequence[Wish]) -> set[UUID]:
        """Which of these may leave at once: there are hands and tokens for them.

        Their hands are in use from here on, by the wishes' ids, or turns that are written side by
        side would be given the same ones. Whoever asked lets go of the ids, of all that it wished,
        and says what was leased instead (`hold`). A token whose send does not leave is lost.
        """
        deal, now = Deal(self.hands, self._turns), time.monotonic()
        claimants = Counter(each.channel for each in wishes)
        wanted = [
            Claimant(each.channel, each.tenant, claimants[each.channel])
            for each in {each.channel: each for each in wishes}.values()
            if self._gates.get(each.channel, 0.0) <= now
        ]
        dealt, _ = deal.out(wanted, self.hands.free)
        promised = Counter(dealt)
        for each in wishes:
            if promised[each.channel] > 0:
                promised[each.channel] -= 1
                self.hands.use(each.id, each.tenant, each.channel)
        rates = {each.channel: each.rate for each in wishes}
        wants = [of_channel(channel, rates[channel], count) for channel, count in dealt.items()]
        left = dict(zip(dealt, await self._ahead.take(wants), strict=True)) if wants else {}
        granted: set[UUID] = set()
        for each in wishes:
            if left.get(each.channel, 0) > 0:
                left[each.channel] -= 1
                granted.add(each.id)
        return granted

    def hold(self, conversation: UUID, tenant: UUID, channel: UUID, since: float) -> None:
        """A lane is ours. `since`: `leases.now()` as it was before the statement that leased it."""
        self.hands.use(conversation, tenant, channel)
        self.leases.hold(conversation, since)

    def let_go(self, conversations: Sequence[UUID]) -> None:
        """These lanes are not ours any more: there are hands free."""
        self.hands.let_go(conversations)
        self.leases.let_go(conversations)

    # -- who may ---------------------------------------------------------------------------------

    async def _look(self) -> list[_Open]:
        """The channels that have lanes to send and are not closed to us just now."""
        async with self._database.single() as transaction:
            due = await due_channels(transaction)
            found = {(each.channel, each.lane_class): each for each in due.channels}
            if due.crowded:
                others = await self._roster.some(VISITED, lambda: every_due_channel(transaction))
                found = {(each.channel, each.lane_class): each for each in others} | found
            else:
                self._roster.forget()
            now = time.monotonic()
            return [
                await self._open(transaction, each)
                for each in found.values()
                if (self._gates if _sends(each) else self._glances).get(each.channel, 0.0) <= now
            ]

    async def _open(self, transaction: Transaction, due: DueChannel) -> _Open:
        most = CLAIM if due.lanes is None else min(due.lanes, CLAIM)
        provider = await self._channels.provider(transaction, due.channel, due.kind, due.updated_at)
        if due.state == "removed" or isinstance(provider, str):
            return _Open(due, most, None)
        if not _sends(due):
            return _Open(due, min(most, GLANCE), None)
        if due.strikes >= OPEN_AFTER:
            most = 1
        return _Open(due, most, due.rate or provider.messages_per_second)

    def _deal(self, opened: Sequence[_Open]) -> dict[tuple[UUID, int], int]:
        """How many lanes of which channel and class: replies first, a quarter for campaigns."""
        replies = [_claimant(each) for each in opened if each.due.lane_class == REPLY]
        campaigns = [_claimant(each) for each in opened if each.due.lane_class == CAMPAIGN]
        limit = min(self.hands.free, CLAIM)
        first, later = Deal(self.hands, self._turns).out(replies, limit, campaigns)
        return {(key, REPLY): count for key, count in first.items()} | {
            (key, CAMPAIGN): count for key, count in later.items()
        }

    def _promise(self, opened: Sequence[_Open], dealt: dict[tuple[UUID, int], int]) -> list[UUID]:
        """Hands for what was dealt, in use until it is known what was leased: by made-up ids."""
        tenants = {each.due.channel: each.due.tenant for each in opened}
        made: list[UUID] = []
        for (channel, _), count in dealt.items():
            for _ in range(count):
                made.append(new_id())
                self.hands.use(made[-1], tenants[channel], channel)
        return made

    async def _take_tokens(
        self, opened: Sequence[_Open], dealt: dict[tuple[UUID, int], int]
    ) -> dict[UUID, tuple[Want, int]]:
        """Take what `dealt` needs, and cut it down to what there is; what was taken of each."""
        rates = {each.due.channel: each.rate for each in opened if each.rate}
        wanted: Counter[UUID] = Counter()
        for (channel, _), count in dealt.items():
            if channel in rates:
                wanted[channel] += count
        wants = [of_channel(channel, rates[channel], count) for channel, count in wanted.items()]
        if not wants:
            return {}
        answers = await self._rates.reserve(wants)
        for channel, want, answer in zip(wanted, wants, answers, strict=True):
            if answer.count < want.wanted:
                self._gates[channel] = time.monotonic() + answer.seconds
            _cut(dealt, channel, answer)
        return {
            channel: (want, answer.count)
            for channel, want, answer in zip(wanted, wants, answers, strict=True)
            if answer.count
        }

    async def _give_back(self, granted: dict[UUID, tuple[Want, int]], given: Claim) -> None:
        """Tokens for lanes that somebody else was quicker with, or that did not send after all."""
        used = Counter(each.head.channel for each in given.ready)
        back = [
            want.back(count - used[channel])
            for channel, (want, count) in granted.items()
            if count > used[channel]
        ]
        if back:
            await self._rates.reserve(back)

    def _glanced(self, opened: Sequence[_Open], given: Claim) -> None:
        """A channel that does not send is not looked at again soon, unless that settled things."""
        for each in opened:
            if not _sends(each.due) and not given.verdicts:
                self._glances[each.due.channel] = time.monotonic() + GLANCE_EVERY

    def _until_open(self) -> float:
        """Seconds until the next channel that was left out has a token."""
        now = time.monotonic()
        for kept in (self._gates, self._glances):
            for channel in [channel for channel, at in kept.items() if at <= now]:
                del kept[channel]
        return max(0.005, min(self._gates.values(), default=math.inf) - now)

    # -- what is ours -----------------------------------------------------------------------------

    def _keep(self, claimed: Claimed, given: Claim, since: float) -> None:
        """Remember what is ours from now on."""
        heads = {head.conversation: head for head in claimed.heads}
        ours = [each.head.conversation for each in given.ready]
        ours.extend(result.conversation for result in given.verdicts)
        for conversation in ours:
            head = heads.get(conversation)
            tenant, channel = (head.tenant, head.channel) if head else (conversation, conversation)
            self.hold(conversation, tenant, channel, since)


def _sends(due: DueChannel) -> bool:
    """Whether its messages leave now: it is neither paused nor at rest."""
    return due.state == "removed" or (due.state == "active" and due.rests <= 0)


def _claimant(opened: _Open) -> Claimant:
    return Claimant(opened.due.channel, opened.due.tenant, opened.most)


def _cut(dealt: dict[tuple[UUID, int], int], channel: UUID, granted: Granted) -> None:
    """Leave a channel as many lanes as it has tokens, replies before the others."""
    left = granted.count
    for key in sorted(key for key in dealt if key[0] == channel):
        dealt[key] = min(dealt[key], left)
        left -= dealt[key]
