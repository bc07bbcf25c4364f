"""The workspace's policy: how long what was said is kept, and when nothing leaves unasked."""

from datetime import datetime

from litestar import Controller, get, put
from litestar.params import JSONBody
from msgspec import Struct

from flowengine.store import policies
from flowengine.store.policies import Policy
from web.policies import keep
from web.request import AnyRequest, workspace


class PolicyIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole policy: what is left out is for ever, or never quiet.

    `keep_months`: whole months (UTC) of messages and journal that are kept beside the running one.
    `quiet_from`, `quiet_until`: "HH:MM" in the workspace's zone.
    """

    keep_months: int | None = None
    keep_media_days: int | None = None
    quiet_from: str = ""
    quiet_until: str = ""


class PolicyItem(Struct, frozen=True):
    """`kept_from`: everything older was deleted by policy; null where nothing ever was."""

    keep_months: int | None
    keep_media_days: int | None
    quiet_from: str
    quiet_until: str
    kept_from: datetime | None


class ApiPolicy(Controller):
    path = "/policy"
    tags = ["policy"]

    @get()
    async def get_policy(self, request: AnyRequest) -> PolicyItem:
        """What stands; where nothing was decided, all is kept."""
        async with workspace(request) as transaction:
            return item_of(await policies.policy(transaction))

    @put()
    async def put_policy(self, request: AnyRequest, data: JSONBody[PolicyIn]) -> PolicyItem:
        """Replace it. What is too old by the new one is deleted within the hour, for good."""
        wanted = Policy(data.keep_months, data.keep_media_days, data.quiet_from, data.quiet_until)
        async with workspace(request) as transaction:
            return item_of(await keep(transaction, wanted))


def item_of(policy: Policy) -> PolicyItem:
    return PolicyItem(
        policy.keep_months,
        policy.keep_media_days,
        policy.quiet_from,
        policy.quiet_until,
        policy.kept_from,
    )
