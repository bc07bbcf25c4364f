"""An edit that waits says what it was made of, not what its page shows by the time it is sent, in a
real Chromium: what somebody else did in between is never written over without a word."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import drag, saved
from tests.web.test_lost_answers_browser import draft

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(chrome: Browser, site: Site, key: str, role: str = "owner") -> Page:
    if role == "owner":
        nodes = [tell("ola", "Olá!"), tell("depois", "Depois."), end()]
        at = {"oi": [0, 0], "ola": [0, 160], "depois": [0, 360], "fim": [0, 560]}
        flow = small(key, key, nodes, "ola next depois", "depois next fim")
        await bring(site, flow | {"view": {"nodes": at}})
    page = await window(chrome, site, f"/flows/{key}/edit", role)
    await page.route("**/edit/live*", lambda route: route.abort())
    await drawn(page)
    return page


async def node(site: Site, key: str, id: str) -> Any:
    return next(node for node in (await draft(site, key)).nodes if node.id == id)


class Road:
    """Edits of a page wait on it, in order, until it is free."""

    def __init__(self) -> None:
        self.free = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        if route.request.method == "POST":
            await self.free.wait()
        await route.continue_()


async def slow(page: Page, key: str) -> Road:
    road = Road()
    await page.route(f"**/flows/{key}/edit/**", road)
    return road


async def title(page: Page, id: str, words: str) -> None:
    await page.locator(f"#n-{id} header").click()
    form = page.locator("#inspector form")
    await expect(form).to_have_attribute("data-node", id)
    await form.locator("[name=title]").fill(words)
    await page.get_by_role("button", name="Fechar").click()


async def test_words_that_waited_are_not_done_over_somebody_s(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "espera")
    other = await opened(chrome, product, "espera", "designer")
    road = await slow(page, "espera")
    # The move brings the card as it is by then, with the other's words; the title was made before.
    await drag(page, "#n-ola header b", 240, 0)
    await title(page, "ola", "Saudação da Ana")
    await title(other, "ola", "Saudação do Caio")
    await expect(other.locator("#n-ola header b")).to_have_text("Saudação do Caio")
    await saved(other)
    road.free.set()
    await expect(page.locator("#toast")).to_contain_text("Outra pessoa mudou")
    await expect(page.locator("#n-ola header b")).to_have_text("Saudação do Caio")
    await saved(page)
    assert (await node(product, "espera", "ola")).title == "Saudação do Caio"
    assert (await draft(product, "espera")).view.nodes["ola"][0] > 0
    # Made of what is shown by now, it is done.
    await title(page, "ola", "Saudação da Ana")
    await expect(page.locator("#n-ola header b")).to_have_text("Saudação da Ana")
    await saved(page)
    assert (await node(product, "espera", "ola")).title == "Saudação da Ana"


async def test_one_s_own_edits_that_wait_behind_each_other_are_all_done(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "fila")
    other = await opened(chrome, product, "fila", "designer")
    road = await slow(page, "fila")
    await drag(page, "#n-ola header b", 240, 0)
    await page.locator("#n-ola header").click()
    name = page.locator("#inspector form[data-node=ola] [name=title]")
    for words in ("Um", "Dois"):
        await name.fill(words)
        await name.blur()
        await drag(page, "#n-ola header b", 0, 40)
    await title(page, "depois", "Três")
    # The line that one cuts, and the step that one takes away, stood as one's own edits left them.
    await page.locator("#n-ola").focus()
    await page.evaluate("document.querySelector('#canvas').disconnect('ola', 'next')")
    await page.evaluate("document.querySelector('#canvas').connect('ola', 'next', 'fim')")
    await title(other, "fim", "Acabou")
    await expect(other.locator("#n-fim header b")).to_have_text("Acabou")
    await saved(other)
    road.free.set()
    await saved(page)
    await expect(page.locator("#toast")).to_be_empty()
    await expect(page.locator("#n-fim header b")).to_have_text("Acabou")
    flow = await draft(product, "fila")
    titles = {node.id: node.title for node in flow.nodes if node.title}
    assert titles == {"ola": "Dois", "depois": "Três", "fim": "Acabou"}
    assert ("ola", "fim") in {(edge.from_, edge.to) for edge in flow.edges}
    assert ("ola", "depois") not in {(edge.from_, edge.to) for edge in flow.edges}


async def test_undoing_takes_back_the_last_that_was_done_however_late_it_is_answered(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "volta")
    before = (await draft(product, "volta")).view.nodes
    await drag(page, "#n-ola header b", 240, 0)
    await saved(page)
    road = await slow(page, "volta")
    await drag(page, "#n-depois header b", 240, 0)
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+z")
    road.free.set()
    for id in ("ola", "depois"):
        was = ",".join(f"{at:.1f}" for at in before[id])
        await expect(page.locator(f"#n-{id}")).to_have_attribute("data-was", was)
    await saved(page)
    assert (await draft(product, "volta")).view.nodes == before
    await expect(page.locator("[data-act=redo]")).to_be_enabled()


async def rename(page: Page, words: str) -> None:
    await page.get_by_role("button", name="Ajustes do fluxo").click()
    name = page.locator("#inspector").get_by_label("Nome do fluxo")
    await name.fill(words)
    await name.blur()


async def test_the_flow_s_form_may_be_another_by_the_time_its_edit_is_sent(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "nome")
    road = await slow(page, "nome")
    await drag(page, "#n-ola header b", 240, 0)
    await rename(page, "Nome novo")
    await page.locator("#n-fim header").click()
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", "fim")
    road.free.set()
    await expect(page.locator("#flow-name")).to_have_text("Nome novo")
    await saved(page)
    assert (await draft(product, "nome")).name == "Nome novo"


async def test_the_flow_s_form_that_was_closed_is_held_against_what_it_showed(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "fechado")
    other = await opened(chrome, product, "fechado", "designer")
    road = await slow(page, "fechado")
    await drag(page, "#n-ola header b", 240, 0)
    await rename(page, "Da Ana")
    await page.get_by_role("button", name="Fechar").click()
    await rename(other, "Do Caio")
    await expect(other.locator("#flow-name")).to_have_text("Do Caio")
    await saved(other)
    road.free.set()
    await expect(page.locator("#toast")).to_contain_text("Outra pessoa mudou")
    await saved(page)
    assert (await draft(product, "fechado")).name == "Do Caio"
