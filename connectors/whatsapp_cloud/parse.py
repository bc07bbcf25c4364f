"""A webhook body of Meta's into events: every entry, change, message and status of it.

Up to 1000 updates come in one body and Meta keeps no history, so each is read on its own: one that
cannot be read becomes `Unreadable` and costs nothing to the others. `Unreadable.raw` is itself a
body with that one piece in its envelope: once the reason is mended it can be parsed again.
"""

from collections.abc import Callable
from typing import Any

from connectors.net import read_json, write_raw
from connectors.net.pieces import Json, Unread, content_key, list_of, object_of, text_of
from connectors.whatsapp_cloud.errors import read_status_error
from connectors.whatsapp_cloud.messages import NOT_FROM_A_CUSTOMER, read_message
from connectors.whatsapp_cloud.news import level_of
from connectors.whatsapp_cloud.pieces import identities_of, people_of, sender_of, time_of
from connectors.whatsapp_cloud.settings import CloudSettings
from connectors.whatsapp_cloud.templates import news_of
from flowengine.messages import (
    Arrived,
    Echo,
    Moved,
    Notice,
    Parsed,
    Preference,
    ProviderEvent,
    Refused,
    Status,
    Unreadable,
)

_OBJECT = "whatsapp_business_account"
_STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})
_LEGACY_STATUSES = frozenset({"deleted", "warning"})


def parse(raw_body: bytes, settings: CloudSettings) -> Parsed:
    """Every event of the body, in its order, and what could not be read."""
    try:
        body = read_json(raw_body)
    except ValueError as trouble:
        return Parsed(unreadable=(Unreadable(raw_body, f"not JSON: {trouble}"),))
    if object_of(body).get("object") != _OBJECT or not isinstance(body.get("entry"), list):
        return Parsed(unreadable=(Unreadable(raw_body, f"not a {_OBJECT} body"),))
    reading = _Reading(settings)
    for entry in list_of(body["entry"]):
        changes = object_of(entry).get("changes")
        if not isinstance(changes, list):
            reading.unreadable.append(Unreadable(write_raw({"entry": [entry]}), "no changes"))
        for change in list_of(changes):
            reading.change(object_of(entry), change)
    return Parsed(tuple(reading.events), tuple(reading.unreadable))


class _Reading:
    """One body being read."""

    def __init__(self, settings: CloudSettings) -> None:
        self.settings = settings
        self.events: list[ProviderEvent] = []
        self.unreadable: list[Unreadable] = []

    def change(self, entry: Json, change: Any) -> None:
        """Read one change: its list of things if it has one, else as a notice."""
        told = object_of(change)
        value = object_of(told.get("value"))
        stranger = self.stranger(entry, value)
        if stranger:
            return self.keep(entry, change, stranger)
        place = _Place(entry, told, value, self.settings.portfolio)
        found = False
        for name, read in place.lists.items():
            items = value.get(name)
            if not isinstance(items, list):
                continue
            found = True
            for item in list_of(items):
                self.item(place, name, item, read)
        if not found:
            self.item(place, "", told, _notice)
        return None

    def item(self, place: "_Place", name: str, item: Any, read: "_Read") -> None:
        try:
            if not isinstance(item, dict):
                raise Unread("not an object")
            self.events.append(read(place, object_of(item)))
        except Exception as trouble:  # one bad event must never cost the others
            told = trouble if isinstance(trouble, Unread) else repr(trouble)
            self.keep(place.entry, place.alone(name, item), f"{name or 'change'}: {told}")

    def stranger(self, entry: Json, value: Json) -> str:
        """Why a change is not this channel's: several numbers may share one app and address."""
        number = text_of(object_of(value.get("metadata")).get("phone_number_id"))
        if number and number != self.settings.phone_number_id:
            return f"foreign_number {number}"
        account = text_of(entry.get("id"))
        if self.settings.waba_id and account and account != self.settings.waba_id:
            return f"foreign_account {account}"
        return ""

    def keep(self, entry: Json, change: Any, reason: str) -> None:
        envelope = {name: entry[name] for name in ("id", "time") if name in entry}
        body = {"object": _OBJECT, "entry": [{**envelope, "changes": [change]}]}
        self.unreadable.append(Unreadable(write_raw(body), reason))


class _Place:
    """Where an item was found: its entry and change, and the people that the change tells of."""

    def __init__(self, entry: Json, change: Json, value: Json, portfolio: str) -> None:
        self.entry = entry
        self.field = text_of(change.get("field"))
        self.lists = _LISTS.get(self.field, {})
        self.value = value
        self.portfolio = portfolio
        self.people = people_of(value.get("contacts"))

    def alone(self, name: str, item: Any) -> Any:
        """The change with this item only."""
        if not name:
            return item
        rest = {key: value for key, value in self.value.items() if key not in self.lists}
        return {"field": self.field, "value": {**rest, name: [item]}}


_Read = Callable[[_Place, Json], ProviderEvent]


