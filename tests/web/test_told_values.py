"""Values in the trail, in people's words."""

from decimal import Decimal
from typing import Any

import pytest

from flowengine.trail import AnswerTaken, Assigned
from web.texts import TEXTS
from web.told_values import LONGEST, told_value
from web.trail_lines import tell_event

T = TEXTS["pt-BR"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Rex", "Rex"),
        (None, "vazio"),
        (True, "sim"),
        (Decimal("2.5"), "2,5"),
        ([], "vazio"),
        (["banho", "tosa"], "banho, tosa"),
        ([1, 2, 3, 4, 5], "5 itens"),
        ({"previsao": "2026-11-22", "a_caminho": True}, "previsao: 2026-11-22, a caminho: sim"),
        ({"loja": {"rua": "A", "n": 3}}, "loja: (rua: A, n: 3)"),
        ({"a": {"b": {"c": 1, "d": 2}}}, "a: (b: 2 itens)"),
        ("linha\noutra", "linha outra"),
    ],
)
def test_a_value_is_told_in_one_line(value: Any, words: str) -> None:
    assert told_value(value, T) == words


def test_a_long_value_is_cut() -> None:
    assert len(told_value("palavra " * 99, T)) == LONGEST
    assert told_value(Decimal("2.5"), TEXTS["en"]) == "2.5"


def test_the_trail_shows_no_python() -> None:
    order = {"n": 3, "pago": False}
    kept = tell_event(Assigned(node="n", name="contact.fields.pedido_novo", value=order), None, T)
    assert kept is not None
    assert kept.html == "Guardou <b>pedido novo</b> = n: 3, pago: não"
    answered = tell_event(AnswerTaken(node="n", value={"latitude": Decimal("-23.5")}), None, T)
    assert answered is not None
    assert answered.html == "Entendeu a resposta: <b>latitude: -23,5</b>"
