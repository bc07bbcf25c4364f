"""The account's templates: read page by page, and what webhooks tell of them.

Shapes: WHATSAPP.md §A.1, §A.4, §A.7 (Meta "Template fundamentals", May 2026; statuses of
"message_template_status_update", Apr 2026).
"""

from typing import Any, Literal

import re2

from connectors.base import FoundButton, FoundTemplate
from connectors.net.pieces import Json, list_of, object_of, text_of
from connectors.whatsapp_cloud.client import Graph
from flowengine.messages import Refused, TemplateNews, Unclear

PAGES, PAGE = 100, "100"
"""6,000 templates are the most that an account may have."""

_FIELDS = "id,name,language,status,category,components,quality_score,rejected_reason"
_HOLE = re2.compile(r"\{\{\s*([a-z][a-z0-9_]*|[1-9][0-9]?)\s*\}\}")
Header = Literal["none", "text", "image", "video", "document", "location"]
Category = Literal["utility", "marketing", "authentication"]
_HEADERS: dict[str, Header] = {
    "IMAGE": "image",
    "VIDEO": "video",
    "DOCUMENT": "document",
    "LOCATION": "location",
}
_CATEGORIES: dict[str, Category] = {
    "utility": "utility",
    "marketing": "marketing",
    "authentication": "authentication",
}
# What follows from a state, rather than being one.
_STATES = {"reinstated": "approved", "unarchived": "approved", "flagged": "approved"}


async def read_templates(
    graph: Graph, account: str
) -> tuple[FoundTemplate, ...] | Refused | Unclear:
    """All templates of an account, in its order."""
    found: list[FoundTemplate] = []
    after = ""
    for _ in range(PAGES):
        query = {"fields": _FIELDS, "limit": PAGE} | ({"after": after} if after else {})
        answer = await graph.get(f"{account}/message_templates", **query)
        if isinstance(answer, Refused | Unclear):
            return answer
        found += [read_template(object_of(each)) for each in list_of(answer.get("data"))]
        paging = object_of(answer.get("paging"))
        after = text_of(object_of(paging.get("cursors")).get("after"))
        if not paging.get("next") or not after:
            break
    return tuple(each for each in found if each.name and each.language)


def read_template(told: Json) -> FoundTemplate:
    """One of them; what we do not know of it is left out."""
    parts = {text_of(each.get("type")).upper(): each for each in _objects(told.get("components"))}
    header, body = parts.get("HEADER", {}), text_of(parts.get("BODY", {}).get("text"))
    kind = _kind_of(header)
    buttons = _objects(parts.get("BUTTONS", {}).get("buttons"))
    category = text_of(told.get("category")).lower()
    return FoundTemplate(
        name=text_of(told.get("name")),
        language=text_of(told.get("language")),
        category=_CATEGORIES.get(category, "utility"),
        status=state_of(text_of(told.get("status"))),
        body=body,
        header=kind,
        params=(*holes(body), *_of_header(kind, header), *_of_buttons(buttons)),
        buttons=tuple(_button(each) for each in buttons),
        quality=text_of(object_of(told.get("quality_score")).get("score")).lower(),
        reason=_reason(told.get("rejected_reason")),
    )


def news_of(field: str, value: Json, account: str = "") -> TemplateNews | None:
    """What a webhook tells of a template; None where it is about something else.

    `account`: whose webhook it is. Two accounts may have templates of one name.
    """
    name = text_of(value.get("message_template_name"))
    language = text_of(value.get("message_template_language"))
    if not name:
        return None
    match field:
        case "message_template_status_update":
            status = state_of(text_of(value.get("event")))
            reason = _reason(value.get("reason"))
            return TemplateNews(name, language, status, reason=reason, account=account)
        case "message_template_quality_update":
            score = text_of(value.get("new_quality_score")).lower()
            return TemplateNews(name, language, quality=score, account=account)
        case "template_category_update":
            told = text_of(value.get("new_category")).lower()
            category = _CATEGORIES.get(told, "")
            return TemplateNews(name, language, category=category, account=account)
        case _:
            return None


def state_of(told: str) -> str:
    """A state in our words: its own in lower case."""
    return _STATES.get(told.lower(), told.lower())


def holes(text: str) -> tuple[str, ...]:
    """The names, or numbers in their order, that a text leaves open."""
    found = list(dict.fromkeys(_HOLE.findall(text)))
    return tuple(sorted(found, key=int)) if all(map(str.isdecimal, found)) else tuple(found)


def _objects(value: Any) -> list[Json]:
    return [object_of(each) for each in list_of(value)]


def _kind_of(header: Json) -> Header:
    if not header:
        return "none"
    return _HEADERS.get(text_of(header.get("format")).upper(), "text")


def _of_header(kind: str, header: Json) -> tuple[str, ...]:
    if kind == "location":
        return ("header.latitude", "header.longitude", "header.name", "header.address")
    return tuple(f"header.{each}" for each in holes(text_of(header.get("text"))))


def _of_buttons(buttons: list[Json]) -> tuple[str, ...]:
    """Buttons that need a value: an address that ends in one, a code that is copied."""
    found: list[str] = []
    for place, button in enumerate(buttons):
        kind = _button(button).kind
        if kind == "copy_code":
            found.append(f"code.{place}")
        elif kind == "otp" or (kind == "url" and holes(text_of(button.get("url")))):
            found.append(f"url.{place}")
    return tuple(found)


def _button(told: Json) -> FoundButton:
    return FoundButton(text_of(told.get("type")).lower(), text_of(told.get("text")))


def _reason(told: Any) -> str:
    reason = text_of(told)
    return "" if reason.upper() == "NONE" else reason
