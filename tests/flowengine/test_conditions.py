"""Conditions: every operator on the cases of conditions.json, their shape and their mistakes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.conditions import OPERATORS, UNARY, When, compile_when
from flowengine.expressions import Env, EvaluationError, ExpressionError
from flowengine.patterns import compile_pattern
from flowengine.schedules import Schedule, Weekly
from flowengine.zones import zone

SAO_PAULO = zone("America/Sao_Paulo")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=SAO_PAULO)  # a Wednesday
_NINE_TO_SIX = (("09:00", "18:00"),)
SCHEDULES = {
    "comercial": Schedule(
        timezone="America/Sao_Paulo",
        weekly=Weekly(
            mon=_NINE_TO_SIX, tue=_NINE_TO_SIX, wed=_NINE_TO_SIX, thu=_NINE_TO_SIX, fri=_NINE_TO_SIX
        ),
    )
}
SCOPE: dict[str, Any] = {
    "message": {"text": "Onde está meu PEDIDO?", "kind": "text"},
    "contact": {"tags": ["vip", "Cliente Novo"], "fields": {"pontos": 100, "ativo": True}},
}
CASES: list[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parent / "conditions.json").read_bytes()
)


def env(language: str = "pt-BR") -> Env:
    return Env(now=NOW, timezone=SAO_PAULO, language=language, schedules=SCHEDULES)


def when(raw: Any) -> When:
    return msgspec.convert(raw, When)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.get('left', '')} {case['op']}")
def test_a_case(case: dict[str, Any]) -> None:
    asked = {key: case[key] for key in ("left", "op", "right") if key in case}
    condition = compile_when(when(asked))
    around = env(case.get("language", "pt-BR"))
    if "trouble" in case:
        with pytest.raises(EvaluationError, match=case["trouble"]):
            condition.holds(SCOPE, around)
        return
    verdict = condition.check(SCOPE, around)
    assert verdict.holds is case["holds"]
    assert condition.holds(SCOPE, around) is case["holds"]
    assert verdict.groups == case.get("groups", {})


def test_there_are_cases_of_both_kinds_for_every_operator() -> None:
    seen = {(case["op"], case.get("holds")) for case in CASES}
    assert {op for op, holds in seen if holds is True} == set(OPERATORS)
    assert {op for op, holds in seen if holds is False} == set(OPERATORS)
    assert len(CASES) >= 120


YES = {"left": "a", "op": "equals", "right": "A"}
NO = {"left": "a", "op": "equals", "right": "b"}


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not": NO}, True),
        ({"not": {"any": [NO, {"all": [YES, {"not": YES}]}]}}, True),
    ],
)
def test_conditions_stand_in_one_another(raw: Any, holds: bool) -> None:
    assert compile_when(when(raw)).holds({}, env()) is holds


def test_captures_come_from_what_held() -> None:
    first = {"left": "pedido 7", "op": "matches", "right": "pedido (?P<n>[0-9]+)"}
    second = {"left": "CEP 01310-100", "op": "matches", "right": "(?P<cep>[0-9-]{9})"}
    verdict = compile_when(when({"all": [first, second, {"not": {**first, "left": "x"}}]})).check(
        {}, env()
    )
    assert verdict.holds
    assert verdict.groups == {"0": "01310-100", "1": "01310-100", "n": "7", "cep": "01310-100"}


@pytest.mark.parametrize(
    ("raw", "reads"),
    [
        (
            {"left": "{{ message.text }}", "op": "equals", "right": "{{ nome }}"},
            {"message.text", "nome"},
        ),
        ({"op": "has_tag", "right": "vip"}, {"contact.tags"}),
        ({"op": "media_kind", "right": "image"}, {"message.kind"}),
        ({"op": "is_open", "right": "comercial"}, {"now", "schedule.comercial"}),
        ({"op": "is_open", "right": "{{ nome }}"}, {"now", "nome", "schedule.*"}),
        (
            {
                "all": [
                    {"left": {"expr": "a"}, "op": "is_yes"},
                    {"not": {"left": {"expr": "b.c"}, "op": "is_no"}},
                ]
            },
            {"a", "b.c"},
        ),
    ],
)
def test_reads_are_known_without_running(raw: Any, reads: set[str]) -> None:
    assert compile_when(when(raw)).reads == reads


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "exactly one of"),
        ({"all": [YES], "any": [YES]}, "exactly one of"),
        ({"all": [YES], "op": "equals"}, "exactly one of"),
        ({"all": []}, "of no conditions"),
        ({"left": "a"}, 'needs its "op"'),
        ({"op": "equals", "right": 1}, 'needs a "left"'),
        ({"left": "a", "op": "equals"}, 'needs a "right"'),
        ({"left": "a", "op": "is_empty", "right": 1}, 'takes no "right"'),
        ({"left": "a", "op": "igual", "right": 1}, "Invalid enum value"),
        ({"left": "a", "op": "equals", "right": 1, "x": 1}, "unknown field"),
        ({"any": [YES, {"not": {"all": [{"left": "a"}]}}]}, r"\$\.any\[1\]\.not\.all\[0\]"),
    ],
)
def test_a_wrong_shape_is_said_in_a_sentence(raw: Any, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        when(raw)


@pytest.mark.parametrize(
    ("raw", "path", "mend"),
    [
        ({"left": "{{ a|foo }}", "op": "equals", "right": 1}, "/left", "one of"),
        ({"left": "a", "op": "between", "right": [1]}, "/right", "[10, 20]"),
        ({"left": "a", "op": "in", "right": "a"}, "/right", '["a", "b"]'),
        ({"left": "a", "op": "has_word", "right": "a b"}, "/right", "has_phrase"),
        ({"left": "a", "op": "has_any_word", "right": " ! "}, "/right", "list of words"),
        ({"left": "a", "op": "matches", "right": "(?=a)b"}, "/right", "lookahead"),
        ({"left": "a", "op": "matches", "right": r"(a)\1"}, "/right", "back-references"),
        ({"left": "a", "op": "matches", "right": "(a"}, "/right", "every ( needs its )"),
        ({"left": "a", "op": "matches", "right": "[a"}, "/right", "every [ needs its ]"),
        ({"left": "a", "op": "matches", "right": "*a"}, "/right", "follow what they repeat"),
        ({"left": "a", "op": "matches", "right": "a{1001}"}, "/right", "fewer times"),
        ({"left": "a", "op": "matches", "right": "(?P<a b>x)"}, "/right", "name a group"),
        ({"left": "a", "op": "matches", "right": "{{ nome }}"}, "/right", "has_phrase"),
        ({"op": "has_tag", "right": [1]}, "/right", "vip"),
        ({"op": "media_kind", "right": "foto"}, "/right", "image"),
        ({"op": "is_open", "right": 1}, "/right", "comercial"),
        (
            {"any": [YES, {"not": {"left": "a", "op": "between", "right": 1}}]},
            "/any/1/not/right",
            "",
        ),
    ],
)
def test_a_mistake_has_its_path_and_its_mend(raw: Any, path: str, mend: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_when(when(raw))
    assert refused.value.path == path
    assert mend in refused.value.fix


def test_a_pattern_says_its_groups() -> None:
    assert compile_pattern("(?P<b>x)(y)(?P<a>z)").groups == ("b", "a")
    assert compile_pattern("n[aã]o").matches("NÃO")
    assert not compile_pattern("^a$").matches("b")


def test_a_document_is_written_as_it_was_read() -> None:
    raw = (
        b'{"any":[{"left":"a","op":"equals","right":null},{"not":{"op":"has_tag","right":["a"]}}]}'
    )
    assert msgspec.json.encode(msgspec.json.decode(raw, type=When)) == raw


sides = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "2026-03-15",
            "amanhã às 10h",
            "1.234,56",
            "PT1H",
            "14:30",
            "sim",
            "{{ a }}",
            "11 99999-0001",
        ]
    ),
    st.sampled_from(["a", "a.b", "now", "[1, a]", "days(a)", "{'x': a}", "hours(1)"]).map(
        lambda e: {"expr": e}
    ),
    st.lists(st.text(max_size=3) | st.integers(), max_size=3),
)


@given(
    left=sides,
    op=st.sampled_from(OPERATORS),
    right=sides,
    a=st.one_of(
        st.none(),
        st.text(max_size=8),
        st.integers(),
        st.datetimes(),
        st.lists(st.integers(), max_size=2),
    ),
)
def test_a_condition_raises_nothing_else(left: Any, op: Any, right: Any, a: Any) -> None:
    raw = {"left": left, "op": op} if op in UNARY else {"left": left, "op": op, "right": right}
    try:
        condition = compile_when(when(raw))
    except ExpressionError:
        return
    try:
        held = condition.holds({"a": a}, env())
    except EvaluationError:
        return
    assert held is condition.check({"a": a}, env()).holds
