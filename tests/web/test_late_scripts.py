"""What a person types is never lost, whichever script comes late, and whenever they type."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.site import Site
from tests.web.test_browser import WIDE, browser

__all__ = ["browser"]

LATE = 2.0  # seconds: later than a page that is shown, sooner than anybody gives up


async def arrive(browser: Browser, site: Site, late: str, wait_until: str) -> Page:
    """The phone's page, whose script `late` takes its time."""

    async def slowly(route: Route) -> None:
        await asyncio.sleep(LATE)
        await route.continue_()

    room = await browser.new_context(viewport=WIDE)
    room.set_default_timeout(60_000)
    page = await room.new_page()
    await page.route(f"**/{late}", slowly)
    link = f"{site.address}/sign-in/{await site.link(site.bia, 'owner')}"
    await page.goto(link, wait_until=wait_until)  # type: ignore[arg-type] - one of its words
    return page


@pytest.mark.parametrize("late", ["htmx.min.js", "hx-sse.min.js", "app.js"])
@pytest.mark.parametrize("moment", ["commit", "load"])
async def test_a_message_is_not_lost_while_scripts_come(
    site: Site, browser: Browser, late: str, moment: str
) -> None:
    page = await arrive(browser, site, late, moment)
    box = page.get_by_role("textbox", name="Mensagem")
    await box.fill("oi")
    await page.keyboard.press("Enter")
    chat = page.get_by_role("log")
    await expect(chat.get_by_text("oi", exact=True)).to_have_count(1)
    await expect(chat.get_by_text("Como posso ajudar?")).to_have_count(1)
    await expect(box).to_have_value("")
    # The page is alive from then on.
    await box.fill("banho")
    await page.keyboard.press("Enter")
    await expect(chat.get_by_text("Confirma o banho?")).to_be_visible()


async def test_a_name_written_before_its_script_came_makes_its_key(
    site: Site, browser: Browser
) -> None:
    free = asyncio.Event()

    async def slowly(route: Route) -> None:
        await free.wait()
        await route.continue_()

    room = await browser.new_context(viewport=WIDE)
    room.set_default_timeout(60_000)
    page = await room.new_page()
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia, 'owner')}")
    await page.route("**/naming.js*", slowly)
    await page.goto(f"{site.address}/settings/queues", wait_until="commit")
    form = page.locator("#queue-new")
    await form.get_by_label("Nome").fill("Pós-venda")
    free.set()
    await expect(form.locator("[data-made-shown]")).to_have_text("pos-venda")
