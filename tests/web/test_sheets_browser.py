"""Sheets over a page by keyboard: the cursor stays in, Escape closes and goes back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, async_playwright, expect

from tests.services.chromium import FLAGS
from tests.web.site import Site

expect.set_options(timeout=30_000)
INSIDE = "(id) => document.getElementById(id).contains(document.activeElement)"


@pytest.fixture
async def phone(site: Site, chromium: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        room = await browser.new_context(viewport=ViewportSize(width=390, height=844))
        room.set_default_timeout(60_000)
        page = await room.new_page()
        await page.goto(f"{site.address}/sign-in/{await site.link(site.bia)}")
        yield page
        await browser.close()


async def stays(page: Page, button: str, id: str) -> None:
    """Opened by keyboard; Tab goes round both ways, whatever is in it."""
    opener = page.locator(button).first
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#{id}")).to_be_visible()
    count = await page.locator(f"#{id}").evaluate(
        "(it) => it.querySelectorAll('a, button, input, select, textarea, summary').length"
    )
    for key in ("Tab", "Shift+Tab"):
        for _ in range(count + 2):
            await page.keyboard.press(key)
            assert await page.evaluate(INSIDE, id), f"{key} left #{id}"
    await page.keyboard.press("Escape")
    await expect(page.locator(f"#{id}")).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_a_sheet_keeps_the_cursor_and_gives_it_back(site: Site, phone: Page) -> None:
    await phone.goto(f"{site.address}/contacts")
    await stays(phone, "main [popovertarget=new]", "new")
    await stays(phone, "[popovertarget=side]", "side")
    await phone.goto(f"{site.address}/settings/queues")
    await stays(phone, "[popovertarget=sub]", "sub")


async def test_an_error_in_an_unfolded_form_is_seen(site: Site, phone: Page) -> None:
    await phone.goto(f"{site.address}/settings/schedules")
    await phone.locator("main details > summary").first.click()
    form = phone.locator("#schedule-comercial")
    await form.locator("[name=timezone]").fill("Marte/Base")
    await form.locator("button.primary").click()
    await expect(form.locator("[role=alert]")).to_be_visible()
