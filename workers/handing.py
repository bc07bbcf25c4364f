"""A turn's words are handed to the sender: they leave at the turn's commit, without a claim.

Most replies go into a lane that is empty and free. The turn's own transaction leases it and writes
the send as being sent (`store/saving_turns.py`): the attempt is committed before the request, and
the epoch is that of the lock which is held. What needs a second look goes the ordinary way: what
nobody asked for, typing, reactions, a channel in trouble, a reply that may come too late.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.messages import Send
from flowengine.store.database import Transaction
from flowengine.store.lanes import Head
from flowengine.store.saving_turns import Lease
from flowengine.store.sends import HORIZON, REPLY
from flowengine.store.turned import SendWrite, Turned
from flowengine.store.turns import Batch, Loaded
from workers.channels import Channels
from workers.claiming import Claimer, Wish
from workers.outbox import Sender
from workers.sorting import Ready


class Handing:
    """One per process that works. `lasts`: of a lease. `closed`: whether sends begin no more."""

    def __init__(
        self,
        claimer: Claimer,
        channels: Channels,
        sender: Sender,
        lasts: timedelta,
        closed: Callable[[], bool],
    ) -> None:
        self.lease = Lease(claimer.owner, lasts)
        self._claimer = claimer
        self._channels = channels
        self._sender = sender
        self._closed = closed

    def now(self) -> float:
        """To be read before the turns are saved, and given to `perform`."""
        return self._claimer.leases.now()

    async def choose(
        self, transaction: Transaction, batch: Batch, turned: Sequence[Turned]
    ) -> dict[UUID, Ready]:
        """Mark the sends that may leave at once; what is to be performed of each, by its id.

        Each is `perform`ed or forgotten (`forget`): a hand waits for it.
        """
        if self._closed():
            return {}
        loaded = {each.id: each for each in batch.conversations}
        ready: dict[UUID, Ready] = {}
        wishes: list[Wish] = []
        for each in turned:
            mine = loaded.get(each.id)
            if mine is None or not each.sends:
                continue
            made = await self._ready(transaction, mine, each, batch.now)
            if made is not None:
                ready[made.head.id] = made
                rate = mine.channel_rate or made.provider.messages_per_second
                wishes.append(Wish(made.head.id, mine.tenant, mine.channel, rate))
        granted = await self._grant(wishes) if wishes else set[UUID]()
        for each in turned:
            each.sends = [
                _handed(row, ready[row.send.id]) if row.send.id in granted else row
                for row in each.sends
            ]
        return {id: made for id, made in ready.items() if id in granted}

    async def _grant(self, wishes: Sequence[Wish]) -> set[UUID]:
        ids = [each.id for each in wishes]
        try:
            granted = await self._claimer.grant(wishes)
        except BaseException:
            self.forget(ids)
            raise
        self.forget([id for id in ids if id not in granted])
        return granted

    def forget(self, chosen: Iterable[UUID]) -> None:
        """These do not leave at once after all: there are hands free."""
        self._sender.release(list(chosen))

    def perform(self, ready: Sequence[Ready], since: float) -> None:
        """Send these: their lanes are ours, and that is committed."""
        self.forget(each.head.id for each in ready)
        for each in ready:
            head = each.head
            self._claimer.hold(head.conversation, head.tenant, head.channel, since)
        self._sender.perform(ready)

    async def _ready(
        self, transaction: Transaction, mine: Loaded, turned: Turned, now: datetime
    ) -> Ready | None:
        """The first of a turn's sends, if nothing has to be looked up or waited for."""
        first = min(turned.sends, key=lambda row: (row.seq, row.send.pos))
        received = {row.seq: row.received_at for row in mine.inbox}.get(first.seq)
        if mine.unsent or not _is_plain(first, mine) or _is_late(first.said, received, now):
            return None
        provider = await self._channels.provider(
            transaction, mine.channel, mine.channel_kind, mine.channel_updated_at
        )
        if isinstance(provider, str):
            return None
        return Ready(_head(first, mine, turned, received, now), first.said, 1, provider)


def _is_plain(row: SendWrite, mine: Loaded) -> bool:
    return (
        row.send.lane_class == REPLY
        and row.send.attempt == 0
        and row.kind != "reaction"
        and not row.said.purpose
        and not row.said.typing
        and mine.channel_state == "active"
        and not mine.channel_rests
        and not mine.channel_strikes
    )


def _is_late(send: Send, received: datetime | None, now: datetime) -> bool:
    """Whether its flow's policy for late replies may have a word: the claim asks that."""
    if not send.late_after or received is None:
        return bool(send.late_after)
    return (now - received).total_seconds() > send.late_after / 2


def _handed(row: SendWrite, ready: Ready) -> SendWrite:
    pace = ready.provider.pace
    slack = pace.seconds * (pace.burst - 1) if pace else 0.0
    # Field by field: `replace` costs as much as all the rest of this.
    return SendWrite(
        row.send, row.said, row.seq, row.kind, row.content, row.text, row.flow, row.node,
        True, pace.seconds if pace else 0.0, slack,
    )  # fmt: skip


def _head(
    row: SendWrite, mine: Loaded, turned: Turned, received: datetime | None, now: datetime
) -> Head:
    return Head(
        id=row.send.id,
        conversation=mine.id,
        tenant=mine.tenant,
        channel=mine.channel,
        contact=mine.contact_id,
        state="sending",
        attempt=0,
        effect=row.send.effect,
        author=row.send.author,
        epoch=turned.epoch,
        conversation_epoch=turned.epoch,
        created_at=now,
        horizon=now + HORIZON,
        next_at=None,
        sending_at=now,
        channel_kind=mine.channel_kind,
        channel_state=mine.channel_state,
        channel_rate=mine.channel_rate,
        channel_updated_at=mine.channel_updated_at,
        channel_next_send_at=None,
        identities=mine.identities,
        seq=row.seq,
        received_at=received,
    )
