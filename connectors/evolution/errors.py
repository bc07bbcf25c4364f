"""The server's refusals in our words (WHATSAPP.md §D.2).

The HTTP status decides, then the shape of `response.message`: its texts vary from version to
version.
"""

from typing import Any

from connectors.net import read_json
from connectors.net.pieces import Json, list_of, object_of, text_of
from flowengine.messages import Refused, Unclear


def read_error(status: int, body: bytes, retry_after: str | None = None) -> Refused | Unclear:
    """What an answer other than success means.

    Without the server's own JSON something in between answered: a 5xx leaves it open whether the
    message went, anything else did not reach the server.
    """
    told = _message(body)
    code = f"http_{status}"
    if status == 429:
        return Refused("rate_limited", False, _seconds(retry_after), code, scope="channel")
    if told is None:
        if status >= 500:
            return Unclear(code)
        return Refused("transient", False, None, code, scope="channel")
    detail = _detail(told)
    if status == 401:
        return Refused("auth", False, None, code, detail, "channel")
    if status == 403:
        return Refused("account", False, None, code, detail, "channel")
    if status == 404:  # the instance is gone: somebody has to connect it anew
        return Refused("auth", False, None, code, detail, "channel")
    if status >= 500:
        return Unclear(code)
    if any(object_of(each).get("exists") is False for each in list_of(told)):
        return Refused("unreachable", True, None, code, "the number has no WhatsApp")
    return Refused("invalid", True, None, code, detail)


def read_quiet_error(answer: Json) -> Refused | None:
    """`connect` and `restart` answer 200 with `{"error": true}`; None where all is well."""
    if answer.get("error") is not True:
        return None
    return Refused(
        "transient", False, None, "error", text_of(answer.get("message"))[:300], "channel"
    )


def _message(body: bytes) -> Any:
    """`response.message` of an error; None where it is not the server's own."""
    try:
        told = object_of(read_json(body))
    except ValueError:
        return None
    response = object_of(told.get("response"))
    return response.get("message", told.get("message", told.get("error")))


def _detail(told: Any) -> str:
    items: list[Any] = list_of(told) or [told]
    return "; ".join(filter(None, (text_of(each) for each in items)))[:300]


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:
        return None
