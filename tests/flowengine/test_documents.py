"""Flow documents: mistakes with their place and mend, canonical bytes, hashes, the JSON Schema."""

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import (
    MAX_BYTES,
    MAX_NODES,
    canonical,
    json_schema,
    logic_hash,
    parse,
    pretty,
    whole_hash,
)
from flowengine.errors import FlowError
from tests.flowengine.engine.flows import flows
from tests.flowengine.json_schema import mistakes
from tests.flowengine.mutations import FEWER, HARMLESS, edited
from tests.flowengine.planted import PLANTED
from tests.flowengine.playing import document, text

Json = dict[str, Any]

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = json_schema()


def wrong(raw: bytes) -> FlowError:
    with pytest.raises(FlowError) as refused:
        parse(raw)
    return refused.value


def with_node(**fields: Any) -> bytes:
    return msgspec.json.encode(document("f", [{"id": "a", **fields}], []))


def with_fields(**fields: Any) -> bytes:
    return msgspec.json.encode({**document("f", [], []), **fields})


# -- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "path", "says", "fix"),
    [
        (
            with_node(type="message", contnts=[]),
            "/nodes/0/contnts",
            "Unknown field `contnts` (node «a»)",
            "Did you mean `contents`?",
        ),
        (
            with_node(type="set", assign=[], name="x"),
            "/nodes/0/name",
            "Unknown field `name`",
            "Take it out: nothing would read it here.",
        ),
        (with_fields(translatons={}), "/translatons", "Unknown", "Did you mean `translations`?"),
        (
            with_node(type="message"),
            "/nodes/0",
            "`contents` is missing (node «a»)",
            "Add `contents`.",
        ),
        (b'{"format": "flowengine/1"}', "", "`key` is missing", "Add `key`."),
        (with_node(type="mesage"), "/nodes/0/type", "'mesage'", "Did you mean `message`?"),
        (
            with_node(type="ask", contents=[], expect={"kind": "numbr"}),
            "/nodes/0/expect/kind",
            "'numbr'",
            "Did you mean `number`?",
        ),
        (
            with_fields(settings={"busy": "wait"}),
            "/settings/busy",
            "'wait'",
            "Write one of: interrupt, queue, skip, speak.",
        ),
        (
            with_fields(variables=[{"name": "a", "type": "string"}]),
            "/variables/0/type",
            "'string'",
            "Write one of: boolean,",
        ),
        (
            with_node(type="message", contents=3),
            "/nodes/0/contents",
            "Expected `array`, got `int`",
            "Write a list",
        ),
        (
            with_node(type="message", contents=[{"kind": "text", "text": None}]),
            "/nodes/0/contents/0/text",
            "got `null`",
            'Write a text, "…".',
        ),
        (
            with_fields(settings={"busy": 3}),
            "/settings/busy",
            "got `int`",
            'Write a text, "…".',
        ),
        (
            with_node(type="consent", purpose="x", give="sim"),
            "/nodes/0/give",
            "Expected `bool`",
            "Write true or false.",
        ),
        (
            with_node(type="wait", timeout="2h"),
            "/nodes/0/timeout",
            "`2h` cannot stand here",
            'Write an ISO 8601 duration, such as "PT2H"',
        ),
        (
            with_fields(key="A B"),
            "/key",
            "`A B` cannot stand here",
            "Use lower-case letters, digits, `_` and `-`",
        ),
        (
            with_fields(variables=[{"name": "1a"}]),
            "/variables/0/name",
            "`1a`",
            "no digit first",
        ),
        (
            with_node(type="http", url="https://x.example", retry=9),
            "/nodes/0/retry",
            "<= 5",
            "See the format's reference",
        ),
        (
            with_node(type="condition", cases=[{"id": "x", "when": {"all": []}}]),
            "/nodes/0/cases/0/when",
            "a condition of no conditions is always the same",
            "Write one into it.",
        ),
        (with_fields(format="flowengine/9"), "/format", "'flowengine/9'", "flowengine/1"),
        (with_fields(format=1), "/format", "The format 1 is not known", "flowengine/1"),
        (b"{}", "/format", "The format None is not known", "flowengine/1"),
        (b"[]", "", "no JSON object", 'Begin with {"format"'),
        (b"", "", "truncated", "line 1, column 1."),
        (with_fields(name="x").replace(b'"x"', b'"\x01"'), "", "invalid", "line 1, column 44."),
        (b'{"format": "flowengine/1",\n  "key" 3}', "", "expected ':'", "line 2, column 9."),
        (b'{"format": "flowengine/1",\n "name": "\xc3\xa9", x}', "", "keys", "line 2, column 15."),
        (b'{"a":' + b"[" * 200_000, "", "nested too deep", "few levels"),
        (b"\xef\xbb\xbf{}", "", "byte order mark", "without BOM"),
        (
            with_node(type="message", contents=[{"kind": "text", "text": "a\0b"}]),
            "/nodes/0/contents/0/text",
            "NUL",
            "Take the \\u0000 out.",
        ),
        (
            with_node(type="end", outputs={"a\0": 1}),
            "/nodes/0/outputs",
            "A name holds a NUL",
            "Take the \\u0000 out.",
        ),
        (b" " * (MAX_BYTES + 1), "", "at most 2,000,000 are read", "Split it"),
        (
            msgspec.json.encode(document("f", [text("a", "x")] * (MAX_NODES + 1), [])),
            "/nodes",
            "5001 nodes",
            "Split it into sub-flows.",
        ),
    ],
)
def test_a_mistake_has_its_place_and_its_mend(raw: bytes, path: str, says: str, fix: str):
    error = wrong(raw)
    assert error.path == path
    assert says in error.message
    assert fix in error.fix
    assert error.message in str(error)
    assert error.fix in str(error)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (b"@\xff", "is not UTF-8"),
        (b"@\xed\xa0\x80", "is not UTF-8"),
        (b"@\\ud83d", "Half a character"),
        (b"@\\udc00", "Half a character"),
        (b"@\\ud83dx", "Half a character"),
        (b"\\\\ud83d@\\ud83d\\u0041", "Half a character"),
    ],
)
def test_what_is_no_character_is_told_by_line_and_column(written: bytes, says: str):
    raw = b"{\n" + with_node(type="end", title="\u00e9@")[1:].replace(b"@", written)
    error = wrong(raw)
    line = raw.splitlines()[1]
    column = len(line[: line.index(b"@") + 1].decode()) + 1
    assert says in error.message
    assert f"line 2, column {column}" in error.message
    assert "character" in error.fix or "UTF-8" in error.fix


