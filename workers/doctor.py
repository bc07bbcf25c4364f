"""A channel's set-up examined: by its provider, by our own webhook's address, by a test message.

Each look has its mend in the texts of the web (`web/looks.py`); nothing is changed here.
"""

from urllib.parse import urlsplit

import httpx

from connectors.base import Context, Examined, Look, Provider, examined
from connectors.net import NETWORK_TROUBLE
from flowengine.messages import Accepted, Identity, Refused, Send, Text, Unclear

_LOCAL = ("localhost", "127.0.0.1", "::1")
TEST = "Teste do Flowengine: este canal funciona."


async def examine(
    provider: Provider, webhook: str, http: httpx.AsyncClient, to: str = ""
) -> tuple[Look, ...]:
    """Every look, in the order in which they are mended. `to` (E.164) is sent a test message."""
    thing = examined(provider)
    looks: list[Look] = []
    if thing is not None:
        looks += await thing.examine(webhook)
        looks.append(await look_at_webhook(thing, webhook, http))
    if to:
        looks.append(await send_test(provider, to))
    return tuple(looks)


async def look_at_webhook(thing: Examined, webhook: str, http: httpx.AsyncClient) -> Look:
    """Post to our own address what the provider would: a right signature is taken, none is not."""
    parts = urlsplit(webhook)
    headers, body = thing.sample()
    try:
        right = await http.post(webhook, content=body, headers=headers)
        wrong = await http.post(webhook, content=body)
    except NETWORK_TROUBLE as trouble:
        if type(trouble).__name__ == "PrivateAddress" or parts.hostname in _LOCAL:
            return Look("webhook", "warning", "local", webhook)
        return Look("webhook", "failed", "unreachable", type(trouble).__name__)
    if right.status_code == 401:
        return Look("signature", "failed", "", webhook)
    if right.status_code != 200 or wrong.status_code != 401:
        return Look("webhook", "failed", "elsewhere", f"HTTP {right.status_code}")
    if parts.scheme != "https" or parts.hostname in _LOCAL:
        return Look("webhook", "warning", "local", webhook)
    return Look("webhook", "ok")


async def send_test(provider: Provider, to: str) -> Look:
    """One text to a person who agreed to it."""
    send = Send(id="doctor", node="", flow="", content=Text(TEST))
    outcome = await provider.perform(send, (Identity("phone", to),), Context())
    match outcome:
        case Accepted():
            return Look("message", "ok", "", outcome.provider_id)
        case Refused(reason="window_closed" | "policy"):
            return Look("message", "warning", "window", f"{outcome.code} {outcome.detail}".strip())
        case Refused():
            return Look("message", "failed", outcome.reason, outcome.detail)
        case Unclear():
            return Look("message", "failed", "unclear", outcome.reason)
