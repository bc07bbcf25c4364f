"""The list of the keyboard's keys, and that each key that it names does what it says."""

import os

import pytest
from playwright.async_api import Browser, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_question_mark_shows_the_keys(product: Site, chrome: Browser) -> None:
    await bring(product, small("teclas", "Teclas", [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, product, "/flows/teclas/edit")
    await drawn(page)
    listed = page.locator("#keys")
    await expect(listed).to_be_hidden()
    await page.locator("flow-canvas").focus()
    await page.keyboard.press("?")
    await expect(listed).to_be_visible()
    await expect(listed.get_by_role("heading", name="Teclas do desenho")).to_be_visible()
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/keys.png")
    # While it is open, keys are not the canvas': nothing is removed, nothing opens.
    await page.keyboard.press("Delete")
    await page.keyboard.press("Escape")
    await expect(listed).to_be_hidden()
    await expect(page.locator(".fc-node")).to_have_count(3)
    await page.get_by_role("button", name="Teclas do desenho").click()
    await expect(listed).to_be_visible()
    await listed.get_by_role("button", name="Fechar").click()
    await expect(listed).to_be_hidden()
    # Where one writes, it is a question mark.
    await page.locator("#find-step").fill("")
    await page.locator("#find-step").press("?")
    await expect(page.locator("#find-step")).to_have_value("?")
    await expect(listed).to_be_hidden()
