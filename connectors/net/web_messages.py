"""One message of WhatsApp Web's, of whatever type, in the normal form (WHATSAPP.md §D.4, §E.3)."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.net import read_json
from connectors.net.pieces import Json, Unread, list_of, object_of, text_of
from connectors.net.vcards import read_vcard
from flowengine.messages import Inbound, MediaRef, Place, Tap

_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
)
_DEEPEST = 6
_SILENT = frozenset({"protocolMessage", "senderKeyDistributionMessage", "messageContextInfo"})
"""What phones say to each other: keys, deletions, edits. Alone in a message they say nothing."""


def unwrapped(message: Any) -> Json:
    """The message inside its wrappers."""
    found = object_of(message)
    for _ in range(_DEEPEST):
        inner = next((object_of(found.get(name)) for name in _WRAPPERS if name in found), None)
        if inner is None:
            break
        found = object_of(inner.get("message"))
    return found


def is_silent(message: Json) -> bool:
    """Whether nobody said anything in it."""
    return bool(message) and message.keys() <= _SILENT


def read_message(data: Json, message: Json, id_: str, at: datetime) -> Inbound:
    """The message as the engine knows it; a type of tomorrow is `unsupported`, never an error."""
    kind = next((name for name in _READERS if name in message), "")
    fields: Json = _READERS[kind](message[kind], id_) if kind else {"kind": "unsupported"}
    if "quoted" not in fields:
        inner = object_of(object_of(message.get(kind)).get("contextInfo"))
        context = object_of(data.get("contextInfo")) or inner
        fields["quoted"] = text_of(context.get("stanzaId"))
    return Inbound(id=id_, at=at, **fields)


def _conversation(value: Any, _: str) -> Json:
    if not isinstance(value, str):
        raise Unread("conversation is no text")
    return {"text": value}


def _extended(value: Any, _: str) -> Json:
    return {"text": text_of(object_of(value).get("text"))}


def _media(kind: str) -> Callable[[Any, str], Json]:
    def read(value: Any, id_: str) -> Json:
        file = object_of(value)
        media = MediaRef(
            id=id_,
            mime=text_of(file.get("mimetype")),
            filename=text_of(file.get("fileName")),
            voice=file.get("ptt") is True,
        )
        return {"kind": kind, "text": text_of(file.get("caption")), "media": media}

    return read


def _location(value: Any, _: str) -> Json:
    place = object_of(value)
    try:
        latitude = Decimal(str(place["degreesLatitude"]))
        longitude = Decimal(str(place["degreesLongitude"]))
    except (KeyError, InvalidOperation):
        raise Unread("no coordinates") from None
    if not (latitude.is_finite() and longitude.is_finite()):
        raise Unread("no coordinates")
    name, address = text_of(place.get("name")), text_of(place.get("address"))
    return {"kind": "location", "location": Place(latitude, longitude, name, address)}


def _contact(value: Any, _: str) -> Json:
    told = object_of(value)
    card = read_vcard(text_of(told.get("vcard")), text_of(told.get("displayName")))
    return {"kind": "contact", "text": card.name, "contact": card}


def _contacts(value: Any, id_: str) -> Json:
    cards = list_of(object_of(value).get("contacts"))
    if not cards:
        raise Unread("no contacts")
    return _contact(cards[0], id_)


def _reaction(value: Any, _: str) -> Json:
    told = object_of(value)
    quoted = text_of(object_of(told.get("key")).get("id"))
    if not quoted:
        raise Unread("a reaction to nothing")
    return {"kind": "reaction", "text": text_of(told.get("text")), "quoted": quoted}


def _choice(payload: str, title: str) -> Json:
    if not payload and not title:
        raise Unread("a choice without an id")
    return {"kind": "choice", "text": title, "choice": Tap(payload or title, title)}


def _list_reply(value: Any, _: str) -> Json:
    told = object_of(value)
    row = object_of(told.get("singleSelectReply"))
    return _choice(text_of(row.get("selectedRowId")), text_of(told.get("title")))


def _button_reply(value: Any, _: str) -> Json:
    told = object_of(value)
    return _choice(text_of(told.get("selectedButtonId")), text_of(told.get("selectedDisplayText")))


def _template_reply(value: Any, _: str) -> Json:
    told = object_of(value)
    return _choice(text_of(told.get("selectedId")), text_of(told.get("selectedDisplayText")))


def _native_reply(value: Any, _: str) -> Json:
    told = object_of(object_of(value).get("nativeFlowResponseMessage"))
    try:
        given = object_of(read_json(text_of(told.get("paramsJson")).encode("utf-8", "replace")))
    except ValueError:
        return {"kind": "unsupported"}
    title = text_of(object_of(object_of(value).get("body")).get("text"))
    id_ = text_of(given.get("id"))
    return _choice(id_, title) if id_ else {"kind": "form", "text": title, "form": given}


_READERS: dict[str, Callable[[Any, str], Json]] = {
    "conversation": _conversation,
    "extendedTextMessage": _extended,
    "imageMessage": _media("image"),
    "videoMessage": _media("video"),
    "ptvMessage": _media("video"),
    "documentMessage": _media("document"),
    "audioMessage": _media("audio"),
    "stickerMessage": _media("sticker"),
    "locationMessage": _location,
    "liveLocationMessage": _location,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    "reactionMessage": _reaction,
    "listResponseMessage": _list_reply,
    "buttonsResponseMessage": _button_reply,
    "templateButtonReplyMessage": _template_reply,
    "interactiveResponseMessage": _native_reply,
}
