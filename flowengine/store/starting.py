"""What flows schedule and take back: flows that begin later, by themselves."""

from collections.abc import Sequence

from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.starts import NewStart, cancel_starts, put_start
from flowengine.store.turned import CancelWrite, StartWrite, Turned


async def write_starts(transaction: Transaction, turned: Sequence[Turned]) -> None:
    """Write every turn's starts and cancellations, in the order in which they were wanted."""
    for each in turned:
        tenant = transaction.of(each.tenant)
        for write in each.starts:
            if isinstance(write, CancelWrite):
                await cancel_starts(tenant, each.contact, write.key, write.flow)
            else:
                await put_start(tenant, _new(each, write))


def _new(turned: Turned, write: StartWrite) -> NewStart:
    effect = write.effect
    return NewStart(
        contact_id=turned.contact,
        channel_id=turned.channel,
        flow=effect.start,
        due_at=write.due_at,
        args=encode(effect.args),
        key=effect.key,
        purpose=effect.purpose,
        local_time=write.due_at.replace(tzinfo=None).isoformat(timespec="seconds"),
        zone=str(write.due_at.tzinfo or ""),
        effect_id=effect.id,
    )
