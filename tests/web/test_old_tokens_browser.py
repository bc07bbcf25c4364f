"""A page whose token is old, as its session began anew in another tab, in a real Chromium: its
edits are refused for the token alone, and are all made again with the one of now."""

import pytest
from playwright.async_api import Browser, Route

from tests.web.site import Site
from tests.web.test_editor_browser import saved
from tests.web.test_lost_answers_browser import ids
from tests.web.test_other_person_browser import add_tag, sign_in
from tests.web.test_refused_edits_browser import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRESH = """async () => {
  const text = await (await fetch('/flows/new')).text();
  const { body } = new DOMParser().parseFromString(text, 'text/html');
  document.body.setAttribute('hx-headers:inherited', body.getAttribute('hx-headers:inherited'));
}"""
"""Takes the token of now, as any other hand of the page may in the meantime."""


async def test_a_token_that_came_while_the_old_one_was_refused_loses_no_edit(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "fichanova")
    refused: list[int] = []

    async def late(route: Route) -> None:
        answer = await route.fetch()
        if not refused:
            refused.append(answer.status)
            await page.evaluate(FRESH)
        await route.fulfill(response=answer)

    await page.route("**/edit/add", late)
    await page.context.clear_cookies()
    await sign_in(page, product, "owner")
    await add_tag(page)
    await saved(page)
    assert refused == [403]
    assert await ids(product, "fichanova") == ["fim", "oi", "ola", "tag"]


async def test_while_nobody_says_the_token_of_now_the_edit_waits(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "semficha")
    tries: list[int] = []

    async def away(route: Route) -> None:
        tries.append(1)
        await (route.abort() if len(tries) < 3 else route.continue_())

    await page.route("**/flows/new", away)
    await page.context.clear_cookies()
    await sign_in(page, product, "owner")
    await add_tag(page)
    await saved(page)
    assert len(tries) >= 3
    assert await ids(product, "semficha") == ["fim", "oi", "ola", "tag"]
