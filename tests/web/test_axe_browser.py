"""Every page of the list: axe-core finds no serious fault, nothing sticks out of a phone, nothing
that belongs to the machine is shown, the browser complains of nothing.

One browser and one window a person. The theme changes colours only, so a page is loaded once: all
of axe's rules in the light; in the dark contrast alone, and one page of each route, as the others
have the same template. The pages are in groups, so that they are spread over the processors.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, Page, ViewportSize, expect

from tests.pages.browse import HIGH, Walk, open_browser
from tests.pages.faults import FAULTS
from tests.pages.furnish import furnish
from tests.pages.table import SIGHTS, Sight
from tests.web.site import Site

expect.set_options(timeout=30_000)

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
RUN = """async (rules) => (await axe.run(document, { resultTypes: ['violations'], ...rules })).violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + failureSummary.slice(0, 160)).join(' | ')}`)"""  # noqa: E501 - a script of the page
CONTRAST = {"runOnly": ["color-contrast"]}
PHONE = ViewportSize(width=390, height=844)
ALIKE = ("editor-500",)  # thousands of elements that are as those of the other canvases
# One sentence and nothing to fill in: it asks again by itself until the product is there.
BY_DESIGN = {"starting": "meta-refresh:"}

GROUPS = 4
WALKED = [sight for sight in SIGHTS if sight.name not in ALIKE]
FIRST = {sight.route: sight.name for sight in reversed(WALKED)}
IN_THE_DARK = {*FIRST.values(), "conversation-about", "editor-step-menu", "editor-try"}


async def faults_of(walk: Walk, sight: Sight) -> list[str]:
    try:
        page = await walk.look(sight)
    except (AssertionError, Error) as trouble:
        return [f"{sight.name}: {trouble}"]
    meant = BY_DESIGN.get(sight.name)
    found = [fault for fault in await axe(page, {}) if not (meant and fault.startswith(meant))]
    found += walk.complaints
    if sight.name in IN_THE_DARK:
        await page.emulate_media(color_scheme="dark")
        found += [f"dark: {fault}" for fault in await axe(page, CONTRAST)]
    await page.set_viewport_size(PHONE)
    found += [f"phone: {fault}" for fault in await page.evaluate(FAULTS)]
    await page.set_viewport_size(ViewportSize(width=1440, height=HIGH))
    return [f"{sight.name}: {fault}" for fault in found]


async def axe(page: Page, rules: dict[str, Any]) -> list[str]:
    found: Any = await page.evaluate(RUN, rules)
    return list(found)


@pytest.fixture
async def walked(booting: Site, chromium: Path) -> Any:
    house = await furnish(booting, many=2)
    async with open_browser(chromium) as browser:
        yield Walk(browser, house, script=AXE)


@pytest.mark.walk
@pytest.mark.parametrize("group", range(GROUPS))
async def test_no_page_has_a_serious_fault(walked: Walk, group: int) -> None:
    found: list[str] = []
    for sight in WALKED[group::GROUPS]:
        found += await faults_of(walked, sight)
    assert not found, "\n".join(found)
