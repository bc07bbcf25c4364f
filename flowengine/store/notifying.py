"""Messages that programs send to people: queued at once, said once for a key.

Nobody asked for them just now, so they go only to who has not opted out; the bot keeps the chat.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import AgentSaid
from flowengine.messages import Content, Send
from flowengine.state import encode
from flowengine.store.consents import SERVICE
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, NewMessage, dedupe_key, enter_unseen, unseen
from flowengine.store.rooms import conversations_of
from flowengine.store.rows import read_found
from flowengine.store.sends import NewSend


class Notified(Struct, frozen=True):
    """The message, and where it is said. `doubled`: the key came before, nothing was said anew."""

    message: UUID
    conversation: UUID
    doubled: bool = False


class MessageState(Struct, frozen=True):
    """How a message of the workspace stands, wherever it was said."""

    id: UUID
    conversation_id: UUID
    at: datetime
    kind: str
    status: str
    status_at: datetime | None
    provider_id: str
    error: bytes | None = None


async def room_for(transaction: Transaction, contact: UUID, channel: UUID) -> UUID:
    """The conversation of a contact on a channel, made where there is none. Raises `NotFound`."""
    known = await transaction.value(
        """
        SELECT EXISTS (SELECT FROM contacts
                       WHERE tenant_id = $1 AND id = $2 AND merged_into IS NULL)
            AND EXISTS (SELECT FROM channels
                        WHERE tenant_id = $1 AND id = $3 AND state <> 'removed')
        """,
        transaction.tenant,
        contact,
        channel,
    )
    if not known:
        raise NotFound("there is no such contact or channel")
    rooms = await conversations_of(transaction, [(transaction.tenant, channel, contact)])
    return rooms[channel, contact]


async def notify(
    transaction: Transaction,
    contact: UUID,
    channel: UUID,
    author: UUID,
    content: Content,
    text: str,
    key: str = "",
) -> Notified:
    """Say something to a contact on a channel; it leaves behind what is under way there.

    `key`: of the request; the same one to the same person there is the same message. Raises
    `NotFound`.
    """
    room = await room_for(transaction, contact, channel)
    parts = dedupe_key("notify", str(room), key) if key else b""
    id = new_id()
    effect = f"notify:{parts.hex()}" if parts else f"notify:{id}"
    if parts and not await unseen(transaction, [(channel, parts)]):
        return await _before(transaction, room, effect) or Notified(id, room, True)
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
    )
    send = NewSend(
        id=id,
        effect_id=effect,
        conversation=room,
        effect=encode(Send(effect, "", "", content, purpose=SERVICE)),
        author="agent",
    )
    happening = AgentSaid(str(author), text)
    entry = Entry(room, channel, happening, message=message, send=send)
    await enter_unseen(transaction, [entry])
    return Notified(id, room)


async def _before(transaction: Transaction, room: UUID, effect: str) -> Notified | None:
    """What the first of two equal requests made; None once it was erased."""
    found: UUID | None = await transaction.value(
        "SELECT id FROM messages WHERE conversation_id = $1 AND effect_id = $2 "
        "ORDER BY id DESC LIMIT 1",
        room,
        effect,
    )
    return None if found is None else Notified(found, room, True)


async def message_state(transaction: Transaction, message: UUID) -> MessageState:
    """How a message stands, by its id. Raises `NotFound`."""
    row = await transaction.row(
        """
        SELECT id, conversation_id, at, kind, status, status_at, provider_id, error FROM messages
        WHERE tenant_id = $1 AND id = $2 AND direction = 'out'
        """,
        transaction.tenant,
        message,
    )
    return read_found(MessageState, row, "such message")
