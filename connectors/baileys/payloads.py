"""What is posted for each kind of content, in the form that Baileys sends (WHATSAPP.md §E.3)."""

import base64
import hashlib
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from connectors.base import Context, File
from connectors.net.web_pieces import jid_of
from flowengine.messages import (
    Audio,
    Card,
    Content,
    Document,
    Image,
    Location,
    Media,
    Reaction,
    Sticker,
    Text,
    Video,
)

Json = dict[str, Any]

MOST_FILE = 16 * 1024 * 1024
MOST_DOCUMENT = 100 * 1024 * 1024


class Unsayable(Exception):
    """WhatsApp would not take it; the message says why."""


def file_of(content: Content) -> Media | None:
    """The file in a content, where there is one."""
    match content:
        case Image() | Audio() | Video() | Document() | Sticker():
            return content.media
        case _:
            return None


def most_bytes(content: Content) -> int:
    """How large its file may be."""
    return MOST_DOCUMENT if isinstance(content, Document) else MOST_FILE


def id_of(session: str, context: Context) -> str:
    """The message's own id, the same at each attempt: a resend is the same message.

    In the form of WhatsApp Web's, as `generateMessageIDV2` makes them: 3EB0 and 18 digits.
    """
    send = context.callback.rpartition(":")[0] or uuid4().hex
    return "3EB0" + hashlib.sha256(f"{session}/{send}".encode()).hexdigest()[:18].upper()


def body_of(content: Content, to: str, file: File | None, context: Context) -> Json:
    """`{to, content, quoted?}`. Unsayable: it breaks a rule that no shortening mends."""
    jid = jid_of(to)
    body: Json = {"to": jid, "content": _content(content, jid, file, context)}
    if context.quote and not isinstance(content, Reaction):
        key = {"remoteJid": jid, "fromMe": False, "id": context.quote}
        body["quoted"] = {"key": key, "message": {"conversation": ""}}
    return body


def _content(content: Content, jid: str, file: File | None, context: Context) -> Json:
    match content:
        case Text():
            if not content.text.strip():
                raise Unsayable("the text is empty")
            return {"text": content.text}
        case Image() | Video() | Document() | Audio() | Sticker():
            return _media(content, file)
        case Location():
            return {"location": _location(content)}
        case Card():
            cards = [{"vcard": write_vcard(content)}]
            return {"contacts": {"displayName": content.name, "contacts": cards}}
        case Reaction():
            message = content.message or context.last_inbound
            if not message:
                raise Unsayable("there is no message to react to")
            key = {"remoteJid": jid, "fromMe": False, "id": message}
            return {"react": {"text": content.emoji, "key": key}}
        case _:
            raise Unsayable("this channel has no such message")


def _media(content: Image | Video | Document | Audio | Sticker, file: File | None) -> Json:
    most = most_bytes(content)
    if file is None or not 0 < len(file.data) <= most:
        raise Unsayable(f"the file has {len(file.data) if file else 0} bytes, at most {most}")
    kind = str(content.__struct_config__.tag)
    said: Json = {kind: {"asset": base64.b64encode(file.data).decode()}}
    if kind != "sticker":
        said["mimetype"] = file.mime or _COMMON[kind]
    match content:
        case Audio():
            said["ptt"] = content.voice
        case Document():
            said["fileName"] = content.filename or file.name or _named(content.media, kind)
            if content.caption:
                said["caption"] = content.caption
        case Image() | Video():
            if content.caption:
                said["caption"] = content.caption
        case Sticker():
            pass
    return said


_COMMON = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/octet-stream",
}


def _named(media: Media, otherwise: str) -> str:
    return unquote(urlsplit(media.url or "").path.rpartition("/")[2]) or otherwise


def _location(content: Location) -> Json:
    said: Json = {
        "degreesLatitude": float(content.latitude),
        "degreesLongitude": float(content.longitude),
    }
    if content.name:
        said["name"] = content.name
    if content.address:
        said["address"] = content.address
    return said


def write_vcard(card: Card) -> str:
    """The card as phones read it (vCard 3.0); `waid` makes its number one to write to."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(card.name)}"]
    if card.organization:
        lines.append(f"ORG:{_escaped(card.organization)}")
    for phone in card.phones:
        digits = "".join(sign for sign in phone.phone if sign.isdecimal())
        kind = phone.type if phone.type.isalpha() else "CELL"
        lines.append(f"TEL;type={kind};waid={digits}:{_escaped(phone.phone)}")
    lines += [f"EMAIL:{_escaped(email)}" for email in card.emails]
    return "\n".join([*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\r", "").replace("\n", "\\n")
