"""A list of many things to pick from, in a real Chromium."""

from typing import Any

import msgspec
from playwright.async_api import Browser, expect

from flowengine.document import parse
from tests.web.site import Site
from tests.web.test_editor_browser import browser as browser
from tests.web.test_editor_browser import drawn, signed_in
from web.publishing import save

MANY: dict[str, Any] = {
    "format": "flowengine/1",
    "key": "novo",
    "name": "Novo",
    "nodes": [{"id": f"fim-{n}", "type": "end", "title": f"Saída {n}"} for n in range(120)],
    "edges": [],
}


async def test_the_first_of_many_are_drawn_and_all_are_found(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(msgspec.json.encode(MANY)), 0, site.bia.people["owner"])
    await page.goto(f"{site.address}/flows/novo/edit")
    await drawn(page)
    await page.keyboard.press("Control+f")
    lines = page.locator(".ed-pick button")
    await expect(lines).to_have_count(80)
    await expect(page.locator(".ed-pick .more")).to_have_text("+ 40")
    await page.keyboard.type("saida 119")
    await expect(lines).to_have_count(1)
    await expect(page.locator(".ed-pick .more")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", "fim-119")
