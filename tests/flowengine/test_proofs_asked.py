"""What the proofs take for granted of the engine, asked of the engine."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.check.comparing import if_failed, if_held
from flowengine.check.holding import _NEVER, never
from flowengine.check.looking import asks_window
from flowengine.check.specimens import specimens
from flowengine.conditions import When, compile_when
from flowengine.conditions.compiled import Condition as Compiled
from flowengine.expressions import Env, EvaluationError, ExpressionError
from flowengine.nodes import Condition
from flowengine.state import encode
from flowengine.zones import zone

MANY = settings(max_examples=settings().max_examples * 6)

ENV = Env(now=datetime(2026, 3, 4, 12, tzinfo=UTC), timezone=zone("America/Sao_Paulo"))

RIGHTS: list[Any] = [
    "exemplo", "5", "2026-03-04", "2026-03-04T10:00:00-03:00", "10:30", "PT1H", "sim", "",
    0, 1, -5, 100, True, False, ["a", "b"], [1, 5], [-10, 10], ["2020-01-01", "2030-01-01"],
]  # fmt: skip


def holds(when: dict[str, Any], **scope: Any) -> bool | None:
    """Whether it holds; None where the engine comes to nothing."""
    try:
        return compiled(encode(when)).holds(scope, ENV)
    except EvaluationError:
        return None


@lru_cache(maxsize=64)
def compiled(when: bytes) -> Compiled:
    """Each is asked for many scopes."""
    return compile_when(msgspec.json.decode(when, type=When))


def things(kind: str) -> list[Any]:
    more: dict[str, list[Any]] = {
        "number": [Decimal("7.5"), -1, 11999990001],
        "list": [[], [1, 5], ["sim"], ["2026-03-04"]],
        "object": [{}, {"a": 1}, {"sim": "sim"}],
        "media": [{"kind": "image", "id": "1", "mime": "image/jpeg"}],
        "location": [{"latitude": 1, "longitude": 2, "name": "", "address": ""}],
    }
    return [*specimens(kind, ENV), *more.get(kind, [])]


@pytest.mark.parametrize("op", sorted(_NEVER))
def test_an_operator_that_is_said_never_to_hold_of_a_type_never_does(op: str) -> None:
    asks: list[dict[str, Any]] = [{"right": right} for right in RIGHTS]
    if op.startswith(("is_", "has_")):
        asks = [{}]
    for kind in _NEVER[op]:
        for value in things(kind):
            for right in asks:
                try:
                    found = holds({"left": {"expr": "x"}, "op": op, **right}, x=value)
                except (ExpressionError, ValueError):
                    continue  # a right side that the operator does not take
                assert not found, (kind, value, right)


ASKED = st.recursive(
    st.sampled_from(
        ["a", "b", "a is none", "a is not none", "a is defined", "a == none", "a != none",
         "a == 'x'", "a != 'x'", "b == 3", "b != 3", "a != ''", "a == ''", "b in [3, 4]"]
    ),
    lambda inner: st.one_of(
        inner.map(lambda part: f"(not {part})"),
        st.tuples(inner, inner).map(" and ".join).map("({})".format),
        st.tuples(inner, inner).map(" or ".join).map("({})".format),
    ),
    max_leaves=4,
)  # fmt: skip
TRUTHS = st.sampled_from(
    [{"op": "is_yes"}, {"op": "is_no"}, {"op": "equals", "right": True},
     {"op": "equals", "right": False}, {"op": "not_equals", "right": True}]
)  # fmt: skip
PLAIN = st.tuples(
    st.just("a"),
    st.sampled_from(
        [{"op": "equals", "right": None}, {"op": "not_equals", "right": None},
         {"op": "is_empty"}, {"op": "is_not_empty"}, {"op": "equals", "right": "x"}]
    ),
)  # fmt: skip


@given(st.one_of(st.tuples(ASKED, TRUTHS), PLAIN), st.booleans())
@MANY
def test_a_variable_that_a_condition_is_said_to_prove_is_never_null(
    asked: tuple[str, dict[str, Any]], wrapped: bool
) -> None:
    json: dict[str, Any] = {"left": {"expr": asked[0]}, **asked[1]}
    json = {"not": json} if wrapped else json
    when = msgspec.convert(json, When)
    for a in (None, "", "x", "y", True):
        for b in (None, 3, 0, 9):
            found = holds(json, a=a, b=b)
            scope = {"a": a, "b": b}
            if found is not None:
                proved = if_held(when) if found else if_failed(when)
                assert [name for name in proved if scope[name] is None] == []


WINDOWS = st.recursive(
    st.tuples(
        st.sampled_from(
            ["conversation.window.open", "not conversation.window.open", "vip",
             "conversation.window.open and vip", "conversation.window.open or vip"]
        ),
        st.sampled_from([("is_yes", None), ("is_no", None), ("equals", True), ("equals", False)]),
    ).map(
        lambda pair: {
            "left": {"expr": pair[0]},
            "op": pair[1][0],
            **({} if pair[1][1] is None else {"right": pair[1][1]}),
        }
    ),
    lambda inner: st.one_of(
        inner.map(lambda part: {"not": part}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
    ),
    max_leaves=4,
)  # fmt: skip


@given(st.lists(WINDOWS, min_size=1, max_size=2))
@MANY
def test_where_the_window_is_said_to_be_open_it_is(whens: list[dict[str, Any]]) -> None:
    cases = [{"id": f"c{at}", "when": when} for at, when in enumerate(whens)]
    node = msgspec.convert({"id": "n", "type": "condition", "cases": cases}, Condition)
    for vip in (True, False, None, "sim", "x"):
        scope = {"conversation": {"window": {"open": False}}, "vip": vip}
        taken = next((c["id"] for c in cases if holds(c["when"], **scope)), None)
        exit = f"case:{taken}" if taken else "else"
        assert not asks_window(node, exit)


NUMBERS = st.integers(0, 6)
PARTS = st.one_of(
    st.tuples(st.sampled_from(["less", "at_most", "more", "at_least", "equals"]), NUMBERS).map(
        lambda pair: {"left": {"expr": "n"}, "op": pair[0], "right": pair[1]}
    ),
    st.tuples(NUMBERS, NUMBERS).map(
        lambda ends: {"left": {"expr": "n"}, "op": "between", "right": list(ends)}
    ),
    st.sampled_from([{"left": {"expr": "n"}, "op": "is_empty"}]),
)
CONDITIONS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


@given(CONDITIONS)
@MANY
def test_a_condition_that_is_said_never_to_hold_never_does(json: dict[str, Any]) -> None:
    if never(msgspec.convert(json, When), {"n": "number"}):
        values = [None, *range(-1, 9), Decimal("2.5"), Decimal("4.5")]
        assert [n for n in values if holds(json, n=n)] == []
