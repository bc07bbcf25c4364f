"""Answers that come late, or in another order, in a real Chromium: what somebody did meanwhile
counts, and no word is lost. Each answer waits in the test until it is let go."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from flowengine.document import parse
from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import draft, drag, drawn, saved, signed_in
from web.editor.forms.filling import plain
from web.publishing import save


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


FLOW: dict[str, Any] = {
    "format": "flowengine/1",
    "key": "novo",
    "name": "Novo",
    "nodes": [
        {"id": "inicio", "type": "trigger", "on": {"kind": "keyword", "words": ["novo"]}},
        {"id": "ola", "type": "message", "contents": [{"kind": "text", "text": "Olá!"}]},
        {
            "id": "menu",
            "type": "ask",
            "contents": [
                {
                    "kind": "buttons",
                    "text": "Como ajudo?",
                    "buttons": [{"id": id, "title": id} for id in ("um", "dois", "tres")],
                }
            ],
            "expect": {"kind": "choice"},
            "timeout": "PT2H",
        },
        {"id": "fim", "type": "end"},
    ],
    "edges": [
        {"from": "inicio", "to": "ola"},
        {"from": "ola", "to": "menu"},
        {"from": "menu", "exit": "reply", "to": "fim"},
    ],
    "view": {"nodes": {"inicio": [0, 0], "fim": [0, 160], "ola": [0, 320], "menu": [320, 0]}},
}


class Late:
    """What the server answers at an address, kept back until `free`; it has done its work then."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.asked, self._free, self.came = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, route: Route) -> None:
        if route.request.method != self.method:
            await route.fallback()
            return
        response = await route.fetch()
        self.asked.set()
        await self._free.wait()
        await route.fulfill(response=response)
        self.came.set()

    async def free(self) -> None:
        """Let it go, and wait until the page has it."""
        self._free.set()
        await asyncio.wait_for(self.came.wait(), 60)


async def hold(page: Page, address: str, method: str = "GET") -> Late:
    late = Late(method)
    await page.route(f"**/flows/novo/edit/{address}", late)
    return late


async def begun(browser: Browser, site: Site) -> Page:
    page = await signed_in(browser, site)
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(msgspec.json.encode(FLOW)), 0, site.bia.people["owner"])
    await page.goto(f"{site.address}/flows/novo/edit")
    await drawn(page)
    return page


async def show(page: Page, id: str) -> None:
    await page.locator(f"#n-{id} header").click()
    await shown(page, id)


async def shown(page: Page, id: str) -> None:
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", id)


async def step(site: Site, id: str) -> dict[str, Any]:
    return plain(next(node for node in (await draft(site)).nodes if node.id == id))


