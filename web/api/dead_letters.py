"""Dead letters: what could not be delivered, read and tried again."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from flowengine.store import dead_letters
from flowengine.store.dead_letters import Asked, Letter
from web.api.conversations import json_of
from web.api.shapes import LetterItem, Limit, Listed
from web.forms import as_uuid
from web.letters import dismiss_some, retry_all, retry_some
from web.request import AnyRequest, caller, services, workspace


class RetryIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which open letters are tried again; nothing said means all of them."""

    reason: str = ""
    channel: UUID | None = None
    conversation: UUID | None = None


class Retried(Struct, frozen=True):
    """How many go again; 5,000 at most in one request."""

    count: int


class ApiDeadLetters(Controller):
    path = "/dead-letters"
    tags = ["dead letters"]

    @get()
    async def list_dead_letters(
        self,
        request: AnyRequest,
        reason: FromQuery[str] = "",
        channel: FromQuery[UUID | None] = None,
        conversation: FromQuery[UUID | None] = None,
        settled: FromQuery[bool] = False,
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[LetterItem]:
        """The newest first. `settled`: those that were dealt with too."""
        async with workspace(request) as transaction:
            page = await dead_letters.letters(
                transaction,
                Asked(reason, channel, conversation),
                open_only=not settled,
                cursor=cursor or None,
                limit=limit,
            )
        return Listed(tuple(item_of(each) for each in page.items), page.next)

    @post("/retry", status_code=202)
    async def retry_many(self, request: AnyRequest, data: JSONBody[RetryIn]) -> Retried:
        """Try all that are meant again, the oldest first, each in its conversation's order."""
        found = services(request)
        asked = Asked(data.reason, data.channel, data.conversation)
        count = await retry_all(found.database, caller(request).tenant, asked)
        found.workers.ring()
        return Retried(count)

    @post("/{letter:str}/retry", status_code=202)
    async def retry_one(self, request: AnyRequest, letter: FromPath[str]) -> Retried:
        """Try one again; `count` 0: it was dealt with already."""
        found = services(request)
        count = await retry_some(found.database, caller(request).tenant, [as_uuid(letter)])
        found.workers.ring()
        return Retried(count)

    @post("/{letter:str}/dismiss", status_code=202)
    async def dismiss_one(self, request: AnyRequest, letter: FromPath[str]) -> Retried:
        """Put one aside."""
        count = await dismiss_some(
            services(request).database, caller(request).tenant, [as_uuid(letter)]
        )
        return Retried(count)


def item_of(letter: Letter) -> LetterItem:
    return LetterItem(
        letter.message_id,
        letter.conversation_id,
        letter.channel_id,
        letter.contact_name,
        letter.kind,
        letter.reason,
        json_of(letter.refused),
        letter.attempts,
        letter.text,
        letter.status,
        letter.at,
        letter.settled_at,
        letter.settled_how,
    )
