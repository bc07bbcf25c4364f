"""In a real Chromium: the phone, taking over and giving back, dark and narrow, by keyboard alone.

Nothing of ours is faked: what one types goes through the simulated provider, a signed webhook, the
workers and back.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from connectors.simulator import Saying
from tests.services.chromium import FLAGS
from tests.web.living import wait_for
from tests.web.site import Place, Site

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


class Visit:
    """A page, and everything that the browser complained about on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: (
                self.complaints.append(line.text) if line.type in ("error", "warning") else None
            ),
        )


async def visit(
    browser: Browser, site: Site, place: Place, role: str = "owner", **context: Any
) -> Visit:
    """A fresh browser, signed in by its link: it lands on the phone."""
    room = await browser.new_context(viewport=context.pop("viewport", WIDE), **context)
    room.set_default_timeout(30_000)
    found = Visit(await room.new_page())
    await found.page.goto(f"{site.address}/sign-in/{await site.link(place, role)}")
    return found


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Mensagem").fill(text)
    await page.keyboard.press("Enter")


async def test_a_newcomer_chats_at_once_and_sees_what_the_engine_does(
    site: Site, browser: Browser
) -> None:
    seen = await visit(browser, site, site.bia)
    page = seen.page
    await expect(page.get_by_text("Diga “oi” no celular")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Mensagem")).to_be_focused()
    await page.get_by_role("button", name="oi", exact=True).click()
    chat = page.get_by_role("log")
    await expect(chat.get_by_text("oi", exact=True)).to_be_visible()
    await expect(chat.get_by_text("Como posso ajudar?")).to_be_visible()
    trail = page.get_by_role("region", name="O que o motor faz")
    await expect(trail.get_by_text("Você disse")).to_be_visible()
    await expect(trail.get_by_role("link", name="Menu da loja")).to_be_visible()
    await expect(trail.get_by_text("Espera a resposta")).to_be_visible()
    await expect(page.get_by_text("Diga “oi” no celular")).to_be_hidden()

    # The list opens as a sheet in the phone; a row is a tap.
    await chat.locator("summary").click()
    await page.get_by_role("button", name="Banho e tosa").click()
    await expect(chat.get_by_text("Confirma o banho?")).to_be_visible()
    await expect(page.get_by_role("button", name="Banho e tosa")).to_be_hidden()
    await chat.get_by_role("button", name="Confirmo").click()
    await expect(chat.get_by_text("Combinado, owner bia!")).to_be_visible()
    await expect(trail.get_by_text("Terminou: atendido")).to_be_visible()
    assert seen.complaints == []

    # A fresh phone is somebody whom the bot never saw; the old chat is gone from this phone.
    await page.get_by_role("button", name="Começar de novo").click()
    await expect(chat.get_by_text("Combinado")).to_have_count(0)


async def test_what_was_missed_while_the_page_was_away_is_there_again(
    site: Site, browser: Browser
) -> None:
    seen = await visit(browser, site, site.bia)
    page = seen.page
    await say(page, "oi")
    await expect(page.get_by_role("log").get_by_text("Como posso ajudar?")).to_be_visible()
    await page.context.set_offline(True)
    cookies = {c.get("name"): c.get("value", "") for c in await page.context.cookies()}
    phone = cookies["phone"]
    site.network.say(site.bia.number, phone, Saying(text="banho"))

    async def answered() -> bool:
        entries = site.network.transcript(site.bia.number, phone).entries
        return any("Confirma" in str(entry.content) for entry in entries)

    await page.context.set_offline(False)
    await page.reload()
    await wait_for(answered)
    await expect(page.get_by_role("log").get_by_text("Confirma o banho?")).to_have_count(1)


async def test_files_and_places_are_sent_from_the_phone(site: Site, browser: Browser) -> None:
    seen = await visit(browser, site, site.bia)
    page = seen.page
    await page.get_by_label("Anexar").click()
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
    await page.locator("input[type=file]").set_input_files(
        {"name": "pet.png", "mimeType": "image/png", "buffer": png}
    )
    chat = page.get_by_role("log")
    await expect(chat.locator(".media img")).to_have_count(1)
    await page.get_by_label("Anexar").click()
    await page.get_by_role("button", name="Localização").click()
    await expect(chat.get_by_text("Avenida Paulista")).to_be_visible()


async def test_a_person_takes_over_answers_and_gives_back(site: Site, browser: Browser) -> None:
    customer = (await visit(browser, site, site.bia)).page
    await say(customer, "oi")
    await expect(customer.get_by_role("log").get_by_text("Como posso ajudar?")).to_be_visible()

    seen = await visit(browser, site, site.bia, "agent")
    agent = seen.page
    await agent.goto(f"{site.address}/conversations")
    await agent.get_by_role("link", name="owner bia").click()
    transcript = agent.get_by_role("log")
    await expect(transcript.get_by_text("Como posso ajudar?")).to_be_visible()
    await agent.get_by_role("button", name="Assumir").click()
    await expect(transcript.get_by_text("agent bia assumiu a conversa")).to_be_visible()
    reply = agent.get_by_role("textbox", name="Sua resposta")
    await reply.fill("Oi, aqui é gente!")
    await reply.press("Enter")
    await expect(customer.get_by_role("log").get_by_text("Oi, aqui é gente!")).to_be_visible()
    await expect(reply).to_have_value("")
    await expect(transcript.get_by_title("Lida").or_(transcript.get_by_title("Entregue")).last
                 ).to_be_visible()  # fmt: skip

    # While a person has it the bot is quiet, and what the customer writes comes in live.
    await say(customer, "banho")
    await expect(transcript.get_by_text("banho", exact=True)).to_be_visible()
    await expect(customer.get_by_role("log").get_by_text("Confirma o banho?")).to_have_count(0)

    await agent.get_by_role("button", name="Devolver ao robô").click()
    await expect(transcript.get_by_text("devolveu a conversa ao robô")).to_be_visible()
    await expect(agent.get_by_role("button", name="Assumir")).to_be_visible()
    # The menu is said again, and the customer goes on from where they were.
    await expect(customer.get_by_role("log").get_by_text("Como posso ajudar?")).to_have_count(2)
    await say(customer, "banho")
    await expect(customer.get_by_role("log").get_by_text("Confirma o banho?")).to_be_visible()
    assert seen.complaints == []


async def test_a_conversation_waits_in_its_queue_until_somebody_closes_it(
    site: Site, browser: Browser
) -> None:
    customer = (await visit(browser, site, site.bia)).page
    await say(customer, "oi")
    await expect(customer.get_by_role("log").get_by_text("Como posso ajudar?")).to_be_visible()
    await say(customer, "falar com alguém")

    agent = (await visit(browser, site, site.bia, "agent")).page
    await agent.goto(f"{site.address}/conversations?view=queue")
    await agent.get_by_role("link", name="owner bia").click()
    transcript = agent.get_by_role("log")
    await expect(transcript.get_by_text("Passada para Suporte bia")).to_be_visible()
    await expect(transcript.get_by_text("Quer falar")).to_be_visible()
    await agent.get_by_role("button", name="Assumir").click()
    await agent.get_by_role("button", name="Encerrar").click()
    await expect(transcript.get_by_text("encerrou a conversa")).to_be_visible()
    await expect(transcript.get_by_text("O fluxo terminou: atendido")).to_be_visible()


async def test_the_dark_theme_is_dark_and_stays(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia, color_scheme="light")).page
    background = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(background) == "rgb(245, 247, 249)"
    await page.get_by_label("Sua conta").click()
    await page.get_by_role("button", name="Escuro").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert await page.evaluate(background) == "rgb(14, 18, 23)"
    await page.goto(f"{site.address}/flows")
    assert await page.evaluate(background) == "rgb(14, 18, 23)"


