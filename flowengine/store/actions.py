"""What people and programs do to a conversation: in by the same door as messages."""

from collections.abc import Sequence
from uuid import UUID

from flowengine.happenings import (
    AgentSaid,
    AnyHappening,
    ContactChanged,
    EventCame,
    FlowStarted,
    TookOver,
)
from flowengine.messages import Content, Send
from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, dedupe_key, enter, enter_unseen, unseen
from flowengine.store.message_files import note_of_content
from flowengine.store.plans import RulesOf, Wanted, routed
from flowengine.store.rooms import conversations_of
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
    parts = dedupe_key("say", str(conversation), key) if key else b""
    id = new_id()
    effect = f"say:{parts.hex()}" if parts else f"say:{id}"
    if parts and not await unseen(transaction, [(channel, parts)]):
        return await said_before(transaction, conversation, effect) or id
    row = await transaction.row(
        "SELECT owner, owner_id, last_seq FROM conversations WHERE id = $1 FOR NO KEY UPDATE",
        conversation,
    )
    if row is None:
        raise NotFound("there is no such conversation")
    entries: list[Entry] = []
    if (row["owner"], row["owner_id"]) != ("agent", str(agent)):
        entries.append(Entry(conversation, channel, TookOver(str(agent))))
    entries.append(agent_said(conversation, channel, (id, effect), agent, content, text))
    await enter_unseen(transaction, entries, {conversation: row["last_seq"]})
    return id


async def said_before(transaction: Transaction, conversation: UUID, effect: str) -> UUID | None:
    """The message that the first of two equal requests made; None once it was erased."""
    id: UUID | None = await transaction.value(
        "SELECT id FROM messages WHERE conversation_id = $1 AND effect_id = $2 "
        "ORDER BY id DESC LIMIT 1",
        conversation,
        effect,
    )
    return id


def agent_said(
    conversation: UUID,
    channel: UUID,
    names: tuple[UUID, str],
    author: UUID,
    content: Content,
    text: str,
    purpose: str = "",
) -> Entry:
    """What a person or a program says in a conversation. `names`: of the message, of its effect."""
    id, effect = names
    message = NewMessage(
        id=id,
        direction="out",
        author="agent",
        author_id=str(author),
        kind=str(content.__struct_config__.tag),
        content=encode(content),
        text=text,
        status="queued",
        effect_id=effect,
        file=note_of_content(content),
    )
    send = NewSend(
        id=id,
        effect_id=effect,
        conversation=conversation,
        effect=encode(Send(effect, "", "", content, purpose=purpose)),
        author="agent",
    )
    happening = AgentSaid(str(author), text)
    return Entry(conversation, channel, happening, message=message, send=send)


async def begin(
    transaction: Transaction,
    contact: UUID,
    channel: UUID,
    happening: AnyHappening,
    rules: RulesOf,
    key: str = "",
) -> tuple[UUID, bool]:
    """Something begins with a contact on a channel: the conversation, and whether it was new.

    The conversation is made where there is none. `key` belongs to one kind of request, what it
    names, and the contact: the same order number may start a flow and tell of an event. `rules`: of
    channels, where it may go by another. Raises `NotFound`.
    """
    tenant = transaction.tenant
    known = await transaction.value(
        """
        SELECT EXISTS (SELECT FROM contacts
                       WHERE tenant_id = $1 AND id = $2 AND merged_into IS NULL)
            AND EXISTS (SELECT FROM channels
                        WHERE tenant_id = $1 AND id = $3 AND state <> 'removed')
        """,
        tenant,
        contact,
        channel,
    )
    if not known:
        raise NotFound("there is no such contact or channel")
    event = isinstance(happening, EventCame)
    # What an event begins may well be unasked for: its triggers say so, which nobody has read yet.
    unasked = event or (isinstance(happening, FlowStarted) and bool(happening.purpose))
    wanted = Wanted(tenant, channel, contact, unasked=unasked, awaited=event)
    target = (await routed(transaction, [wanted], rules))[wanted]
    rooms = await conversations_of(transaction, [(tenant, target, contact)])
    room = rooms[target, contact]
    what = (_kind(happening), _name(happening), str(contact))
    parts = dedupe_key("begin", str(tenant), *what, key) if key else b""
    return room, (await enter(transaction, [Entry(room, channel, happening, parts)]))[0]


def _kind(happening: AnyHappening) -> str:
    return str(happening.__struct_config__.tag)


def _name(happening: AnyHappening) -> str:
    match happening:
        case FlowStarted():
            return happening.flow
        case EventCame():
            return happening.name
        case _:
            return ""


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
