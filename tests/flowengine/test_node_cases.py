"""The reference cases of every node kind, and what no case covers, derived from the types."""

import inspect
import re
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest

from flowengine.trail import Left
from flowengine.values import Doc
from tests.flowengine.node_cases import Json, act, cases, kinds_with_cases, opened, run, under_test
from tests.flowengine.test_node_examples import KINDS, tag

BY_TAG = {tag(kind): kind for kind in KINDS}
LISTED = [(kind, case) for kind in kinds_with_cases() for case in cases(kind)]

FOR_PEOPLE = {"id", "title", "note"}
"""Fields of every node that change nothing."""

UNUSED = {"AiReply": {"tools", "knowledge"}, "AiTool": {"name", "description", "parameters"}}
"""Fields that the engine reads and nothing acts on yet: a model is told of neither."""


@pytest.mark.parametrize(
    ("kind", "case"), LISTED, ids=[f"{kind}-{case['name']}" for kind, case in LISTED]
)
def test_a_case_is_as_it_is_written(kind: str, case: Json):
    assert case["node"]["type"] == kind
    run(case)


def test_names_are_not_used_twice():
    names = [(kind, case["name"]) for kind, case in LISTED]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", BY_TAG)
def test_every_kind_has_cases(kind: str):
    assert len(cases(kind)) >= 3, f"nodes/{kind}.json: write cases of what {kind} does"


def test_no_cases_of_kinds_that_are_not():
    assert set(kinds_with_cases()) <= set(BY_TAG)


# -- exits ---------------------------------------------------------------------------------------


def families(kind: str) -> set[str]:
    """The exits that a kind's docstring names: "reply", "choice:" …"""
    told = (inspect.getdoc(BY_TAG[kind]) or "").split("Example::")[0]
    found = re.search(r"Exits: (.*?)\.(?:\s|$)", told, re.DOTALL)
    if found is None:
        assert "No exits" in told, kind
        return set()
    return {_family(name) for name in re.findall(r"`([^`]+)`", found[1])}


def _family(exit: str) -> str:
    head, mark, _ = exit.partition(":")
    return head + mark


@cache
def taken(kind: str) -> set[str]:
    """The exits of a kind that its cases leave by."""
    found: set[str] = set()
    for case in cases(kind):
        play = opened(case)
        for step in case["steps"]:
            act(play, step)
        for row in play.happened:
            for done in row.taken.steps:
                exits = {e.exit for e in done.trail if isinstance(e, Left) and e.node == "n"}
                found |= {_family(exit) for exit in exits}
    return found


@pytest.mark.parametrize("kind", [kind for kind in BY_TAG if kind != "trigger"])
def test_every_exit_of_a_kind_is_taken_by_a_case(kind: str):
    missing = families(kind) - taken(kind)
    assert not missing, f"nodes/{kind}.json: no case leaves by {sorted(missing)}"


# -- fields --------------------------------------------------------------------------------------


def fields_set(value: Any, kind: Any, found: dict[type, dict[str, list[Any]]]) -> None:
    """Which fields of which types a JSON value sets, and to what."""
    kind = _plain(kind)
    origin = get_origin(kind)
    if origin in (tuple, list) and isinstance(value, list):
        for item in cast("list[Any]", value):
            fields_set(item, get_args(kind)[0], found)
    elif origin is dict and isinstance(value, dict):
        for item in cast(Json, value).values():
            fields_set(item, get_args(kind)[1], found)
    elif origin in (Union, UnionType):
        for each in get_args(kind):
            if isinstance(value, list) and get_origin(each) is tuple:
                fields_set(cast("list[Any]", value), each, found)
            if isinstance(value, dict) and _is_of(cast(Json, value), _plain(each)):
                fields_set(cast(Json, value), each, found)
    elif _is_struct(kind) and isinstance(value, dict):
        listed = found.setdefault(kind, {})
        known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        types = get_type_hints(kind, include_extras=False)
        for name, member in cast(Json, value).items():
            if name in known:
                listed.setdefault(name, []).append(member)
                fields_set(member, types[known[name].name], found)


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is_of(value: Json, kind: Any) -> bool:
    if not _is_struct(kind):
        return False
    config = kind.__struct_config__
    if config.tag is not None:
        return value.get(config.tag_field) == config.tag
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    return set(value) <= names


def reached(kind: Any, seen: set[type] | None = None) -> set[type]:
    """Every authored type that a type is made of."""
    seen = set() if seen is None else seen
    kind = _plain(kind)
    if _is_struct(kind):
        if kind not in seen:
            seen.add(kind)
            for each in get_type_hints(kind, include_extras=False).values():
                reached(each, seen)
        return seen
    for each in get_args(kind):
        reached(each, seen)
    return seen


def every_set() -> dict[type, dict[str, list[Any]]]:
    found: dict[type, dict[str, list[Any]]] = {}
    for kind, case in LISTED:
        fields_set(under_test(case), BY_TAG[kind], found)
    return found


SET = every_set()

PIECES = sorted(
    {piece for kind in KINDS for piece in reached(kind) if piece not in KINDS},
    key=lambda piece: f"{piece.__module__}.{piece.__name__}",
)


def test_the_pieces_are_found():
    names = {piece.__name__ for piece in PIECES}
    assert {"ListContent", "ExpectPattern", "OnCron", "When", "Audience", "Target"} <= names
    assert all(issubclass(piece, Doc | msgspec.Struct) for piece in PIECES)


@pytest.mark.parametrize("kind", [*KINDS, *PIECES], ids=lambda kind: kind.__name__)
def test_every_field_is_set_by_a_case(kind: type):
    missing = {
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if field.encode_name not in SET.get(kind, {})
    }
    missing -= UNUSED.get(kind.__name__, set())
    if kind in KINDS:
        missing -= FOR_PEOPLE
    assert not missing, f"no case sets {kind.__name__}.{', '.join(sorted(missing))}"


def literals() -> Iterator[tuple[type, str, str, bool]]:
    """(type, field, value, whether it is what a field left out means)."""
    for kind in [*KINDS, *PIECES]:
        types = get_type_hints(kind, include_extras=False)
        for field in msgspec.structs.fields(kind):
            for value in _literals(types[field.name]):
                yield kind, field.encode_name, value, field.default == value


def _literals(kind: Any) -> list[str]:
    kind = _plain(kind)
    if get_origin(kind) is Literal:
        return [value for value in get_args(kind) if isinstance(value, str)]
    return [value for each in get_args(kind) for value in _literals(each)]


def test_every_word_that_a_field_knows_is_used_by_a_case():
    missing: list[str] = []
    for kind, name, value, default in literals():
        used: list[Any] = []
        for each in SET.get(kind, {}).get(name, []):
            used.extend(cast("list[Any]", each) if isinstance(each, list) else [each])
        if value not in used and not default:
            missing.append(f"{kind.__name__}.{name}: {value!r}")
    assert not missing, "\n".join(missing)
