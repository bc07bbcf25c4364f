"""What the API says and takes: shapes of their own, so that the store may change beneath them."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from litestar.params import HeaderParameter, QueryParameter
from msgspec import Meta, Struct

from flowengine.issue import Issue
from flowengine.messages import Content

Item = TypeVar("Item")

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key twice does it once; kept for 30 days.",
        required=False,
    ),
]


class Listed(Struct, Generic[Item], frozen=True):
    """A page of a list; `next` is the cursor of the next one, null at the end."""

    items: tuple[Item, ...]
    next: str | None = None


class FlowItem(Struct, frozen=True):
    """`version`: what is published, null if nothing; `changed`: the draft says something else."""

    key: str
    name: str
    rev: int
    version: int | None
    changed: bool
    updated_at: datetime
    published_at: datetime | None


class DraftItem(Struct, frozen=True):
    """A draft; `document` as in FLOWS.md. `rev` is its `ETag`, for `If-Match` of the next PUT."""

    key: str
    name: str
    rev: int
    hash: str
    document: dict[str, Any]


class Checked(Struct, frozen=True):
    issues: tuple[Issue, ...]


class PublishedItem(Struct, frozen=True):
    """`new` is false where these very bytes were a version already. `published` is false after an
    import that was not asked to publish."""

    key: str
    version: int | None
    hash: str
    published: bool
    new: bool
    issues: tuple[Issue, ...] = ()


class Start(Struct, frozen=True, forbid_unknown_fields=True):
    """Who the flow starts with: `contact` (its id) or `phone` (E.164, made if unknown)."""

    channel: UUID
    contact: UUID | None = None
    phone: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    args: dict[str, Any] = {}
    node: str = ""
    purpose: str = ""


class EventIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened outside; `event` triggers and waits hear of it.

    `contact` (its id) or `phone` (E.164): whom it is about. Where neither is given, the triggers
    that listen to it find them in `data`. `channel`: its id; left out, what the trigger says, else
    the one on which the contact wrote last, else the only one.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    contact: UUID | None = None
    phone: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    channel: UUID | None = None
    data: Any = None


class Started(Struct, frozen=True):
    """Where it began. `doubled`: the key was known, nothing began anew."""

    conversation: UUID
    doubled: bool


class PassedOver(Struct, frozen=True):
    """A trigger that listens to the event, and why it could not say whom it is about."""

    flow: str
    node: str
    reason: str


class Told(Struct, frozen=True):
    """The conversations that hear of an event, and the triggers that were passed over."""

    conversations: tuple[Started, ...]
    passed_over: tuple[PassedOver, ...] = ()


class ChannelItem(Struct, frozen=True):
    """`state`: active or paused. `trouble`: why nothing leaves now. `flows`: [] means all."""

    id: UUID
    kind: str
    name: str
    address: str
    state: str
    trouble: str
    webhook: str
    flows: tuple[str, ...]


class ChannelIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`settings` as the connector of that kind wants them (cloud: phone_number_id, token …)."""

    kind: str
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    settings: dict[str, Any]
    flows: tuple[str, ...] = ()


class ContactItem(Struct, frozen=True):
    id: UUID
    name: str
    phone: str | None
    language: str | None
    tags: tuple[str, ...]
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ContactIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`phone` in E.164; a contact with it is found, else made."""

    phone: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")]
    name: Annotated[str, Meta(max_length=120)] = ""


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays; a field set to null is removed."""

    name: Annotated[str, Meta(max_length=120)] | None = None
    language: str | None = None
    fields: dict[str, Any] = {}
    add_tags: tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...] = ()
    remove_tags: tuple[str, ...] = ()


class Erased(Struct, frozen=True):
    """What is left of somebody: numbers of conversations, messages (in, out), turns, executions."""

    id: UUID
    at: datetime
    counters: dict[str, int]


class MergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`other`: the contact that is the same person, and goes into this one."""

    other: UUID


class MergedItem(Struct, frozen=True):
    """`contact` as it is now; `moved`: conversations that changed their contact; `joined`: those
    that ended in one that goes on, as both had one on the same channel."""

    contact: ContactItem
    moved: int
    joined: int


class ConversationItem(Struct, frozen=True):
    """`owner`: bot, queue (`owner_id` is its key) or agent (a user's id, or a key's)."""

    id: UUID
    contact: UUID
    contact_name: str
    channel: UUID
    owner: str
    owner_id: str
    preview: str
    unread: int
    created_at: datetime
    last_message_at: datetime | None
    last_inbound_at: datetime | None
    closed_at: datetime | None


class FileItem(Struct, frozen=True):
    """A message's file. `state`: waiting (it is being fetched), kept, refused or gone.

    `asset`: of a kept one, for `GET /media/{asset}`. `mime`: by its bytes. `reason`: why it was
    refused.
    """

    state: str
    asset: str
    mime: str
    size: int
    name: str
    reason: str


class MessageItem(Struct, frozen=True):
    """`content`: JSON as it came (direction in) or as it was sent (out). `error`: why it failed."""

    id: UUID
    at: datetime
    direction: str
    author: str
    author_id: str
    kind: str
    text: str
    content: Any
    status: str
    error: Any
    provider_id: str
    flow: str
    node: str
    file: FileItem | None = None


class MessageIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Either `text` or `content`. The sender has the conversation from then on."""

    text: Annotated[str, Meta(max_length=4096)] = ""
    content: Content | None = None


class Sent(Struct, frozen=True):
    id: UUID


class LetterItem(Struct, frozen=True):
    """A dead letter: `id` is the message's. `kind`: send or tell. `status` of the message: failed,
    or unknown where nobody can say whether it arrived. `settled_how`: retried, dismissed or
    delivered (it arrived after all)."""

    id: UUID
    conversation: UUID
    channel: UUID
    contact_name: str
    kind: str
    reason: str
    error: Any
    attempts: int
    text: str
    status: str
    at: datetime
    settled_at: datetime | None
    settled_how: str


class ScheduledItem(Struct, frozen=True):
    """`state`: waiting, sent, cancelled or refused (`reason`). `version` goes into a change."""

    id: UUID
    conversation: UUID
    contact_name: str
    author: str
    kind: str
    text: str
    content: Any
    due_at: datetime
    local_time: str
    zone: str
    version: int
    state: str
    reason: str
    settled_at: datetime | None


class CloseIn(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=200)] = ""
