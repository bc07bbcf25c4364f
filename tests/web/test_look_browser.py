"""In a real Chromium: from a bubble of the inbox to its step on the canvas; publishing and back."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import signed_in
from tests.web.test_publish_page import changed, draw, spoken

expect.set_options(timeout=30_000)
LIT = re.compile(r"\bis-active\b")


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def test_a_bubble_is_explained_and_a_version_comes_back(site: Site, browser: Browser) -> None:
    conversation = await spoken(site)
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/conversations/{conversation}")
    await page.get_by_role("link", name="Por que o bot fez isso?").first.click()
    await page.wait_for_selector("flow-canvas[data-ready]")
    await expect(page.locator("#n-menu")).to_have_class(LIT)
    await page.get_by_role("button", name="Passo anterior").click()
    await expect(page.locator("#n-oi")).to_have_class(LIT)
    await draw(await site.client(site.bia), changed())
    await page.goto(f"{site.address}/flows/ola/publish")
    await expect(page.get_by_text("1 de 1 ficam iguais")).to_be_visible()
    await page.get_by_label("O que mudou, em uma frase").fill("Sem despedida")
    await page.get_by_role("button", name="Publicar agora").click()
    await expect(page.get_by_text("Publicado: versão 2.")).to_be_visible()
    await page.goto(f"{site.address}/flows/ola/versions")
    await expect(page.get_by_text("Sem despedida")).to_be_visible()
    await page.get_by_role("link", name="O que mudou").click()
    await page.wait_for_selector("flow-canvas[data-ready]")
    await expect(page.locator("#n-feito")).to_have_class(re.compile("is-removed"))
    await page.goto(f"{site.address}/flows/ola/versions")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Voltar para esta").click()
    await expect(page.get_by_text("A versão 1 está no ar de novo.")).to_be_visible()
