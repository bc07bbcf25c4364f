"""What one types between adding a step and its form goes into the form, and what one types before
the words on a card can be written goes there, in a real Chromium: none of it becomes a command."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import saved
from tests.web.test_lost_answers_browser import ids
from tests.web.test_waiting_edits_browser import node, slow

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(chrome: Browser, site: Site, key: str) -> Page:
    await bring(site, small(key, key, [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, site, f"/flows/{key}/edit")
    await drawn(page)
    return page


async def choose(page: Page, words: str) -> None:
    await page.locator("flow-canvas").focus()
    await page.keyboard.press("/")
    await page.locator("#menu input").fill(words)
    await page.keyboard.press("Enter")


async def test_letters_typed_before_the_form_go_into_it(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "letras")
    zoom = await page.locator("#zoom").inner_text()
    road = await slow(page, "letras")
    await choose(page, "mensagem")
    await page.keyboard.type("Oi! De 10 a 1/2 + T x")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Ja volto")
    await expect(page.locator("#menu")).to_be_hidden()
    await expect(page.locator("#zoom")).to_have_text(zoom)
    road.free.set()
    box = page.locator("#inspector form[data-node=message] .chips-text").first
    await expect(box).to_be_focused()
    await expect(box).to_have_text("Oi! De 10 a 1/2 + T \nJa volto", use_inner_text=True)
    await page.keyboard.type(" e fim")
    await page.get_by_role("button", name="Fechar").click()
    await saved(page)
    assert await ids(product, "letras") == ["fim", "message", "oi", "ola"]
    said = (await node(product, "letras", "message")).contents[0].text
    assert said == "Oi! De 10 a 1/2 + T \nJa volto e fim"


async def test_escape_gives_them_up_and_keys_mean_the_canvas_again(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "desiste")
    road = await slow(page, "desiste")
    await choose(page, "mensagem")
    await page.keyboard.type("Não")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.locator("#menu")).to_be_visible()
    await page.keyboard.press("Escape")
    road.free.set()
    await expect(page.locator("#n-message")).to_be_visible()
    await saved(page)
    assert "Não" not in str(await node(product, "desiste", "message"))


async def test_steps_that_nobody_writes_in_hold_nothing(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "outras")
    road = await slow(page, "outras")
    await choose(page, "etiqueta")
    await page.keyboard.press("/")
    await expect(page.locator("#menu")).to_be_visible()
    await page.keyboard.press("Escape")
    road.free.set()
    await saved(page)


async def slow_form(page: Page, key: str) -> tuple[asyncio.Event, asyncio.Event]:
    """The form of a step is asked for, and comes once it may."""
    asked, free = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        if route.request.method == "GET":
            asked.set()
            await free.wait()
        await route.continue_()

    await page.route(f"**/flows/{key}/edit/steps/*", wait)
    return asked, free


@pytest.mark.parametrize("all", [True, False])
async def test_letters_typed_before_the_card_can_be_written_on_go_there(
    product: Site, chrome: Browser, all: bool
) -> None:
    key = f"cartao{all}".lower()
    page = await opened(chrome, product, key)
    asked, free = await slow_form(page, key)
    await page.locator("#n-ola .fc-say").dblclick()
    await asyncio.wait_for(asked.wait(), 60)
    if all:
        await page.keyboard.press("Control+a")
        await page.keyboard.press("Backspace")
    await page.keyboard.type(" 1/2 + Tx")
    await page.keyboard.press("Backspace")
    await expect(page.locator(".fc-node.is-selected")).to_have_count(1)
    free.set()
    box = page.locator("#n-ola .on-card")
    await expect(box).to_be_focused()
    await expect(box).to_have_text(" 1/2 + T" if all else "Olá! 1/2 + T")
    await page.keyboard.press("Control+Enter")
    await saved(page)
    said = (await node(product, key, "ola")).contents[0].text
    assert said == (" 1/2 + T" if all else "Olá! 1/2 + T")
    await expect(page.locator(".fc-node")).to_have_count(3)


async def test_escape_before_the_card_can_be_written_on_leaves_it(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "desde")
    asked, free = await slow_form(page, "desde")
    await page.locator("#n-ola .fc-say").dblclick()
    await asyncio.wait_for(asked.wait(), 60)
    await page.keyboard.type("x")
    await page.keyboard.press("Escape")
    free.set()
    await expect(page.locator("#inspector form[data-node=ola]")).to_be_visible()
    await expect(page.locator(".on-card")).to_have_count(0)
