"""A Cloud channel's set-up, looked at with Graph's own eyes: nothing is sent, nothing changed.

Calls: `debug_token` (what the token may do), the number itself, `subscribed_apps` of the account
(without it no webhook comes), `subscriptions` of the app (which fields). WHATSAPP.md §A.1, §A.9.
"""

import time
from typing import Any

from connectors.base import Look
from connectors.net.pieces import Json, list_of, object_of, text_of
from connectors.whatsapp_cloud.client import Graph
from connectors.whatsapp_cloud.settings import CloudSettings
from flowengine.messages import Refused, Unclear

SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
WANTED = ("message_template_status_update", "phone_number_quality_update", "account_update")
SOON = 7 * 24 * 3600
"""Seconds: a token that ends within a week is worth a word."""


async def examine(settings: CloudSettings, graph: Graph, webhook: str) -> tuple[Look, ...]:
    """Token, scopes, number, quality, subscription, fields. A wrong token ends it."""
    token = settings.token.get_secret_value()
    number = await graph.get("", fields="id,display_phone_number,status,quality_rating")
    if isinstance(number, Refused | Unclear):
        return (_trouble("token" if _is_auth(number) else "number", number),)
    about = await graph.get("debug_token", input_token=token)
    told = {} if isinstance(about, Refused | Unclear) else object_of(about.get("data"))
    looks = [_token(told), _scopes(told), _status(number), _quality(number)]
    looks.append(await _subscribed(settings, graph))
    looks.append(await _fields(settings, graph, text_of(told.get("app_id")), webhook))
    return tuple(looks)


def _token(told: Json) -> Look:
    ends = told.get("expires_at")
    if isinstance(ends, int) and 0 < ends < time.time() + SOON:
        return Look("token", "warning", "expires", time.strftime("%Y-%m-%d", time.gmtime(ends)))
    return Look("token", "ok")


def _scopes(told: Json) -> Look:
    scopes = [text_of(each) for each in list_of(told.get("scopes"))]
    if not scopes:
        return Look("scopes", "skipped")
    missing = [each for each in SCOPES if each not in scopes]
    return Look("scopes", "failed", "", ", ".join(missing)) if missing else Look("scopes", "ok")


def _status(number: Json) -> Look:
    shown, status = text_of(number.get("display_phone_number")), text_of(number.get("status"))
    if status in ("", "CONNECTED"):
        return Look("number", "ok", "", shown)
    return Look("number", "failed", "status", f"{shown} {status}".strip())


def _quality(number: Json) -> Look:
    score = text_of(number.get("quality_rating"))
    return Look("quality", "warning" if score in ("YELLOW", "RED") else "ok", "", score)


async def _subscribed(settings: CloudSettings, graph: Graph) -> Look:
    if not settings.waba_id:
        return Look("subscribed", "skipped", "no_account")
    answer = await graph.get(f"{settings.waba_id}/subscribed_apps")
    if isinstance(answer, Refused | Unclear):
        return _trouble("subscribed", answer)
    return Look("subscribed", "ok" if list_of(answer.get("data")) else "failed")


async def _fields(settings: CloudSettings, graph: Graph, app: str, webhook: str) -> Look:
    if not app:
        return Look("fields", "skipped")
    key = f"{app}|{settings.app_secret.get_secret_value()}"
    answer = await graph.get_as(key, f"{app}/subscriptions")
    if isinstance(answer, Refused) and answer.reason == "auth":
        return Look("fields", "failed", "secret", f"{answer.code} {answer.detail}".strip())
    if isinstance(answer, Refused | Unclear):
        return _trouble("fields", answer)
    asked = [object_of(each) for each in list_of(answer.get("data"))]
    none: Json = {}
    ours = next((e for e in asked if e.get("object") == "whatsapp_business_account"), none)
    fields = {_name(each) for each in list_of(ours.get("fields"))}
    if "messages" not in fields:
        return Look("fields", "failed", "", "messages")
    called = text_of(ours.get("callback_url"))
    if called and called != webhook:  # an account or number may override it, so it is no failure
        return Look("fields", "warning", "callback", called)
    missing = [each for each in WANTED if each not in fields]
    return Look("fields", "warning", "", ", ".join(missing)) if missing else Look("fields", "ok")


def _name(field: Any) -> str:
    return text_of(object_of(field).get("name")) or text_of(field)


def _is_auth(outcome: Refused | Unclear) -> bool:
    return isinstance(outcome, Refused) and outcome.reason == "auth"


def _trouble(what: str, outcome: Refused | Unclear) -> Look:
    if isinstance(outcome, Unclear):
        return Look(what, "failed", "silent", outcome.reason)
    why = "silent" if outcome.reason == "transient" else ""
    return Look(what, "failed", why, f"{outcome.code} {outcome.detail}".strip())
