"""Messages that programs send: queued at once, or said later; how each of them stands."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from flowengine.messages import Content, Text
from flowengine.store.notifying import message_state, room_for
from web.api.conversations import json_of
from web.api.flows import contact_by_phone
from web.api.scheduled import read_at
from web.api.shapes import Key
from web.forms import as_uuid
from web.planning import home_zone, plan
from web.problems import Problem
from web.request import AnyRequest, Program, caller, services, workspace
from web.texts import _


class MessageOut(Struct, frozen=True, forbid_unknown_fields=True):
    """Who: `contact` (its id) or `phone` (E.164, made if unknown), on `channel`.

    What: either `text` or `content`: text, image, audio, video, document, sticker, location,
    contact, buttons, list, template … Outside the customer's 24 hours a channel of the Cloud API
    takes templates only. `at`: said then (a local time in `zone`, the workspace's where left out,
    or one with an offset; at most 90 days ahead), else now.
    """

    channel: UUID
    contact: UUID | None = None
    phone: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    text: Annotated[str, Meta(max_length=4096)] = ""
    content: Content | None = None
    at: str = ""
    zone: str = ""


class Queued(Struct, frozen=True):
    """`id` of the message, or of the scheduled message where `status` is scheduled.

    `doubled`: the same `Idempotency-Key` came before, and nothing is said a second time.
    """

    id: UUID
    conversation: UUID
    status: str
    due_at: datetime | None = None
    doubled: bool = False


class MessageStatus(Struct, frozen=True):
    """`status`: queued, sending, unknown, sent, delivered, read, played, failed or dropped.

    `error`: why it failed. `changed_at`: when the status did.
    """

    id: UUID
    conversation: UUID
    kind: str
    status: str
    created_at: datetime
    changed_at: datetime | None
    provider_id: str
    error: Any


class ApiMessages(Controller):
    path = "/messages"
    tags = ["messages"]

    @post(status_code=202)
    async def send(
        self, request: AnyRequest, data: JSONBody[MessageOut], idempotency: Key = None
    ) -> Queued:
        """Send a message to somebody, as this key; the bot keeps the conversation.

        It goes only to who has not opted out. The answer does not wait for the provider: ask for
        the message's status, or subscribe to it.
        """
        content = said_in(data)
        who = caller(request)
        author = str(who.key if isinstance(who, Program) else who.id)
        contact = data.contact or await contact_by_phone(request, data.phone or "")
        key = idempotency or ""
        if data.at:
            return await later(request, data, contact, author, content, key)
        made = await services(request).workers.notify(
            str(who.tenant),
            contact=str(contact),
            channel=str(data.channel),
            author=author,
            content=content,
            key=key,
        )
        return Queued(made.message, made.conversation, "queued", doubled=made.doubled)

    @get("/{message:str}")
    async def status(self, request: AnyRequest, message: FromPath[str]) -> MessageStatus:
        """How one of them stands; a scheduled one is found here once it has been said."""
        async with workspace(request) as transaction:
            found = await message_state(transaction, as_uuid(message))
        return MessageStatus(
            found.id,
            found.conversation_id,
            found.kind,
            found.status,
            found.at,
            found.status_at,
            found.provider_id,
            json_of(found.error),
        )


def said_in(data: MessageOut) -> Content:
    """What is to be said: exactly one of the two, and not empty."""
    if data.text and data.content is not None:
        raise Problem(_("Mande “text” ou “content”, não os dois."), place="content", status=422)
    content = data.content or Text(data.text)
    if isinstance(content, Text) and not content.text.strip():
        raise Problem(_("A mensagem está vazia."), place="text")
    return content


async def later(
    request: AnyRequest, data: MessageOut, contact: UUID, author: str, content: Content, key: str
) -> Queued:
    """Schedule it; a list, changes and cancelling are those of /scheduled-messages."""
    tenant = caller(request).tenant
    async with services(request).database.worker(tenant) as transaction:
        rules = services(request).workers.rules
        room = await room_for(transaction, contact, data.channel, content, rules)
    async with workspace(request) as transaction:
        when = read_at(data.at, data.zone or await home_zone(transaction))
        made = await plan(transaction, room, author, content, when, key)
    return Queued(made.id, room, "scheduled", made.due_at)