async def test_a_dark_browser_gets_dark_pages_by_itself(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia, color_scheme="dark")).page
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(14, 18, 23)"
    )


NARROW = ["/", "/conversations", "/contacts", "/flows", "/flows/ola", "/channels", "/settings",
          "/settings/schedules", "/settings/people", "/channels/new/cloud"]  # fmt: skip


async def test_nothing_sticks_out_of_a_narrow_screen(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia, viewport=PHONE)).page
    for path in NARROW:
        await page.goto(f"{site.address}{path}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{path} is {wide} wide"
    await page.goto(f"{site.address}/contacts")
    await expect(page.get_by_role("link", name="Fluxos")).to_be_hidden()
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("link", name="Fluxos").click()
    await expect(page).to_have_url(f"{site.address}/flows")


async def test_a_chat_on_a_narrow_screen(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia, viewport=PHONE)).page
    await say(page, "oi")
    await page.get_by_role("log").locator("summary").click()
    await page.get_by_role("button", name="Banho e tosa").click()
    await expect(page.get_by_role("log").get_by_text("Confirma o banho?")).to_be_in_viewport()


async def test_everything_is_reached_by_keyboard(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia)).page
    await page.goto(f"{site.address}/contacts")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Pular para o conteúdo")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Novo contato")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Telefone")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("textbox", name="Telefone")).to_be_hidden()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert await page.evaluate(outline) == "solid"


