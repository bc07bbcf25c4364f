"""A webhook body of Evolution's into events.

One event a body; `data` is an object, sometimes an array, and each of its items is read on its own.
Both spellings of event names are known (`messages.upsert`, `MESSAGES_UPSERT`). Source: WHATSAPP.md
§D.4, from the server's code (2.3.6, 2.3.7).
"""

from collections.abc import Callable
from typing import Any

from connectors.net import read_json, write_raw
from connectors.net.pieces import Json, Unread, content_key, list_of, object_of, text_of
from connectors.net.web_messages import is_silent, read_message, unwrapped
from connectors.net.web_pieces import NOT_A_PERSON, identities_of, time_of, written_time_of
from flowengine.messages import (
    Arrived,
    Echo,
    Notice,
    Parsed,
    ProviderEvent,
    Refused,
    Sender,
    Status,
    Unreadable,
)

_STATUSES = {
    "SERVER_ACK": "sent",
    "DELIVERY_ACK": "delivered",
    "READ": "read",
    "PLAYED": "played",
    "ERROR": "failed",
}
_NO_NEWS = frozenset({"PENDING", "DELETED"})
_GONE = frozenset({401, 402, 403, 406})
"""Reasons of a lost connection that only pairing anew mends, or nothing (WHATSAPP.md §E.3)."""

_IGNORED = frozenset(
    {
        "send.message",
        "send.message.update",
        "messages.set",
        "messages.edited",
        "messages.delete",
        "presence.update",
        "call",
        "application.startup",
        "logout.instance",
        "remove.instance",
        "instance.create",
        "instance.delete",
    }
)
_IGNORED_FAMILIES = ("contacts.", "chats.", "groups.", "group.", "labels.", "typebot.")


def parse(raw_body: bytes, instance: str) -> Parsed:
    """Every event of the body, in its order, and what could not be read."""
    try:
        body = read_json(raw_body)
    except ValueError as trouble:
        return Parsed(unreadable=(Unreadable(raw_body, f"not JSON: {trouble}"),))
    told = object_of(body)
    event = _event_of(told.get("event"))
    if not event or "data" not in told:
        return Parsed(unreadable=(Unreadable(raw_body, "no event of Evolution's"),))
    if text_of(told.get("instance")) != instance:
        reason = f"foreign_instance {text_of(told.get('instance'))}"
        return Parsed(unreadable=(Unreadable(raw_body, reason),))
    if event in _IGNORED or event.startswith(_IGNORED_FAMILIES):
        return Parsed()
    data: Any = told["data"]
    items = list_of(data) if isinstance(data, list) else [data]
    events: list[ProviderEvent] = []
    unreadable: list[Unreadable] = []
    for item in items:
        try:
            if not isinstance(item, dict):
                raise Unread("not an object")
            read = _READERS.get(event, _notice)(_Envelope(told, event, instance), object_of(item))
            if read is not None:
                events.append(read)
        except Exception as trouble:  # one bad event must never cost the others
            why = trouble if isinstance(trouble, Unread) else repr(trouble)
            alone = write_raw({**told, "data": item})
            unreadable.append(Unreadable(alone, f"{event}: {why}"))
    return Parsed(tuple(events), tuple(unreadable))


class _Envelope:
    """What stands around an event."""

    def __init__(self, told: Json, event: str, instance: str) -> None:
        self.event = event
        self.instance = instance
        self.date_time = told.get("date_time")
        self.at = written_time_of(self.date_time)


def _event_of(value: Any) -> str:
    return text_of(value).strip().lower().replace("_", ".").replace("-", ".")


def _message(envelope: _Envelope, data: Json) -> ProviderEvent | None:
    key = object_of(data.get("key"))
    id_, jid = text_of(key.get("id")), text_of(key.get("remoteJid"))
    if not key or not jid:
        raise Unread("no key")
    if jid.endswith(NOT_A_PERSON):
        return None
    message = unwrapped(data.get("message"))
    if is_silent(message):
        return None
    if not message and data.get("messageType") == "unknown":  # of the phones among themselves
        return None
    if not message and not data.get("messageType"):
        raise Unread("no message")
    people = identities_of(
        envelope.instance,
        jid,
        key.get("remoteJidAlt"),
        key.get("senderPn"),
        key.get("senderLid"),
        data.get("senderPn"),
    )
    if not people:
        raise Unread("no sender")
    at = time_of(data.get("messageTimestamp")) or envelope.at
    name = f"{'echo' if key.get('fromMe') is True else 'message'}:{id_}"
    event_key = name if id_ else content_key(envelope.instance, data)
    said = read_message(data, message, id_, at)
    if key.get("fromMe") is True:  # typed on the phone: pushName is our own ("Você")
        return Echo(event_key, Sender(people), said)
    return Arrived(event_key, Sender(people, text_of(data.get("pushName"))), said)


def _status(envelope: _Envelope, data: Json) -> ProviderEvent | None:
    id_, told = text_of(data.get("keyId")), text_of(data.get("status")).upper()
    if not id_:
        raise Unread("no keyId")
    if told in _NO_NEWS or data.get("fromMe") is False:
        return None
    status = _STATUSES.get(told)
    if status is None:
        raise Unread(f"unknown status {told!r}")
    failed = Refused("policy", True, None, told, "WhatsApp did not take it")
    return Status(
        key=f"status:{id_}:{status}",
        provider_id=id_,
        status=status,
        at=time_of(data.get("messageTimestamp")) or envelope.at,
        refused=failed if status == "failed" else None,
        recipient=identities_of(envelope.instance, data.get("remoteJid")),
    )


def _connection(envelope: _Envelope, data: Json) -> ProviderEvent:
    state, reason = text_of(data.get("state")), data.get("statusReason")
    body = {"state": state, "reason": reason if isinstance(reason, int) else 0}
    level = {"open": "good", "connecting": ""}.get(state, "warning")
    if level == "warning" and body["reason"] in _GONE:
        level = "stop"
    return Notice(_key(envelope, data), "connection", body, level)


def _closed(envelope: _Envelope, data: Json) -> ProviderEvent:
    """The session is over: only pairing anew helps."""
    reason = data.get("disconnectionReasonCode")
    body = {
        "state": text_of(data.get("status")),
        "reason": reason if isinstance(reason, int) else 0,
    }
    return Notice(_key(envelope, data), "connection", body, "stop")


def _qrcode(envelope: _Envelope, data: Json) -> ProviderEvent | None:
    """A code is asked for when it is shown, and never stored: whoever has it has the account."""
    if data.get("statusCode") is None:
        return None
    body = {"message": text_of(data.get("message"))[:200]}
    return Notice(_key(envelope, data), "qrcode", body, "warning")


def _notice(envelope: _Envelope, data: Json) -> ProviderEvent:
    return Notice(_key(envelope, data), envelope.event, data)


def _key(envelope: _Envelope, data: Json) -> str:
    return content_key(envelope.instance, envelope.event, text_of(envelope.date_time), data)


_READERS: dict[str, Callable[[_Envelope, Json], ProviderEvent | None]] = {
    "messages.upsert": _message,
    "messages.update": _status,
    "connection.update": _connection,
    "status.instance": _closed,
    "qrcode.updated": _qrcode,
}
