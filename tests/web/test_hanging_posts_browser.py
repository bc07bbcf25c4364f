"""A request that nobody ever answers, and that does not fail either, in a real Chromium: it is
given up and made again, and what it asked for is done once."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import saved
from tests.web.test_lost_answers_browser import ids

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(chrome: Browser, site: Site, key: str) -> Page:
    """The editor, whose clock the test moves on."""
    await bring(site, small(key, key, [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, site)
    await page.clock.install()
    await page.goto(f"{site.address}/flows/{key}/edit")
    await drawn(page)
    return page


class Hanging:
    """The first request at an address is done, if it `reaches` the server, and never answered."""

    def __init__(self, method: str, reaches: bool = True) -> None:
        self.method, self.reaches = method, reaches
        self.hangs, self.times = asyncio.Event(), 0

    async def __call__(self, route: Route) -> None:
        if route.request.method != self.method:
            await route.fallback()
            return
        self.times += 1
        if self.times > 1:
            await route.continue_()
            return
        if self.reaches:
            await route.fetch()
        self.hangs.set()


@pytest.mark.parametrize("reaches", [True, False])
async def test_an_edit_that_hangs_is_sent_again_and_done_once(
    product: Site, chrome: Browser, reaches: bool
) -> None:
    key = f"pendura{reaches}".lower()
    page = await opened(chrome, product, key)
    hanging = Hanging("POST", reaches)
    await page.route(f"**/flows/{key}/edit/add", hanging)
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await asyncio.wait_for(hanging.hangs.wait(), 60)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "saving")
    await page.clock.fast_forward("01:00")
    await saved(page)
    await expect(page.locator("#n-tag")).to_have_count(1)
    assert await ids(product, key) == ["fim", "oi", "ola", "tag"]
    assert hanging.times == 2


async def test_a_form_that_hangs_is_asked_for_again(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "lenta")
    hanging = Hanging("GET", reaches=False)
    await page.route("**/flows/lenta/edit/steps/ola*", hanging)
    await page.locator("#n-ola header").click()
    await asyncio.wait_for(hanging.hangs.wait(), 60)
    await page.clock.fast_forward("01:00")
    await expect(page.locator("#inspector form[data-node=ola]")).to_be_visible()