async def test_a_wrong_form_says_so_beside_itself_and_keeps_what_was_typed(
    site: Site, browser: Browser
) -> None:
    seen = await visit(browser, site, site.bia)
    page = seen.page
    await page.goto(f"{site.address}/contacts")
    await page.get_by_role("button", name="Novo contato").click()
    await page.get_by_role("textbox", name="Telefone").fill("12")
    await page.get_by_role("button", name="Criar").click()
    await expect(page.get_by_role("alert")).to_contain_text("não parece um número")
    await expect(page.get_by_role("textbox", name="Telefone")).to_have_value("12")
    await page.get_by_role("textbox", name="Telefone").fill("11987654321")
    await page.get_by_role("button", name="Criar").click()
    await expect(page.get_by_role("heading", name="+55 11 98765-4321")).to_be_visible()
    await expect(page.get_by_text("Contato criado.")).to_be_visible()


async def test_an_issue_leads_to_its_card_in_the_drawing(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia)).page
    await page.goto(f"{site.address}/flows")
    await page.get_by_role("link", name="Novo fluxo").click()
    await page.get_by_label("Nome").fill("Rascunho")
    await page.get_by_role("button", name="Criar").click()
    await page.wait_for_url("**/flows/rascunho/edit")
    await page.goto(f"{site.address}/flows/rascunho/json")
    document = page.get_by_label("JSON")
    text = (await document.input_value()).replace('"to": "fim"', '"to": "ola"')
    await document.fill(text)
    await page.get_by_role("button", name="Guardar rascunho").click()
    issue = page.locator("a.issue").first
    await issue.click()
    node = (await issue.get_attribute("href") or "").partition("#")[2]
    assert node.startswith("n-")
    await expect(page.locator(f"[id='{node}']")).to_be_in_viewport()
    await expect(page.locator(f"[id='{node}']")).to_be_focused()


async def test_pages_work_without_any_script(site: Site, browser: Browser) -> None:
    page = (await visit(browser, site, site.bia, java_script_enabled=False)).page
    async with page.expect_navigation():
        await say(page, "oi")

    async def answered() -> bool:
        await page.reload()
        return await page.get_by_role("log").get_by_text("Como posso ajudar?").count() == 1

    await wait_for(answered)
    await page.get_by_role("log").locator("summary").click()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Banho e tosa").click()

    async def confirmed() -> bool:
        await page.reload()
        return await page.get_by_role("log").get_by_text("Confirma o banho?").count() == 1

    await wait_for(confirmed)
    await page.goto(f"{site.address}/settings/tags")
    await page.locator("#tag-form").get_by_label("Nome").fill("Ouro")
    await page.get_by_role("button", name="Criar etiqueta").click()
    await expect(page.get_by_text("Etiqueta guardada.")).to_be_visible()
    made = page.locator("main li").filter(has_text="Ouro").locator("code")
    await expect(made).to_have_text("ouro")  # by the server
