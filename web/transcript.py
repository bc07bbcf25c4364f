"""A conversation as an agent reads it: what was said, by whom, and how far it came."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from flowengine.messages import Content, Inbound, Location, Refused, Text
from flowengine.store.conversations import Message
from web.texts import Texts
from web.words import REASONS, STATUS_ICONS, STATUSES

_inbound = msgspec.json.Decoder(Inbound, float_hook=Decimal)
_content = msgspec.json.Decoder(Content, float_hook=Decimal)
_refused = msgspec.json.Decoder(Refused)


class Said(Struct, frozen=True):
    """A message. `side`: contact, bot or agent; `content` is None for files that we do not hold.

    `status` in words, with an icon; `why`: the reason of a failure, in words.
    """

    id: str
    at: datetime
    side: str
    who: str
    kind: str
    text: str
    content: Content | None
    tapped: bool
    state: str
    icon: str
    status: str
    why: str
    node: str


def tell_messages(
    messages: Iterable[Message], people: Mapping[str, str], t: Texts
) -> tuple[Said, ...]:
    """Messages for the page. `people`: user id to name."""
    return tuple(tell_message(message, people, t) for message in messages)


def tell_message(message: Message, people: Mapping[str, str], t: Texts) -> Said:
    came = message.direction == "in"
    content, tapped = read_inbound(message.content) if came else (read_content(message), False)
    status = "" if came else message.status
    return Said(
        id=str(message.id),
        at=message.at,
        side="contact" if came else message.author,
        who=people.get(message.author_id, ""),
        kind=message.kind,
        text=message.text,
        content=content,
        tapped=tapped,
        state=status,
        icon=STATUS_ICONS.get(status, ""),
        status=t(STATUSES[status]) if status in STATUSES else "",
        why=why_failed(message.error, t),
        node=f"{message.flow}#n-{message.node}" if message.flow and message.node else "",
    )


def read_content(message: Message) -> Content | None:
    try:
        return _content.decode(message.content)
    except msgspec.DecodeError:
        return None


def read_inbound(raw: bytes) -> tuple[Content | None, bool]:
    """What the customer sent, as far as it can be shown; whether it was a tap."""
    try:
        inbound = _inbound.decode(raw)
    except msgspec.DecodeError:
        return None, False
    if inbound.location:
        place = inbound.location
        return Location(place.latitude, place.longitude, place.name, place.address), False
    if inbound.contact:
        return inbound.contact, False
    if inbound.media or (inbound.kind not in ("text", "choice") and not inbound.text):
        return None, False
    return Text(inbound.text), inbound.choice is not None


def why_failed(error: bytes | None, t: Texts) -> str:
    """The reason in words, and the provider's own number where it gave one."""
    if not error:
        return ""
    try:
        refused = _refused.decode(error)
    except msgspec.DecodeError:
        return ""
    words = t(REASONS[refused.reason]) if refused.reason in REASONS else refused.reason
    detail = " · ".join(part for part in (refused.code, refused.detail) if part)
    return f"{words} ({detail})" if detail else words
