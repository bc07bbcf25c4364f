"""Messages that programs send to people: queued at once, said once for a key.

Nobody asked for them just now, so they go only to who has not opted out; the bot keeps the chat.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Content
from flowengine.store.actions import agent_said, said_before
from flowengine.store.consents import SERVICE
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound
from flowengine.store.ids import new_id
from flowengine.store.inbox import dedupe_key, enter_unseen, unseen
from flowengine.store.plans import RulesOf, Wanted, routed
from flowengine.store.rooms import conversations_of
from flowengine.store.rows import read_found


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


async def room_for(
    transaction: Transaction, contact: UUID, channel: UUID, content: Content, rules: RulesOf
) -> UUID:
    """The conversation in which a program says `content` to a contact, made where there is none.

    On another channel where the contact's has moved, or a plan moves it, and the rules there let
    it through (`plans.routed`). Raises `NotFound`.
    """
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
    template = str(content.__struct_config__.tag) == "template"
    wanted = Wanted(transaction.tenant, channel, contact, unasked=True, template=template)
    target = (await routed(transaction, [wanted], rules))[wanted]
    rooms = await conversations_of(transaction, [(transaction.tenant, target, contact)])
    return rooms[target, contact]


async def notify(
    transaction: Transaction,
    contact: UUID,
    channel: UUID,
    author: UUID,
    content: Content,
    text: str,
    rules: RulesOf,
    key: str = "",
) -> Notified:
    """Say something to a contact on a channel; it leaves behind what is under way there.

    `key`: of the request; the same one to the same person there is the same message. `rules`: of
    channels, where it may go by another. Raises `NotFound`.
    """
    room = await room_for(transaction, contact, channel, content, rules)
    # By whom and where it was asked for: a plan may lead the second request to another room.
    parts = dedupe_key("notify", str(channel), str(contact), key) if key else b""
    id = new_id()
    effect = f"notify:{parts.hex()}" if parts else f"notify:{id}"
    if parts:
        rooms = await _rooms(transaction, contact)
        # Before plans a request was known by its room; a process of then may be at work beside us.
        every = [parts, *(dedupe_key("notify", str(each), key) for each in rooms)]
        if len(await unseen(transaction, [(channel, each) for each in every])) < len(every):
            return await _before(transaction, rooms, every) or Notified(id, room, True)
    entry = agent_said(room, channel, (id, effect), author, content, text, SERVICE)
    await enter_unseen(transaction, [entry])
    return Notified(id, room)


async def _rooms(transaction: Transaction, contact: UUID) -> list[UUID]:
    rows = await transaction.rows(
        "SELECT id FROM conversations WHERE tenant_id = $1 AND contact_id = $2 ORDER BY id",
        transaction.tenant,
        contact,
    )
    return [row["id"] for row in rows]


async def _before(
    transaction: Transaction, rooms: Sequence[UUID], keys: Sequence[bytes]
) -> Notified | None:
    """What the first of two equal requests made; None once it was erased."""
    for room in rooms:
        for key in keys:
            said = await said_before(transaction, room, f"notify:{key.hex()}")
            if said is not None:
                return Notified(said, room, True)
    return None


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