async def test_a_form_that_was_asked_for_last_is_shown(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    await show(page, "fim")
    # The answer to what was typed fills its form again: not over the one that is on its way.
    late = await hold(page, "flow")
    await page.locator("#inspector").get_by_label("Resultado").fill("atendido")
    await page.get_by_role("button", name="Ajustes do fluxo").click()
    await late.asked.wait()
    await saved(page)
    await late.free()
    await shown(page, "/flow")
    assert (await step(site, "fim"))["outcome"] == "atendido"
    # Back to what is still shown, while another form is on its way.
    await show(page, "ola")
    late = await hold(page, "steps/fim")
    await page.locator("#n-fim header").click()
    await late.asked.wait()
    await page.locator("#n-ola header").click()
    await late.free()
    await page.locator("#inspector").get_by_label("Nome do passo").fill("Saudação")
    await page.locator("#canvas").focus()
    await expect(page.locator("#n-ola")).to_contain_text("Saudação")
    await shown(page, "ola")
    await page.unroute_all()
    # A new step's form comes, whatever its edit changed on the card that it was drawn from.
    await show(page, "menu")
    await drag(page, "#n-menu [data-out=timeout]", 60, 160)
    await page.locator("#menu").get_by_role("button", name="Mensagem").click()
    await shown(page, "message")
    # Nobody answers at first: it is asked for once more.
    refused = asyncio.Event()

    async def away(route: Route) -> None:
        first = not refused.is_set()
        refused.set()
        await (route.abort() if first else route.continue_())

    await page.route("**/flows/novo/edit/steps/ola", away)
    await show(page, "ola")
    assert refused.is_set()


async def test_no_word_is_lost_while_a_form_is_made_anew(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    await show(page, "ola")
    form = page.locator("#inspector")
    box = form.get_by_role("textbox", name="Mensagem", exact=True)
    # What is written while the new form is on its way.
    late = await hold(page, "steps/ola")
    await form.get_by_role("button", name="Acrescentar um botão").click()
    await late.asked.wait()
    await box.press("Control+End")
    await page.keyboard.type(" Tudo bem?")
    await late.free()
    await page.unroute_all()
    await expect(form.get_by_label("Botão 1", exact=True)).to_be_visible()
    await expect(box).to_have_text("Olá! Tudo bem?")
    await expect(box).to_be_focused()
    await page.keyboard.type(" Eu sou a Bia, ")
    # A value that is being picked meanwhile gets to its place, and the keyboard stays with it.
    late = await hold(page, "steps/ola")
    await form.get_by_role("button", name="Acrescentar um botão").click()
    await late.asked.wait()
    await box.press("Control+End")
    await page.keyboard.type("{{")
    await expect(page.locator(".ed-pick input")).to_be_focused()
    await late.free()
    await page.unroute_all()
    await page.keyboard.type("nome do contato")
    await page.keyboard.press("Enter")
    await expect(page.locator(".ed-pick")).to_have_count(0)
    await page.keyboard.type(".")
    await expect(form.get_by_label("Botão 2", exact=True)).to_be_visible()
    await expect(box.locator(".chip")).to_have_text("nome do contato")
    await saved(page)
    said = "Olá! Tudo bem? Eu sou a Bia, {{ contact.name }}."
    assert (await step(site, "ola"))["contents"][0]["text"] == said
    # A form that is opened again while its own words are on their way shows them.
    late = await hold(page, "steps/ola", "POST")
    await box.fill("Bom dia!")
    await page.locator("#n-fim header").click()
    await shown(page, "fim")
    await page.locator("#n-ola header").click()
    await late.asked.wait()
    await late.free()
    await shown(page, "ola")
    await expect(box).to_have_text("Bom dia!")
    await page.unroute_all()
    # What a field holds back until it is left goes with Escape too.
    await show(page, "menu")
    await form.get_by_label("Guardar a resposta em").press_sequentially("assunto")
    await page.keyboard.press("Escape")
    await saved(page)
    assert (await step(site, "menu"))["save_as"] == "assunto"
    assert (await step(site, "ola"))["contents"][0]["text"] == "Bom dia!"


async def test_a_page_of_a_proxy_is_no_answer(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    answers = [(500, "text/html"), (200, "text/html"), (429, "text/plain")]

    async def proxy(route: Route) -> None:
        if route.request.method != "POST" or not answers:
            await route.continue_()
            return
        status, kind = answers.pop(0)
        await route.fulfill(status=status, content_type=kind, body="<h1>Sorry</h1>")

    await page.route("**/flows/novo/edit/steps/ola", proxy)
    await show(page, "ola")
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await box.fill("Bom dia!")
    await page.locator("#canvas").focus()
    await expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await saved(page)
    assert not answers
    assert (await step(site, "ola"))["contents"][0]["text"] == "Bom dia!"


async def test_the_keyboard_stays_where_one_went_on(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    form, find = page.locator("#inspector"), page.locator("#find-step")
    late = await hold(page, "flow")
    await page.get_by_role("button", name="Ajustes do fluxo").click()
    await late.asked.wait()
    await find.focus()
    await page.keyboard.type("per")
    await late.free()
    await shown(page, "/flow")
    await page.keyboard.type("gunta")
    await expect(find).to_have_value("pergunta")
    # A card is made anew while somebody writes on it: the words go on, and are kept.
    late = await hold(page, "ops", "POST")
    await drag(page, "#n-ola header b", 40, 40)
    await late.asked.wait()
    await page.locator("#n-ola").press("F2")
    await expect(page.locator("#n-ola .on-card")).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Bom ")
    await late.free()
    await page.keyboard.type("dia!")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await saved(page)
    assert (await step(site, "ola"))["contents"][0]["text"] == "Bom dia!"
    # A form opened again by its key keeps its fields; the list of values keeps the keyboard.
    await show(page, "ola")
    await page.locator("#n-ola").press("Space")
    box = form.get_by_role("textbox", name="Mensagem", exact=True)
    await expect(box).to_be_focused()
    await expect(box).to_have_text("Bom dia!")


async def test_rows_are_moved_by_drag_and_by_arrow(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    await show(page, "menu")
    form = page.locator("#inspector")
    rows = form.locator(".look-choices > .row-of")

    async def order() -> list[str]:
        await saved(page)
        return [each["id"] for each in (await step(site, "menu"))["contents"][0]["buttons"]]

    await rows.nth(0).locator("[data-grip]").drag_to(rows.nth(2))
    await expect(form.get_by_label("Botão 3", exact=True)).to_have_text("um")
    assert await order() == ["dois", "tres", "um"]
    # Escape puts a row back, and leaves the form open.
    await rows.nth(2).locator("[data-grip]").hover()
    await page.mouse.down()
    await rows.nth(0).hover()
    await expect(rows.nth(2)).to_have_class("row-of is-moving")
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(form.locator(".is-moving")).to_have_count(0)
    await shown(page, "menu")
    # By keyboard the row is followed, as often as one likes.
    await form.get_by_role("button", name="Descer Botão 1").focus()
    await page.keyboard.press("Enter")
    await expect(form.get_by_role("button", name="Descer Botão 2")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(form.get_by_role("button", name="Subir Botão 3")).to_be_focused()
    assert await order() == ["tres", "um", "dois"]
    # A double click on the bin takes one row, not the next one too.
    late = await hold(page, "steps/menu", "POST")
    place = await form.get_by_role("button", name="Remover Botão 1").bounding_box()
    assert place is not None
    await page.mouse.dblclick(place["x"] + 8, place["y"] + 8)
    await late.asked.wait()
    await late.free()
    await expect(rows).to_have_count(2)
    assert await order() == ["um", "dois"]
    # Another form was asked for and left again before the new order came: it comes all the same.
    late, other = await hold(page, "steps/menu"), await hold(page, "steps/ola")
    await form.get_by_role("button", name="Descer Botão 1").click()
    await late.asked.wait()
    await page.locator("#n-ola header").click()
    await other.asked.wait()
    await page.locator("#n-menu header").click()
    await late.free()
    await other.free()
    await expect(form.get_by_label("Botão 1", exact=True)).to_have_text("dois")
    await form.get_by_label("Botão 1", exact=True).fill("duas")
    await page.locator("#canvas").focus()
    await expect(page.locator("#n-menu .look-choice").first).to_have_text("duas")
    assert await order() == ["dois", "um"]


async def test_what_one_presses_is_there_until_it_is_let_go(site: Site, browser: Browser) -> None:
    page = await begun(browser, site)
    await show(page, "ola")
    form = page.locator("#inspector")
    add = form.get_by_role("button", name="Acrescentar um botão")
    late = await hold(page, "steps/ola")
    await add.click()
    await late.asked.wait()
    # The form comes anew while the mouse is down on it: a click would be nobody's.
    await add.hover()
    await page.mouse.down()
    async with page.expect_event("requestfinished", lambda it: it.url.endswith("/steps/ola")):
        await late.free()
    await page.evaluate("() => new Promise(requestAnimationFrame)")
    await page.mouse.up()
    await expect(form.get_by_label("Botão 2", exact=True)).to_be_visible()
    await saved(page)
    assert len((await step(site, "ola"))["contents"][0]["buttons"]) == 2
