"""Another person signs in at the same browser while edits wait, in a real Chromium: they are told,
and nothing that waits is ever saved in their name."""

import pytest
from playwright.async_api import Browser, Page, expect

from flowengine.store import flows
from tests.web.living import wait_for
from tests.web.shared import drawn
from tests.web.site import Site
from tests.web.test_editor_browser import drag, saved
from tests.web.test_lost_answers_browser import ids
from tests.web.test_refused_edits_browser import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sign_in(page: Page, site: Site, role: str) -> None:
    """In another tab of the same browser."""
    other = await page.context.new_page()
    await other.goto(f"{site.address}/sign-in/{await site.link(site.bia, role)}")
    await other.close()


async def last_by(site: Site, key: str) -> str:
    """The role of who saved the draft last."""
    async with site.database.web(site.bia.tenant) as transaction:
        draft = await flows.draft(transaction, key)
    return next(role for role, id in site.bia.people.items() if id == draft.updated_by)


async def add_tag(page: Page) -> None:
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()


@pytest.mark.parametrize("role", ["designer", "viewer"])
async def test_what_waits_is_not_sent_by_who_signed_in_since(
    product: Site, chrome: Browser, role: str
) -> None:
    key = f"outra{role}"
    page = await opened(chrome, product, key)
    await page.context.clear_cookies()
    await add_tag(page)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "signin")
    await sign_in(page, product, role)
    told = page.locator("#toast [data-other]")
    await expect(told).to_contain_text(f"Quem está neste navegador agora é {role} bia.")
    await expect(told).to_contain_text("nada é guardado em nome de outra pessoa")
    await expect(page.locator("#saved")).to_have_attribute("data-state", "person")
    assert await ids(product, key) == ["fim", "oi", "ola"]
    # Nothing more is done on the page of somebody else.
    await page.keyboard.press("/")
    await expect(page.locator("#menu")).to_be_hidden()
    await expect(page.locator("flow-canvas")).to_have_attribute("readonly", "")
    await told.get_by_role("button", name="Deixar como está").click()
    await expect(told).to_have_count(0)
    await sign_in(page, product, "owner")
    await saved(page)
    await expect(page.locator("#n-tag")).to_be_visible()
    assert await ids(product, key) == ["fim", "oi", "ola", "tag"]
    assert await last_by(product, key) == "owner"
    await drag(page, "#n-fim header b", 240, 0)
    await saved(page)


async def test_who_signed_in_since_may_throw_it_away(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "descarte")
    await page.context.clear_cookies()
    await add_tag(page)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "signin")
    await sign_in(page, product, "designer")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Descartar e continuar como designer bia").click()
    await drawn(page)
    await expect(page.locator("#n-tag")).to_have_count(0)
    await drag(page, "#n-fim header b", 240, 0)
    await saved(page)
    assert await ids(product, "descarte") == ["fim", "oi", "ola"]
    assert await last_by(product, "descarte") == "designer"


async def test_a_page_hears_of_another_person_before_anything_is_sent(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "antes")
    # What was written and not sent yet is still its author's.
    await page.locator("#n-ola header").click()
    await page.locator("#inspector form[data-node=ola] [name=title]").fill("Da Bia")
    await sign_in(page, product, "designer")
    told = page.locator("#toast [data-other]")
    await expect(told.get_by_text("Entrar como owner bia")).to_be_visible()
    await sign_in(page, product, "owner")
    await expect(told).to_have_count(0)
    await expect(page.locator("#n-ola header b")).to_have_text("Da Bia")
    await saved(page)
    assert await last_by(product, "antes") == "owner"


async def clip_is(page: Page, so: str) -> None:
    await wait_for(lambda: page.evaluate(f"localStorage.getItem('flowengine.clip') {so}"), 60)


async def copy(page: Page) -> None:
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Control+c")
    await clip_is(page, "!== null")


async def test_what_was_copied_goes_with_a_session_that_ends_by_itself(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "copia")
    await copy(page)
    # Another person's page, in the same browser.
    await sign_in(page, product, "designer")
    await clip_is(page, "=== null")
    await sign_in(page, product, "owner")
    await expect(page.locator("flow-canvas")).not_to_have_attribute("readonly", "")
    # The page that hears that its session is over.
    await copy(page)
    await page.context.clear_cookies()
    await add_tag(page)
    await clip_is(page, "=== null")
    await expect(page.locator("#saved")).to_have_attribute("data-state", "signin")
    await page.evaluate("localStorage.setItem('flowengine.clip', 'x')")
    # Where one signs in again.
    other = await page.context.new_page()
    await other.goto(f"{product.address}/sign-in")
    await clip_is(other, "=== null")
