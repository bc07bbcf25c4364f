"""Conversations and their messages: read, answered, handed over."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from flowengine.messages import Text
from flowengine.store import conversations
from flowengine.store.conversations import ConversationRow, Message
from flowengine.store.message_files import MessageFile, files_of
from web.api.shapes import (
    CloseIn,
    ConversationItem,
    FileItem,
    Key,
    Limit,
    Listed,
    MessageIn,
    MessageItem,
    Sent,
)
from web.erasure import refuse_erased
from web.forms import as_uuid
from web.problems import Problem
from web.request import AnyRequest, Program, caller, services, workspace
from web.texts import _


class ApiConversations(Controller):
    path = "/conversations"
    tags = ["conversations"]

    @get()
    async def list_conversations(
        self,
        request: AnyRequest,
        owner: FromQuery[str] = "",
        owner_id: FromQuery[str] = "",
        contact: FromQuery[UUID | None] = None,
        channel: FromQuery[UUID | None] = None,
        closed: FromQuery[bool | None] = None,
        search: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[ConversationItem]:
        """Those with the newest message first. `owner`: bot, queue or agent."""
        async with workspace(request) as transaction:
            page = await conversations.conversations(
                transaction,
                owner=owner,
                owner_id=owner_id,
                contact_id=contact,
                channel_id=channel,
                closed=closed,
                search=search,
                cursor=cursor or None,
                limit=limit,
            )
        return Listed(tuple(item_of(row) for row in page.items), page.next)

    @get("/{conversation:str}")
    async def get_conversation(
        self, request: AnyRequest, conversation: FromPath[str]
    ) -> ConversationItem:
        """One of them; 410 where it was erased."""
        async with workspace(request) as transaction:
            await refuse_erased(transaction, as_uuid(conversation))
            return item_of(await conversations.conversation(transaction, as_uuid(conversation)))

    @get("/{conversation:str}/messages")
    async def list_messages(
        self,
        request: AnyRequest,
        conversation: FromPath[str],
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[MessageItem]:
        """The newest page first, each page the oldest first; `next` leads further back."""
        before = as_uuid(cursor) if cursor else None
        async with workspace(request) as transaction:
            await refuse_erased(transaction, as_uuid(conversation))
            row = await conversations.conversation(transaction, as_uuid(conversation))
            found = await conversations.messages(transaction, row.id, before=before, limit=limit)
            files = await files_of(transaction, [message.id for message in found])
        following = str(found[0].id) if len(found) == limit else None
        return Listed(tuple(message_of(each, files.get(each.id)) for each in found), following)

    @post("/{conversation:str}/messages", status_code=202)
    async def send_message(
        self,
        request: AnyRequest,
        conversation: FromPath[str],
        data: JSONBody[MessageIn],
        idempotency: Key = None,
    ) -> Sent:
        """Say something as this key: it has the conversation from then on, the bot is quiet."""
        content = data.content or (Text(data.text) if data.text else None)
        if content is None:
            raise Problem(_("A mensagem está vazia."), place="text")
        tenant, room, agent = who_and_what(request, conversation)
        workers = services(request).workers
        return Sent(UUID(await workers.say(tenant, room, agent, content, idempotency or "")))

    @post("/{conversation:str}/take", status_code=202)
    async def take(self, request: AnyRequest, conversation: FromPath[str]) -> None:
        """Take it from the bot, or out of a queue."""
        await services(request).workers.take_over(*who_and_what(request, conversation))

    @post("/{conversation:str}/return", status_code=202)
    async def give_back(self, request: AnyRequest, conversation: FromPath[str]) -> None:
        """Give it back to the bot."""
        await services(request).workers.give_back(*who_and_what(request, conversation))

    @post("/{conversation:str}/close", status_code=202)
    async def close(
        self, request: AnyRequest, conversation: FromPath[str], data: JSONBody[CloseIn]
    ) -> None:
        """Close it."""
        tenant, room, agent = who_and_what(request, conversation)
        await services(request).workers.close(tenant, room, agent, data.reason)


def who_and_what(request: AnyRequest, conversation: str) -> tuple[str, str, str]:
    """Tenant, conversation, and who acts: a person, or the key itself."""
    who = caller(request)
    agent = who.key if isinstance(who, Program) else who.id
    return str(who.tenant), str(as_uuid(conversation)), str(agent)


def item_of(row: ConversationRow) -> ConversationItem:
    return ConversationItem(
        row.id,
        row.contact_id,
        row.contact_name,
        row.channel_id,
        row.owner,
        row.owner_id,
        row.preview,
        row.unread,
        row.created_at,
        row.last_message_at,
        row.last_inbound_at,
        row.closed_at,
    )


def message_of(message: Message, file: MessageFile | None = None) -> MessageItem:
    return MessageItem(
        message.id,
        message.at,
        message.direction,
        message.author,
        message.author_id,
        message.kind,
        message.text,
        json_of(message.content),
        message.status,
        json_of(message.error),
        message.provider_id,
        message.flow,
        message.node,
        None if file is None else file_of(file),
    )


def file_of(file: MessageFile) -> FileItem:
    return FileItem(file.state, file.hash, file.mime, file.size, file.name, file.reason)


def json_of(raw: bytes | None) -> Any:
    return msgspec.json.decode(raw) if raw else None
