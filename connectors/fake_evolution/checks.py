"""What the server says of a send's body: nothing, or a list of sentences.

Written apart from the connector's own code, from the validation schemas (WHATSAPP.md §D.3).
"""

from collections.abc import Callable
from typing import Any, cast

from connectors.fake_evolution.words import Json

KINDS = ("image", "video", "audio", "document")


def faults_of(path: str, body: Json) -> list[str]:
    """The faults of a body; empty where the server takes it."""
    needed, check = _SENDS[path]
    found = [f'"{name}" is required' for name in needed if body.get(name) in (None, "")]
    return found or (check(body) if check else [])


def is_send(path: str) -> bool:
    return path in _SENDS


def _media(body: Json) -> list[str]:
    return [] if body["mediatype"] in KINDS else ["mediatype is not one of enum values"]


def _numbers(body: Json) -> list[str]:
    places = (body["latitude"], body["longitude"])
    return [] if all(isinstance(each, int | float) for each in places) else ["not a number"]


def _contacts(body: Json) -> list[str]:
    cards = cast("list[Json]", body["contact"])
    fine = cards and all(each.get("fullName") and each.get("phoneNumber") for each in cards)
    return [] if fine else ["contact: fullName and phoneNumber are required"]


def _reaction(body: Json) -> list[str]:
    key = cast("Json", body["key"])
    fine = key.get("id") and "@" in str(key.get("remoteJid")) and "fromMe" in key
    return [] if fine and isinstance(body.get("reaction"), str) else ["key and reaction"]


def _buttons(body: Json) -> list[str]:
    buttons = cast("list[Json]", body["buttons"])
    if not 1 <= len(buttons) <= 3 or any(each.get("type") != "reply" for each in buttons):
        return ["buttons: 1 to 3 of type reply"]
    return [] if all(b.get("displayText") and b.get("id") for b in buttons) else ["a button's text"]


def _list(body: Json) -> list[str]:
    sections = cast("list[Json]", body["sections"])
    rows = [row for each in sections for row in cast("list[Json]", each.get("rows") or [])]
    if not rows or any(not each.get("title") for each in sections):
        return ["sections: title and rows are required"]
    return [] if all(row.get("title") and row.get("rowId") for row in rows) else ["a row's title"]


def _quoted(body: Json) -> list[str]:
    return [] if isinstance(body["text"], str) else ["text is not a string"]


_SENDS: dict[str, tuple[tuple[str, ...], Callable[[Json], list[str]] | None]] = {
    "sendText": (("number", "text"), _quoted),
    "sendMedia": (("number", "mediatype", "mimetype", "media"), _media),
    "sendWhatsAppAudio": (("number", "audio"), None),
    "sendSticker": (("number", "sticker"), None),
    "sendLocation": (("number", "latitude", "longitude", "name", "address"), _numbers),
    "sendContact": (("number", "contact"), _contacts),
    "sendReaction": (("key",), _reaction),
    "sendButtons": (("number", "title", "buttons"), _buttons),
    "sendList": (("number", "description", "buttonText", "sections"), _list),
}


def error(status: int, message: Any) -> tuple[int, Json]:
    """An error in the server's shape."""
    names = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
    name = names.get(status, "Internal Server Error")
    return status, {"status": status, "error": name, "response": {"message": message}}