def _message(place: _Place, message: Json) -> ProviderEvent:
    id_ = text_of(message.get("id"))
    key = f"message:{id_}" if id_ else content_key(place.entry.get("id"), message)
    kind = text_of(message.get("type"))
    if kind in NOT_FROM_A_CUSTOMER:
        about = text_of(object_of(message.get(kind)).get("type"))
        moved = _moved(place, key, message) if kind == "system" else None
        if moved is not None:
            return moved
        return Notice(key, f"{kind}:{about}" if about else kind, message)
    if message.get("group_id"):
        return Notice(key, "group_message", message)
    at = time_of(message.get("timestamp"), place.entry.get("time"))
    sender = sender_of(
        place.portfolio,
        place.people,
        message.get("from"),
        message.get("from_user_id"),
        message.get("from_parent_user_id"),
    )
    return Arrived(key, sender, read_message(message, id_, at))


def _moved(place: _Place, key: str, message: Json) -> Moved | None:
    """A person has another number or BSUID; None where the message tells no new id."""
    system = object_of(message.get("system"))
    was = identities_of(
        place.portfolio,
        system.get("previous_user_id"),
        system.get("previous_parent_user_id"),
        message.get("from"),
        message.get("from_user_id"),
    )
    now = identities_of(
        place.portfolio,
        system.get("wa_id"),
        system.get("user_id"),
        system.get("parent_user_id"),
    )
    news = tuple(identity for identity in now if identity not in was)
    return Moved(key, was, news) if was and news else None


def _echo(place: _Place, message: Json) -> ProviderEvent:
    """A person answered from the business's own phone."""
    id_ = text_of(message.get("id"))
    key = f"echo:{id_}" if id_ else content_key(place.entry.get("id"), message)
    if text_of(message.get("type")) in NOT_FROM_A_CUSTOMER:
        return Notice(key, f"echo:{text_of(message.get('type'))}", message)
    at = time_of(message.get("timestamp"), place.entry.get("time"))
    to = sender_of(
        place.portfolio,
        place.people,
        message.get("to"),
        message.get("to_user_id"),
        message.get("to_parent_user_id"),
    )
    return Echo(key, to, read_message(message, id_, at))


def _status(place: _Place, status: Json) -> ProviderEvent:
    id_, told = text_of(status.get("id")), text_of(status.get("status"))
    if not id_:
        raise Unread("no id")
    key = f"status:{id_}:{told}"
    if told in _LEGACY_STATUSES:
        return Notice(key, f"status:{told}", status)
    if told not in _STATUSES:
        raise Unread(f"unknown status {told!r}")
    return Status(
        key=key,
        provider_id=id_,
        status=told,
        at=time_of(status.get("timestamp"), place.entry.get("time")),
        callback=text_of(status.get("biz_opaque_callback_data")),
        refused=_failure(status) if told == "failed" else None,
        pricing=object_of(status.get("pricing")) or None,
        recipient=identities_of(
            place.portfolio, status.get("recipient_id"), status.get("recipient_user_id")
        ),
    )


def _failure(status: Json) -> Refused:
    errors = list_of(status.get("errors"))
    if not errors:
        return Refused("policy", True, detail="failed without a reason")
    return read_status_error(object_of(errors[0]))


def _preference(place: _Place, preference: Json) -> ProviderEvent:
    person, value = preference.get("user_id") or preference.get("wa_id"), preference.get("value")
    if value not in ("stop", "resume", "signup"):
        raise Unread(f"unknown value {value!r}")
    category, at = text_of(preference.get("category")), preference.get("timestamp")
    return Preference(
        key=f"preference:{text_of(person)}:{category}:{value}:{text_of(at)}",
        sender=sender_of(
            place.portfolio, place.people, preference.get("wa_id"), preference.get("user_id")
        ),
        purpose=category.removesuffix("_messages"),
        give=value != "stop",
        at=time_of(at, place.entry.get("time")),
    )


def _error(place: _Place, error: Json) -> ProviderEvent:
    key = content_key(place.entry.get("id"), place.entry.get("time"), error)
    return Notice(key, "error", error)


def _notice(place: _Place, change: Json) -> ProviderEvent:
    """Something about the account, a template or the number: told under its field's name."""
    value = change.get("value")
    body = object_of(value) if isinstance(value, dict) else {"value": value}
    key = content_key(place.field, place.entry.get("id"), place.entry.get("time"), value)
    template = news_of(place.field, body, text_of(place.entry.get("id")))
    return Notice(key, place.field, body, level_of(place.field, body), template)


# Lists of things that come in a field's value. Other fields have lists of the same names (the
# statuses of calls, the messages that another app must answer), so the field decides.
_LISTS: dict[str, dict[str, _Read]] = {
    "messages": {"messages": _message, "statuses": _status, "errors": _error},
    "smb_message_echoes": {"message_echoes": _echo, "errors": _error},
    "user_preferences": {"user_preferences": _preference, "errors": _error},
}
