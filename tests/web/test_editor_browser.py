"""The editor in a real Chromium: drawing by mouse and by keyboard, undo, paste, two tabs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, ViewportSize, async_playwright, expect

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.store import flows
from tests.services.chromium import FLAGS
from tests.web.site import Site
from web.publishing import save

WIDE = ViewportSize(width=1440, height=900)
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def signed_in(browser: Browser, site: Site, role: str = "owner") -> Page:
    room = await browser.new_context(viewport=WIDE)
    room.set_default_timeout(30_000)
    page = await room.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia, role)}")
    return page


SMALL: dict[str, Any] = {
    "format": "flowengine/1",
    "key": "novo",
    "name": "Novo",
    "start": "ola",
    "nodes": [
        {"id": "inicio", "type": "trigger", "on": {"kind": "keyword", "words": ["novo"]}},
        {
            "id": "ola",
            "type": "message",
            "contents": [{"kind": "text", "text": "Olá, {{ contact.name }}!"}],
        },
        {"id": "fim", "type": "end"},
    ],
    "edges": [{"from": "inicio", "to": "ola"}, {"from": "ola", "to": "fim"}],
}


async def new_flow(page: Page, site: Site) -> None:
    """A small flow, open in the editor: a trigger, a message, an end."""
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(msgspec.json.encode(SMALL)), 0, site.bia.people["owner"])
    await page.goto(f"{site.address}/flows/novo/edit")
    await drawn(page)
    await expect(page.locator(".fc-node")).to_have_count(3)


async def drawn(page: Page) -> None:
    """The canvas has measured its cards and shows them where they stay."""
    await page.wait_for_selector("flow-canvas[data-ready]")
    await expect(page.locator("#issues-button")).not_to_contain_text("Verificando")


async def drag(page: Page, source: str, x: float, y: float) -> None:
    """From the middle of an element, by so much."""
    await page.locator(source).hover()  # it is there, and stands still
    # In one look: a card that is drawn anew meanwhile is another element.
    where = "at => document.querySelector(at).getBoundingClientRect().toJSON()"
    box = await page.evaluate(where, source)
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(left, top)
    await page.mouse.down()
    await page.mouse.move(left + x, top + y, steps=8)
    await page.mouse.up()


async def saved(page: Page) -> None:
    await expect(page.locator("#saved")).to_have_text("Rascunho · tudo guardado")


async def draft(site: Site, key: str = "novo") -> Flow:
    async with site.database.web(site.bia.tenant) as transaction:
        return parse((await flows.draft(transaction, key)).document)


def edges(flow: Flow) -> set[tuple[str, str, str]]:
    return {(edge.from_, edge.exit, edge.to) for edge in flow.edges}


async def test_a_flow_is_drawn_by_mouse(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await drag(page, "#n-ola [data-out=next]", 60, 220)
    menu = page.locator("#menu")
    await expect(menu).to_be_visible()
    await menu.get_by_role("button", name="Pergunta").click()
    await expect(page.locator("#n-ask")).to_be_visible()
    await page.locator("#inspector").get_by_label("Mensagem").fill("Banho ou tosa?")
    await page.get_by_role("button", name="Acrescentar um botão").click()
    await page.get_by_label("Botão 1", exact=True).fill("Banho")
    await page.get_by_label("Botão 1", exact=True).blur()
    await expect(page.locator("#n-ask").get_by_text("Banho", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Fechar").click()
    await page.get_by_role("button", name="Ver tudo").click()
    await page.locator("#n-ask [data-out='choice:o1']").drag_to(page.locator("#n-fim [data-in]"))
    await expect(page.locator("flow-edge[data-from=ask]")).to_have_count(1)
    await saved(page)
    flow = await draft(site)
    assert edges(flow) == {
        ("inicio", "next", "ola"), ("ola", "next", "ask"), ("ask", "choice:o1", "fim"),
    }  # fmt: skip
    await drag(page, "#n-ask header b", 80, 40)
    await saved(page)
    assert (await draft(site)).view.nodes["ask"] != flow.view.nodes["ask"]


async def test_everything_can_be_undone_and_done_again(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola").click()
    await page.locator("#inspector").get_by_label("Mensagem").fill("Olá de novo!")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Olá de novo!")
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Delete")
    await expect(page.locator(".fc-node")).to_have_count(2)
    await expect(page.locator("flow-edge")).to_have_count(0)
    undo = page.get_by_role("button", name="Desfazer")
    redo = page.get_by_role("button", name="Refazer")
    await undo.click()
    await expect(page.locator("flow-edge")).to_have_count(2)
    await undo.click()
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Olá, nome do contato!")
    await redo.click()
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Olá de novo!")
    await saved(page)


async def test_a_flow_is_drawn_by_keyboard_alone(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Space")
    await expect(page.locator("#inspector form")).to_be_visible()
    await page.locator("#n-fim").focus()
    await page.keyboard.press("/")
    await page.keyboard.type("transf")
    await page.keyboard.press("Enter")
    await expect(page.locator("#n-transfer")).to_be_focused()
    await page.locator("#n-ola [data-out=next]").focus()
    await page.keyboard.press("Enter")
    await page.locator("#n-transfer").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("flow-edge[data-from=ola]")).to_have_attribute("data-to", "transfer")
    await saved(page)
    assert ("ola", "next", "transfer") in edges(await draft(site))


async def second_tab(page: Page) -> Page:
    """The same flow in another tab, which hears nothing of the first."""
    other = await page.context.new_page()
    await other.route("**/edit/live*", lambda route: route.abort())
    await other.goto(page.url)
    await drawn(other)
    return other


async def write(page: Page, words: str) -> None:
    await page.locator("#n-ola header").click()
    await page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True).fill(words)


async def said_by(site: Site, id: str) -> str:
    return str(next(node for node in (await draft(site)).nodes if node.id == id))


async def test_the_next_step_goes_in_between_where_there_is_a_line(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Enter")
    await page.locator("#menu [data-type=tag]").click()
    await expect(page.locator(".fc-node")).to_have_count(4)
    await saved(page)
    flow = await draft(site)
    assert edges(flow) == {
        ("inicio", "next", "ola"), ("ola", "next", "tag"), ("tag", "next", "fim"),
    }  # fmt: skip
    boxes = [await page.locator(f"#n-{id}").bounding_box() for id in ("ola", "tag", "fim")]
    ola, tag, fim = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert ola[1] < tag[0]
    assert tag[1] < fim[0]
    # An end has nothing behind it: it takes no line away that nobody pointed at.
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Enter")
    await page.locator("#menu [data-type=end]").click()
    await expect(page.locator(".fc-node")).to_have_count(5)
    await saved(page)
    assert edges(await draft(site)) == edges(flow)


async def test_two_tabs_change_different_things(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    other = await second_tab(page)
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await expect(page.locator(".fc-node")).to_have_count(4)
    await saved(page)
    await write(other, "Bom dia!")
    await expect(other.locator("#n-tag")).to_be_visible()
    await saved(other)
    flow = await draft(site)
    assert {node.id for node in flow.nodes} == {"inicio", "ola", "fim", "tag"}
    assert "Bom dia!" in await said_by(site, "ola")


async def test_of_one_text_the_second_writer_is_told_and_chooses(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    other = await second_tab(page)
    await other.locator("#n-ola header").click()
    await expect(other.locator("#inspector form")).to_be_visible()
    await write(page, "Bom dia!")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await saved(page)
    await write(other, "Boa noite!")
    told = other.locator("#step-problem")
    await expect(told).to_contain_text("Outra pessoa mudou «Mensagem»")
    assert "Bom dia!" in await said_by(site, "ola")
    await expect(other.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await told.get_by_role("button", name="Manter o que escrevi").click()
    await expect(other.locator("#n-ola .fc-say")).to_have_text("Boa noite!")
    await saved(other)
    assert "Boa noite!" in await said_by(site, "ola")


async def test_undoing_does_not_take_back_what_somebody_else_did(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await write(page, "Bom dia!")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await saved(page)
    other = await second_tab(page)
    await write(other, "Boa noite!")
    await expect(other.locator("#n-ola .fc-say")).to_have_text("Boa noite!")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Boa noite!")
    await page.get_by_role("button", name="Desfazer").click()
    await expect(page.locator("#toast")).to_contain_text("Outra pessoa mudou «Mensagem»")
    assert "Boa noite!" in await said_by(site, "ola")
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await expect(page.locator("#n-tag")).to_be_visible()
    await saved(page)


async def test_copies_reach_another_flow(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows/ola/edit")
    await drawn(page)
    await page.locator("#n-menu header").click()
    await page.locator("#n-menu").focus()
    async with page.expect_response(lambda answer: "/clip" in answer.url):
        await page.keyboard.press("Control+c")
    await new_flow(page, site)
    await page.locator("#canvas").focus()
    await page.keyboard.press("Control+v")
    await expect(page.locator("#n-menu")).to_be_visible()
    await saved(page)
    assert "menu" in {node.id for node in (await draft(site)).nodes}


async def test_findings_show_on_their_cards_and_lead_there(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("flow-canvas").focus()
    await page.locator(".ed-palette").get_by_role("button", name="Pergunta").click()
    badge = page.locator("#n-ask .fc-badge")
    await expect(badge).to_be_visible()
    await page.locator("#issues-button").click()
    await page.locator("#issues .issue[data-goto=ask]").first.click()
    await expect(page.locator("#n-ask")).to_have_class("fc-node tone-blue is-selected")


async def test_without_a_connection_edits_wait_and_none_is_lost(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.context.set_offline(True)
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await expect(page.locator("#saved")).to_have_text("Sem conexão: as mudanças esperam aqui")
    await page.context.set_offline(False)
    await expect(page.locator("#n-tag")).to_be_visible()
    await saved(page)
    assert "tag" in {node.id for node in (await draft(site)).nodes}


async def test_what_is_typed_while_an_edit_is_under_way_is_kept(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    held, free = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        held.set()
        await free.wait()
        await route.continue_()

    await page.locator("#n-ola").click()
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await page.route("**/edit/steps/ola", hold)
    await box.fill("Bom")
    await asyncio.wait_for(held.wait(), 30)
    await box.fill("Bom dia!")
    await page.keyboard.press("Escape")
    free.set()
    await saved(page)
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    said = next(node for node in (await draft(site)).nodes if node.id == "ola")
    assert "Bom dia!" in str(said)


async def test_who_may_only_look_changes_nothing(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site, "viewer")
    await page.goto(f"{site.address}/flows/ola/edit")
    await drawn(page)
    before = (await draft(site, "ola")).view
    await expect(page.get_by_role("button", name="Publicar")).to_have_count(0)
    await page.locator("#n-menu header").click()
    await expect(page.locator("#inspector").get_by_label("Mensagem").first).to_be_disabled()
    await expect(page.get_by_label("Nome do passo")).not_to_be_editable()
    await expect(page.locator("#inspector .add-menu").first).to_be_hidden()
    await expect(page.locator("#saved")).to_have_text("Rascunho · só para ler")
    await drag(page, "#n-menu header b", 80, 60)
    await page.locator("#n-menu").focus()
    await page.keyboard.press("Delete")
    await expect(page.locator("#n-menu")).to_be_visible()
    assert (await draft(site, "ola")).view == before
