"""Files dropped on the canvas, in a real Chromium: what does not come in with the steps is said, of
several nothing comes in unasked, and all of it can be imported instead."""

from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from flowengine.store import flows
from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import saved
from tests.web.test_lost_answers_browser import ids

pytestmark = pytest.mark.asyncio(loop_scope="module")

DROP = """(canvas, files) => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name));
  const at = { clientX: 700, clientY: 600, bubbles: true, cancelable: true };
  canvas.dispatchEvent(new DragEvent('drop', { dataTransfer: data, ...at }));
}"""


def file(key: str, **more: Any) -> list[str]:
    flow = small(key, key, [tell(f"diz-{key}", "Oi!"), end(f"fim-{key}")], f"diz-{key} next fim")
    flow["edges"] = [{"from": "oi", "to": f"diz-{key}"}]
    return [f"{key}.flow.json", msgspec.json.encode(flow | more).decode()]


async def opened(chrome: Browser, site: Site, key: str) -> Page:
    await bring(site, small(key, key, [tell("ola", "Olá!"), end()], "ola next fim"))
    page = await window(chrome, site, f"/flows/{key}/edit")
    await drawn(page)
    return page


async def drop(page: Page, *files: list[str]) -> None:
    await page.locator("flow-canvas").evaluate(DROP, list(files))


async def keys(site: Site) -> set[str]:
    async with site.database.web(site.bia.tenant) as transaction:
        return {row.key for row in await flows.flows(transaction)}


async def test_what_does_not_come_in_with_the_steps_is_said_and_can_be_imported(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "solto")
    typed = {"name": "idade", "type": "number"}
    await drop(page, file("rico", variables=[typed], outputs=[typed]))
    told = page.locator("#toast .stay")
    await expect(told).to_contain_text("De «Fluxo rico» entraram só os passos.")
    await expect(told).to_contain_text("os tipos das variáveis, as saídas, os ajustes.")
    await saved(page)
    assert {"diz-rico", "fim-rico"} <= set(await ids(product, "solto"))
    await told.get_by_role("button", name="Importar como fluxo").click()
    await page.locator("#import").get_by_role("button", name="Importar", exact=True).click()
    await page.wait_for_url("**/flows/rico")
    async with product.database.web(product.bia.tenant) as transaction:
        document = (await flows.draft(transaction, "rico")).document
    assert msgspec.json.decode(document)["outputs"] == [typed]


async def test_a_file_of_steps_alone_comes_in_without_a_word(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "calado")
    await drop(page, file("pobre", settings={}))
    await expect(page.locator("#n-diz-pobre")).to_be_visible()
    await saved(page)
    await expect(page.locator("#toast")).to_be_empty()


async def test_of_several_files_none_comes_in_unasked(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "varios")
    await drop(page, file("um", settings={}), file("dois", settings={}))
    told = page.locator("#toast .stay")
    await expect(told).to_contain_text("São 2 arquivos")
    assert await ids(product, "varios") == ["fim", "oi", "ola"]
    await told.get_by_role("button", name="Pôr aqui os passos de um.flow.json").click()
    await expect(page.locator("#n-diz-um")).to_be_visible()
    await saved(page)
    assert "diz-dois" not in await ids(product, "varios")
    await drop(page, file("um", settings={}), file("dois", settings={}))
    await told.get_by_role("button", name="Importar como fluxos").click()
    await page.locator("#import").get_by_role("button", name="Importar", exact=True).click()
    await page.wait_for_url("**/flows")
    assert {"um", "dois"} <= await keys(product)


async def test_a_zip_brings_no_steps(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "fechado")
    await drop(page, ["tudo.zip", "PK"])
    told = page.locator("#toast .stay")
    await expect(told).to_contain_text("Um zip traz fluxos inteiros")
    await told.get_by_role("button", name="Fechar").click()
    await expect(told).to_have_count(0)
    assert await ids(product, "fechado") == ["fim", "oi", "ola"]
