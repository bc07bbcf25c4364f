"""An Evolution channel's set-up, looked at: key, session, the webhook as the server has it."""

import hmac

from connectors.base import Look
from connectors.evolution.session import EVENTS, SECRET_HEADER, Session
from connectors.net.pieces import list_of, object_of, text_of
from flowengine.messages import Refused, Unclear


async def examine(session: Session, webhook: str, secret: str) -> tuple[Look, ...]:
    """Token (the server and its key), session, hook. A server that is away ends it."""
    link = await session.state()
    if isinstance(link, Unclear):
        return (Look("token", "failed", "silent", link.reason),)
    if isinstance(link, Refused):
        private = link.reason == "private_address"
        why = "private" if private else "" if link.reason == "auth" else "silent"
        return (Look("token", "failed", why, f"{link.code} {link.detail}".strip()),)
    states = {"open": Look("session", "ok"), "connecting": Look("session", "warning")}
    looks = [Look("token", "ok"), states.get(link.state, Look("session", "failed", link.state))]
    if link.state != "missing":
        looks.append(await _hook(session, webhook, secret))
    return tuple(looks)


async def _hook(session: Session, webhook: str, secret: str) -> Look:
    hook = await session.hooked()
    if isinstance(hook, Refused | Unclear) or not text_of(hook.get("url")):
        return Look("hook", "failed", "none")
    if hook.get("enabled") is False:
        return Look("hook", "failed", "off")
    if text_of(hook.get("url")) != webhook:
        return Look("hook", "failed", "elsewhere", text_of(hook.get("url")))
    headers = {k.lower(): text_of(v) for k, v in object_of(hook.get("headers")).items()}
    if not hmac.compare_digest(
        headers.get(SECRET_HEADER, "").encode(), f"Bearer {secret}".encode()
    ):
        return Look("hook", "failed", "secret")
    events = [text_of(each) for each in list_of(hook.get("events"))]  # empty: all
    missing = [each for each in EVENTS if events and each not in events]
    if missing:
        return Look("hook", "failed", "events", ", ".join(missing))
    return Look("hook", "warning", "by_events") if hook.get("byEvents") else Look("hook", "ok")
