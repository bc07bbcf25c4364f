"""Going away in the middle of writing, in a real Chromium: what was written is in the draft."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from tests.web.shared import bring, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import draft, drawn, new_flow, saved, signed_in
from tests.web.test_waiting_edits_browser import slow

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def gone_and_back(page: Page) -> None:
    """The page is loaded anew; whoever asks whether to leave is told yes."""
    await page.reload()
    await drawn(page)


async def test_who_goes_away_keeps_what_was_being_written(product: Site, chrome: Browser) -> None:
    page = await signed_in(chrome, product)
    await new_flow(page, product)
    told = set[asyncio.Task[Any]]()

    def leave(dialog: Dialog) -> None:
        told.add(asyncio.create_task(dialog.accept()))

    page.on("dialog", leave)

    # A title needs not even be left.
    await page.locator("#n-fim header").click()
    await page.get_by_label("Nome do passo").fill("Despedida")
    await expect(page.locator("#n-fim header b")).to_have_text("Despedida")
    await saved(page)

    await page.get_by_role("button", name="Nova anotação").click()
    await page.locator(".fc-note.is-written").wait_for()
    await page.keyboard.type("Perguntar à Bia")
    await gone_and_back(page)
    await expect(page.locator(".fc-note")).to_have_text("Perguntar à Bia")

    await page.locator("#n-ola .fc-say").dblclick()
    await page.locator("#n-ola .is-written").wait_for()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Até já")
    await gone_and_back(page)
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Até já")

    said = {each.id: each for each in (await draft(product)).nodes}
    assert said["fim"].title == "Despedida"


async def test_a_link_waits_for_what_was_just_written_and_asks_nothing(
    product: Site, chrome: Browser
) -> None:
    await bring(product, small("vai", "vai", [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, product, "/flows/vai/edit")
    await drawn(page)
    asked: list[str] = []
    told = set[asyncio.Task[Any]]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        told.add(asyncio.create_task(dialog.dismiss()))

    page.on("dialog", stay)
    road = await slow(page, "vai")
    await page.locator("#n-fim header").click()
    await page.get_by_label("Nome do passo").fill("Na hora")
    await page.get_by_role("link", name="Publicar").click(no_wait_after=True)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "saving")
    road.free.set()
    await page.wait_for_url("**/publish")
    assert asked == []
    assert {each.id: each.title for each in (await draft(product, "vai")).nodes}["fim"] == "Na hora"
