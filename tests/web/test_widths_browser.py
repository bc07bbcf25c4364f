"""At 1440, 1024 and 390 px in a real Chromium: what one may press is whole, and in its row."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDTHS = (1440, 1024, 390)
HIDDEN_LINKS = """(it) => {
  const room = it.getBoundingClientRect(), pane = it.closest('.pane').getBoundingClientRect();
  const from = Math.max(room.left, pane.left) - 1, to = Math.min(room.right, pane.right) + 1;
  return [...it.querySelectorAll('a')].filter((link) => {
    const { left, right } = link.getBoundingClientRect();
    return left < from || right > to;
  }).map((link) => link.textContent.trim());
}"""


async def signed_in(browser: Browser, site: Site, width: int = 1440) -> Page:
    room = await browser.new_context(viewport=ViewportSize(width=width, height=900))
    room.set_default_timeout(30_000)
    page = await room.new_page()
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia)}")
    return page


async def test_every_view_of_the_inbox_is_seen(product: Site, chrome: Browser) -> None:
    page = await signed_in(chrome, product)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{product.address}/conversations")
        views = page.locator(".pane .pills")
        assert await views.locator("a").count() == 5
        assert await views.evaluate(HIDDEN_LINKS) == [], width
