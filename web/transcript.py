"""A conversation as an agent reads it: what was said, by whom, and how far it came."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from flowengine.messages import (
    Audio,
    Content,
    Document,
    Image,
    Inbound,
    Location,
    Media,
    Refused,
    Sticker,
    Text,
    Video,
)
from flowengine.store.conversations import Message
from flowengine.store.database import Transaction
from flowengine.store.echoes import PHONE
from flowengine.store.message_files import MessageFile, files_of
from web.texts import Texts, _
from web.words import REASONS, STATUS_ICONS, STATUSES

_inbound = msgspec.json.Decoder(Inbound, float_hook=Decimal)
_content = msgspec.json.Decoder(Content, float_hook=Decimal)
_refused = msgspec.json.Decoder(Refused)


class Said(Struct, frozen=True):
    """A message. `side`: contact, bot or agent; `content` is None for files that we do not hold,
    and `missing` says why.

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
    missing: str = ""


async def tell_messages(
    transaction: Transaction, messages: Iterable[Message], people: Mapping[str, str], t: Texts
) -> tuple[Said, ...]:
    """Messages for the page, with their files. `people`: user id to name."""
    found = tuple(messages)
    files = await files_of(transaction, [message.id for message in found])
    return tuple(tell_message(each, people, t, files.get(each.id)) for each in found)


def tell_message(
    message: Message, people: Mapping[str, str], t: Texts, file: MessageFile | None = None
) -> Said:
    came = message.direction == "in"
    content, tapped = read_inbound(message.content) if came else (read_content(message), False)
    if file is not None and (came or message.author_id == PHONE):
        content = shown_file(message, file) or content
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
        missing=t(MISSING[file.state]) if file is not None and file.state in MISSING else "",
    )


MISSING = {
    "waiting": _("chegando …"),
    "refused": _("o provedor não o entregou"),
    "gone": _("apagado pelo prazo"),
}


def shown_file(message: Message, file: MessageFile) -> Content | None:
    """A kept file as what it is by its bytes, with the words that came with it."""
    if file.state != "kept":
        return None
    media, kind = Media(asset=file.hash), file.mime.partition("/")[0]
    if message.kind == "sticker" and kind == "image":
        return Sticker(media)
    match kind:
        case "image" if "svg" not in file.mime:
            return Image(media, message.text)
        case "video":
            return Video(media, message.text)
        case "audio":
            return Audio(media)
        case _:
            return Document(media, file.name, message.text)


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
