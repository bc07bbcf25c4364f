"""`Mover`: conversations go on through another channel, where a fallback or a plan says so.

One by one, each a transaction of its own: what does not move now (a send is under way or in doubt,
its window is shut …) is looked at again later. Several processes do no harm: whoever comes second
finds it moved.
"""

import time
from uuid import UUID

import structlog

from connectors.base import Provider, only_replies
from flowengine.store.channels import Channel, channel_anywhere
from flowengine.store.database import Database
from flowengine.store.fallbacks import Due, due_fallbacks, waiting_rooms
from flowengine.store.plans import Plan, end_plan, open_plans, to_move, to_return
from flowengine.store.switching import Switched, Way, away, stranded, switch
from flowengine.store.trouble import is_passing, is_tangled
from workers.channels import Channels
from workers.metrics import switched

log = structlog.stdlib.get_logger()

BATCH = 50
LOOK = 5.0
"""Seconds between two looks for what is to be moved."""

AGAIN = 30.0
"""Seconds after which a walk that has come to its end begins anew."""

_FIRST = UUID(int=0)


class Mover:
    """One per process; several do no harm."""

    def __init__(self, database: Database, channels: Channels) -> None:
        self._database = database
        self._channels = channels
        self._places: dict[tuple[str, UUID], UUID] = {}
        self._rests: dict[tuple[str, UUID], float] = {}
        self.moved = 0
        """Sends that went along since the last look: somebody may perform them now."""

    async def tick(self) -> float:
        """Move a batch of each; seconds until there may be more."""
        self.moved = 0
        async with self._database.worker() as transaction:
            fallbacks = await due_fallbacks(transaction)
            plans = await open_plans(transaction)
        full = False
        for due in fallbacks:
            if due.off:
                full |= await self._fall_back(due)
            elif due.go_back:
                full |= await self._go_back(due)
        for plan in plans:
            if plan.state == "active" and plan.percent:
                full |= await self._carry_out(plan)
            full |= await self._undo(plan)
        full |= await self._bring_home()
        return 0.0 if full else LOOK

    async def _fall_back(self, due: Due) -> bool:
        way = await self._way(due.to_channel_id, "fallback", busy=True)
        place = ("fallback", due.channel_id)
        if way is None or self._is_resting(place):
            return False
        async with self._database.worker() as transaction:
            rooms = await waiting_rooms(transaction, due.channel_id, self._at(place), BATCH)
        for room in rooms:
            await self._switch(room, way)
        return self._walked(place, rooms[-1] if len(rooms) == BATCH else None)

    async def _go_back(self, due: Due) -> bool:
        """Those in which nothing is under way; the others when it has ended."""
        place = ("back", due.channel_id)
        if self._is_resting(place):
            return False
        way = await self._way(due.channel_id, "back")
        async with self._database.worker() as transaction:
            gone = await away(transaction, due.channel_id, "fallback", self._at(place), BATCH)
        for each in gone if way else ():
            await self._switch(each.conversation_id, way)
        return self._walked(place, gone[-1].id if len(gone) == BATCH else None)

    async def _carry_out(self, plan: Plan) -> bool:
        place = ("plan", plan.id)
        if self._is_resting(place):
            return False
        way = await self._way(plan.to_channel_id, "plan", busy=plan.at_once)
        async with self._database.worker() as transaction:
            rooms = await to_move(transaction, plan, self._at(place), BATCH)
        for room, _contact in rooms if way else ():
            await self._switch(room, way)
        return self._walked(place, rooms[-1][1] if len(rooms) == BATCH else None)

    async def _undo(self, plan: Plan) -> bool:
        place = ("undo", plan.id)
        if self._is_resting(place):
            return False
        way = await self._way(plan.from_channel_id, "back", busy=plan.at_once)
        async with self._database.worker() as transaction:
            rooms = await to_return(transaction, plan, BATCH, self._at(place))
        for room, _switch in rooms if way else ():
            await self._switch(room, way)
        if not rooms and self._at(place) == _FIRST and plan.state == "undoing":
            async with self._database.worker() as transaction:
                await end_plan(transaction, plan)
        return self._walked(place, rooms[-1][1] if len(rooms) == BATCH else None)

    async def _bring_home(self) -> bool:
        """Those whose channel was removed: nothing is under way there any more."""
        place = ("removed", _FIRST)
        if self._is_resting(place):
            return False
        async with self._database.worker() as transaction:
            left = await stranded(transaction, self._at(place), BATCH)
        for each in left:
            way = await self._way(each.from_channel_id, "back", busy=True)
            await self._switch(each.conversation_id, way)
        return self._walked(place, left[-1].id if len(left) == BATCH else None)

    # -- one conversation ------------------------------------------------------------------------

    async def _switch(self, conversation: UUID, way: Way | None) -> Switched:
        if way is None:
            return Switched(stays="gone")
        try:
            async with self._database.worker() as transaction:
                done = await switch(transaction, conversation, way)
        except Exception as error:
            if not is_passing(error) and not is_tangled(error):
                log.exception("a conversation could not change its channel", id=str(conversation))
            return Switched(stays="under_way")
        if not done.stays:
            self.moved += max(1, done.sends)
        switched(way.why, done.stays)
        return done

    async def _way(self, channel: UUID, why: str, *, busy: bool = False) -> Way | None:
        """The way to a channel, with its rules; None where it is not at work."""
        async with self._database.worker() as transaction:
            found = await channel_anywhere(transaction, channel)
            if found is None or found.state != "active":
                return None
            provider = await self._channels.provider(
                transaction, found.id, found.kind, found.updated_at
            )
        return None if isinstance(provider, str) else way_to(found, provider, why, busy=busy)

    # -- walks -----------------------------------------------------------------------------------

    def _at(self, place: tuple[str, UUID]) -> UUID:
        return self._places.get(place, _FIRST)

    def _is_resting(self, place: tuple[str, UUID]) -> bool:
        return self._rests.get(place, 0.0) > time.monotonic()

    def _walked(self, place: tuple[str, UUID], last: UUID | None) -> bool:
        """How far the walk has come; at its end it rests. Whether it goes on at once."""
        if last is None:
            self._places.pop(place, None)
            pause = LOOK if place[0] == "fallback" else AGAIN
            self._rests[place] = time.monotonic() + pause
            return False
        self._places[place] = last
        return True


def way_to(channel: Channel, provider: Provider, why: str, *, busy: bool = False) -> Way:
    """The way to a channel, with the rules that hold there."""
    return Way(
        channel.id,
        channel.name,
        why,
        window_hours=provider.capabilities.window_hours,
        replies_only=only_replies(provider),
        busy=busy,
    )
