"""Numbers as people type them: those that cannot be kept are refused in words, nowhere a 500."""

from decimal import Decimal

import httpx
import pytest

from tests.web.site import Site
from web.editor.forms.values import number_of
from web.problems import Problem
from web.settings.vocabulary import constant_value
from web.typed import typed_number

NONE = ("NaN", "sNaN", "Infinity", "-inf", "1e999999", "1e-999999", "doze", "", "1,2,3", "9" * 40)


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", "3"), (" 2,5 ", "2.5"), ("-0.75", "-0.75"), ("1.234,56", "1234.56"), ("1e3", "1000")],
)
def test_a_number_is_read_as_it_is_typed(text: str, number: str) -> None:
    assert typed_number(text) == Decimal(number)


@pytest.mark.parametrize("text", NONE)
def test_what_cannot_be_kept_is_no_number(text: str) -> None:
    assert typed_number(text) is None
    with pytest.raises(Problem):
        number_of(text, "/max")
    for typed, kind in ((text, "number"), ("[1e999999]", "json")):
        with pytest.raises(Problem):
            constant_value(typed, kind)


async def test_no_page_breaks_by_a_number(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"name": "Frete", "value": "NaN", "type": "number", "new": "1"}
    answer = await client.post("/settings/constants", data=form)
    assert answer.status_code == 422
    assert "O valor não é um número." in answer.text


async def wrong(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400, path
    assert "O endereço tem um valor que não serve: " in answer.text
    assert "Expected" not in answer.text


async def test_an_address_that_does_not_fit_is_told_in_words(site: Site) -> None:
    client = await site.client(site.bia)
    await wrong(client, "/flows/ola/changes?old=abc&new=1")
    await wrong(client, "/flows/ola/numbers?days=abc")
    program = await site.program(site.bia)
    answer = await program.get("/api/v1/contacts?limit=abc")
    assert "Expected" in answer.json()["detail"]
