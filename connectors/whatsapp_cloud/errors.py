"""Meta's error codes in our words: one table.

The HTTP status is often 400 even for throttling, so the code decides; titles and subcodes are
ignored. Source: Meta "Error codes" (May 2026), WHATSAPP.md §A.9.
"""

from typing import Any, cast

from msgspec import Struct

from connectors.net import read_json
from flowengine.messages import Refused, Unclear


class Trouble(Struct, frozen=True):
    """A row of the table. `wait`: seconds before the next try; None: the runtime's own back-off."""

    codes: tuple[int, ...]
    reason: str
    permanent: bool
    wait: float | None = None
    scope: str = "message"


PAIR_LIMIT = 131056

# auth, billing and account are not permanent: the channel stops, and what waits leaves once a
# person has mended it. 130497 is about one customer's country, so the channel goes on.
TABLE = (
    Trouble((130429,), "rate_limited", False, 2, "channel"),
    Trouble((4, 80007), "rate_limited", False, 60, "channel"),
    Trouble((133016,), "rate_limited", False, 3600, "channel"),
    Trouble((PAIR_LIMIT,), "rate_limited", False, 1, "contact"),
    Trouble((131048,), "spam_limit", False, 4 * 3600, "channel"),
    Trouble((1, 2, 131000, 131016, 133004), "transient", False),
    Trouble((131057,), "transient", False, 300, "channel"),
    Trouble((131052, 131053), "media", False),
    Trouble((131047,), "window_closed", True),
    Trouble((131021, 131026, 131030, 131062, 137000), "unreachable", True),
    Trouble((130472, 131049), "policy", True),
    Trouble((131050,), "opted_out", True),
    Trouble((368, 131031), "account", False, None, "channel"),
    Trouble((130497,), "account", True),
    Trouble(
        (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
        "template",
        True,
    ),
    Trouble((131063, 131064), "template", True),
    Trouble((33, 100, 131008, 131009, 131037, 131045, 131051, 133010, 135000), "invalid", True),
    Trouble((0, 3, 10, 190, 131005, *range(200, 300)), "auth", False, None, "channel"),
    Trouble((131042,), "billing", False, None, "channel"),
)

_BY_CODE = {code: trouble for trouble in TABLE for code in trouble.codes}


def refused(code: int, detail: str, attempt: int = 1) -> Refused | None:
    """The refusal of a code that we know; None for one that we do not."""
    trouble = _BY_CODE.get(code)
    if trouble is None:
        return None
    # "Pair rate limit": Meta's advice is to wait 4^X seconds, X = 0, 1, 2 …
    wait = 4.0 ** min(attempt - 1, 6) if code == PAIR_LIMIT else trouble.wait
    return Refused(trouble.reason, trouble.permanent, wait, str(code), detail, trouble.scope)


def read_status_error(error: dict[str, Any], attempt: int = 1) -> Refused:
    """An error inside a webhook (`statuses[].errors[]`): no HTTP status to fall back on."""
    code = error.get("code")
    known = refused(code, _detail(error), attempt) if isinstance(code, int) else None
    return known or Refused("invalid", True, None, str(code or ""), _detail(error))


def read_error(
    status: int, body: bytes, retry_after: str | None = None, attempt: int = 1
) -> Refused | Unclear:
    """What an HTTP answer other than success means.

    Without Graph's own JSON something in between answered: a 5xx leaves it open whether Graph
    acted, anything else did not reach it. Such an answer never says that a token is bad.
    """
    error = _graph_error(body)
    wait = _seconds(retry_after)
    if error is None:
        if status == 429:
            return Refused("rate_limited", False, wait, "http_429", scope="channel")
        if status >= 500:
            return Unclear(f"http_{status}")
        return Refused("transient", False, wait, f"http_{status}", scope="channel")
    code, detail = cast("int", error["code"]), _detail(error)
    known = refused(code, detail, attempt)
    if known is not None:
        return known
    if status == 429:
        return Refused("rate_limited", False, wait, str(code), detail, "channel")
    if status == 401:
        return Refused("auth", False, None, str(code), detail, "channel")
    if status >= 500 or error.get("is_transient") is True:
        return Refused("transient", False, wait, str(code), detail)
    return Refused("invalid", True, None, str(code), detail)


def _graph_error(body: bytes) -> dict[str, Any] | None:
    try:
        data = read_json(body)
    except ValueError:
        return None
    error = cast("dict[str, Any]", data).get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return None
    found = cast("dict[str, Any]", error)
    return found if isinstance(found.get("code"), int) else None


def _detail(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else None
    trace = error.get("fbtrace_id")
    told = details or error.get("message") or error.get("title") or ""
    return f"{told} [{trace}]" if trace else str(told)


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:
        return None  # a date: our own back-off is as good
