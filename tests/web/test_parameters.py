"""A tool's JSON Schema as rows of a form: shown, written again, and nothing of it lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.test_editor_forms import AROUND, field_of, made, typed
from web.editor.forms.parameters import Param, Params, params_of, schema_of
from web.editor.forms.values import KINDS
from web.forms import Form
from web.problems import Problem

FULL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "dia": {"type": "string", "description": "AAAA-MM-DD", "maxLength": 10},
        "pessoas": {"type": "integer", "minimum": 1, "maximum": 12},
        "porte": {"type": "string", "enum": ["pequeno", "médio", "grande"]},
        "extras": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "cep": {"type": "string", "pattern": r"^\d{8}$"},
        "onde": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "jaFoi": {"type": "boolean"},
    },
    "required": ["dia", "pessoas"],
    "additionalProperties": False,
}


def test_a_schema_is_rows() -> None:
    found = params_of(FULL)
    assert found is not None
    assert found.rows == (
        Param("dia", "string", "AAAA-MM-DD", True, most=10),
        Param("pessoas", "integer", need=True, least=1, most=12),
        Param("porte", "one", options=("pequeno", "médio", "grande")),
        Param("extras", "list", most=3),
        Param("cep", "string", rest={"pattern": r"^\d{8}$"}),
        Param("onde", "json", rest={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        Param("jaFoi", "boolean"),
    )
    assert found.more == {"additionalProperties": False}
    assert schema_of(found) == FULL


def test_nothing_is_no_schema() -> None:
    assert params_of({}) == Params()
    assert schema_of(Params((Param("", need=True),))) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {" a": {"type": "string"}}},
        {"type": "object", "required": "a"},
    ],
)
def test_what_is_no_object_with_names_stays_json(schema: Any) -> None:
    assert params_of(schema) is None


# No document holds NUL: its reader refuses it.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
NUMBER = st.integers(-9999, 9999)
LEAF = st.none() | st.booleans() | NUMBER | WORDS
RULE = st.sampled_from([
    "type", "description", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems",
    "maxItems", "items", "pattern", "format", "default", "anyOf",
])  # fmt: skip
TYPE = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
PROPERTY = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPE | LEAF,
        "items": st.just({"type": "string"}) | st.dictionaries(RULE, LEAF, max_size=2),
        "enum": st.lists(st.sampled_from(["a", "b c", "d,e", "", " f"]) | LEAF, max_size=3),
        "description": st.sampled_from(["Um dia", " largo ", "duas\nlinhas", ""]) | LEAF,
        **dict.fromkeys(("minimum", "maximum", "minLength", "maxItems"), NUMBER | LEAF),
        "pattern": WORDS,
    },
)
NAME = st.sampled_from(["dia", "orderId", "a-b", "x_1", "ação"])
SCHEMA = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(NAME, PROPERTY, max_size=4)},
    optional={
        "additionalProperties": st.booleans(),
        "title": WORDS,
        "required": st.lists(NAME | st.just("outro"), unique=True, max_size=4),
    },
)


def same(schema: Any) -> Any:
    """A schema without what says nothing: the order of what must be there."""
    needed = sorted(schema.get("required", []))
    rest = {name: value for name, value in schema.items() if name != "required"}
    return rest | ({"required": needed} if needed else {})


@given(SCHEMA)
def test_whatever_a_schema_says_is_said_again(schema: dict[str, Any]) -> None:
    found = params_of(schema)
    assert found is not None
    if found.rows or found.more:
        assert same(schema_of(found)) == same(schema)


@given(SCHEMA)
def test_a_form_that_comes_back_untouched_says_the_same(schema: dict[str, Any]) -> None:
    kind = KINDS["params"]
    shown = kind.show(schema)
    form = Form({f"/p{end}": list(values) for end, values in shown.items()})
    taken = kind.take(form, "/p", False)
    if shown[".name"] or shown[".more"][0]:
        assert same(taken) == same(msgspec.json.decode(msgspec.json.encode(schema)))


# -- what somebody types -------------------------------------------------------------------------

AT = "/tools/0/parameters"
# A node's objects come in the order of their names.
STEP = made(
    type="ai_reply",
    instructions="Oi",
    tools=[{"name": "t", "flow": "x", "parameters": FULL}],
)


def written(**columns: list[str]) -> Any:
    """The schema after somebody typed in these columns; the others as they were shown."""
    assert {f".{end}" for end in columns} <= field_of(STEP, AT).shown.keys()
    names = {f"{AT}.{end}": values for end, values in columns.items()}
    return typed(STEP, names)["tools"][0]["parameters"]


def test_another_limit_and_another_list_change_only_that() -> None:
    most = ["", "10", "3", "", "", "8", ""]
    options = ["", "", "", "", "", "", "P, M ,G"]
    found = written(most=most, options=options)
    wanted = msgspec.json.decode(msgspec.json.encode(FULL))
    wanted["properties"]["pessoas"]["maximum"] = 8
    wanted["properties"]["porte"]["enum"] = ["P", "M", "G"]
    assert found == wanted


def test_a_new_name_becomes_a_variables_and_an_old_one_stays() -> None:
    found = written(name=["cep", "Novo dia", "extras", "jaFoi", "onde", "pessoas", "porte"])
    assert set(found["properties"]) == {*FULL["properties"], "novo_dia"} - {"dia"}
    assert found["required"] == ["novo_dia", "pessoas"]


def test_words_for_the_model_stand_beside_rules_of_ones_own() -> None:
    found = written(about=["", "AAAA-MM-DD", "", "", "Onde é", "", ""])
    assert found["properties"]["onde"] == FULL["properties"]["onde"] | {"description": "Onde é"}


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("most", ["", "dez", "", "", "", "", ""], "número"),
        ("most", ["", "2,5", "", "", "", "", ""], "inteiro"),
        ("least", ["", "11", "", "", "", "", ""], "mínimo"),
        ("rest", ["{", "", "", "", "", "", ""], "JSON"),
    ],
)
def test_what_cannot_be_is_told_at_the_field(column: str, values: list[str], says: str) -> None:
    with pytest.raises(Problem) as refused:
        written(**{column: values})
    assert refused.value.place == AT
    assert says in refused.value.said(AROUND.t)[0]
