"""Webhooks of the Cloud API: each file of `cloud/` is a body and the events it must become."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.whatsapp_cloud import CloudSettings
from connectors.whatsapp_cloud.parse import parse
from flowengine.messages import Arrived, Inbound, Parsed

CASES = sorted((Path(__file__).parent / "cloud").glob("*.json"))
NUMBER = "106540352242922"
SETTINGS = CloudSettings(
    phone_number_id=NUMBER,
    token=SecretStr("t"),
    app_secret=SecretStr("s"),
    verify_token=SecretStr("v"),
)


def envelope(*changes: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": "102290129340398", "time": 1749416383, "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def body_of(case: dict[str, Any]) -> dict[str, Any]:
    return case.get("body") or envelope({"field": case["field"], "value": case["value"]})


def text_message(id_: str, text: str = "oi") -> dict[str, Any]:
    sender = {"from": "5511999990001", "timestamp": "1749416383"}
    return {"id": id_, "type": "text", "text": {"body": text}, **sender}


def messages(*items: Any) -> dict[str, Any]:
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": list(items)}
    return {"field": "messages", "value": value}


def ids(parsed: Parsed) -> list[str]:
    return [event.message.id for event in parsed.events if isinstance(event, Arrived)]


def inbound(parsed: Parsed) -> Inbound:
    (event,) = parsed.events
    assert isinstance(event, Arrived)
    return event.message


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_body_becomes_its_events(path: Path):
    case = json.loads(path.read_bytes())
    parsed = parse(json.dumps(body_of(case)).encode(), SETTINGS)
    events = json.loads(msgspec.json.encode(parsed.events))
    for event, expected in zip(events, case["events"], strict=True):
        if expected["key"] == "content:*":  # made of a hash
            assert event["key"].startswith("content:")
            expected["key"] = event["key"]
        assert event == expected
    assert [piece.reason for piece in parsed.unreadable] == case.get("unreadable", [])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_doubled_body_repeats_every_key(path: Path):
    raw = json.dumps(body_of(json.loads(path.read_bytes()))).encode()
    keys = [event.key for event in parse(raw, SETTINGS).events]
    assert [event.key for event in parse(raw, SETTINGS).events] == keys
    assert len(set(keys)) == len(keys)


def test_every_entry_change_and_message_of_a_batch():
    first = envelope(messages(text_message("a"), text_message("b")), messages(text_message("c")))
    second = envelope(messages(text_message("d"), text_message("e")))
    body = {**first, "entry": first["entry"] + second["entry"]}
    assert ids(parse(json.dumps(body).encode(), SETTINGS)) == ["a", "b", "c", "d", "e"]


def test_a_thousand_updates_lose_none_and_stay_in_order():
    names = [f"wamid.{n}" for n in range(1000)]
    raw = json.dumps(envelope(messages(*map(text_message, names)))).encode()
    assert ids(parse(raw, SETTINGS)) == names


@pytest.mark.parametrize(
    ("spoilt", "text"),
    [
        (rb"oi \ud83d", "oi \ufffd"),  # half an emoji
        (rb"oi\u0000", "oi"),  # PostgreSQL's text knows no NUL
        (b"oi \xff", "oi \ufffd"),  # not UTF-8
        (b"oi\n", "oi\n"),  # a bare control character
    ],
)
def test_one_bad_character_costs_no_message(spoilt: bytes, text: str):
    raw = json.dumps(envelope(messages(text_message("a", "SPOILT"), text_message("b")))).encode()
    parsed = parse(raw.replace(b"SPOILT", spoilt), SETTINGS)
    assert ids(parsed) == ["a", "b"]
    first = parsed.events[0]
    assert isinstance(first, Arrived)
    assert first.message.text == text
    assert msgspec.json.encode(parsed)  # what comes out can be stored


@pytest.mark.parametrize(
    "raw",
    [b"", b"oi", b"[]", b"{}", b'{"object":"page","entry":[]}', b"[" * 100_000, b'{"entry":'],
)
def test_what_is_no_webhook_is_kept_whole(raw: bytes):
    parsed = parse(raw, SETTINGS)
    assert parsed.events == ()
    assert [piece.raw for piece in parsed.unreadable] == [raw]


def test_what_could_not_be_read_can_be_parsed_again():
    stranger = messages(text_message("a"))
    stranger["value"]["metadata"] = {"phone_number_id": "999"}
    bad = {**text_message("b"), "timestamp": "soon"}
    parsed = parse(json.dumps({**envelope(stranger)}).encode(), SETTINGS)
    other = SETTINGS.model_copy(update={"phone_number_id": "999"})
    assert ids(parse(parsed.unreadable[0].raw, other)) == ["a"]

    late = envelope(messages(text_message("a"), bad))
    del late["entry"][0]["time"]
    (kept,) = parse(json.dumps(late).encode(), SETTINGS).unreadable
    assert kept.reason == "messages: no timestamp"
    mended = kept.raw.replace(b'"soon"', b'"1749416383"')
    assert ids(parse(mended, SETTINGS)) == ["b"]


def test_a_missing_time_is_that_of_the_entry():
    message = text_message("a")
    del message["timestamp"]
    found = inbound(parse(json.dumps(envelope(messages(message))).encode(), SETTINGS))
    assert found.at.isoformat() == "2025-06-08T20:59:43+00:00"


def test_a_portfolio_is_the_scope_of_a_bsuid():
    message = {**text_message("a"), "from_user_id": "BR.1", "from_parent_user_id": "BR.ENT.2"}
    own = SETTINGS.model_copy(update={"portfolio": "P1"})
    (event,) = parse(json.dumps(envelope(messages(message))).encode(), own).events
    assert isinstance(event, Arrived)
    scopes = {identity.kind: identity.scope for identity in event.sender.identities}
    assert scopes == {"phone": "", "bsuid": "P1", "parent_bsuid": "P1"}


def test_another_account_of_the_same_app_is_not_taken():
    own = SETTINGS.model_copy(update={"waba_id": "77"})
    parsed = parse(json.dumps(envelope(messages(text_message("a")))).encode(), own)
    assert [piece.reason for piece in parsed.unreadable] == ["foreign_account 102290129340398"]


# Whatever comes

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
bodies = [body_of(json.loads(path.read_bytes())) for path in CASES]


def items_of(body: dict[str, Any]) -> int:
    lists = ("messages", "statuses", "message_echoes", "user_preferences", "errors")
    values = [change["value"] for entry in body["entry"] for change in entry["changes"]]
    found = [value[name] for value in values for name in lists if name in value]
    return sum(len(items) for items in found if isinstance(items, list))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inside:
        if isinstance(item, dict | list):
            found += places(item, (*path, key))
        else:
            found.append((*path, key))
    return found


@given(st.data(), st.sampled_from(bodies), junk)
def test_any_damage_is_survived(data: st.DataObject, body: dict[str, Any], damage: Any):
    spoilt = deepcopy(body)
    *way, last = data.draw(st.sampled_from(places(spoilt)))
    target: Any = spoilt
    for key in way:
        target = target[key]
    target[last] = damage
    parsed = parse(json.dumps(spoilt).encode(), SETTINGS)
    msgspec.json.encode(parsed)
    inside_an_item = len(way) > 6 and way[0] == "entry" and isinstance(way[6], int)
    if inside_an_item:  # the others are all there, and the damaged one is somewhere
        assert len(parsed.events) + len(parsed.unreadable) == items_of(body)


@given(st.binary(max_size=200) | junk.map(lambda value: json.dumps(value).encode()))
def test_nothing_makes_it_raise(raw: bytes):
    parsed = parse(raw, SETTINGS)
    assert parsed.unreadable or raw.startswith(b'{"object"')
