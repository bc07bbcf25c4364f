"""What the service tells, into events.

A body is `{session, seq, events: [{kind, data}]}`; kinds are Baileys' own names of its events, and
each message, status or mapping of one is read on its own. Source: WHATSAPP.md §E.3, §I.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from connectors.baileys.errors import ENDED, read_late
from connectors.baileys.numbers import is_same_phone, number_of
from connectors.net import read_json, write_raw
from connectors.net.pieces import Json, Unread, content_key, list_of, object_of, text_of
from connectors.net.web_messages import is_silent, read_message, unwrapped
from connectors.net.web_pieces import BEGINNING, NOT_A_PERSON, identities_of, time_of
from flowengine.messages import (
    Arrived,
    Echo,
    Inbound,
    Moved,
    Notice,
    Parsed,
    ProviderEvent,
    Sender,
    Status,
    Unreadable,
)

_STATUSES = {
    "0": "failed",
    "ERROR": "failed",
    "2": "sent",
    "SERVER_ACK": "sent",
    "3": "delivered",
    "DELIVERY_ACK": "delivered",
    "4": "read",
    "READ": "read",
    "5": "played",
    "PLAYED": "played",
}
_NO_NEWS = frozenset({"", "1", "PENDING"})
_IGNORED = frozenset(
    {
        "call",
        "creds.update",
        "messages.delete",
        "messages.reaction",
        "message-receipt.update",
        "presence.update",
    }
)
_IGNORED_FAMILIES = ("blocklist.", "chats.", "contacts.", "groups.", "group-", "labels.")


def parse(raw_body: bytes, session: str, account: str) -> Parsed:
    """Every event of the body, in its order. `account`: our own number, the scope of LIDs."""
    try:
        body = read_json(raw_body)
    except ValueError as trouble:
        return Parsed(unreadable=(Unreadable(raw_body, f"not JSON: {trouble}"),))
    told = object_of(body)
    if not isinstance(told.get("events"), list):
        return Parsed(unreadable=(Unreadable(raw_body, "no events of the service's"),))
    if not session or text_of(told.get("session")) != session:
        reason = f"foreign_session {text_of(told.get('session'))}"
        return Parsed(unreadable=(Unreadable(raw_body, reason),))
    events: list[ProviderEvent] = []
    unreadable: list[Unreadable] = []
    for kind, item, alone in _pieces(list_of(told["events"])):
        try:
            read = _read(kind, item, account)
            if read is not None:
                events.append(read)
        except Exception as trouble:  # one bad event must never cost the others
            why = trouble if isinstance(trouble, Unread) else repr(trouble)
            raw = write_raw({**told, "events": [alone]})
            unreadable.append(Unreadable(raw, f"{kind or 'event'}: {why}"))
    return Parsed(tuple(events), tuple(unreadable))


def _pieces(events: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Kind, one thing that it tells, and an event of that thing alone."""
    for event in events:
        kind, data = text_of(object_of(event).get("kind")), object_of(event).get("data")
        if kind == "messages.upsert" and isinstance(object_of(data).get("messages"), list):
            upsert = object_of(data)
            for message in list_of(upsert["messages"]):
                yield kind, message, {"kind": kind, "data": {**upsert, "messages": [message]}}
        elif isinstance(data, list):
            for item in list_of(data):
                yield kind, item, {"kind": kind, "data": [item]}
        else:
            yield kind, data, event


def _read(kind: str, item: Any, account: str) -> ProviderEvent | None:
    if not kind:
        raise Unread("no kind")
    if kind in _IGNORED or kind.startswith(_IGNORED_FAMILIES):
        return None
    if not isinstance(item, dict):
        raise Unread("not an object")
    return _READERS.get(kind, _notice_of(kind))(object_of(item), account)


def _message(data: Json, account: str) -> ProviderEvent | None:
    key = object_of(data.get("key"))
    id_, jid = text_of(key.get("id")), text_of(key.get("remoteJid"))
    if not jid:
        raise Unread("no key")
    if jid.endswith(NOT_A_PERSON):
        return None
    people = identities_of(
        account, jid, key.get("remoteJidAlt"), key.get("senderPn"), key.get("senderLid")
    )
    if not people:
        raise Unread("no sender")
    message = unwrapped(data.get("message"))
    if is_silent(message):
        return None
    if not message:
        if data.get("messageStubType") is None:
            raise Unread("no message")
        # It could not be decrypted yet: its phone is asked, and sends it again under this id.
        return Notice(f"waiting:{id_}", "waiting", {"id": id_}, "info")
    own = key.get("fromMe") is True
    event_key = f"{'echo' if own else 'message'}:{id_}" if id_ else content_key(account, data)
    at = time_of(data.get("messageTimestamp")) or BEGINNING
    said = _vote(data, id_, at) or read_message(data, message, id_, at)
    if own:  # typed on the phone: pushName is our own
        return Echo(event_key, Sender(people), said)
    return Arrived(event_key, Sender(people, text_of(data.get("pushName"))), said)


def _vote(data: Json, id_: str, at: datetime) -> Inbound | None:
    """What was chosen in a poll of ours, which the service has opened: as if its title were typed.

    None where nothing was, a vote that was taken back too: then it is a message like any other.
    """
    vote = object_of(data.get("pollVote"))
    chosen = [title for title in map(text_of, list_of(vote.get("options"))) if title]
    if not chosen:
        return None
    return Inbound(id=id_, at=at, text=", ".join(chosen), quoted=text_of(vote.get("id")))


def _status(data: Json, account: str) -> ProviderEvent | None:
    key, update = object_of(data.get("key")), object_of(data.get("update"))
    id_, told = text_of(key.get("id")), text_of(update.get("status"))
    if not id_:
        raise Unread("no id")
    if key.get("fromMe") is False or told in _NO_NEWS:
        return None
    status = _STATUSES.get(told)
    if status is None:
        raise Unread(f"unknown status {told!r}")
    why = [text_of(each) for each in list_of(update.get("messageStubParameters"))]
    return Status(
        key=f"status:{id_}:{status}",
        provider_id=id_,
        status=status,
        at=time_of(update.get("messageTimestamp")) or BEGINNING,
        refused=read_late(why) if status == "failed" else None,
        recipient=identities_of(account, key.get("remoteJid"), key.get("remoteJidAlt")),
    )


def _mapping(data: Json, account: str) -> ProviderEvent | None:
    """A LID and the phone of one person."""
    lid, phone = identities_of(account, data.get("lid")), identities_of(account, data.get("pn"))
    if not lid or not phone:
        raise Unread("no pair of ids")
    return Moved(content_key("lid", account, data), lid, phone)


def _connection(data: Json, account: str) -> ProviderEvent:
    state, reason = text_of(data.get("state")), text_of(data.get("reason"))
    body = {"state": state, "reason": reason}
    level = {"open": "good", "connecting": ""}.get(state, "warning")
    number = number_of(data) if state == "open" else ""
    if number and not is_same_phone(number, account):
        body, level = {"state": state, "reason": "other_number", "message": number}, "warning"
    if reason in ENDED or state in ("needs_pairing", "stopped"):
        level = "stop"
    return Notice(content_key("connection", account, data), "connection", body, level)


def _notice_of(kind: str) -> Callable[[Json, str], ProviderEvent]:
    return lambda data, account: Notice(content_key(kind, account, data), kind, data)


_READERS: dict[str, Callable[[Json, str], ProviderEvent | None]] = {
    "messages.upsert": _message,
    "messages.update": _status,
    "lid-mapping.update": _mapping,
    "connection.update": _connection,
}
