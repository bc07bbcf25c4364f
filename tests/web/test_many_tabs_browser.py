"""More editors open than a browser has connections for: the one that is looked at works, and one
that is come back to shows what happened meanwhile."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

# Headless pages are all in front. Here a tab that is left says so, as a browser's would.
LEAVABLE = """
let hidden = false;
Object.defineProperty(document, 'hidden', { get: () => hidden });
window.leave = (now) => { hidden = now; document.dispatchEvent(new Event('visibilitychange')); };
"""
TABS = 8


async def one_more(room: BrowserContext, site: Site) -> Page:
    page = await room.new_page()
    await page.goto(f"{site.address}/flows/abas/edit")
    await drawn(page)
    return page


async def test_the_eighth_tab_works_and_the_first_hears_of_it(
    product: Site, chrome: Browser
) -> None:
    await bring(product, small("abas", "abas", [tell("ola", "Olá!"), end()], "ola next fim"))
    room = (await window(chrome, product)).context
    await room.add_init_script(LEAVABLE)
    tabs = [await one_more(room, product)]
    while len(tabs) < TABS:
        await tabs[-1].evaluate("window.leave(true)")
        tabs.append(await one_more(room, product))
    last, first = tabs[-1], tabs[0]
    await last.evaluate("document.querySelector('#canvas').moveBy(['ola'], 80, 160)")
    await expect(last.locator("#saved")).to_have_attribute("data-state", "saved")
    at = await last.locator("#n-ola").get_attribute("data-x")
    assert at != await first.locator("#n-ola").get_attribute("data-x")
    await last.evaluate("window.leave(true)")
    await first.evaluate("window.leave(false)")
    await expect(first.locator("#n-ola")).to_have_attribute("data-x", at or "")
    await first.evaluate("document.querySelector('#canvas').moveBy(['ola'], 8, 8)")
    await expect(first.locator("#saved")).to_have_attribute("data-state", "saved")
