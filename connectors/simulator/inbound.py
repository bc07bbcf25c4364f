"""What a person does on the phone, as an event and as a line of the chat."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from connectors.base import File
from connectors.simulator.words import Entry, Saying
from flowengine.messages import (
    Arrived,
    Audio,
    Card,
    Content,
    Document,
    Identity,
    Image,
    Inbound,
    Location,
    Media,
    MediaRef,
    Place,
    Reaction,
    Sender,
    Sticker,
    Tap,
    Text,
    Video,
)


class Said(Struct, frozen=True):
    arrived: Arrived
    entry: Entry


class Unsayable(ValueError):
    """A phone cannot do that; the message says what."""


def arrived(
    id_: str, who: Identity, saying: Saying, at: datetime, files: Mapping[str, File]
) -> Said:
    """The event and the line. Unsayable: nothing is said, or what only a business can say."""
    fields = _fields(saying, files)
    message = Inbound(id=id_, at=at, quoted=saying.quoted, **fields)
    sender = Sender((who,), saying.name)
    entry = Entry(id_, at, "customer", _shown(saying), saying.tap, saying.quoted)
    return Said(Arrived(f"message:{id_}", sender, message), entry)


def _shown(saying: Saying) -> Content:
    if saying.content is not None:
        return saying.content
    if saying.reaction is not None:
        return Reaction(saying.reaction, saying.quoted)
    return Text(saying.text or saying.title or saying.tap or "📋")


def _fields(saying: Saying, files: Mapping[str, File]) -> dict[str, Any]:
    if saying.tap:
        title = saying.title or saying.text
        return {"kind": "choice", "text": title, "choice": Tap(saying.tap, title)}
    if saying.form is not None:
        return {"kind": "form", "text": saying.text, "form": saying.form}
    if saying.reaction is not None:
        return {"kind": "reaction", "text": saying.reaction}
    if saying.content is not None:
        return _content(saying.content, files)
    if not saying.text:
        raise Unsayable("nothing was said")
    return {"text": saying.text}


def _content(content: Content, files: Mapping[str, File]) -> dict[str, Any]:
    match content:
        case Image() | Video() | Document():
            name = content.filename if isinstance(content, Document) else ""
            media = _media(content.media, files, name)
            return {"kind": content.__struct_config__.tag, "text": content.caption, "media": media}
        case Audio() | Sticker():
            voice = isinstance(content, Audio) and content.voice
            media = _media(content.media, files, "", voice)
            return {"kind": content.__struct_config__.tag, "media": media}
        case Location():
            place = Place(content.latitude, content.longitude, content.name, content.address)
            return {"kind": "location", "location": place}
        case Card():
            return {"kind": "contact", "text": content.name, "contact": content}
        case Text():
            return {"text": content.text}
        case _:
            raise Unsayable(f"a phone cannot send {content.__struct_config__.tag}")


def _media(media: Media, files: Mapping[str, File], name: str, voice: bool = False) -> MediaRef:
    id_ = media.asset or ""
    file = files.get(id_) or File("", b"")
    return MediaRef(
        id=id_, mime=file.mime, filename=name or file.name, url=media.url or "", voice=voice
    )
