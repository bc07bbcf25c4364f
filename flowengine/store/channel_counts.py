"""How many channels there are, by kind and state, in all workspaces: for who runs the product."""

from msgspec import Struct

from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction


class ChannelCount(Struct, frozen=True):
    """`resting`: of these, how many send nothing for now because their provider is in trouble."""

    kind: str
    state: str
    count: int
    resting: int


async def channel_counts(transaction: Transaction) -> tuple[ChannelCount, ...]:
    """A worker's transaction. Removed channels are left out."""
    rows = await transaction.rows(
        """
        SELECT kind, state, count(*) AS count,
            count(*) FILTER (WHERE next_send_at > now()) AS resting
        FROM channels WHERE state <> 'removed' GROUP BY kind, state ORDER BY kind, state
        """
    )
    return read_all(ChannelCount, rows)
