"""Forms of steps in a real Chromium: text with chips, buttons, conditions, languages, a call."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import draft, new_flow, saved, signed_in
from web.editor.forms.filling import plain


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def step(site: Site, id: str) -> dict[str, Any]:
    flow = await draft(site)
    return plain(next(node for node in flow.nodes if node.id == id))


async def begun(browser: Browser, site: Site, kind: str) -> Page:
    """A new flow with one more step of a kind, its form open."""
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator(f".ed-palette [data-type={kind}]").click()
    await expect(page.locator(f"#inspector form[data-type={kind}]")).to_be_visible()
    return page


async def test_a_message_is_written_with_chips_marks_and_a_preview(
    site: Site, browser: Browser
) -> None:
    page = await begun(browser, site, "message")
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await box.fill("Oi ")
    await box.press("End")
    await page.keyboard.type("{{")
    await page.locator(".ed-pick input").fill("nome do contato")
    await page.keyboard.press("Enter")
    await expect(box.locator(".chip")).to_have_text("nome do contato")
    await page.keyboard.type(" ")
    await page.keyboard.press("Control+b")
    await page.keyboard.type("bem-vinda")
    await expect(page.locator("#wa b")).to_have_text("bem-vinda")
    await expect(page.locator("#wa .wa-text")).to_have_text("Oi Ana bem-vinda")
    await expect(page.locator("#n-message .fc-say")).to_contain_text("bem-vinda")
    await saved(page)
    said = (await step(site, "message"))["contents"][0]["text"]
    assert said == "Oi {{ contact.name }} *bem-vinda*"


async def test_buttons_are_added_ordered_and_counted_and_a_message_becomes_a_question(
    site: Site, browser: Browser
) -> None:
    page = await begun(browser, site, "message")
    add = page.locator("#inspector").get_by_role("button", name="Acrescentar um botão")
    for number in (1, 2):
        await add.click()
        box = page.locator("#inspector").get_by_label(f"Botão {number}", exact=True)
        await expect(box).to_be_focused()
        await box.fill(f"Opção {number}")
    await expect(page.locator("#inspector form[data-type=ask]")).to_be_visible()
    await page.locator("#inspector").get_by_label("Botão 2", exact=True).fill("x" * 24)
    await expect(page.locator("#inspector .count-of.over")).to_have_text("24/20")
    await page.locator("#inspector").get_by_role("button", name="Subir Botão 2").click()
    await expect(page.locator("#n-message .look-choice").first).to_contain_text("xxx")
    await saved(page)
    body = await step(site, "message")
    assert body["type"] == "ask"
    assert [b["id"] for b in body["contents"][0]["buttons"]] == ["o2", "o1"]


async def test_a_condition_is_built_from_rows(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "condition")
    form = page.locator("#inspector")
    await form.get_by_label("Nome do caminho").fill("É cliente")
    await form.get_by_label("Comparação").select_option(label="tem a etiqueta")
    await form.get_by_label("Comparado com").select_option("vip")
    await form.get_by_role("button", name="Mais uma condição").click()
    await expect(form.get_by_label("Comparação")).to_have_count(2)
    await form.get_by_label("Segue por aqui se").select_option(label="ao menos uma é verdade")
    await expect(page.locator("#n-condition .look-choice").first).to_have_text("É cliente")
    await saved(page)
    case = (await step(site, "condition"))["cases"][0]
    assert case["when"]["any"][0] == {"op": "has_tag", "right": "vip"}
    assert len(case["when"]["any"]) == 2


async def test_a_wrong_field_says_so_and_mends_itself(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "delay")
    form = page.locator("#inspector")
    time = form.get_by_label("Quanto tempo")
    await time.fill("")
    await time.blur()
    wrong = form.locator(".field[data-at='/for'] .wrong")
    await expect(wrong).to_be_visible()
    await expect(time).to_have_attribute("aria-invalid", "true")
    await time.fill("2")
    await expect(wrong).to_be_hidden()
    await expect(page.locator("#n-delay .fc-line-text")).to_have_text("2 h")


async def test_a_text_is_told_in_another_language(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "message")
    form = page.locator("#inspector")
    await form.get_by_role("button", name="Español").click()
    await form.get_by_label("Em Español").fill("¡Hola!")
    await saved(page)
    await form.get_by_role("button", name="pt-BR").click()
    await expect(form.get_by_role("button", name="Español")).to_have_text("Español")
    assert (await draft(site)).translations == {"es": {"message": {"/contents/0/text": "¡Hola!"}}}


async def test_a_file_is_uploaded_and_shown(site: Site, browser: Browser, tmp_path: Path) -> None:
    page = await begun(browser, site, "message")
    await page.locator("#inspector .add-menu > summary").click()
    await page.locator("#inspector").get_by_role("button", name="Imagem", exact=True).click()
    icon = Path(__file__).parents[2] / "web/static/img"
    picture = next(path for path in icon.iterdir() if path.suffix in (".png", ".svg", ".webp"))
    await page.locator("#inspector [data-upload]").set_input_files(picture)
    await expect(page.locator("#inspector .media select option:checked")).to_have_text(picture.name)
    await saved(page)
    contents = (await step(site, "message"))["contents"]
    assert contents[1]["media"]["asset"].startswith("sha256:")


async def test_a_call_is_tried_and_a_value_of_its_answer_kept(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "http")
    form = page.locator("#inspector")
    await form.get_by_label("Endereço", exact=True).fill(f"{site.address}/health")
    await saved(page)
    await form.get_by_role("button", name="Fazer a consulta").click()
    await expect(form.locator("#tried .tag")).to_have_text("200")
    await form.locator('#tried [data-keep="/status"]').click()
    await expect(form.get_by_label("Guardar em")).to_have_value("status")
    await form.get_by_role("button", name="Remover").first.click()
    await expect(form.get_by_label("Guardar em")).to_have_count(0)
    await form.get_by_role("button", name="Guardar mais um valor").click()
    await form.get_by_label("O que da resposta").fill("itens.0.preco")
    await form.get_by_label("Guardar em").fill("Preço")
    await form.get_by_label("Guardar em").blur()
    await expect(form.get_by_label("Guardar em")).to_have_value("preco")
    await saved(page)
    assert (await step(site, "http"))["save"] == [{"to": "preco", "path": "/itens/0/preco"}]
    assert [each.name for each in (await draft(site)).variables] == ["preco"]


async def test_json_is_the_last_resort(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "end")
    await page.locator("#inspector .ed-json summary").click()
    box = page.get_by_label("JSON do passo")
    await box.fill('{"type": "end", "outcome": "vendido"}')
    await page.get_by_role("button", name="Aplicar").click()
    await expect(page.locator("#inspector").get_by_label("Resultado")).to_have_value("vendido")


async def test_a_tools_parameters_are_rows_with_limits_and_lists(
    site: Site, browser: Browser
) -> None:
    page = await begun(browser, site, "ai_reply")
    form: Any = page.locator("#inspector")
    await form.locator("summary", has_text="Ferramentas").click()
    await form.get_by_role("button", name="Acrescentar uma ferramenta").click()
    rows = form.locator(".kind-params .param")
    add = form.get_by_role("button", name="Acrescentar um parâmetro")
    await add.click()
    await rows.nth(0).get_by_label("Nome").fill("Quantas pessoas")
    await rows.nth(0).get_by_label("Tipo").select_option("integer")
    least, most = rows.nth(0).locator("[name$='.least']"), rows.nth(0).locator("[name$='.most']")
    await least.fill("1")
    await most.fill("12")
    await add.click()
    await rows.nth(1).get_by_label("Nome").fill("porte")
    options = rows.nth(1).get_by_label("Os textos que podem ser")
    await expect(options).to_be_hidden()
    await rows.nth(1).get_by_label("Tipo").select_option("one")
    await expect(rows.nth(1).locator("[name$='.least']")).to_be_hidden()
    await options.fill("pequeno, grande")
    await rows.nth(1).get_by_label("O que é").fill("O porte do animal")
    await rows.nth(1).get_by_label("Precisa?").select_option("")
    await saved(page)
    whole = {"type": "integer", "minimum": 1, "maximum": 12}
    size = {"type": "string", "enum": ["pequeno", "grande"], "description": "O porte do animal"}
    tool = (await step(site, "ai-reply"))["tools"][0]
    assert tool["parameters"] == {
        "type": "object",
        "properties": {"quantas_pessoas": whole, "porte": size},
        "required": ["quantas_pessoas"],
    }
    # The least above the most is told at the field, and what was kept stays.
    await least.fill("20")
    await least.press("Tab")
    await expect(form.locator(".kind-params .wrong")).to_contain_text("O mínimo é maior")
    assert (await step(site, "ai-reply"))["tools"][0] == tool


async def test_what_one_types_takes_the_place_of_a_new_steps_own_words(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.locator("#n-ola").focus()
    await page.keyboard.press("/")
    await page.locator("#menu").get_by_role("button", name="Pergunta").click()
    box = page.locator("#inspector form[data-node=ask] .chips-text.rich").first
    await expect(box).to_be_focused()
    await page.keyboard.type("Tudo bem?")
    await expect(box).to_have_text("Tudo bem?")
    await expect(page.locator("#n-ask .fc-say")).to_have_text("Tudo bem?")
    await expect(page.locator("#preview")).to_be_hidden()  # T was no shortcut
    # Back to the card and into the words again: they go on at their end.
    await page.keyboard.press("Escape")
    await expect(page.locator("#n-ask")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(box).to_be_focused()
    await page.keyboard.type(" Sim?")
    await expect(box).to_have_text("Tudo bem? Sim?")
    # A click into words that nobody has written chooses them too.
    await page.locator(".ed-palette [data-type=message]").click()
    box = page.locator("#inspector form[data-node=message] .chips-text.rich").first
    await expect(box).to_be_focused()
    await page.keyboard.press("Escape")
    await page.locator("#n-message header").click()
    await box.click()
    await page.keyboard.type("Até!")
    await expect(box).to_have_text("Até!")
    await expect(page.locator("#n-message .fc-say")).to_have_text("Até!")
    await saved(page)
    assert "Tudo bem? Sim?" in str(await step(site, "ask"))


async def test_white_space_is_kept_as_it_is_written(site: Site, browser: Browser) -> None:
    page = await begun(browser, site, "message")
    box = page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True)
    await expect(box).to_be_focused()
    await page.keyboard.insert_text("R$\u00a010")
    await page.keyboard.type("  a  b ")
    await expect(page.locator("#n-message .fc-say")).to_contain_text("a")
    await page.locator("#n-message").focus()
    await saved(page)
    assert (await step(site, "message"))["contents"][0]["text"] == "R$\u00a010  a  b "
