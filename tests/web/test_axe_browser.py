"""axe-core finds no serious fault on the editor's pages, in both themes and on a phone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import drawn

AXE = Path(__file__).parent / "vendor/axe.min.js"
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + failureSummary.slice(0, 160)).join(' | ')}`)"""  # noqa: E501 - a script of the page


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def opened(browser: Browser, site: Site, theme: Literal["light", "dark"], wide: int) -> Page:
    room = await browser.new_context(
        viewport=ViewportSize(width=wide, height=900), color_scheme=theme
    )
    room.set_default_timeout(60_000)
    await room.add_init_script(path=AXE)
    page = await room.new_page()
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia)}")
    await page.goto(f"{site.address}/flows/ola/edit")
    await drawn(page)
    return page


async def faults(page: Page) -> list[str]:
    found: Any = await page.evaluate(RUN)
    return list(found)


@pytest.mark.parametrize(("theme", "wide"), [("light", 1440), ("dark", 1440), ("light", 390)])
async def test_the_editor_has_no_serious_fault(
    site: Site, browser: Browser, theme: Literal["light", "dark"], wide: int
) -> None:
    page = await opened(browser, site, theme, wide)
    assert await faults(page) == []
    for id in ("menu", "oi", "fila"):
        await page.evaluate(
            "(id) => document.querySelector('#canvas').dispatchEvent("
            "new CustomEvent('flow:open', { detail: { id } }))",
            id,
        )
        await expect(page.locator(f"#inspector form[data-node={id}]")).to_be_visible()
        await page.evaluate(
            "() => document.querySelectorAll('#inspector .fold')"
            ".forEach((it) => { it.open = true; })"
        )
        assert await faults(page) == []
