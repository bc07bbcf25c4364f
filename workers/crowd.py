"""Whose conversations come next, while one tenant's crowd would hide everybody else's.

Usually the longest waiting of all are taken. Where more wait than a claim looks at, the next one
goes round: one conversation of each tenant that has work, then a second of each, from where the
last one ended. A tenant's single reply then waits for the roster (at most twenty times as long as
it takes to read) and one round, not for the crowd.
"""

from uuid import UUID

from flowengine.store.database import Transaction
from flowengine.store.due import DueTenant, every_tenant_with_work
from flowengine.store.turns import Loaded, claim, claim_of
from workers.shares import Roster


class Crowd:
    """One per process that takes turns. `here`: more may wait than was looked at."""

    def __init__(self) -> None:
        self.here = False
        self._roster = Roster[DueTenant]()

    async def claim(
        self, transaction: Transaction, limit: int, alone: UUID | None = None
    ) -> list[Loaded]:
        """Lock up to `limit` conversations that have work, in turn where there is a crowd."""
        if alone is not None:
            return await claim(transaction, limit, alone)
        if self.here:
            claimed = await self._in_turn(transaction, limit)
            self.here = len(claimed) == limit
            if claimed:
                return claimed
        claimed = await claim(transaction, limit)
        self.here = bool(claimed) and claimed[0].crowded
        if not self.here:
            self._roster.forget()
        return claimed

    async def _in_turn(self, transaction: Transaction, limit: int) -> list[Loaded]:
        tenants = await self._roster.some(limit, lambda: every_tenant_with_work(transaction))
        return await claim_of(transaction, [each.tenant for each in tenants], limit)
