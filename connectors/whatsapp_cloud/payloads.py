"""What is posted to `/messages` for each kind of content.

Shapes: WHATSAPP.md §A.2-A.4 (Meta's pages on messages and templates, Nov 2025 - May 2026). The
content already fits the channel; a file in it was made into `file`, `{"id"}` or `{"link"}`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import re2

from connectors.base import Context
from connectors.whatsapp_cloud.fits import parts_of, template_fault
from flowengine.messages import (
    Audio,
    Buttons,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Identity,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Reaction,
    Send,
    Sticker,
    Template,
    Text,
    Video,
    write_payload,
)

Json = dict[str, Any]

BUTTON_ID = 256
ROW_ID = 200

# A form's button takes no emoji (WHATSAPP.md §A.3).
_EMOJI = re2.compile(r"[\p{So}\p{Sk}\x{200D}\x{FE0F}\x{1F3FB}-\x{1F3FF}]+")
_OPEN = "OK"


class Unsayable(Exception):
    """Meta would not take it; the message says why. `reason`: one of our words."""

    def __init__(self, why: str, reason: str = "invalid") -> None:
        super().__init__(why)
        self.reason = reason


def recipient(to: Sequence[Identity]) -> Json | None:
    """`to` for a phone, `recipient` for a BSUID, of the first identity that is either.

    With "+": without it Meta may prepend our own country code and write to a stranger.
    """
    for identity in to:
        if identity.kind == "phone":
            number = identity.value
            return {"to": number if number.startswith("+") else f"+{number}"}
        if identity.kind in ("bsuid", "parent_bsuid"):
            return {"recipient": identity.value}
    return None


def file_of(content: Content) -> Media | None:
    """The file in a content, where there is one."""
    match content:
        case Image() | Audio() | Video() | Document() | Sticker() | Buttons():
            return content.media
        case Template():
            return content.header
        case _:
            return None


def kind_of(content: Content) -> str:
    """As what its file is shown: image, video, audio, document or sticker; "" without one."""
    match content:
        case Image() | Audio() | Video() | Document() | Sticker():
            return str(content.__struct_config__.tag)
        case Buttons():
            return content.media_kind
        case Template():
            return content.header_kind
        case _:
            return ""


def envelope(send: Send, content: Content, to: Json, file: Json, context: Context) -> Json:
    """The whole body. Unsayable: it breaks a rule that no shortening mends."""
    kind, payload = _payload(send, content, file, context)
    body: Json = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        "type": kind,
        kind: payload,
    }
    if context.quote and kind != "reaction":
        body["context"] = {"message_id": context.quote}
    if context.callback:
        body["biz_opaque_callback_data"] = context.callback
    return body


def _payload(send: Send, content: Content, file: Json, context: Context) -> tuple[str, Any]:
    match content:
        case Text():
            return "text", _text(content)
        case Image() | Video():
            return str(content.__struct_config__.tag), {**file, **_given(caption=content.caption)}
        case Audio():
            return "audio", {**file, "voice": True} if content.voice else file
        case Document():
            named = _given(caption=content.caption, filename=content.filename)
            return "document", {**file, **named}
        case Sticker():
            return "sticker", file
        case Location():
            return "location", _location(content)
        case Card():
            return "contacts", [_card(content)]
        case Reaction():
            return "reaction", _reaction(content, context)
        case Template():
            return "template", _template(content, send.offer, file)
        case Buttons() | List() | CtaUrl() | Form() | LocationRequest() | ContactRequest():
            return "interactive", _interactive(send, content, file)


def _text(content: Text) -> Json:
    if not content.text.strip():
        raise Unsayable("the text is empty")
    preview = content.preview_url and any(way in content.text for way in ("https://", "http://"))
    return {"body": content.text, "preview_url": preview}


def _location(content: Location) -> Json:
    if not (_within(content.latitude, 90) and _within(content.longitude, 180)):
        raise Unsayable("there is no such place: a latitude ends at 90, a longitude at 180")
    where = {"latitude": float(content.latitude), "longitude": float(content.longitude)}
    return {**where, **_given(name=content.name, address=content.address)}


def _within(value: Decimal, most: int) -> bool:
    return value.is_finite() and abs(value) <= most


def _card(content: Card) -> Json:
    if not content.name.strip():
        raise Unsayable("the card has no name")
    first, _, last = content.name.strip().partition(" ")
    name = {"formatted_name": content.name, "first_name": first, **_given(last_name=last)}
    card: Json = {
        "name": name,
        "phones": [{"phone": phone.phone, "type": phone.type} for phone in content.phones],
    }
    if content.emails:
        card["emails"] = [{"email": email} for email in content.emails]
    if content.organization:
        card["org"] = {"company": content.organization}
    return card


def _reaction(content: Reaction, context: Context) -> Json:
    message = content.message or context.last_inbound
    if not message:
        raise Unsayable("there is no message to react to")
    return {"message_id": message, "emoji": content.emoji}


def _interactive(
    send: Send,
    content: Buttons | List | CtaUrl | Form | LocationRequest | ContactRequest,
    file: Json,
) -> Json:
    match content:
        case Buttons():
            header = _header(content.header, content.media_kind, file)
            return _framed(content, "button", header, {"buttons": _buttons(content, send.offer)})
        case List():
            action = {"button": content.button, "sections": _sections(content, send.offer)}
            return _framed(content, "list", _header(content.header), action)
        case CtaUrl():
            if urlsplit(content.url).scheme not in ("http", "https"):
                raise Unsayable("the button's address begins with https:// or http://")
            parameters: Json = {"display_text": content.title, "url": content.url}
            action = {"name": "cta_url", "parameters": parameters}
            return _framed(content, "cta_url", _header(content.header), action)
        case Form():
            action = {"name": "flow", "parameters": _form(content, send)}
            return _framed(content, "flow", _header(content.header), action)
        case LocationRequest():
            return {
                "type": "location_request_message",
                "body": {"text": content.text},
                "action": {"name": "send_location"},
            }
        case ContactRequest():
            return {
                "type": "request_contact_info",
                "body": {"text": content.text},
                "action": {"name": "request_contact_info"},
            }


def _framed(content: Buttons | List | CtaUrl | Form, kind: str, header: Json, action: Json) -> Json:
    body: Json = {"type": kind, **header, "body": {"text": content.text}}
    if content.footer:
        body["footer"] = {"text": content.footer}
    body["action"] = action
    return body


def _header(text: str, kind: str = "", file: Json | None = None) -> Json:
    if file:
        return {"header": {"type": kind, kind: file}}
    return {"header": {"type": "text", "text": text}} if text else {}


def _buttons(content: Buttons, offer: str) -> list[Json]:
    _apart([button.id for button in content.buttons])
    return [
        {"type": "reply", "reply": {"id": _id(offer, b.id, BUTTON_ID), "title": b.title}}
        for b in content.buttons
    ]


def _sections(content: List, offer: str) -> list[Json]:
    _apart([row.id for section in content.sections for row in section.rows])
    return [
        {
            **_given(title=section.title),
            "rows": [
                {
                    "id": _id(offer, row.id, ROW_ID),
                    "title": row.title,
                    **_given(description=row.description),
                }
                for row in section.rows
            ],
        }
        for section in content.sections
    ]


def _apart(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise Unsayable("two choices have the same id")


def _id(offer: str, choice: str, limit: int) -> str:
    payload = write_payload(offer, choice)
    if len(payload) > limit:  # cut, it would lead to another choice or to none
        raise Unsayable(f"the id of a choice has more than {limit} characters")
    return payload


def _form(content: Form, send: Send) -> Json:
    if not content.form.strip():
        raise Unsayable("which form is to be opened is not said")
    parameters: Json = {
        "flow_message_version": "3",
        "flow_id" if content.form.isdigit() else "flow_name": content.form,
        "flow_cta": _EMOJI.sub("", content.title).strip() or _OPEN,
        "flow_token": write_payload(send.offer, "form") if send.offer else send.id,
    }
    if content.screen:
        payload: Json = {"screen": content.screen}
        if content.data:  # an empty object is refused
            payload["data"] = content.data
        parameters |= {"flow_action": "navigate", "flow_action_payload": payload}
    return parameters


def _template(content: Template, offer: str, file: Json) -> Json:
    fault = template_fault(content)
    if fault:
        raise Unsayable(fault, "template")
    parts = parts_of(content.params)
    components: list[Json] = []
    if file:
        kind = content.header_kind
        components.append({"type": "header", "parameters": [{"type": kind, kind: file}]})
    elif "latitude" in parts["header"]:
        place = {"type": "location", "location": parts["header"]}
        components.append({"type": "header", "parameters": [place]})
    elif parts["header"]:
        components.append({"type": "header", "parameters": _parameters(parts["header"])})
    if parts[""]:
        components.append({"type": "body", "parameters": _parameters(parts[""])})
    for place, end in parts["url"].items():
        components.append(_button("url", place, {"type": "text", "text": end}))
    for place, code in parts["code"].items():
        components.append(_button("copy_code", place, {"type": "coupon_code", "coupon_code": code}))
    for at, button in enumerate(content.buttons):
        payload = {"type": "payload", "payload": _id(offer, button.id, BUTTON_ID)}
        place = str(at if button.place < 0 else button.place)
        components.append(_button("quick_reply", place, payload))
    # Meta writes languages as pt_BR.
    body: Json = {"name": content.name, "language": {"code": content.language.replace("-", "_")}}
    if components:
        body["components"] = components
    return body


def _button(kind: str, place: str, parameter: Json) -> Json:
    return {"type": "button", "sub_type": kind, "index": place, "parameters": [parameter]}


def _parameters(params: dict[str, str]) -> list[Json]:
    """Positional where every name is a number ({{1}}, {{2}} …), else named."""
    if all(name.isdecimal() for name in params):
        ordered = sorted(params.items(), key=lambda item: int(item[0]))
        return [{"type": "text", "text": text} for _, text in ordered]
    return [{"type": "text", "parameter_name": name, "text": text} for name, text in params.items()]


def _given(**fields: str) -> Json:
    return {name: value for name, value in fields.items() if value}
