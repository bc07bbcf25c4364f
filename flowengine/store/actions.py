"""What people and programs do to a conversation: in by the same door as messages."""

from collections.abc import Sequence
from uuid import UUID

from flowengine.happenings import (
    AgentSaid,
    AnyHappening,
    ContactChanged,
    TookOver,
)
from flowengine.messages import Content, Send
from flowengine.state import encode
from flowengine.store.arrivals import conversations_of
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, dedupe_key, enter, enter_unseen, unseen
from flowengine.store.sends import NewSend


async def act(
    transaction: Transaction, conversation: UUID, happening: AnyHappening, key: str = ""
) -> bool:
    """Something is done to a conversation of the transaction's tenant; whether it was new.

    Raises `NotFound`.
    """
    channel = await _channel(transaction, conversation)
    parts = dedupe_key("action", str(conversation), key) if key else b""
    return (await enter(transaction, [Entry(conversation, channel, happening, parts)]))[0]


async def say(
    transaction: Transaction, conversation: UUID, agent: UUID, content: Content, text: str, key: str
) -> UUID:
    """An agent writes, and owns the chat from then on; the message's id. Raises `NotFound`.

    The message goes behind what is in flight; what the bot had still to say is dropped. `key`: of
    the form that was sent, so that a second click says nothing twice.
    """
    channel = await _channel(transaction, conversation)
    id = new_id()
    parts = dedupe_key("say", str(conversation), key) if key else b""
    if parts and not await unseen(transaction, [(channel, parts)]):
        return id
    row = await transaction.row(
        "SELECT owner, owner_id, last_seq FROM conversations WHERE id = $1 FOR NO KEY UPDATE",
        conversation,
    )
    if row is None:
        raise NotFound("there is no such conversation")
    entries: list[Entry] = []
    if (row["owner"], row["owner_id"]) != ("agent", str(agent)):
        entries.append(Entry(conversation, channel, TookOver(str(agent))))
    entries.append(_said(conversation, channel, id, agent, content, text))
    await enter_unseen(transaction, entries, {conversation: row["last_seq"]})
    return id


def _said(
    conversation: UUID, channel: UUID, id: UUID, agent: UUID, content: Content, text: str
) -> Entry:
    effect = f"say:{id}"
    message = NewMessage(
        id=id,
        direction="out",
        author="agent",
        author_id=str(agent),
        kind=str(content.__struct_config__.tag),
        content=encode(content),
        text=text,
        status="queued",
    )
    send = NewSend(
        id=id,
        effect_id=effect,
        conversation=conversation,
        effect=encode(Send(effect, "", "", content)),
        author="agent",
    )
    happening = AgentSaid(str(agent), text)
    return Entry(conversation, channel, happening, message=message, send=send)


async def begin(
    transaction: Transaction, contact: UUID, channel: UUID, happening: AnyHappening, key: str = ""
) -> tuple[UUID, bool]:
    """Something begins with a contact on a channel: the conversation, and whether it was new.

    The conversation is made where there is none. Raises `NotFound`.
    """
    tenant = transaction.tenant
    known = await transaction.value(
        """
        SELECT EXISTS (SELECT FROM contacts WHERE tenant_id = $1 AND id = $2)
            AND EXISTS (SELECT FROM channels
                        WHERE tenant_id = $1 AND id = $3 AND state <> 'removed')
        """,
        tenant,
        contact,
        channel,
    )
    if not known:
        raise NotFound("there is no such contact or channel")
    rooms = await conversations_of(transaction, [(tenant, channel, contact)])
    room = rooms[channel, contact]
    parts = dedupe_key("begin", str(tenant), key) if key else b""
    return room, (await enter(transaction, [Entry(room, channel, happening, parts)]))[0]


async def contact_changed(
    transaction: Transaction, contact: UUID, added_tags: Sequence[str], fields: Sequence[str]
) -> int:
    """A person or program changed a contact: its conversations are told; how many."""
    rows = await transaction.rows(
        "SELECT id, channel_id FROM conversations WHERE tenant_id = $1 AND contact_id = $2",
        transaction.tenant,
        contact,
    )
    happening = ContactChanged(tuple(added_tags), tuple(fields))
    entries = [Entry(row["id"], row["channel_id"], happening) for row in rows]
    await enter_unseen(transaction, entries)
    return len(entries)


async def _channel(transaction: Transaction, conversation: UUID) -> UUID:
    channel: UUID | None = await transaction.value(
        "SELECT channel_id FROM conversations WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        conversation,
    )
    if channel is None:
        raise NotFound("there is no such conversation")
    return channel
