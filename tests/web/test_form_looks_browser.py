"""How the editor's forms and buttons look in a real Chromium: together what belongs together."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FloatRect, Locator, Page, expect

from flowengine.store import constants
from tests.web.shared import ask, bring, drawn, end, small, tell, window
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "Rua das Acácias, 120, Vila Mariana, São Paulo"
CALL: dict[str, Any] = {
    "id": "reserva",
    "type": "http",
    "title": "Reserva",
    "method": "POST",
    "url": "https://agenda.example/{{ contact.name }}",
    "body": {"tutor": "{{ contact.name }}", "pet": {"expr": "contact.fields.pet"}},
}
STEPS = [
    tell("onde", "É na {{ const.endereco }}."),
    CALL,
    ask("vai", "Vamos?", "Sim", "Não"),
    end(),
]
FLOW = small(
    "formas", "formas", STEPS,
    "onde next reserva", "reserva next vai", "vai choice:sim fim", "vai choice:não fim",
)  # fmt: skip
MIDDLE = "(it) => { const box = it.getBoundingClientRect(); return box.top + box.height / 2; }"
FIRST_LINE = """(it) => {
  const words = document.createRange();
  words.selectNodeContents(it);
  const line = words.getClientRects()[0];
  return line.top + line.height / 2;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(product: Site, chrome: Browser) -> AsyncIterator[Page]:
    async with product.database.web(product.bia.tenant) as transaction:
        await constants.put_constant(transaction, "endereco", ADDRESS)
    await bring(product, FLOW)
    yield await window(chrome, product, "/flows/formas/edit")


async def form(page: Page, id: str) -> Locator:
    """The form of a step, opened by a link to it."""
    await drawn(page)
    await page.evaluate("(id) => { location.hash = ''; location.hash = id; }", id)
    shown = page.locator(f"#inspector form[data-node={id}]")
    await expect(shown).to_be_visible()
    return shown


async def place(it: Locator) -> FloatRect:
    found = await it.bounding_box()
    assert found, f"{it} is not to be seen"
    return found


async def test_a_field_of_one_line_holds_the_button_that_puts_a_value_in(page: Page) -> None:
    shown = await form(page, "reserva")
    for field in await shown.locator(".chips-text.line:visible").all():
        button = field.locator("xpath=..").get_by_role("button", name="Pôr um dado aqui")
        room, box = await place(field), await place(button)
        assert min(box["width"], box["height"]) >= 24
        assert room["x"] < box["x"]
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert room["y"] <= box["y"]
        assert box["y"] + box["height"] <= room["y"] + room["height"]


async def test_a_value_that_is_one_chip_has_no_quotes_around_it(page: Page) -> None:
    shown = await form(page, "reserva")
    values = shown.get_by_role("textbox", name="Valor")
    await expect(values).to_have_text(["Nome do pet", "nome do contato"])


async def test_the_preview_shows_the_whole_of_what_a_chip_stands_for(page: Page) -> None:
    shown = await form(page, "onde")
    await expect(shown.locator("#wa .wa-text")).to_have_text(f"É na {ADDRESS}.")


async def test_messages_that_come_together_are_gathered_for_seconds(page: Page) -> None:
    shown = await form(page, "vai")
    await shown.locator("[data-fold='Mais opções'] > summary").click()
    field = shown.locator(".field[data-at='/gather']")
    await expect(field.get_by_label("Unidade")).to_have_value("S")
    await expect(field.get_by_label("Unidade").locator("option")).to_have_text(
        ["segundos", "minutos", "horas", "dias"]
    )


async def test_buttons_that_add_are_alike_and_say_what_they_add(page: Page) -> None:
    shown = await form(page, "vai")
    button = shown.get_by_role("button", name="Acrescentar um botão")
    other = shown.locator(".add-menu > summary")
    await expect(other).to_have_text("Acrescentar outra mensagem")
    one, two = await place(button), await place(other)
    assert (one["width"], one["height"]) == (two["width"], two["height"])


async def test_a_box_to_tick_stands_on_the_line_of_its_words(page: Page) -> None:
    shown = await form(page, "vai")
    await shown.locator("[data-fold='Mais opções']").evaluate("(it) => { it.open = true; }")
    labels = await shown.locator("label.check:visible").all()
    assert labels
    for label in labels:
        box = await label.locator("input[type=checkbox]").evaluate(MIDDLE)
        line = await label.locator("span").evaluate(FIRST_LINE)
        assert abs(box - line) <= 1.5


async def test_what_applies_json_stands_apart_from_it(page: Page) -> None:
    shown = await form(page, "vai")
    await shown.locator(".ed-json > summary").click()
    text = await place(shown.get_by_label("JSON do passo"))
    button = await place(shown.get_by_role("button", name="Aplicar"))
    assert button["y"] - (text["y"] + text["height"]) >= 6


async def test_the_button_of_findings_has_the_sign_of_the_worst(
    product: Site, chrome: Browser
) -> None:
    await bring(product, small("sinal", "sinal", [ask("vai", "Vamos?", "Sim"), end()]))
    page = await window(chrome, product, "/flows/sinal/edit")
    button = page.locator("#issues-button")
    sign = button.locator("i:visible use")
    await expect(sign).to_have_attribute("href", re.compile("#octagon-alert$"))
    found = re.compile(r"^Problemas encontrados: \d+$")
    await expect(button).to_have_attribute("aria-label", found)
    await bring(product, small("sinal", "sinal", [tell("ola", "Oi"), end()], "ola next fim"))
    await page.reload()
    await expect(button).to_have_text("Sem problemas")
    await expect(sign).to_have_attribute("href", re.compile("#circle-check-big$"))
