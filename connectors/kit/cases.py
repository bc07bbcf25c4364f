"""Recorded bodies and the events that they must become; sends and what must be posted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base import Provider
from flowengine.messages import Content

Json = dict[str, Any]

HASHED = ":*"
"""How an expected key ends that is made of a hash: only what stands before it is compared."""


class Case(Struct, frozen=True):
    """A body, the events that it must become (as JSON), and the reasons of what is unreadable."""

    name: str
    about: str
    body: bytes
    events: list[Json]
    unreadable: list[str] = []


class SendCase(Struct, frozen=True):
    """A content, and what must be posted for it. `offer`: under which choices are offered.

    `refused`: the reason, where nothing may be posted.
    """

    about: str
    content: Content
    posted: Json | None = None
    refused: str = ""
    offer: str = "f7"


def read_cases(folder: Path, body_of: Callable[[Json], Any] | None = None) -> list[Case]:
    """The cases of a folder: a file each, `{"about", "body", "events", "unreadable"?}`.

    `body_of` makes the body of a file that leaves its envelope out.
    """
    return [_case(path, body_of) for path in sorted(folder.glob("*.json"))]


def _case(path: Path, body_of: Callable[[Json], Any] | None) -> Case:
    told: Json = json.loads(path.read_bytes())
    body: Any = told["body"] if body_of is None else body_of(told)
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Case(path.stem, told["about"], raw, told["events"], told.get("unreadable", []))


def read_sends(file: Path) -> list[SendCase]:
    """The sends of a file: a list of `{"about", "content", "posted"}` or `{…, "refused"}`."""
    return _sends(file.read_bytes())


_sends = msgspec.json.Decoder(list[SendCase]).decode


def differences(provider: Provider, case: Case) -> list[str]:
    """Where what a body becomes is not what its case says; empty where all is well."""
    parsed = provider.parse(case.body)
    events: list[Json] = json.loads(msgspec.json.encode(parsed.events))
    found: list[str] = []
    if len(events) != len(case.events):
        found.append(f"{len(events)} events, not {len(case.events)}: {events}")
    for place, (event, expected) in enumerate(zip(events, case.events, strict=False)):
        wanted = {**expected, "key": _key(str(event["key"]), str(expected["key"]))}
        if event != wanted:
            found.append(f"event {place} is {json.dumps(event)}, not {json.dumps(wanted)}")
    reasons = [piece.reason for piece in parsed.unreadable]
    if reasons != case.unreadable:
        found.append(f"unreadable are {reasons}, not {case.unreadable}")
    again = [event.key for event in provider.parse(case.body).events]
    if again != [event.key for event in parsed.events]:
        found.append("a doubled delivery has other keys")
    return found


def _key(key: str, expected: str) -> str:
    fits = expected.endswith(HASHED) and key.startswith(expected[:-1])
    return key if fits else expected
