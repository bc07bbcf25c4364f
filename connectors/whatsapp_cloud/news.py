"""What Meta's webhooks about numbers, accounts and templates say of a channel's health.

Fields: WHATSAPP.md §A.7, "Other fields". A value of tomorrow is worth a look, so it is `info`.
"""

from collections.abc import Callable

from connectors.net.pieces import Json, text_of

# account_update: events that end or threaten what the number may do, and those that mend it.
_ACCOUNT = {
    "ACCOUNT_VIOLATION": "warning",
    "ACCOUNT_RESTRICTION": "stop",
    "DISABLED_UPDATE": "stop",
    "ACCOUNT_DELETED": "stop",
    "ACCOUNT_OFFBOARDED": "stop",
    "PARTNER_REMOVED": "stop",
    "ACCOUNT_RECONNECTED": "good",
    "PARTNER_ADDED": "info",
}
_NUMBER = {"FLAGGED": "warning", "DOWNGRADE": "warning", "UNFLAGGED": "good", "UPGRADE": "good"}
_TEMPLATE = {
    "PAUSED": "warning",
    "DISABLED": "warning",
    "REJECTED": "warning",
    "FLAGGED": "warning",
    "LOCKED": "warning",
    "LIMIT_EXCEEDED": "warning",
    "DELETED": "warning",
}
_SCORE = {"RED": "warning", "YELLOW": "warning", "GREEN": "good"}


def _event(levels: dict[str, str], name: str = "event") -> Callable[[Json], str]:
    return lambda value: levels.get(text_of(value.get(name)).upper(), "info")


_LEVELS: dict[str, Callable[[Json], str]] = {
    "account_update": _event(_ACCOUNT),
    "account_alerts": lambda _: "warning",
    "account_review_update": _event({"APPROVED": "good", "REJECTED": "stop"}, "decision"),
    "security": lambda _: "warning",
    "phone_number_quality_update": _event(_NUMBER),
    "phone_number_name_update": _event({"REJECTED": "warning"}, "decision"),
    "business_capability_update": lambda _: "info",
    "message_template_status_update": _event(_TEMPLATE),
    "message_template_quality_update": _event(_SCORE, "new_quality_score"),
    "template_category_update": lambda _: "info",
    "message_template_components_update": lambda _: "info",
}


def level_of(field: str, value: Json) -> str:
    """good, info, warning or stop; "" for what says nothing of the channel's health."""
    find = _LEVELS.get(field)
    return find(value) if find else ""
