"""Operators follow what they are said of, in number and gender."""

import msgspec
import pytest

from flowengine.conditions.when import When
from web.agreeing import AGREEING
from web.comparing import WORDS, in_short
from web.editor.forms.conditions import when
from web.editor.forms.making import Maker
from web.editor.forms.naming import Known, Value
from web.editor.forms.pieces import Around, fields_in
from web.texts import TEXTS


def short(left: object, op: str, language: str) -> str:
    found = msgspec.convert({"left": left, "op": op}, When)
    return in_short(found, TEXTS[language])


@pytest.mark.parametrize(
    ("left", "op", "portuguese", "spanish"),
    [
        (
            "{{ message.text }}",
            "is_not_empty",
            "última mensagem está preenchida",
            "último mensaje no está vacío",
        ),
        (
            {"expr": "message.choice"},
            "is_empty",
            "opção escolhida está vazia",
            "opción elegida está vacía",
        ),
        (
            {"expr": "contact.tags"},
            "is_empty",
            "etiquetas do contato estão vazias",
            "etiquetas del contacto están vacías",
        ),
        ({"expr": "contact.name"}, "is_empty", "nome do contato está vazio", None),
        ({"expr": "data_da_visita"}, "is_empty", "data da visita está vazia", None),
        ({"expr": "dia"}, "is_empty", "dia está vazio", None),
        ({"expr": "contact.fields.opcoes"}, "is_empty", "opcoes estão vazias", None),
        ({"expr": "itens"}, "is_empty", "itens estão vazios", "itens están vacíos"),
        ({"expr": "cartao"}, "is_not_empty", "cartao está preenchido", None),
        ({"expr": "situação"}, "is_not_empty", "situação está preenchida", None),
        ({"expr": "pais"}, "is_not_empty", "pais está preenchido", None),
        ({"expr": "a + b"}, "is_empty", "a + b está vazio", None),
    ],
)
def test_an_operator_agrees_with_its_left_side(
    left: object, op: str, portuguese: str, spanish: str | None
) -> None:
    assert short(left, op, "pt-BR") == portuguese
    if spanish is not None:
        assert short(left, op, "es") == spanish


def test_english_says_it_one_way_for_both_genders() -> None:
    assert short("{{ message.text }}", "is_empty", "en") == "last message is empty"
    assert short({"expr": "contact.tags"}, "is_empty", "en").endswith("are empty")


def test_the_first_form_of_each_is_what_the_operator_is_called() -> None:
    assert all(forms[0] == WORDS[op] for op, forms in AGREEING.items())


def test_the_form_offers_them_as_they_agree() -> None:
    body = {"when": {"left": "{{ message.text }}", "op": "is_empty"}}
    group = when(Maker(body, Around(TEXTS["pt-BR"], Known()), {}), "/when")
    left, pick = list(fields_in((group,)))[:2]
    offered = {code: words for _group, options in pick.options for code, words in options}
    assert offered["is_empty"] == "está vazia"
    assert offered["in"] == "é uma destas"
    assert left.reshapes, "another left side asks for other words"


@pytest.mark.parametrize(
    ("type_", "op", "there", "gone"),
    [
        ("list", "contains", {"contains", "is_empty", "has_tag"}, {"is_email", "more", "before"}),
        ("number", "more", {"more", "between", "equals"}, {"is_email", "starts_with", "before"}),
        ("boolean", "is_yes", {"is_yes", "equals"}, {"more", "contains"}),
        ("date", "before", {"before", "same_day"}, {"more", "is_email"}),
        ("number", "starts_with", {"starts_with", "more"}, {"ends_with"}),
        ("text", "equals", {"is_email", "more", "before", "contains"}, set()),
    ],
)
def test_only_what_fits_the_value_is_offered(
    type_: str, op: str, there: set[str], gone: set[str]
) -> None:
    known = Known((Value("x", "x", "…", "", type_),))
    body = {"when": {"left": {"expr": "x"}, "op": op, "right": 1}}
    group = when(Maker(body, Around(TEXTS["pt-BR"], known), {}), "/when")
    pick = list(fields_in((group,)))[1]
    offered = {code for _group, options in pick.options for code, _words in options}
    assert there <= offered
    assert not gone & offered
    assert all(options for _group, options in pick.options)
