"""What the keyboard does to chosen steps is there for mouse and finger too."""

import os

import pytest
from playwright.async_api import Browser, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import saved

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_chosen_steps_are_duplicated_copied_and_removed_by_mouse(
    product: Site, chrome: Browser
) -> None:
    await bring(product, small("ferram", "Ferram", [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, product, "/flows/ferram/edit")
    await drawn(page)
    bar, cards = page.get_by_role("toolbar", name="Passos escolhidos"), page.locator(".fc-node")
    await expect(bar).to_be_hidden()
    await cards.filter(has_text="Olá!").click(position={"x": 30, "y": 12})
    await expect(bar).to_contain_text("1 passo")
    await expect(bar.get_by_role("button", name="Colar")).to_be_hidden()
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/chosen.png")
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.screenshot(path=f"{folder}/chosen390.png")
        await page.set_viewport_size({"width": 1440, "height": 900})
    await bar.get_by_role("button", name="Duplicar").click()
    await expect(cards).to_have_count(4)
    await saved(page)
    await expect(bar).to_be_visible()
    await bar.get_by_role("button", name="Copiar").click()
    await bar.get_by_role("button", name="Colar").click()
    await expect(cards).to_have_count(5)
    await saved(page)
    await page.keyboard.press("Escape")
    await page.locator("flow-canvas").focus()
    await page.keyboard.press("Control+a")
    await expect(bar).to_contain_text("5 passos")
    await bar.get_by_role("button", name="Remover").click()
    await expect(cards).to_have_count(0)
    await expect(bar).to_be_hidden()
    await saved(page)
    await page.keyboard.press("Control+z")
    await expect(cards).to_have_count(5)
