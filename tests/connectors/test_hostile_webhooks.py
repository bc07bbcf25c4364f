"""Random, truncated and hostile webhook bodies: nothing raises, and no message is lost beside them.

`make deep` tries ten thousand a connector.
"""

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit import HOSTILE
from flowengine.messages import Arrived
from tests.connectors.subjects import SUBJECTS

EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 300
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
MANY = settings(max_examples=EXAMPLES, suppress_health_check=HEALTH)
HERE = Path(__file__).parent

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\x00", "\ud83d", "@lid", "5511@s.whatsapp.net", "v1:", "9" * 400, "-1", ""])
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    "id key keyId from type text body data event instance entry changes value messages statuses "
    "message conversation timestamp messageTimestamp remoteJid contacts status".split()
)
shaped = st.dictionaries(keys, junk, max_size=5)


def recorded(kind: str) -> list[Any]:
    """Whole bodies of that provider's, as JSON values."""
    found: list[Any] = []
    for path in sorted((HERE / kind).glob("*.json")):
        case = json.loads(path.read_bytes())
        change = {"field": case.get("field"), "value": case.get("value")}
        whole = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        found.append(case.get("body", whole))
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            found += places(item, (*path, key))
    return found


def damaged(body: Any, at: int, damage: Any) -> Any:
    """The body with something else in one of its places."""
    spoilt = deepcopy(body)
    where = places(spoilt)
    *way, last = where[at % len(where)]
    target: Any = spoilt
    for key in way:
        target = target[key]
    target[last] = damage
    return spoilt


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
async def test_whatever_is_posted_nothing_raises(kind: str):
    async with SUBJECTS[kind]() as subject:
        good = subject.said(("M1", "oi"), ("M2", "Olá 😀"))
        bodies = [json.loads(good), *recorded(kind)]
        cut = st.builds(lambda body, at: body[: at % len(body)], st.just(good), st.integers(0))
        spoilt = st.builds(damaged, st.sampled_from(bodies), st.integers(0), junk | shaped)
        flipped = st.builds(
            lambda at, byte: good[: at % len(good)] + bytes([byte]) + good[at % len(good) + 1 :],
            st.integers(0),
            st.integers(0, 255),
        )
        hostile = st.one_of(
            st.binary(max_size=300),
            st.sampled_from(HOSTILE),
            cut,
            flipped,
            spoilt.map(raw),
            junk.map(raw),
        )

        @MANY
        @given(hostile, st.dictionaries(st.text(max_size=20), st.text(max_size=80), max_size=3))
        def survives(body: bytes, headers: dict[str, str]) -> None:
            assert subject.provider.verify(headers, body) is False
            parsed = subject.provider.parse(body)
            msgspec.json.encode(parsed.events)
            for piece in parsed.unreadable:
                assert isinstance(piece.raw, bytes)
                assert len(piece.reason) < 10_000
            again = subject.provider.parse(body)
            assert [e.key for e in again.events] == [e.key for e in parsed.events]

        survives()


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
async def test_no_message_is_lost_beside_what_is_broken(kind: str):
    async with SUBJECTS[kind]() as subject:

        @MANY
        @given(junk | shaped)
        def keeps(broken: Any) -> None:
            try:
                body = subject.said_beside(("M1", "oi"), broken)
            except (UnicodeEncodeError, ValueError, OverflowError):
                return  # no JSON can say that
            parsed = subject.provider.parse(body)
            heard = [e.message.id for e in parsed.events if isinstance(e, Arrived)]
            assert "M1" in heard

        keeps()
