"""Scheduled messages: up to 90 days ahead, read, changed and cancelled until they are sent."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from flowengine.messages import Content, Text
from flowengine.store import scheduled_messages
from flowengine.store.scheduled_messages import Change, Scheduled
from web.api.conversations import json_of, who_and_what
from web.api.shapes import Key, Limit, Listed, ScheduledItem
from web.forms import as_uuid
from web.planning import When, change_of, home_zone, plan, read_when
from web.problems import Problem
from web.request import AnyRequest, workspace
from web.texts import _


class ScheduledIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`at`: a local time (2026-03-02T14:30) in `zone`, the workspace's where left out; or with an
    offset (2026-03-02T14:30:00-03:00). Either `text` or `content`; more than 24 hours after the
    customer's last message only a template goes through."""

    conversation: UUID
    at: str
    zone: str = ""
    text: Annotated[str, Meta(max_length=4096)] = ""
    content: Content | None = None


class ScheduledChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. `version`: as it was read, else 409."""

    version: int
    at: str = ""
    zone: str = ""
    text: Annotated[str, Meta(max_length=4096)] = ""
    content: Content | None = None


class ApiScheduled(Controller):
    path = "/scheduled-messages"
    tags = ["scheduled messages"]

    @get()
    async def list_scheduled(
        self,
        request: AnyRequest,
        conversation: FromQuery[UUID | None] = None,
        wanted: Annotated[str, QueryParameter(name="state")] = "waiting",
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[ScheduledItem]:
        """The next first. `state`: waiting, sent, cancelled or refused; empty for all."""
        async with workspace(request) as transaction:
            page = await scheduled_messages.scheduled_messages(
                transaction,
                conversation_id=conversation,
                state=wanted,
                cursor=cursor or None,
                limit=limit,
            )
        return Listed(tuple(item_of(each) for each in page.items), page.next)

    @post(status_code=201)
    async def schedule(
        self, request: AnyRequest, data: JSONBody[ScheduledIn], idempotency: Key = None
    ) -> ScheduledItem:
        """Have something said later, as this key; the bot keeps the conversation."""
        content = data.content or (Text(data.text) if data.text else None)
        if content is None:
            raise Problem(_("A mensagem está vazia."), place="text")
        author = who_and_what(request, str(data.conversation))[2]
        async with workspace(request) as transaction:
            when = read_at(data.at, data.zone or await home_zone(transaction))
            made = await plan(
                transaction, data.conversation, author, content, when, idempotency or ""
            )
        return item_of(made)

    @get("/{message:str}")
    async def get_scheduled(self, request: AnyRequest, message: FromPath[str]) -> ScheduledItem:
        """One of them."""
        async with workspace(request) as transaction:
            return item_of(
                await scheduled_messages.scheduled_message(transaction, as_uuid(message))
            )

    @patch("/{message:str}")
    async def change_scheduled(
        self, request: AnyRequest, message: FromPath[str], data: JSONBody[ScheduledChange]
    ) -> ScheduledItem:
        """Change it; 409 once it is being sent, or was changed since."""
        content = data.content or (Text(data.text) if data.text else None)
        async with workspace(request) as transaction:
            before = await scheduled_messages.scheduled_message(transaction, as_uuid(message))
            when = read_at(data.at, data.zone or before.zone) if data.at else None
            changed = await scheduled_messages.change_scheduled(
                transaction, before.id, data.version, change_of(content, when)
            )
        return item_of(changed)

    @delete("/{message:str}", status_code=200)
    async def cancel_scheduled(
        self, request: AnyRequest, message: FromPath[str], version: FromQuery[int]
    ) -> ScheduledItem:
        """Cancel it; 409 once it is being sent, or was changed since."""
        async with workspace(request) as transaction:
            gone = await scheduled_messages.change_scheduled(
                transaction, as_uuid(message), version, Change(cancel=True)
            )
        return item_of(gone)


def read_at(text: str, zone: str) -> When:
    """A time with an offset is an instant; one without is read on the clock of `zone`."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return read_when(text, zone)
    return When(instant, text, "") if instant.tzinfo else read_when(text, zone)


def item_of(each: Scheduled) -> ScheduledItem:
    return ScheduledItem(
        each.id,
        each.conversation_id,
        each.contact_name,
        each.author_id,
        each.kind,
        each.text,
        json_of(each.content),
        each.due_at,
        each.local_time,
        each.zone,
        each.version,
        each.state,
        each.reason,
        each.settled_at,
    )