def test_what_only_looks_like_half_a_character_is_read():
    for written in (b"\\ud83d\\ude00", b"\\\\ud83d", b"\\\\u0000", b"\\u00e9"):
        raw = with_node(type="end", title="@").replace(b"@", written)
        assert parse(raw).nodes[0].title == json.loads(b'"' + written + b'"')


def test_numbers_are_kept_to_the_last_digit():
    raw = with_node(type="end", outputs={"a": 0}).replace(b'"a":0', b'"a":0.10000000000000000001')
    assert b"0.10000000000000000001" in canonical(parse(raw))


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_no_bytes_break_it(raw: bytes):
    with contextlib.suppress(FlowError):
        parse(raw)


@FEWER
@given(flows(), st.data())
def test_a_document_that_lost_or_gained_something_is_read_or_refused(doc: Any, data: st.DataObject):
    raw = bytearray(msgspec.json.encode(doc))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        new = data.draw(
            st.sampled_from(
                [b"", b'"', b"{", b"]", b",", b"0", b"null", b"\\", b"\xff", b"\\u0000"]
            )
        )
        raw[at : at + data.draw(st.integers(0, 4))] = new
    try:
        flow = parse(bytes(raw))
    except FlowError as error:
        told = error
    else:
        assert parse(canonical(flow)) == flow
        return
    assert told.message
    assert told.fix


