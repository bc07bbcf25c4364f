"""What Graph says of a message's body: nothing, or an error's code and details.

The limits table of WHATSAPP.md §A.3, written apart from the connector's own code.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, cast

from connectors.fake_graph.words import Json

Fault = tuple[int, str]
_MEDIA = ("image", "video", "audio", "document", "sticker")
_KINDS = (*_MEDIA, "text", "location", "contacts", "reaction", "interactive", "template")


def fault_of(body: Json) -> Fault | None:
    """The first fault of a body; None where Graph takes it."""
    return next(_faults(body), None)


def _faults(body: Json) -> Iterator[Fault]:
    if body.get("messaging_product") != "whatsapp":
        yield 100, "The parameter messaging_product is required."
    to = body.get("to")
    if not to and not body.get("recipient"):
        yield 131008, "The parameter to is required."
    if to and not str(to).startswith("+"):
        yield 131009, "to: the fake takes numbers with + and country code only"
    kind = str(body.get("type", "text"))
    if kind not in _KINDS:
        yield 131009, f"type: {kind}"
    elif kind not in body:
        yield 131008, f"The parameter {kind} is required."
    elif len(str(body.get("biz_opaque_callback_data", ""))) > 512:
        yield 131009, "biz_opaque_callback_data: more than 512 characters"
    elif kind == "contacts":
        yield from _contacts(body[kind])
    elif not isinstance(body[kind], dict):
        yield 131009, f"{kind}: not an object"
    elif kind in _MEDIA:
        yield from _media(kind, body[kind])
    else:
        yield from _CHECKS[kind](body[kind])


def _text(text: Json) -> Iterator[Fault]:
    yield from _length("text.body", text.get("body"), 1, 4096)


def _media(kind: str, media: Json) -> Iterator[Fault]:
    if ("id" in media) == ("link" in media):
        yield 131009, f"{kind}: either id or link"
    yield from _length(f"{kind}.caption", media.get("caption", ""), 0, 1024)
    if media.get("caption") and kind in ("audio", "sticker"):
        yield 131009, f"{kind}: no caption"


def _location(place: Json) -> Iterator[Fault]:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = place.get(name)
        if not isinstance(value, int | float) or not -most <= value <= most:
            yield 131009, f"location.{name}"


def _contacts(cards: Any) -> Iterator[Fault]:
    if not isinstance(cards, list) or not cards:
        yield 131009, "contacts: 1 to 5"
        return
    for card in cast("list[Json]", cards):
        name = cast("Json", card.get("name") or {})
        if not name.get("formatted_name") or len(name) < 2:
            yield 131009, "contacts.name: formatted_name and one more"


def _reaction(reaction: Json) -> Iterator[Fault]:
    if not reaction.get("message_id") or "emoji" not in reaction:
        yield 131008, "reaction: message_id and emoji"


def _interactive(body: Json) -> Iterator[Fault]:
    kind, action = body.get("type"), cast("Json", body.get("action") or {})
    yield from _length("body.text", cast("Json", body.get("body") or {}).get("text"), 1, 1024)
    header = cast("Json", body.get("header") or {})
    if header.get("type") == "text":
        yield from _length("header.text", header.get("text"), 1, 60)
    elif header and kind != "button":
        yield 131009, "header: text only"
    if "footer" in body:
        yield from _length("footer.text", cast("Json", body["footer"]).get("text"), 1, 60)
    match kind:
        case "button":
            yield from _buttons(cast("list[Json]", action.get("buttons") or []))
        case "list":
            yield from _list(action)
        case "cta_url":
            parameters = cast("Json", action.get("parameters") or {})
            yield from _length("display_text", parameters.get("display_text"), 1, 20)
            if not str(parameters.get("url", "")).startswith(("http://", "https://")):
                yield 131009, "url: not an address"
        case "flow":
            parameters = cast("Json", action.get("parameters") or {})
            yield from _length("flow_cta", parameters.get("flow_cta"), 1, 30)
            if any(unicodedata.category(sign) == "So" for sign in str(parameters.get("flow_cta"))):
                yield 131009, "flow_cta: no emoji"
            payload = cast("Json", parameters.get("flow_action_payload") or {})
            if payload.get("data") == {}:
                yield 131009, "flow_action_payload.data: may not be empty"
        case "location_request_message":
            if action.get("name") != "send_location":
                yield 131009, "action.name"
        case "request_contact_info":
            if action.get("name") != "request_contact_info":
                yield 131009, "action.name"
        case _:
            yield 131009, f"interactive.type: {kind}"


def _buttons(buttons: list[Json]) -> Iterator[Fault]:
    if not 1 <= len(buttons) <= 3:
        yield 131009, f"buttons: {len(buttons)}, min 1, max 3"
    replies = [cast("Json", button.get("reply") or {}) for button in buttons]
    for reply in replies:
        yield from _length("button.title", reply.get("title"), 1, 20)
        yield from _length("button.id", reply.get("id"), 1, 256)
    for name in ("title", "id"):
        if len({reply.get(name) for reply in replies}) < len(replies):
            yield 131009, f"buttons: duplicated {name}"


def _list(action: Json) -> Iterator[Fault]:
    yield from _length("action.button", action.get("button"), 1, 20)
    sections = cast("list[Json]", action.get("sections") or [])
    rows = [row for section in sections for row in cast("list[Json]", section.get("rows") or [])]
    if not 1 <= len(rows) <= 10 or len(sections) > 10:
        yield 131009, f"rows: {len(rows)}, min 1, max 10"
    for section in sections:
        least = 1 if len(sections) > 1 else 0
        yield from _length("section.title", section.get("title", ""), least, 24)
    for row in rows:
        yield from _length("row.id", row.get("id"), 1, 200)
        yield from _length("row.title", row.get("title"), 1, 24)
        yield from _length("row.description", row.get("description", ""), 0, 72)
    if len({row.get("id") for row in rows}) < len(rows):
        yield 131009, "rows: duplicated id"


def _template(template: Json) -> Iterator[Fault]:
    yield from _length("template.name", template.get("name"), 1, 512)
    if re.search(r"[^a-z0-9_]", str(template.get("name"))):
        yield 132001, "template name does not exist in the translation"
    if not cast("Json", template.get("language") or {}).get("code"):
        yield 131008, "The parameter language.code is required."
    for component in cast("list[Json]", template.get("components") or []):
        texts = [p for p in component["parameters"] if p["type"] == "text"]
        if any(not str(each.get("text", "")).strip() for each in texts):
            yield 131008, "Parameter of type text is missing text value"
        if len({"parameter_name" in each for each in texts}) > 1:
            yield 132012, "Parameter name is missing or empty"


def _length(name: str, value: Any, least: int, most: int) -> Iterator[Fault]:
    if not isinstance(value, str) or len(value.strip()) < least:
        yield 131008, f"{name}: required"
    elif len(value) > most:
        yield 131009, f"{name}: {len(value)} characters, max {most}"


_CHECKS = {
    "text": _text,
    "location": _location,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}
