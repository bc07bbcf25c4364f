"""One message of a webhook, of whatever type, in the normal form.

Types and shapes: WHATSAPP.md §A.7 (Meta's webhook examples, pywa's recorded updates).
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.net import read_json
from connectors.net.pieces import Json, Unread, list_of, object_of, text_of
from connectors.net.vcards import read_vcard
from flowengine.messages import Card, Inbound, MediaRef, Phone, Place, Tap

NOT_FROM_A_CUSTOMER = frozenset({"system", "edit", "revoke"})
"""Types that tell something about a person or an earlier message: notices, not messages."""

_NO_CONTENT = 131060  # "content not available": a number shared with the Business app


def read_message(message: Json, id_: str, at: datetime) -> Inbound:
    """The message as the engine knows it; a type of tomorrow is `unsupported`, never an error."""
    read = _READERS.get(text_of(message.get("type")), _unsupported)
    context = object_of(message.get("context"))
    referral = object_of(message.get("referral"))
    fields = read(message)
    if "quoted" not in fields and context:
        fields["quoted"] = text_of(context.get("id"))
    return Inbound(id=id_, at=at, referral=referral or None, **fields)


def _text(message: Json) -> Json:
    return {"text": _needed(object_of(message.get("text")).get("body"), "text.body")}


def _media(message: Json) -> Json:
    kind = text_of(message["type"])
    file = object_of(message.get(kind))
    if not file and not message.get("errors"):
        raise Unread(f"no {kind}")
    media = MediaRef(
        id=text_of(file.get("id")),
        mime=text_of(file.get("mime_type")),
        sha256=text_of(file.get("sha256")),
        filename=text_of(file.get("filename")),
        url=text_of(file.get("url")),
        voice=file.get("voice") is True,
    )
    return {"kind": kind, "text": text_of(file.get("caption")), "media": media}


def _location(message: Json) -> Json:
    place = object_of(message.get("location"))
    try:
        latitude, longitude = Decimal(str(place["latitude"])), Decimal(str(place["longitude"]))
    except (KeyError, InvalidOperation):
        raise Unread("no coordinates") from None
    if not (latitude.is_finite() and longitude.is_finite()):
        raise Unread("no coordinates")
    name, address = text_of(place.get("name")), text_of(place.get("address"))
    return {"kind": "location", "location": Place(latitude, longitude, name, address)}


def _contacts(message: Json) -> Json:
    cards = list_of(message.get("contacts"))
    if not cards:
        raise Unread("no contacts")
    card = object_of(cards[0])
    name = object_of(card.get("name"))
    parts = (text_of(name.get("first_name")), text_of(name.get("last_name")))
    phones = (object_of(phone) for phone in list_of(card.get("phones")))
    emails = (text_of(object_of(email).get("email")) for email in list_of(card.get("emails")))
    contact = Card(
        name=text_of(name.get("formatted_name")) or " ".join(filter(None, parts)),
        phones=tuple(filter(None, map(_phone, phones))),
        emails=tuple(filter(None, emails)),
        organization=text_of(object_of(card.get("org")).get("company")),
    )
    if not contact.phones and card.get("vcard"):
        contact = read_vcard(text_of(card.get("vcard")), contact.name)
    return {"kind": "contact", "text": contact.name, "contact": contact}


def _phone(phone: Json) -> Phone | None:
    number = text_of(phone.get("phone")) or text_of(phone.get("wa_id"))
    return Phone(number, text_of(phone.get("type")) or "CELL") if number else None


def _interactive(message: Json) -> Json:
    # The key itself can be missing: Meta then sends an error 131000 beside the message.
    interactive = object_of(message.get("interactive"))
    kind = text_of(interactive.get("type"))
    answer = object_of(interactive.get(kind))
    if kind in ("button_reply", "list_reply"):
        title = text_of(answer.get("title"))
        tap = Tap(_needed(answer.get("id") or title, f"{kind}.id"), title)
        return {"kind": "choice", "text": title, "choice": tap}
    if kind == "nfm_reply":
        form = _form(text_of(answer.get("response_json")))
        return {"kind": "form", "text": text_of(answer.get("body")), "form": form}
    return {"kind": "unsupported"}


def _form(answer: str) -> Json | None:
    """What was filled in. Some phones send what is no JSON: then the form is there, but empty."""
    try:
        return object_of(read_json(answer.encode("utf-8", "replace")))
    except ValueError:
        return None


def _button(message: Json) -> Json:
    button = object_of(message.get("button"))
    title = text_of(button.get("text"))
    tap = Tap(_needed(button.get("payload") or title, "button.payload"), title)
    return {"kind": "choice", "text": title, "choice": tap}


def _reaction(message: Json) -> Json:
    reaction = object_of(message.get("reaction"))
    quoted = _needed(reaction.get("message_id"), "reaction.message_id")
    return {"kind": "reaction", "text": text_of(reaction.get("emoji")), "quoted": quoted}


def _order(message: Json) -> Json:
    order = object_of(message.get("order"))
    return {"kind": "order", "text": text_of(order.get("text")), "order": order}


def _unsupported(message: Json) -> Json:
    codes = {object_of(error).get("code") for error in list_of(message.get("errors"))}
    return {"kind": "unavailable" if _NO_CONTENT in codes else "unsupported"}


def _needed(value: Any, name: str) -> str:
    told = text_of(value)
    if not told and not isinstance(value, str):
        raise Unread(f"no {name}")
    return told


_READERS: dict[str, Callable[[Json], Json]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
}
