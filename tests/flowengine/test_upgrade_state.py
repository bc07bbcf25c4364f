"""Stored states: rows of every format that was ever shipped can be read, for ever.

`state_upgrades/WHAT-N.before.json` are the stored bytes of format N, `.after.json` what its step
makes of them; the newest format has no step yet.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.chat import CONVERSATION_FORMAT, Conversation, decode_conversation
from flowengine.errors import UnreadableState
from flowengine.state import STATE_FORMAT, Frame, Offered, Round, Stand, State, decode_state, encode
from flowengine.upgrade_state import CONVERSATIONS, STATES, Document, Steps, upgraded

PAIRS = Path(__file__).parent / "state_upgrades"

SHIPPED = {
    "conversation-1.before.json": (
        "95bd8ebdb71f42e7b4e4f8d81806e82f150e761cb79988919b88a068cd23d615"
    ),
    "model-1.before.json": "901224bbd43bb0c41a75261b1e57d5f4d3a395b5417f1cf06808960effece773",
    "state-1.before.json": "96db5ae9cd6815b61cb7e6c1559fe2473198c5758462a75871bbd5b9590310f2",
}
"""SHA-256 of every golden row. A line is added with a format, and never changed."""

WHAT: list[tuple[str, Steps, int, Callable[[bytes], Any]]] = [
    ("state", STATES, STATE_FORMAT, decode_state),
    ("conversation", CONVERSATIONS, CONVERSATION_FORMAT, decode_conversation),
]


def golden(what: str, format: int, side: str) -> bytes:
    return (PAIRS / f"{what}-{format}.{side}.json").read_bytes()


def test_no_golden_row_was_ever_altered():
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in PAIRS.iterdir()}
    assert found == SHIPPED


@pytest.mark.parametrize(("what", "steps", "newest", "decode"), WHAT)
def test_every_shipped_row_can_be_read(
    what: str, steps: Steps, newest: int, decode: Callable[[bytes], Any]
):
    assert set(steps) == set(range(1, newest))
    for format in range(1, newest + 1):
        decode(golden(what, format, "before"))
        if format in steps:
            document = msgspec.json.decode(golden(what, format, "before"))
            made = {**steps[format](document), "format": format + 1}
            assert made == msgspec.json.decode(golden(what, format, "after"))


@pytest.mark.parametrize(("what", "steps", "newest", "decode"), WHAT)
def test_a_row_of_the_newest_format_keeps_its_bytes(
    what: str, steps: Steps, newest: int, decode: Callable[[bytes], Any]
):
    raw = golden(what, newest, "before")
    assert encode(decode(raw)) == raw
    assert upgraded(raw, steps, newest, what) == raw


def test_a_row_of_a_model_that_calls_flows_keeps_its_bytes():
    raw = golden("model", 1, "before")
    assert encode(decode_state(raw)) == raw


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (State, lambda: decode_state(golden("state", 1, "before"))),
        (Frame, lambda: decode_state(golden("state", 1, "before")).frames[1]),
        (Round, lambda: decode_state(golden("model", 1, "before")).frames[0].round),
        (Stand, lambda: decode_state(golden("state", 1, "before")).frames[1].stand),
        (Conversation, lambda: decode_conversation(golden("conversation", 1, "before"))),
        (Offered, lambda: decode_state(golden("state", 1, "before")).frames[0].offered["menu"]),
    ],
)
def test_a_golden_row_sets_what_a_row_may_hold(kind: Any, found: Callable[[], Any]):
    """So that a field which is renamed or retyped is noticed."""
    fields = {field.name: field.default for field in msgspec.structs.fields(kind)}
    value = found()
    unset = {name for name, default in fields.items() if getattr(value, name) == default}
    assert unset <= {"format", "picks", "loops", "round"}


def two(document: Document) -> Document:
    return {**document, "place": document["node"]}


def three(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "node"}


def test_steps_lead_from_format_to_format():
    steps: Steps = {1: two, 2: three}
    raw = b'{"node":"a","number":1.50,"big":12345678901234567890.10}'
    made = upgraded(raw, steps, 3, "state")
    assert made == b'{"big":12345678901234567890.10,"format":3,"number":1.50,"place":"a"}'
    assert upgraded(b'{"format":2,"node":"a","place":"a"}', steps, 3, "state") == (
        b'{"format":3,"place":"a"}'
    )
    assert upgraded(made, steps, 3, "state") == made


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"format":4}', "has the format 4; upgrade this worker"),
        (b'{"format":"x"}', "has the format x"),
        (b'{"format":0}', "no step leads on from the format 0"),
        (b'{"format":1}', "no step leads on from the format 1"),
    ],
)
def test_what_cannot_be_read_says_so(raw: bytes, why: str):
    with pytest.raises(UnreadableState, match=why):
        upgraded(raw, {2: three}, 3, "state")


@pytest.mark.parametrize(("what", "steps", "newest", "decode"), WHAT)
def test_a_newer_row_is_refused_even_if_its_shape_is_another(
    what: str, steps: Steps, newest: int, decode: Callable[[bytes], Any]
):
    with pytest.raises(UnreadableState, match=f"a {what} has the format {newest + 1}"):
        decode(b'{"format":%d,"frames":7,"id":[]}' % (newest + 1))
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"frames":7}')
