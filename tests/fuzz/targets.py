"""What is fuzzed, each with the inputs it gets: nothing may raise what it does not promise."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from flowengine.answers import Checked, Expect, validate
from flowengine.choices import Option, match_exact, match_loose
from flowengine.conditions import When, compile_when
from flowengine.conditions.when import OPERATORS
from flowengine.document import canonical, parse
from flowengine.errors import FlowError
from flowengine.expressions import (
    FILTERS,
    FUNCTIONS,
    Env,
    EvaluationError,
    ExpressionError,
    compile_expression,
    compile_template,
)
from flowengine.messages import Inbound
from flowengine.reading.dates import read_moment
from flowengine.shapes import misfit, schema_trouble
from flowengine.zones import zone

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ENVS = [
    Env(now=NOW, timezone=zone("America/Sao_Paulo"), language=language)
    for language in ("pt-BR", "es-MX", "en")
]
SCOPE: dict[str, Any] = {
    "a": "José da Silva, 39053344705, R$ 1.234,56",
    "b": 12345678901234567890,
    "l": [1, "dois", None, {"x": [3.5]}],
    "o": {"nome": "Ana", "itens": [{"preco": 10}, {"preco": "x"}]},
    "contact": {"name": "Ana", "fields": {}, "tags": ["vip"]},
    "now": NOW,
}


class Target(msgspec.Struct, frozen=True):
    """`run(input)` may raise nothing; `inputs` makes them."""

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Any], object]


# -- documents -----------------------------------------------------------------------------------


@cache
def documents() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(EXAMPLES.glob("*.flow.json")))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """An example with bytes changed, cut, doubled, or pieces of another in it."""
    raw = bytearray(draw(st.sampled_from(documents())))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        size = draw(st.integers(0, 60))
        match draw(st.integers(0, 4)):
            case 0:
                raw[at : at + 1] = draw(st.binary(max_size=3))
            case 1:
                del raw[at : at + size]
            case 2:
                raw[at:at] = raw[at : at + size] * draw(st.integers(1, 50))
            case 3:
                other = draw(st.sampled_from(documents()))
                raw[at : at + size] = other[at : at + size]
            case _:
                raw[at:at] = draw(st.sampled_from(SPLICES))
    return bytes(raw)


SPLICES = [
    b"[" * 3_000, b'{"a":' * 3_000, b"1e999999", b"-0", b"9" * 5_000, b"\xed\xa0\x80", b"\\ud800",
    b'"\\u0000"', b"null", b"true", b"{{ a", b"{% for i in l %}", b"NaN", b"\xff\xfe", b" " * 9_000,
]  # fmt: skip


@st.composite
def restructured(draw: st.DrawFn) -> bytes:
    """An example that is still JSON, with values in places where they do not belong."""
    document: Any = json.loads(draw(st.sampled_from(documents())))
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [document]
    while waiting:
        at: Any = waiting.pop()
        for key in list(at) if isinstance(at, dict) else range(len(at)):
            places.append((at, key))
            if isinstance(at[key], dict | list):
                waiting.append(at[key])
    for holder, key in draw(st.lists(st.sampled_from(places), min_size=1, max_size=5)):
        if isinstance(holder, list) and key >= len(holder):
            continue
        holder[key] = draw(JSONS)
    return json.dumps(document).encode()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def read_document(raw: bytes) -> object:
    """A flow or a `FlowError`; what is read can be written and read again."""
    try:
        flow = parse(raw)
    except FlowError as refused:
        return refused
    assert parse(canonical(flow)) == flow
    return flow


# -- templates and expressions -------------------------------------------------------------------

ATOMS = st.sampled_from(
    [
        *("a", "b", "l", "o", "now", "o.nome", "o.itens", "l[0]", "l[3].x", "contact.fields.y"),
        *("1", "0", "''", "'é'", "'a' * 9", "99999999999", "0.1", "[]", "{}", "[1, 2, 3]"),
        *("none", "true", "'%s'"),
    ]
)
OPERATIONS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", ">=", "in", "and", "or", "is"]
)
FILTER_NAMES = st.sampled_from(sorted(FILTERS))
CALL_NAMES = st.sampled_from([*sorted(FUNCTIONS), "range", "dict", "cycler", "joiner"])

EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATIONS, inner).map(" ".join),
        st.tuples(inner, FILTER_NAMES).map("|".join),
        st.tuples(inner, FILTER_NAMES, inner).map(lambda p: f"({p[0]})|{p[1]}({p[2]})"),
        st.tuples(CALL_NAMES, inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        inner.map(lambda p: f"not ({p})"),
    ),
    max_leaves=12,
)
TEMPLATES = st.recursive(
    st.one_of(EXPRESSIONS.map(lambda p: f"{{{{ {p} }}}}"), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.tuples(EXPRESSIONS, inner).map(lambda p: f"{{% if {p[0]} %}}{p[1]}{{% endif %}}"),
        st.tuples(EXPRESSIONS, inner).map(lambda p: f"{{% for i in {p[0]} %}}{p[1]}{{% endfor %}}"),
        st.tuples(EXPRESSIONS, inner).map(lambda p: f"{{% set a = {p[0]} %}}{p[1]}"),
    ),
    max_leaves=8,
)
GIBBERISH = st.text("{}%#|()[]'\"\\ \n.,:=*~+-/<>abil019éø\u200f", max_size=80)


def evaluate(source: str) -> object:
    """A value, an `ExpressionError` or an `EvaluationError`."""
    try:
        return compile_expression(source).evaluate(SCOPE, ENVS[len(source) % len(ENVS)])
    except (ExpressionError, EvaluationError) as refused:
        return refused


def render(source: str) -> object:
    """A text of bounded length, or one of the two errors."""
    try:
        said = compile_template(source).render(SCOPE, ENVS[len(source) % len(ENVS)])
    except (ExpressionError, EvaluationError) as refused:
        return refused
    assert len(said) <= ENVS[0].limits.output
    return said


# -- conditions and answers ----------------------------------------------------------------------

SAID = st.one_of(
    st.text(max_size=60),
    GIBBERISH,
    st.sampled_from(
        [
            *("amanhã às 10h", "daqui a 2 horas", "dia 31 de fevereiro", "1.234.567,89", "R$ -5"),
            *("(11) 99999-0001", "390.533.447-05", "ana@x.example", "a segunda opção", "não, sim"),
            *("9" * 9_999, "1,1" * 3_000, "às " * 3_000, "@" * 9_000, "+55" * 3_000),
            "e\u0301" * 4_000,
            *("dia 15 " * 1_000, "2 horas " * 1_000, "um milhão " * 900, "(11) 9" * 1_500),
        ]
    ),
    st.lists(
        st.sampled_from(
            "amanhã hoje segunda próxima dia às 10h 10:30 31 fevereiro daqui a 2 horas que vem de "
            "mañana lunes next friday in 3 days noon meia noite e meia 12/2025 3º 1.000 mil".split()
        ),
        max_size=12,
    ).map(" ".join),
)  # fmt: skip
RIGHTS = st.one_of(SAID, st.integers(), st.lists(SAID | st.integers(), max_size=3), JSONS)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    op = draw(st.sampled_from(OPERATORS))
    when: dict[str, Any] = {"left": {"expr": draw(st.sampled_from(["said", "l", "b", "now"]))}}
    return {**when, "op": op, "right": draw(RIGHTS)}, draw(SAID)


def compare(drawn: tuple[dict[str, Any], str]) -> object:
    """True, false, a refusal to read it, or an `EvaluationError`."""
    when, said = drawn
    try:
        condition = compile_when(msgspec.convert(when, When))
        return condition.holds({**SCOPE, "said": said}, ENVS[len(said) % len(ENVS)])
    except (msgspec.ValidationError, ExpressionError, EvaluationError) as refused:
        return refused


EXPECTED: list[Any] = [
    msgspec.convert({"kind": kind.__struct_config__.tag, **more}, Expect)
    for kind in get_args(Checked)
    for more in ([{"pattern": "(a|b)*c"}] if kind.__name__ == "ExpectPattern" else [{}])
]


def answer(drawn: tuple[Any, str]) -> object:
    """Valid or Invalid, whatever is said."""
    expect, said = drawn
    return validate(expect, Inbound("m", NOW, text=said), ENVS[len(said) % len(ENVS)])


def choose(drawn: tuple[list[str], str]) -> object:
    """One of the ids, or none."""
    titles, said = drawn
    options = [Option(f"o{at}", title, (title[::-1],)) for at, title in enumerate(titles)]
    found = match_exact(options, said) or match_loose(options, said)
    assert found is None or any(option.id == found for option in options)
    return found


def date(said: str) -> object:
    """A moment, or none."""
    return [read_moment(said, NOW, env.timezone, env.language) for env in ENVS]


def shape(drawn: tuple[Any, Any]) -> object:
    """A schema that is refused, or what is wrong with the data."""
    schema, data = drawn
    return schema_trouble(schema) or misfit(data, schema)


TARGETS = [
    Target("parse: bytes", mutated(), read_document),
    Target("parse: values", restructured(), read_document),
    Target("expressions", EXPRESSIONS | GIBBERISH, evaluate),
    Target("templates", TEMPLATES | GIBBERISH, render),
    Target("conditions", comparisons(), compare),
    Target("answers", st.tuples(st.sampled_from(EXPECTED), SAID), answer),
    Target("choices", st.tuples(st.lists(st.text(max_size=24), max_size=12), SAID), choose),
    Target("dates", SAID, date),
    Target("schemas", st.tuples(JSONS, JSONS), shape),
]