# -- canonical bytes and hashes ------------------------------------------------------------------


@FEWER
@given(flows())
def test_reading_and_writing_give_the_same(doc: Any):
    flow = parse(msgspec.json.encode(doc))
    assert parse(canonical(flow)) == flow
    assert parse(pretty(flow)) == flow
    assert canonical(parse(pretty(flow))) == canonical(flow)
    assert whole_hash(parse(pretty(flow))) == whole_hash(flow)


@FEWER
@given(flows(), st.randoms(use_true_random=False))
def test_the_order_of_fields_and_spaces_mean_nothing(doc: Any, random: Any):
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    flow = parse(msgspec.json.encode(doc))
    other = parse(json.dumps(shuffled(doc), indent=3, ensure_ascii=True).encode())
    assert canonical(other) == canonical(flow)


@FEWER
@given(flows(), st.data())
def test_the_logic_has_a_hash_of_its_own(doc: Any, data: st.DataObject):
    retitle, move, _ = HARMLESS
    flow = parse(msgspec.json.encode(doc))
    other = parse(msgspec.json.encode(data.draw(edited(doc, (retitle, move)))))
    assert logic_hash(other) == logic_hash(flow)
    assert (whole_hash(other) == whole_hash(flow)) == (canonical(other) == canonical(flow))


def test_another_text_is_another_logic():
    one, two = (parse(msgspec.json.encode(document("f", [text("a", t)], []))) for t in ("x", "y"))
    assert logic_hash(one) != logic_hash(two)
    assert len(logic_hash(one)) == len(whole_hash(one)) == 64


def test_defaults_are_not_written():
    flow = parse(with_node(type="end", title="", close_conversation=False, outputs={}))
    assert b"title" not in canonical(flow)
    assert b"close_conversation" not in canonical(flow)


# -- the JSON Schema -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.flow.json")), ids=lambda path: path.name)
def test_the_schema_accepts_every_example(path: Path):
    assert mistakes(json.loads(path.read_bytes()), SCHEMA) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.code)
def test_the_schema_accepts_whatever_is_read(planted: Any):
    """What check finds is no mistake of form."""
    parse(msgspec.json.encode(planted.flow))
    assert mistakes(planted.flow, SCHEMA) == []


@FEWER
@given(flows())
def test_the_schema_accepts_random_flows(doc: Any):
    assert mistakes(json.loads(canonical(parse(msgspec.json.encode(doc)))), SCHEMA) == []


@pytest.mark.parametrize(
    "raw",
    [
        with_node(type="message", contnts=[]),
        with_node(type="message"),
        with_node(type="mesage"),
        with_node(type="message", contents=3),
        with_node(type="wait", timeout="2h"),
        with_node(type="http", url="https://x.example", retry=9),
        with_fields(key="A B"),
        with_fields(settings={"busy": "wait"}),
        with_fields(view={"nodes": {"a": [1]}}),
        with_fields(format="flowengine/9"),
    ],
)
def test_the_schema_refuses_what_is_refused(raw: bytes):
    wrong(raw)
    assert mistakes(json.loads(raw), SCHEMA) != []


def test_the_schema_says_what_it_is():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "Flowengine" in SCHEMA["title"]
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_a_default_that_is_written_and_one_that_is_not_are_the_same_bytes() -> None:
    nodes = b'[{"id":"a","type":"end"},{"id":"b","type":"delay","for":"PT1S"}]'
    plain = b'{"format":"flowengine/1","key":"x","name":"X","nodes":%s,"edges":[%s]}'
    short = plain % (nodes, b'{"from":"b","to":"a"}')
    long = plain % (nodes.replace(b'"end"', b'"end","title":"","outcome":null'),
                    b'{"from":"b","to":"a","exit":"next"}')  # fmt: skip
    long = long[:-1] + b',"settings":{},"view":{"nodes":{}},"language":"pt-BR","start":null}'
    assert canonical(parse(long)) == canonical(parse(short))
    assert logic_hash(parse(long)) == logic_hash(parse(short))
