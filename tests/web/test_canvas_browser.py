"""The canvas in a real Chromium: words written on a card, steps by Enter, search, notes, frames."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from flowengine.document import parse
from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import draft, drag, edges, new_flow, saved, signed_in


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def test_a_bubble_is_written_where_it_stands(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    bubble = page.locator("#n-ola .fc-say")
    before = await bubble.inner_text()
    await bubble.dblclick()
    box = page.locator("#n-ola .on-card")
    await expect(box).to_be_focused()
    await expect(bubble).to_contain_text("Ctrl+Enter guarda · Esc desiste")
    await expect(bubble).to_have_css("overflow", "visible")  # its outline is whole
    await page.keyboard.type("nunca")
    await page.keyboard.press("Escape")
    await expect(bubble).to_have_text(before)
    await page.keyboard.press("F2")
    await expect(box).to_be_focused()
    await page.keyboard.type(" Tudo bem?")
    await page.keyboard.press("Control+Enter")
    await expect(bubble).to_contain_text("Tudo bem?")
    await saved(page)
    said = next(node for node in (await draft(site)).nodes if node.id == "ola")
    assert "Tudo bem?" in str(said)
    assert "nunca" not in str(said)


async def test_enter_adds_the_next_step_and_ctrl_f_finds_one(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#menu")).to_be_visible()
    asked = page.locator("#menu input")
    for words in ("Qual é o próximo passo?", "¿Cuál es el próximo paso?"):
        await asked.evaluate("(it, words) => { it.value = words }", words)  # as long as what asks
        assert await asked.evaluate("it => it.scrollWidth <= it.clientWidth"), words
    await asked.fill("")
    await page.keyboard.type("etiqueta")
    await page.keyboard.press("Enter")
    await expect(page.locator("#n-tag")).to_be_focused()
    await page.keyboard.press("Control+f")
    await page.locator(".ed-pick input").fill("gatilho")
    await page.keyboard.press("Enter")
    await expect(page.locator("#n-inicio")).to_be_focused()


async def test_a_line_from_no_reply_starts_its_timer_at_23_hours(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("flow-canvas").focus()
    await page.locator(".ed-palette [data-type=ask]").click()
    # Until its form is there, what one types is for its words.
    await expect(page.locator("#inspector form[data-node=ask] .chips-text").first).to_be_focused()
    await page.locator("#n-ask [data-out=timeout]").focus()
    await page.keyboard.press("Enter")
    await page.locator("#n-fim").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#n-ask")).to_contain_text("Sem resposta em 23 h")
    await saved(page)
    assert ("ask", "timeout", "fim") in edges(await draft(site))


async def test_notes_and_frames_are_written_moved_and_undone(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.get_by_role("button", name="Nova anotação").click()
    note = page.locator(".fc-note")
    await expect(note).to_have_class("fc-mark fc-note is-written")
    await page.keyboard.type("Conferir preços")
    await page.keyboard.press("Control+Enter")
    await expect(note).to_have_attribute("aria-label", "Anotação: Conferir preços")
    await note.focus()
    await page.keyboard.press("ArrowRight")
    await saved(page)
    await page.locator("#n-ola header").click()
    # The form comes, and the view steps aside for it.
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", "ola")
    await page.get_by_role("button", name="Moldura em volta da seleção").click()
    frame = page.locator(".fc-frame")
    await expect(frame).to_have_class("fc-mark fc-frame is-written")
    await page.keyboard.type("Começo")
    await page.keyboard.press("Control+Enter")
    await expect(frame).to_have_attribute("aria-label", "Moldura: Começo")
    await saved(page)
    before = await draft(site)
    assert [mark["text"] for mark in before.view.notes] == ["Conferir preços"]
    await drag(page, ".fc-frame .fc-mark-text", 80, 40)
    await saved(page)
    await expect(page.locator(".fc-frame")).not_to_have_attribute(
        "data-x", str(before.view.frames[0]["at"][0])
    )
    after = await draft(site)
    assert after.view.nodes["ola"] != before.view.nodes["ola"]
    await note.focus()
    await page.keyboard.press("Delete")
    await expect(note).to_have_count(0)
    await page.get_by_role("button", name="Desfazer").click()
    await expect(note).to_have_count(1)


async def test_what_somebody_else_changes_appears_by_itself(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    other = await signed_in(browser, site, "designer")
    await other.goto(page.url)
    await expect(other.locator(".fc-node")).to_have_count(3)
    await expect(page.locator("#others")).to_contain_text("designer bia")
    await page.locator(".ed-palette [data-type=tag]").click()
    await expect(other.locator("#n-tag")).to_be_visible()
    await expect(other.locator("#toast")).to_contain_text("owner bia")
    await other.locator(".ed-palette [data-type=end]").click()
    await expect(other.locator("#n-end")).to_be_visible()
    await saved(other)
    await expect(page.locator("#n-end")).to_be_visible()
    assert {"tag", "end"} <= {node.id for node in (await draft(site)).nodes}


async def test_a_file_that_is_dropped_becomes_steps(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    document = (Path(__file__).parents[2] / "examples/pesquisa.flow.json").read_text()
    await page.locator("flow-canvas").evaluate(
        """(canvas, text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], 'pesquisa.flow.json', { type: 'application/json' }));
          const at = { clientX: 500, clientY: 500, bubbles: true, cancelable: true };
          canvas.dispatchEvent(new DragEvent('drop', { dataTransfer: data, ...at }));
        }""",
        document,
    )
    count = len(parse(document.encode()).nodes)
    await expect(page.locator(".fc-node")).to_have_count(3 + count)
    await saved(page)
    flow = await draft(site)
    assert {each.name for each in parse(document.encode()).variables} & {
        each.name for each in flow.variables
    }


async def test_the_flow_is_edited_as_a_list_by_keyboard(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.goto(f"{page.url}?view=outline")
    steps = page.locator("#outline .ol-step")
    await expect(steps).to_have_count(3)
    await expect(steps.locator("b")).to_have_text(["Gatilho", "Mensagem", "Fim"])
    await page.locator("#o-ola").get_by_label("Próximo").select_option("")
    await expect(page.locator("flow-edge[data-from=ola]")).to_have_count(0)
    await page.locator("#o-ola").get_by_label("Próximo").select_option("+")
    await page.keyboard.type("etiqueta")
    await page.keyboard.press("Enter")
    await expect(steps).to_have_count(4)
    await saved(page)
    assert ("ola", "next", "tag") in edges(await draft(site))
    await page.locator("#o-ola .ol-open").press("Enter")
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await expect(box).to_be_focused()
    await box.fill("Bom dia!")
    await expect(page.locator("#o-ola .ol-open")).to_contain_text("Bom dia!")


async def test_the_map_and_the_tools_never_stand_on_each_other(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    for width in (1600, 1440, 1280, 1024, 920):
        await page.set_viewport_size({"width": width, "height": 900})
        tools = await page.locator(".ed-dock").bounding_box()
        little = await page.locator(".ed-map").bounding_box()
        assert tools is not None
        assert little is not None
        beside = little["x"] + little["width"] <= tools["x"]
        assert beside or little["y"] + little["height"] <= tools["y"], width


async def test_keys_reach_the_canvas_from_its_tools_and_from_nowhere(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    chosen = page.locator(".fc-node.is-selected")
    await page.get_by_role("button", name="Ver tudo").click()
    await page.keyboard.press("Control+a")
    await expect(chosen).to_have_count(3)
    assert await page.evaluate("getSelection().isCollapsed")
    await page.keyboard.press("Control+d")
    await expect(page.locator(".fc-node")).to_have_count(6)
    await expect(chosen).to_have_count(3)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Delete")
    await expect(page.locator(".fc-node")).to_have_count(3)
    await page.locator("#n-ola header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    await page.get_by_role("button", name="Menor").click()
    async with page.expect_response(lambda answer: "/clip" in answer.url):
        await page.keyboard.press("Control+c")
    await page.keyboard.press("Control+v")
    await expect(page.locator(".fc-node")).to_have_count(4)
    await expect(page.locator("#inspector form:not([data-node=ola])")).to_be_visible()
    # In a field they are the field's own.
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await box.fill("Bom dia")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await expect(box).to_have_text("")
    await expect(page.locator(".fc-node")).to_have_count(4)
    await saved(page)


async def test_a_card_reached_by_tab_is_what_keys_mean(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-inicio header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    while not await page.locator("#n-ola").evaluate("it => it === document.activeElement"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".fc-node.is-selected")).to_have_attribute("data-node", "ola")
    await page.keyboard.press("Delete")
    await expect(page.locator("#n-ola")).to_have_count(0)
    await saved(page)
    assert {node.id for node in (await draft(site)).nodes} == {"inicio", "fim"}


async def test_a_step_without_a_title_says_its_kind_once(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    card = page.locator("#n-ola")
    await expect(card.locator(".names")).to_have_text("Mensagem")
    label = await card.get_attribute("aria-label") or ""
    assert label.startswith("Mensagem: Olá")
    await card.locator("header").click()
    title = page.locator("#inspector .ed-title")
    await title.fill("Saudação")
    await title.blur()
    await expect(card.locator(".names small")).to_have_text("Mensagem")
    await expect(card.locator(".names b")).to_have_text("Saudação")
    await page.get_by_role("button", name="Experimentar").click()
    await page.locator("#preview").get_by_role("button", name="novo", exact=True).click()
    await expect(page.get_by_role("button", name="Conversar de novo")).to_be_visible()
    where, said = page.locator("#pv-where"), [""]
    while not said[-1].startswith("1/"):
        said.append(await where.inner_text())
        if not said[-1].startswith("1/"):
            await page.locator("[data-pv=back]").click()
    told = [each.partition(" · ")[2] for each in said]
    assert "Mensagem: Saudação" in told
    assert "Fim" in told  # and not by its id
    await saved(page)


async def test_a_way_without_a_name_is_called_by_its_condition(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator(".ed-palette [data-type=condition]").click()
    way = page.locator("#n-condition .look-choice").first
    await expect(way).to_have_text("última mensagem está preenchida")
    name = page.locator("#inspector").get_by_role("textbox", name="Nome do caminho").first
    await expect(name).to_have_attribute("data-empty", "última mensagem está preenchida")
    await name.fill("Escreveu algo")
    await expect(way).to_have_text("Escreveu algo")
    await saved(page)
