"""The list of flows in a real Chromium: files dropped on it, what is wrong with one, folders."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from flowengine.store import flows
from tests.services.chromium import FLAGS
from tests.web.site import HELLO, Site
from tests.web.test_editor_browser import signed_in

DROP = """(files) => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name));
  const page = document.querySelector("[data-drop-flows]");
  const event = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragenter", "dragover", "drop"])
    page.dispatchEvent(new DragEvent(kind, event));
}"""


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


def named(key: str) -> str:
    return msgspec.json.encode(HELLO | {"key": key, "name": f"Fluxo {key}"}).decode()


async def drop(page: Page, *files: tuple[str, str]) -> None:
    await page.evaluate(DROP, [list(each) for each in files])


async def keys(site: Site) -> set[str]:
    async with site.database.web(site.bia.tenant) as transaction:
        return {row.key for row in await flows.flows(transaction)}


async def test_files_dropped_on_the_list_are_imported_or_say_why_not(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows")
    # The browser's own button looks as all others do.
    round = "(it, part) => getComputedStyle(it, part).borderRadius"
    others = await page.locator("#import-flow .btn").first.evaluate(round)
    assert await page.locator("#file").evaluate(round, "::file-selector-button") == others
    bad = named("torto").replace('"choice"', '"escolha"')
    await drop(page, ("bom.flow.json", named("bom")), ("torto.flow.json", bad))
    error = page.locator("#import-flow-error")
    await expect(error).to_contain_text("torto.flow.json")
    await expect(error).to_be_visible()
    assert not {"bom", "torto"} & await keys(site)
    await drop(page, ("um.flow.json", named("um")), ("dois.flow.json", named("dois")))
    await expect(page.get_by_text("Fluxo dois")).to_be_visible()
    assert {"um", "dois"} <= await keys(site)
    await page.wait_for_load_state("load")  # its script is there: what is dropped is heard
    await drop(page, ("foto.png", "x"))
    await expect(page.locator("#import-flow-error")).to_contain_text("foto.png")


async def test_flows_are_put_into_folders(site: Site, browser: Browser) -> None:
    page: Any = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows/ola")
    await page.get_by_label("Mais ações").click()
    await page.locator(".folder-form input[name=folder]").fill("Atendimento")
    await page.locator(".folder-form button").click()
    folder = page.locator("details.folder")
    await expect(folder).to_contain_text("Atendimento")
    await expect(folder).to_contain_text("Boas-vindas bia")
    await folder.locator("summary").click()
    await expect(folder.locator("a.item")).to_be_hidden()


async def test_flows_are_dragged_into_folders_and_out(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows")
    await drop(page, ("um.flow.json", named("um")), ("dois.flow.json", named("dois")))
    await expect(page.get_by_role("link", name="Fluxo dois")).to_be_visible()
    await page.wait_for_load_state("load")

    async def carry(flow: str, place: Locator) -> None:
        """By the hand, as places show only while something is carried."""
        await page.get_by_role("link", name=flow).hover()
        await page.mouse.down()
        await page.mouse.move(700, 500, steps=4)
        await place.hover()
        await place.hover()  # a drag is over a place from its second movement there on
        await page.mouse.up()

    await carry("Fluxo um", page.get_by_text("Pasta nova").first)
    name = page.get_by_label("Nome da pasta")
    await expect(name).to_be_focused()
    await name.fill("Vendas")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    folder = page.locator("details.folder")
    await expect(folder.get_by_role("link")).to_have_count(1)
    await carry("Fluxo dois", folder.locator("summary"))
    await expect(folder.get_by_role("link")).to_have_count(2)
    await expect(page.get_by_text("Guardado em Vendas.")).to_be_visible()
    await carry("Fluxo um", page.get_by_text("Tirar da pasta"))
    await expect(folder.get_by_role("link")).to_have_count(1)
    await expect(page.get_by_text("Sem pasta.")).to_be_visible()


async def test_an_example_is_chosen_looked_at_and_taken_by_keyboard(
    site: Site, browser: Browser
) -> None:
    page: Any = await signed_in(browser, site)
    await page.goto(f"{site.address}/flows")
    await page.get_by_role("link", name="Novo fluxo").click()
    await expect(page.get_by_label("Nome")).to_be_focused()
    card = page.get_by_role("link", name="Acompanhar pedido")
    await card.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Acompanhar pedido", level=1)).to_be_visible()
    await expect(page.locator("svg.drawing .node").first).to_be_visible()
    await expect(page.locator(".bub").nth(1)).to_contain_text("Vamos ver por onde anda!")
    await expect(page.get_by_role("checkbox")).to_be_checked()
    await page.get_by_role("button", name="Usar este").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/flows/pedido/edit")
    await expect(page.locator("flow-canvas [id^='n-']").first).to_be_visible()
