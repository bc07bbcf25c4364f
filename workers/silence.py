"""Quiet hours at the send: what nobody asked for waits until they are over, replies never do.

In its lane it stands before what comes later. So whoever writes meanwhile is awake: they get what
waited, then their answer, in order; the same where a person of the team has something to say.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flowengine.messages import Send
from flowengine.quiet import quiet_until
from flowengine.store.database import Transaction
from flowengine.store.lanes import Head, talking
from flowengine.store.policies import quiet_hours


class Wanting(Protocol):
    """A head that may be sent as far as anything else is concerned."""

    @property
    def head(self) -> Head: ...

    @property
    def send(self) -> Send: ...


async def silent(
    transaction: Transaction, going: Iterable[Wanting], now: datetime
) -> dict[UUID, datetime]:
    """Until when the heads (by id) have to wait that are to keep silent now."""
    unasked = [each.head for each in going if each.send.purpose]
    if not unasked:
        return {}
    hours = await quiet_hours(transaction, {head.tenant for head in unasked})
    ends = {
        tenant: quiet_until(now, each.quiet_from, each.quiet_until, each.timezone)
        for tenant, each in hours.items()
    }
    held = {head.id: end for head in unasked if (end := ends.get(head.tenant)) is not None}
    if held:
        for id in await talking(transaction, list(held)):
            del held[id]
    return held
