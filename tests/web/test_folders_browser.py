"""Folders in a real Chromium: a finger and the keyboard put flows into them, rename and dissolve
them; equal names are joined by a question."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.web.shared import bring, end, small, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]


async def furnish(product: Site, *keys: str) -> None:
    for key in keys:
        nodes = [tell("diz", "Oi"), end()]
        await bring(product, small(key, key, nodes, "diz next fim"))


async def finger(chrome: Browser, product: Site) -> Page:
    """A phone: touch, no mouse."""
    size = ViewportSize(width=390, height=844)
    room = await chrome.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = await room.new_page()
    await page.goto(f"{product.address}/sign-in/{await product.link(product.bia, 'designer')}")
    await page.goto(f"{product.address}/flows")
    return page


async def test_a_finger_puts_flows_into_folders_on_the_list(product: Site, chrome: Browser) -> None:
    await furnish(product, "um", "dois")
    page = await finger(chrome, product)
    await page.get_by_role("button", name="Mover Fluxo um para uma pasta").tap()
    await page.get_by_role("button", name="Pasta nova").tap()
    await page.get_by_label("Nome da pasta").fill("Vendas")
    await page.locator("#to-folder").get_by_role("button", name="Guardar").tap()
    folder = page.locator("[data-folder=Vendas]")

    async def holds(count: int) -> None:
        """On the page that comes then, whose script is there too: a tap before it opens nothing."""
        await expect(folder.locator("a.item")).to_have_count(count)
        await page.wait_for_load_state("load")

    await holds(1)
    await page.get_by_role("button", name="Mover Fluxo dois para uma pasta").tap()
    await page.locator("#folder-put").get_by_role("button", name="Vendas").tap()
    await holds(2)
    # Of the folder that it is in there is no talk; out of it goes the same way.
    await page.get_by_role("button", name="Mover Fluxo um para uma pasta").tap()
    choices = page.locator("#folder-put")
    await expect(choices.get_by_role("button", name="Vendas")).to_be_hidden()
    await choices.get_by_role("button", name="Nenhuma pasta").tap()
    await holds(1)


async def test_a_folder_is_renamed_joined_and_dissolved_by_keyboard(
    product: Site, chrome: Browser
) -> None:
    await furnish(product, "tres", "quatro")
    client = await product.client(product.bia)
    for key, name in (("tres", "Antigas"), ("quatro", "Novas")):
        assert (await client.post(f"/flows/{key}/folder", data={"folder": name})).is_redirect
    page = await window(chrome, product, "/flows", "designer")

    async def menu(folder: str) -> None:
        await page.get_by_label(f"Mais ações da pasta {folder}").focus()
        await page.keyboard.press("Enter")

    async def rename(folder: str, name: str) -> None:
        await menu(folder)
        button = page.locator(f"[data-folder='{folder}']").get_by_role("button", name="Renomear")
        await button.focus()
        await page.keyboard.press("Enter")
        field = page.get_by_label("Novo nome").locator("visible=true")
        await expect(field).to_be_focused()
        await expect(field).to_have_value(folder)
        await field.fill(name)
        await page.keyboard.press("Enter")

    await rename("Antigas", "Guardadas")
    await expect(page.get_by_text("A pasta se chama Guardadas.")).to_be_visible()
    await rename("Guardadas", "novas")
    question = page.get_by_role("alert").filter(has_text="Já existe a pasta Novas.")
    await expect(question).to_contain_text("Nela há 1 fluxo.")
    await question.get_by_role("button", name="Juntar").focus()
    await page.keyboard.press("Enter")
    folder = page.locator("[data-folder=Novas]")
    await expect(folder.locator("a.item")).to_have_count(2)
    await expect(page.locator("[data-folder=Guardadas]")).to_have_count(0)

    page.once("dialog", lambda dialog: dialog.accept())
    await menu("Novas")
    await folder.get_by_role("button", name="Desfazer a pasta").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("2 fluxos estão sem pasta agora.")).to_be_visible()
    await expect(folder).to_have_count(0)
    await expect(page.get_by_role("link", name="Fluxo tres")).to_be_visible()
