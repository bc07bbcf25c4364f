"""What a channel falls back to, and moving from one to another by degrees."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from flowengine.store import channels, fallbacks, plans
from flowengine.store.errors import NotFound as NotThere
from flowengine.store.fallbacks import Fallback
from flowengine.store.plan_report import Report, report
from flowengine.store.plans import Plan
from web.api.shapes import Listed
from web.forms import as_uuid
from web.problems import NotFound
from web.request import AnyRequest, services, workspace
from web.switching import after_of, both, percent_of


class FallbackIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`after_seconds`: how long the channel has to be off (60 to 86,400). `go_back`: conversations
    return once it is well for as long and nothing is under way in them."""

    to: UUID
    after_seconds: int = 300
    go_back: bool = True


class FallbackItem(Struct, frozen=True):
    """`to` null: what waits for the channel waits."""

    to: UUID | None = None
    after_seconds: int = 300
    go_back: bool = True


class PlanIn(Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """`percent` of the contacts of channel `from` go by `to`: by a hash, so that raising it only
    adds to them. `at_once`: also who is in the middle of a conversation, where the other channel
    may write to them freely."""

    source: UUID
    to: UUID
    percent: int = 0
    at_once: bool = False


class PlanChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`state`: `undoing` brings everybody back, `ended` leaves them where they are."""

    percent: int | None = None
    at_once: bool | None = None
    state: Literal["undoing", "ended"] | None = None


class PlanItem(Struct, frozen=True, rename={"source": "from"}):
    """`state`: active, undoing or ended."""

    id: UUID
    source: UUID
    to: UUID
    percent: int
    at_once: bool
    state: str
    created_at: datetime
    updated_at: datetime


class ApiFallback(Controller):
    path = "/channels/{channel:str}/fallback"
    tags = ["channels"]

    @get()
    async def get_fallback(self, request: AnyRequest, channel: FromPath[str]) -> FallbackItem:
        """What takes over when the channel is off."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            stands = await fallbacks.fallback(transaction, found.id)
        if stands is None:
            return FallbackItem()
        return FallbackItem(stands.to_channel_id, stands.after_seconds, stands.go_back)

    @put()
    async def put_fallback(
        self, request: AnyRequest, channel: FromPath[str], data: JSONBody[FallbackIn]
    ) -> FallbackItem:
        """Have another channel take over; only what the first provider has not taken moves."""
        after = after_of(data.after_seconds)
        async with workspace(request) as transaction:
            found, other = await both(transaction, as_uuid(channel), data.to)
            await fallbacks.put_fallback(
                transaction, Fallback(found.id, other.id, after, data.go_back)
            )
        return FallbackItem(other.id, after, data.go_back)

    @delete()
    async def remove_fallback(self, request: AnyRequest, channel: FromPath[str]) -> None:
        """What waits for the channel waits from now on."""
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            await fallbacks.remove_fallback(transaction, found.id)


class ApiChannelPlans(Controller):
    path = "/channel-plans"
    tags = ["channels"]

    @get()
    async def list_plans(self, request: AnyRequest) -> Listed[PlanItem]:
        """The newest first, those that ended too."""
        async with workspace(request) as transaction:
            found = await plans.plans(transaction)
        return Listed(tuple(item_of(each) for each in found))

    @post(status_code=201)
    async def make_plan(self, request: AnyRequest, data: JSONBody[PlanIn]) -> PlanItem:
        """Begin to move from one channel to another; a channel has one such plan at a time."""
        percent = percent_of(data.percent)
        async with workspace(request) as transaction:
            source, target = await both(transaction, data.source, data.to)
            made = await plans.make_plan(transaction, source.id, target.id, percent, data.at_once)
        return item_of(made)

    @get("/{plan:str}")
    async def get_plan(self, request: AnyRequest, plan: FromPath[str]) -> PlanItem:
        """One of them."""
        async with workspace(request) as transaction:
            return item_of(await plans.plan(transaction, as_uuid(plan)))

    @patch("/{plan:str}")
    async def change_plan(
        self, request: AnyRequest, plan: FromPath[str], data: JSONBody[PlanChange]
    ) -> PlanItem:
        """Raise or lower it, undo it, or end it."""
        percent = None if data.percent is None else percent_of(data.percent)
        async with workspace(request) as transaction:
            changed = await plans.change_plan(
                transaction,
                as_uuid(plan),
                percent=percent,
                at_once=data.at_once,
                state=data.state,
            )
        return item_of(changed)

    @get("/{plan:str}/report")
    async def plan_report(self, request: AnyRequest, plan: FromPath[str]) -> Report:
        """How both sides do since it began: rates and the median time to delivery, with how sure
        they are."""
        return (await reported(request, plan))[1]


async def reported(request: AnyRequest, plan: str) -> tuple[Plan, Report]:
    """A plan of the caller's workspace and its report."""
    try:
        async with workspace(request) as transaction:
            found = await plans.plan(transaction, as_uuid(plan))
    except NotThere:
        raise NotFound from None
    # Ids of providers are a worker's to read; whose plan it is was asked above.
    async with services(request).database.worker(found.tenant_id) as transaction:
        return found, await report(transaction, found)


def item_of(plan: Plan) -> PlanItem:
    return PlanItem(
        plan.id,
        plan.from_channel_id,
        plan.to_channel_id,
        plan.percent,
        plan.at_once,
        plan.state,
        plan.created_at,
        plan.updated_at,
    )
