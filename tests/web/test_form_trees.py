"""Nested JSON in words and back: bodies of calls by dotted names, parameters of tools by rows."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.editor.forms.trees import flat, grown, is_tree
from web.editor.forms.values import KINDS
from web.forms import Form

names = st.text("abcxyz_", min_size=1, max_size=3)
leaves = st.one_of(
    st.sampled_from(["a", "", "5", "true", "{{ nome }}", '"', "0042", "1,5"]),
    st.integers(-99, 99),
    st.booleans(),
    st.just({"expr": "pet"}),
)
trees = st.recursive(
    st.dictionaries(names, leaves, min_size=1, max_size=3),
    lambda inside: st.dictionaries(
        names, st.one_of(leaves, inside, st.lists(inside, min_size=1, max_size=2)), min_size=1,
        max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


@given(trees)
def test_a_body_is_said_in_fields_and_read_back(tree: dict[str, Any]) -> None:
    assert is_tree(tree)
    assert grown(list(flat(tree))) == tree
    shown = KINDS["tree"].show(tree)
    form = Form({f"/body{end}": list(values) for end, values in shown.items()})
    assert KINDS["tree"].take(form, "/body", False) == tree


@pytest.mark.parametrize("value", [{"a.b": 1}, {"0": 1}, {"a": []}, {"a": {}}, {"expr": "x"}, [1]])
def test_what_dots_cannot_say_stays_json(value: Any) -> None:
    assert not is_tree(value)


def test_two_fields_at_one_place_are_the_later_one() -> None:
    assert grown([("a", 1), ("a.b", 2)]) == {"a": {"b": 2}}
    assert grown([("a.0", 1), ("a.1", 2), ("b..c", 3)]) == {"a": [1, 2], "b": {"c": 3}}


@pytest.mark.parametrize("kind", ["pairs", "tree"])
def test_a_lone_place_has_no_quotes_and_stays_the_text_that_it_was(kind: str) -> None:
    body = {"nome": "{{ contact.name }}", "pet": {"expr": "pet"}, "codigo": "0042", "n": "42"}
    shown = KINDS[kind].show(body)
    assert shown[".value"] == ["{{ contact.name }}", "{{ pet }}", "0042", '"42"']
    shown[".value"][0] = "{{ contact.phone }}"
    form = Form({f"/body{end}": list(values) for end, values in shown.items()})
    assert KINDS[kind].take(form, "/body", False) == body | {"nome": "{{ contact.phone }}"}


def test_a_pair_that_is_new_keeps_the_type_of_its_value() -> None:
    form = Form({"/body.name": ["pet", "n"], "/body.value": ["{{ pet }}", "2,5"]})
    assert KINDS["pairs"].take(form, "/body", False) == {
        "pet": {"expr": "pet"},
        "n": Decimal("2.5"),
    }
