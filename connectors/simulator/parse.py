"""What the simulator tells: webhooks, refusals, files."""

import hashlib
from typing import Any, cast

import msgspec

from connectors.base import Fetched
from connectors.net import read_json, write_raw
from connectors.simulator.words import Webhook
from flowengine.messages import (
    Arrived,
    Echo,
    Moved,
    Parsed,
    Preference,
    ProviderEvent,
    Refused,
    Sender,
    Unclear,
    Unreadable,
)

_BODY = msgspec.json.Decoder(Webhook)
_EVENT = msgspec.json.Decoder(ProviderEvent)


def parse(raw_body: bytes, number: str) -> Parsed:
    """Every event of a body, each read on its own."""
    try:
        webhook = _BODY.decode(raw_body)
    except (ValueError, RecursionError):
        return _parse_unclean(raw_body, number)
    if webhook.number != number:
        return _unreadable(raw_body, f"foreign_number {webhook.number}")
    events: list[ProviderEvent] = []
    unreadable: list[Unreadable] = []
    for raw in webhook.events:
        try:
            events.append(_of_somebody(_EVENT.decode(raw)))
        except (ValueError, RecursionError) as trouble:
            unreadable.append(Unreadable(bytes(raw), str(trouble)))
    return Parsed(tuple(events), tuple(unreadable))


def _parse_unclean(raw_body: bytes, number: str) -> Parsed:
    """The same for a body that a strict decoder refuses as a whole."""
    try:
        body = read_json(raw_body)
        webhook = msgspec.convert(body, dict[str, Any])
    except ValueError as trouble:
        return _unreadable(raw_body, f"not JSON: {trouble}")
    if webhook.get("number") != number or not isinstance(webhook.get("events"), list):
        return _unreadable(raw_body, "not a body of this number's")
    events: list[ProviderEvent] = []
    unreadable: list[Unreadable] = []
    for item in cast("list[Any]", webhook["events"]):
        try:
            events.append(_of_somebody(msgspec.convert(item, ProviderEvent)))
        except ValueError as trouble:
            unreadable.append(Unreadable(write_raw(item), str(trouble)))
    return Parsed(tuple(events), tuple(unreadable))


def _of_somebody(event: ProviderEvent) -> ProviderEvent:
    """The event; ValueError where it tells of a person without saying who."""
    match event:
        case (
            Arrived(sender=Sender(identities=()))
            | Preference(sender=Sender(identities=()))
            | Echo(to=Sender(identities=()))
            | Moved(was=())
            | Moved(now=())
        ):
            raise ValueError("no sender")
        case _:
            return event


def _unreadable(raw_body: bytes, reason: str) -> Parsed:
    return Parsed(unreadable=(Unreadable(raw_body, reason),))


def read_error(status: int, body: bytes) -> Refused | Unclear:
    """What an answer other than 200 means; without the simulator's own words nobody knows."""
    try:
        return msgspec.convert(read_json(body)["error"], Refused)
    except (ValueError, KeyError, TypeError):
        if status == 429:
            return Refused("rate_limited", False, code="http_429", scope="channel")
        if status >= 500:
            return Unclear(f"http_{status}")
        return Refused("transient", False, code=f"http_{status}", scope="channel")


def fetched(mime: str, data: bytes) -> Fetched:
    return Fetched(mime, hashlib.sha256(data).hexdigest(), len(data))
