"""Shapes of Graph's JSON that the fake writes and reads."""

import re
from datetime import datetime
from typing import cast

import msgspec

from connectors.fake_graph.server import Reply
from connectors.fake_graph.words import App, Json, Number, Person

TEMPLATE_STATES: dict[str, tuple[int, str] | None] = {
    "APPROVED": None,
    "": (132001, "template name does not exist in the translation"),
    "PENDING": (132001, "template is not approved yet"),
    "PAUSED": (132015, "template is paused"),
    "DISABLED": (132016, "template is disabled"),
}


def find_choice(body: Json, title: str) -> tuple[str, str]:
    """`(kind of answer, id)` of a button or row by its title; LookupError where there is none."""
    action = cast("Json", cast("Json", body.get("interactive") or {}).get("action") or {})
    for button in cast("list[Json]", action.get("buttons") or []):
        if button["reply"]["title"] == title:
            return "button_reply", str(button["reply"]["id"])
    for section in cast("list[Json]", action.get("sections") or []):
        for row in cast("list[Json]", section["rows"]):
            if row["title"] == title:
                return "list_reply", str(row["id"])
    for part in cast(
        "list[Json]", cast("Json", body.get("template") or {}).get("components") or []
    ):
        if part["type"] == "button" and part["index"] == title:
            return "button", str(part["parameters"][0]["payload"])
    raise LookupError(title)


def contact_of(person: Person) -> Json:
    contact: Json = {"profile": {"name": person.name or "Ana"}}
    return contact | {n: v for n, v in (("wa_id", person.wa_id), ("user_id", person.user_id)) if v}


def key_of(person: Person) -> str:
    return person.user_id or person.wa_id


def seconds_of(at: datetime) -> str:
    return str(int(at.timestamp()))


def problem(code: int, details: str) -> Json:
    return {"code": code, "title": "Error", "message": "Error", "error_data": {"details": details}}


def token_of(app: App, token: str, number: Number) -> Json:
    """What `debug_token` says of a token."""
    if token != number.token:
        return {"is_valid": False, "error": {"code": 190, "message": "Invalid token"}}
    told: Json = {"app_id": app.id, "type": "SYSTEM_USER", "is_valid": True}
    return {**told, "expires_at": app.expires_at, "scopes": list(app.scopes)}


def subscriptions(app: App, headers: dict[str, str], numbers: tuple[Number, ...]) -> Reply:
    """The webhooks that the app asked for; read as the app, with its secret."""
    keys = [f"Bearer {app.id}|{number.app_secret}" for number in numbers]
    if headers.get("authorization") not in keys:
        return error(401, 190, "Error validating application")
    told: Json = {"object": "whatsapp_business_account", "callback_url": app.callback}
    fields = [{"name": name, "version": "v26.0"} for name in app.fields]
    return ok({"data": [{**told, "active": True, "fields": fields}] if app.fields else []})


def page_of(items: list[Json], query: dict[str, str]) -> Reply:
    """A page of a list, and the cursor of the next one."""
    begin, limit = int(query.get("after", "0")), int(query.get("limit", "25"))
    found, end = items[begin : begin + limit], begin + limit
    paging: Json = {"cursors": {"before": str(begin), "after": str(end)}}
    if end < len(items):
        paging["next"] = f"https://graph.facebook.com/next?after={end}"
    return ok({"data": found, "paging": paging})


def miscount(whole: Json, said: Json) -> tuple[int, str] | None:
    """132000 where a template's body, header or buttons got more or fewer values than they have."""
    parts = {part["type"]: part for part in cast("list[Json]", whole["components"])}
    given = cast("list[Json]", said.get("components") or [])
    for kind in ("header", "body"):
        holes = len(set(re.findall(r"{{.*?}}", str(parts.get(kind.upper(), {}).get("text", "")))))
        told = sum(
            parameter["type"] == "text"
            for part in given
            if part["type"] == kind
            for parameter in part["parameters"]
        )
        if holes != told:
            return 132000, f"{kind}: number of localizable_params ({told}) does not match ({holes})"
    buttons = cast("list[Json]", parts.get("BUTTONS", {}).get("buttons", []))
    for part in given:
        if part["type"] == "button":
            place = int(part["index"])
            kind = buttons[place]["type"].lower() if place < len(buttons) else "none"
            if kind != part["sub_type"]:
                return 132012, f"button {place} is {kind}, not {part['sub_type']}"
    return None


def ok(value: Json) -> Reply:
    return Reply(body=msgspec.json.encode(value))


def error(status: int, code: int, details: str) -> Reply:
    told: Json = {
        "message": f"(#{code}) {details}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "AFakeTraceOfAFakeGraph",
    }
    return Reply(status, msgspec.json.encode({"error": told}))
