"""Which option is meant: exactly, loosely, and never by a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.choices import Option, match_exact, match_loose

MENU = (
    Option("vendas", "Vendas", ("comprar",)),
    Option("suporte", "Suporte técnico", ("ajuda", "falar com atendente")),
    Option("boleto", "2ª via de boleto"),
)
DAYS = (Option("seg", "Segunda-feira"), Option("ter", "Terça-feira"), Option("qua", "Quarta-feira"))
PLANS = (Option("p", "Plano"), Option("pf", "Plano família"))
SIZES = (Option("a", "2"), Option("b", "3"))
ANSWER = (Option("x1", "👍 Sim"), Option("x2", "👎 Não"))
ALIKE = (Option("a", "Carlos"), Option("b", "Carlas"))
TWINS = (Option("a", "Igual"), Option("b", "igual!"))


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        (MENU, "vendas", "vendas"),
        (MENU, "VENDAS!", "vendas"),
        (MENU, "suporte tecnico", "suporte"),
        (MENU, "1", "vendas"),
        (MENU, "2.", "suporte"),
        (MENU, "(3)", "boleto"),
        (MENU, "３", "boleto"),
        (MENU, "comprar", "vendas"),
        (MENU, "Falar com atendente.", "suporte"),
        (MENU, "2a via de boleto", "boleto"),
        (MENU, "4", None),
        (MENU, "0", None),
        (MENU, "", None),
        (MENU, "quero vendas", None),
        (SIZES, "2", "a"),
        (SIZES, "3", "b"),
        (SIZES, "1", None),
        (TWINS, "igual", None),
        (TWINS, "a", "a"),
        ((), "1", None),
    ],
)
def test_exactly(options: tuple[Option, ...], text: str, expected: str | None) -> None:
    assert match_exact(options, text) == expected


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        # words of one option inside the text
        (MENU, "quero vendas", "vendas"),
        (MENU, "preciso de ajuda por favor", "suporte"),
        (MENU, "vendas ou suporte técnico", None),
        (MENU, "não quero vendas", None),
        (MENU, "revendas", None),
        (PLANS, "quero o plano família", "pf"),
        (PLANS, "quero plano", "p"),
        # the text inside one title
        (MENU, "suporte", "suporte"),
        (MENU, "boleto", "boleto"),
        (PLANS, "família", "pf"),
        (ANSWER, "sim", "x1"),
        (ANSWER, "👎🏽", "x2"),
        (ANSWER, "não", "x2"),
        (ANSWER, "sim não", None),
        # ordinals, unless they are words of the options
        (MENU, "a segunda", "suporte"),
        (MENU, "la primera", "vendas"),
        (MENU, "the third one", "boleto"),
        (MENU, "última", "boleto"),
        (MENU, "quero a primeira opção", "vendas"),
        (MENU, "opção 2", "suporte"),
        (MENU, "número 3", "boleto"),
        (MENU, "a quinta", None),
        (DAYS, "segunda", "seg"),
        (DAYS, "a quarta", "qua"),
        (DAYS, "a terça", "ter"),
        # one typo
        (MENU, "vemdas", "vendas"),
        (MENU, "vedas", "vendas"),
        (MENU, "vendsa", "vendas"),
        (MENU, "suporte tecnco", "suporte"),
        (MENU, "vmdas", None),
        (ALIKE, "carlis", None),
        (ALIKE, "carlox", "a"),
        (ANSWER, "sem", None),
        (MENU, "oi", None),
        (MENU, "", None),
        ((), "a", None),
    ],
)
def test_loosely(options: tuple[Option, ...], text: str, expected: str | None) -> None:
    assert match_loose(options, text) == expected


titles = st.text(alphabet="abcão 12👍", min_size=1, max_size=8)


@given(st.lists(titles, max_size=5), st.text(alphabet="abcão 12👍.", max_size=12))
def test_what_is_found_was_offered(names: list[str], text: str) -> None:
    options = [Option(f"o{at}", name) for at, name in enumerate(names)]
    ids = {option.id for option in options}
    assert match_exact(options, text) in ids | {None}
    assert match_loose(options, text) in ids | {None}


@given(st.lists(titles, min_size=1, max_size=5, unique=True), st.data())
def test_the_order_of_the_options_only_changes_numbers(
    names: list[str], data: st.DataObject
) -> None:
    options = [Option(f"o{at}", name) for at, name in enumerate(names)]
    text = data.draw(st.sampled_from(names))
    found = match_exact(options, text)
    if not any(c.isdigit() for c in text):
        assert match_exact(options[::-1], text) == found
