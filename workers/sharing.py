"""Claiming calls: each tenant its share of the hands, and a model no oftener than a contact reads.

The look, the dealing and the lease are those of lanes (`claiming.py`), with tenants in the place of
channels: whom a flow calls is its author's choice, so a peer that never answers holds up that
workspace's calls only.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.calls import Call, claim_calls, put_back_calls
from flowengine.store.database import Database
from flowengine.store.due import DueTenant, due_calls, every_tenant_with_calls
from flowengine.store.ids import new_id
from workers.leases import Leases
from workers.rates import Rates, of_model
from workers.shares import Claimant, Deal, Hands, Roster, Turns

CLAIM = 20
VISITED = 100
"""Tenants that are looked at for one claim while there is a crowd."""

ANSWERS = 5
"""Answers of a model that one contact may ask for in a minute; what is more waits."""


class CallClaim(Struct, frozen=True):
    """Calls to make now, and seconds until there may be more."""

    calls: list[Call]
    seconds: float


class CallShare:
    """Leases calls for one process; `owner` is the name of its leases. Only from its loop."""

    def __init__(
        self, database: Database, rates: Rates, concurrency: int, lease: timedelta
    ) -> None:
        self.owner = new_id()
        self.leases = Leases(lease.total_seconds())
        self.hands = Hands(concurrency)
        self._database = database
        self._rates = rates
        self._lease = lease
        self._turns = Turns()
        self._roster = Roster[DueTenant]()

    async def claim(self) -> CallClaim:
        """Lease what is due and may be made now."""
        claimants, seconds = await self._look()
        quotas, _ = Deal(self.hands, self._turns).out(claimants, min(self.hands.free, CLAIM))
        if not quotas:
            return CallClaim([], seconds)
        since = self.leases.now()
        async with self._database.worker() as transaction:
            calls = await claim_calls(transaction, self.owner, self._lease, quotas)
        calls = await self._slow_down(calls)
        for call in calls:
            self.hands.use(call.id, call.tenant, call.tenant)
            self.leases.hold(call.id, since)
        return CallClaim(calls, 0.0 if calls else math.inf)

    def let_go(self, calls: Sequence[UUID]) -> None:
        """They ended."""
        self.hands.let_go(calls)
        self.leases.let_go(calls)

    async def _look(self) -> tuple[list[Claimant], float]:
        async with self._database.single() as transaction:
            due = await due_calls(transaction)
            found = {each.tenant: each for each in due.tenants}
            if due.crowded:
                others = await self._roster.some(
                    VISITED, lambda: every_tenant_with_calls(transaction)
                )
                found = {each.tenant: each for each in others} | found
            else:
                self._roster.forget()
        claimants = [
            Claimant(each.tenant, each.tenant, CLAIM if each.count is None else each.count)
            for each in found.values()
        ]
        return claimants, math.inf if due.seconds is None else max(0.02, due.seconds)

    async def _slow_down(self, calls: list[Call]) -> list[Call]:
        """Put back the models' rounds of contacts who ask oftener than may be; the other calls.

        One that is tried again after trouble took its token the first time.
        """
        asked = [call for call in calls if call.kind == "model" and call.attempt == 1]
        if not asked:
            return calls
        wants = [of_model(call.conversation, ANSWERS) for call in asked]
        granted = await self._rates.reserve(wants)
        waits = {
            call.id: max(0.05, answer.seconds)
            for call, answer in zip(asked, granted, strict=True)
            if not answer.count
        }
        if waits:
            async with self._database.worker() as transaction:
                await put_back_calls(transaction, self.owner, waits)
        return [call for call in calls if call.id not in waits]
