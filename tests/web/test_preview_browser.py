"""The preview in a real Chromium: a chat on the draft lights the canvas, step by step, by hand."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import drawn, new_flow, saved, signed_in

expect.set_options(timeout=30_000)
LIT = re.compile(r"\bis-active\b")


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def trying(browser: Browser, site: Site, key: str = "ola") -> Page:
    """The preview of a flow, open."""
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows/{key}/edit")
    await drawn(page)
    await page.get_by_role("button", name="Experimentar").click()
    return page


async def test_a_chat_lights_its_way_and_can_be_stepped_back(site: Site, browser: Browser) -> None:
    page = await trying(browser, site)
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="oi", exact=True).click()
    await expect(panel.get_by_text("Como posso ajudar?")).to_be_visible()
    await expect(page.locator("#n-menu")).to_have_class(LIT)
    await panel.get_by_text("Ver opções").first.click()
    await panel.get_by_role("button", name="Banho e tosa").click()
    await expect(page.locator("#n-certo")).to_have_class(LIT)
    await panel.get_by_role("button", name="Confirmo").click()
    await expect(panel.get_by_text("Combinado, Ana!")).to_be_visible()
    await expect(page.locator("#n-fim")).to_have_class(LIT)
    for _ in range(3):
        await panel.get_by_role("button", name="Passo anterior").click()
    await expect(panel.get_by_text("Combinado, Ana!")).to_be_hidden()
    await expect(page.locator("#n-certo")).to_have_class(LIT)
    await panel.get_by_label("Mensagem", exact=True).fill("não")
    await page.keyboard.press("Enter")
    await expect(page.locator("#n-menu")).to_have_class(LIT)
    await expect(panel.locator(".said.mine")).to_have_count(3)


async def test_the_keyboard_is_enough(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows/ola/edit")
    await drawn(page)
    await page.locator("#canvas").focus()
    await page.keyboard.press("t")
    words = page.get_by_label("Mensagem", exact=True)
    await expect(words).to_be_focused()
    await page.keyboard.type("oi")
    await page.keyboard.press("Enter")
    await expect(page.locator("#preview .said")).to_have_count(2)
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#preview").get_by_text("Confirma o banho?")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#preview")).to_be_hidden()


async def test_an_edit_of_the_draft_changes_the_chat_at_once(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.get_by_role("button", name="Experimentar").click()
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="novo", exact=True).click()
    await expect(panel.get_by_text("Olá, Ana!")).to_be_visible()
    await page.locator("#n-ola").click()
    await page.locator("#inspector").get_by_label("Mensagem").first.fill("Bom dia!")
    await expect(panel.get_by_text("Bom dia!")).to_be_visible()
    await saved(page)


async def test_time_faults_and_people(site: Site, browser: Browser) -> None:
    page = await trying(browser, site)
    panel = page.locator("#preview")
    more = panel.get_by_label("Mais acontecimentos")
    await more.click()
    await panel.get_by_role("button", name="Recusar o próximo envio").click()
    await panel.get_by_label("Mensagem", exact=True).fill("oi")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Não foi entregue")).to_be_visible()
    await more.click()
    await panel.get_by_role("button", name="Entregar a última mensagem de novo").click()
    await expect(panel.get_by_role("alert")).to_contain_text("descartada")
    await panel.get_by_label("Mensagem", exact=True).fill("2")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Passou a conversa para")).to_be_visible()
    await panel.get_by_role("button", name="Encerrar", exact=True).click()
    await expect(panel.get_by_text("Terminou:")).to_be_visible()
    await panel.get_by_role("button", name="Pular 24 h").click()
    await panel.get_by_label("Quem escreve").click()
    await panel.get_by_label("Nome do contato").fill("Caio")
    await panel.get_by_label("Sem telefone").check()
    await panel.get_by_role("button", name="Recomeçar assim").click()
    await expect(panel.locator(".said")).to_have_count(0)
    await page.locator("#n-feito header").click()
    await panel.get_by_role("button", name="Começar em").click()
    await expect(panel.get_by_text("Combinado, Caio!")).to_be_visible()


async def test_a_chat_becomes_a_test_and_the_canvas_shows_what_is_missing(
    site: Site, browser: Browser
) -> None:
    page = await trying(browser, site)
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="oi", exact=True).click()
    await panel.get_by_label("Mensagem", exact=True).fill("1")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Confirma o banho?", exact=True)).to_be_visible()
    await panel.get_by_text("Salvar como teste").click()
    await panel.get_by_label("Nome do teste").fill("Pelo banho")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("status").filter(has_text="Teste salvo.")).to_be_visible()
    await panel.get_by_label("Mostrar no desenho o que falta testar").check()
    await expect(page.locator("#n-fila")).to_have_class(re.compile("is-uncovered"))
    await panel.get_by_role("button", name="Achar testes").click()
    await expect(panel.locator(".pv-cover b")).to_have_text("100%")
    await expect(page.locator(".is-uncovered")).to_have_count(0)
    await panel.get_by_role("button", name="Pelo banho", exact=True).click()
    await expect(panel.get_by_text("Confirma o banho?", exact=True)).to_be_visible()


async def test_a_finding_plays_its_chat(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-fim").click()
    await page.locator("#n-fim").focus()
    await page.keyboard.press("Delete")
    await saved(page)
    await expect(page.locator("#n-ola .fc-badge")).to_be_visible()
    await page.locator("#issues-button").click()
    await page.get_by_role("button", name="Ver a conversa que mostra isto").first.click()
    await expect(page.locator("#preview .said.mine")).to_have_count(1)
    await expect(page.locator("#n-ola")).to_have_class(LIT)


async def test_escape_closes_the_menu_first_and_then_what_it_is_in(
    site: Site, browser: Browser
) -> None:
    page = await trying(browser, site)
    panel = page.locator("#preview")
    more = panel.get_by_label("Mais acontecimentos")
    await more.click()
    await expect(panel.locator("details.up[open]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(panel.locator("details.up[open]")).to_have_count(0)
    await expect(panel).to_be_visible()
    await expect(more).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    # The same in the form of a step.
    await page.locator("#n-menu header").click()
    side = page.locator("#inspector")
    await side.locator(".add-menu > summary").first.click()
    await expect(side.locator("details.menu[open]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(side.locator("details.menu[open]")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(side.locator("form")).to_have_count(0)
