"""Edits that are not taken, in a real Chromium: a session that ends keeps them, and what is refused
is not shown as if it were saved."""

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import drag, saved
from tests.web.test_lost_answers_browser import draft, ids

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(chrome: Browser, site: Site, key: str) -> Page:
    """The owner's editor, with a flow of three steps beneath one another."""
    nodes = [tell("ola", "Olá!"), end()]
    at = {"oi": [0, 0], "ola": [0, 160], "fim": [0, 400]}
    await bring(site, small(key, key, nodes, "ola next fim") | {"view": {"nodes": at}})
    page = await window(chrome, site, f"/flows/{key}/edit")
    await drawn(page)
    return page


async def test_a_session_that_ends_loses_no_edit(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "sessao")
    await page.context.clear_cookies()
    await page.locator("#n-ola header").click()
    await drag(page, "#n-fim header b", 240, 0)
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    line = page.locator("#saved")
    await expect(line).to_have_attribute("data-state", "signin")
    await expect(line).to_have_text("Entre de novo em outra aba: as mudanças esperam aqui")
    # No form becomes the page where one signs in.
    await expect(page.locator("#inspector form")).to_have_count(0)
    assert await ids(product, "sessao") == ["fim", "oi", "ola"]
    other = await page.context.new_page()
    await other.goto(f"{product.address}/sign-in/{await product.link(product.bia)}")
    await other.close()
    await saved(page)
    await expect(page.locator("#n-tag")).to_be_visible()
    assert await ids(product, "sessao") == ["fim", "oi", "ola", "tag"]
    x, y = (await draft(product, "sessao")).view.nodes["fim"]
    assert x > 0
    await expect(page.locator("#n-fim")).to_have_attribute("data-was", f"{x},{y}")
    # All else goes on with the session of now.
    await page.get_by_role("button", name="Experimentar").click()
    await page.locator("#preview").get_by_role("button", name="sessao", exact=True).click()
    await expect(page.locator("#preview").get_by_text("Olá!")).to_be_visible()


@pytest.mark.parametrize("status", [403, 404, 413, 422, 500])
async def test_what_is_refused_is_not_shown_as_saved(
    product: Site, chrome: Browser, status: int
) -> None:
    key = f"recusa{status}"
    page = await opened(chrome, product, key)
    times = 0

    async def refuse(route: Route) -> None:
        nonlocal times
        times += 1
        await route.fulfill(
            status=status,
            content_type="application/problem+json",
            body='{"title": "x", "status": 0, "detail": "Isto não dá."}',
        )

    await page.route("**/edit/board", lambda route: route.abort())
    await page.route(f"**/flows/{key}/edit/ops", refuse)
    was = await page.locator("#n-fim").get_attribute("data-x")
    await drag(page, "#n-fim header b", 240, 0)
    await expect(page.locator("#toast")).to_contain_text("Isto não dá.")
    line = page.locator("#saved")
    await expect(line).to_have_attribute("data-state", "unsaved")
    await expect(line).to_have_text("Não guardado")
    # A fault of ours is tried once more: its number makes sure that it is done once.
    assert times == (2 if status == 500 else 1)
    await page.unroute("**/edit/board")
    await saved(page)
    await expect(page.locator("#n-fim")).to_have_attribute("data-x", str(was))


async def test_words_that_a_form_was_refused_stay_in_it(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "palavras")
    told = '{"title": "x", "status": 422, "detail": "Isto não dá."}'

    async def refuse(route: Route) -> None:
        if route.request.method == "POST":
            await route.fulfill(status=422, content_type="application/problem+json", body=told)
        else:
            await route.fallback()

    await page.route("**/edit/steps/ola", refuse)
    await page.locator("#n-ola header").click()
    title = page.locator("#inspector form[data-node=ola] [name=title]")
    await title.fill("Longo demais")
    await title.blur()
    await expect(page.locator("#saved")).to_have_attribute("data-state", "unsaved")
    await drag(page, "#n-fim header b", 240, 0)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "unsaved")
    await expect(title).to_have_value("Longo demais")
    await page.unroute("**/edit/steps/ola")
    await title.fill("Curto")
    await title.blur()
    await expect(page.locator("#n-ola header b")).to_have_text("Curto")
    await saved(page)
