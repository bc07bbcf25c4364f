"""What is posted for each kind of content: the path of the API and the body.

Shapes: WHATSAPP.md §D.3 (the server's DTOs and validation schemas, 2.3.7). A file is an address, or
its bytes in base64.
"""

import base64
import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.base import Context, File
from connectors.net.web_pieces import jid_of
from flowengine.messages import (
    Audio,
    Buttons,
    Card,
    Content,
    Document,
    Image,
    List,
    Location,
    Media,
    Reaction,
    Send,
    Sticker,
    Text,
    Video,
    write_payload,
)

Json = dict[str, Any]
Call = tuple[str, Json]

MOST_FILE = 16 * 1024 * 1024
MOST_DOCUMENT = 100 * 1024 * 1024


class Unsayable(Exception):
    """The server would not take it; the message says why."""


def file_of(content: Content) -> Media | None:
    """The file in a content, where there is one."""
    match content:
        case Image() | Audio() | Video() | Document() | Sticker():
            return content.media
        case _:
            return None


def call_of(send: Send, content: Content, to: str, file: File | None, context: Context) -> Call:
    """Path and body. Unsayable: it breaks a rule that no shortening mends."""
    path, body = _call(send, content, to, file, context)
    if context.quote and not isinstance(content, Reaction):
        body["quoted"] = {"key": {"id": context.quote}}
    return path, body


def _call(send: Send, content: Content, to: str, file: File | None, context: Context) -> Call:
    match content:
        case Text():
            if not content.text.strip():
                raise Unsayable("the text is empty")
            text = {"number": to, "text": content.text, "linkPreview": content.preview_url}
            return "message/sendText/{i}", text
        case Audio(voice=True):
            return "message/sendWhatsAppAudio/{i}", {"number": to, "audio": _data(content, file)}
        case Image() | Video() | Document() | Audio():
            return "message/sendMedia/{i}", _media(content, to, file)
        case Sticker():
            return "message/sendSticker/{i}", {"number": to, "sticker": _data(content, file)}
        case Location():
            return "message/sendLocation/{i}", _location(content, to)
        case Card():
            return "message/sendContact/{i}", {"number": to, "contact": [_card(content)]}
        case Reaction():
            return "message/sendReaction/{i}", _reaction(content, to, context)
        case Buttons():
            return "message/sendButtons/{i}", _buttons(content, to, send.offer)
        case List():
            return "message/sendList/{i}", _list(content, to, send.offer)
        case _:
            raise Unsayable("this channel has no such message")


def _media(content: Image | Video | Document | Audio, to: str, file: File | None) -> Json:
    kind = str(content.__struct_config__.tag)
    url = content.media.url or ""
    name = content.filename if isinstance(content, Document) else ""
    name = name or (file.name if file else unquote(urlsplit(url).path.rpartition("/")[2]))
    mime = file.mime if file else mimetypes.guess_type(name)[0] or _COMMON[kind]
    body: Json = {
        "number": to,
        "mediatype": kind,
        "mimetype": mime,
        "media": _data(content, file),
        "fileName": name or kind,
    }
    if not isinstance(content, Audio) and content.caption:
        body["caption"] = content.caption
    return body


_COMMON = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "document": "application/octet-stream",
}


def _data(content: Image | Video | Document | Audio | Sticker, file: File | None) -> str:
    if file is None:
        return content.media.url or ""
    most = MOST_DOCUMENT if isinstance(content, Document) else MOST_FILE
    if not 0 < file.length <= most:
        raise Unsayable(f"the file has {file.length} bytes, at most {most}")
    return base64.b64encode(file.data).decode()


def _location(content: Location, to: str) -> Json:
    where = f"{content.latitude}, {content.longitude}"  # name and address must not be empty
    return {
        "number": to,
        "latitude": float(content.latitude),
        "longitude": float(content.longitude),
        "name": content.name or content.address or where,
        "address": content.address or content.name or where,
    }


def _card(content: Card) -> Json:
    if not content.phones:
        raise Unsayable("a contact card needs a number here")
    phone = content.phones[0].phone
    digits = "".join(sign for sign in phone if sign.isdecimal())
    card: Json = {"fullName": content.name, "wuid": digits, "phoneNumber": phone}
    if content.organization:
        card["organization"] = content.organization
    if content.emails:
        card["email"] = content.emails[0]
    return card


def _reaction(content: Reaction, to: str, context: Context) -> Json:
    message = content.message or context.last_inbound
    if not message:
        raise Unsayable("there is no message to react to")
    key = {"id": message, "remoteJid": jid_of(to), "fromMe": False}
    return {"key": key, "reaction": content.emoji}


def _buttons(content: Buttons, to: str, offer: str) -> Json:
    return {
        "number": to,
        "title": content.header or content.text,
        "description": content.text if content.header else "",
        "footer": content.footer,
        "buttons": [
            {"type": "reply", "displayText": each.title, "id": write_payload(offer, each.id)}
            for each in content.buttons
        ],
    }


def _list(content: List, to: str, offer: str) -> Json:
    return {
        "number": to,
        "title": content.header,
        "description": content.text,
        "buttonText": content.button,
        "footerText": content.footer,
        "sections": [
            {
                "title": section.title or content.button,
                "rows": [
                    {
                        "title": row.title,
                        "description": row.description,
                        "rowId": write_payload(offer, row.id),
                    }
                    for row in section.rows
                ],
            }
            for section in content.sections
        ],
    }
