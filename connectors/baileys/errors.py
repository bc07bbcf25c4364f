"""The service's refusals in our words, and WhatsApp's reasons to end a connection.

Facts: WHATSAPP.md §E.3 (`DisconnectReason` of baileys 7.0.0-rc14; error 463 comes late, as a status
of the message, and must not be tried again: that makes it worse).
"""

from connectors.net import read_json
from connectors.net.pieces import Json, object_of, text_of
from flowengine.messages import Refused, Unclear

NO_NEW_CHATS = "463"

_WORDS: dict[str, tuple[str, bool]] = {
    "not_allowed": ("account", True),
    "rejected": ("policy", True),
    "not_on_whatsapp": ("unreachable", True),
    "content": ("invalid", True),
    "asset": ("media", True),
    "media": ("media", True),
    "rate_limited": ("rate_limited", False),
}
"""The service's word to ours, and whether it is for good."""

DETAILS = {
    NO_NEW_CHATS: "WhatsApp does not let this number begin chats; do not try again",
}

LACKING = {
    "no_node": "Node.js 20.6 or later is not installed where Flowengine runs",
    "no_modules": "the packages of the Baileys service are not there: `make baileys` installs them",
}

ENDED = frozenset(
    "logged_out forbidden locked too_old replaced multidevice bad_session gave_up".split()
)
"""Reasons after which a person has to look: most end the connection for good."""


def read_error(status: int, body: bytes) -> Refused | Unclear:
    """What an answer other than success means: a refusal in the body, else by its number."""
    try:
        told = object_of(read_json(body))
    except ValueError:
        told = {}
    if told.get("unclear") is True:
        return Unclear("no acknowledgement in time")
    refused = object_of(told.get("refused"))
    if refused:
        return read_refused(refused)
    code = f"http_{status}"
    if status == 401:
        return Refused("auth", False, None, code, "the service does not know our key", "channel")
    if status == 404:
        return Refused("transient", False, 15, code, "the session has not begun", "channel")
    if status == 413:
        return Refused("too_large", True, None, code)
    if status == 429:
        return Refused("rate_limited", False, None, code, scope="channel")
    if status == 503:  # our own door's: nothing reached the service
        word = text_of(told.get("error"))
        detail = LACKING.get(word, "the service is starting")
        code = word if word in LACKING else code
        return Refused("transient", False, 5, code, detail, "channel")
    if status >= 500:
        return Unclear(code)
    return Refused("invalid", True, None, code, text_of(told.get("error"))[:300])


def read_refused(told: Json) -> Refused:
    """`{reason, code, detail, retry_after?}` of the service."""
    word, code = text_of(told.get("reason")), text_of(told.get("code"))
    detail = DETAILS.get(code) or text_of(told.get("detail"))[:300]
    if word == "not_open":
        return Refused("transient", False, 15, "not_open", detail, "channel")
    reason, permanent = _WORDS.get(word, ("invalid", True))
    after = told.get("retry_after")
    seconds = float(after) if isinstance(after, int | float) and 0 <= after < 86_400 else None
    return Refused(reason, permanent, seconds, code or word, detail)


def read_late(parameters: list[str]) -> Refused:
    """Why a message that was taken failed afterwards: `messageStubParameters` of its status."""
    code = parameters[0] if parameters else ""
    reason = "account" if code == NO_NEW_CHATS else "policy"
    detail = DETAILS.get(code) or "WhatsApp did not take it"
    return Refused(reason, True, None, code or "ERROR", detail)
