"""From an empty workspace to a flow that answers, in a real Chromium: once by mouse, once by
keyboard. The flow of FLOWS.md 1 is drawn, tried, published, talked to, changed and taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from flowengine.document import parse
from flowengine.store import accounts, flows, tenants
from tests.services.chromium import FLAGS
from tests.web.site import Place, Site
from tests.web.test_editor_browser import WIDE, drag, drawn, saved
from web.editor.forms.filling import plain

expect.set_options(timeout=30_000)
QUESTION = "Olá! Qual é o seu nome?"
PREGUNTA = "¡Hola! ¿Cómo te llamas?"


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def empty(site: Site) -> Place:
    """A workspace with its owner and a telephone of the simulator: nothing else."""
    async with site.database.worker() as transaction:
        tenant = await tenants.create_tenant(
            transaction, "nova", "Loja nova", opt_out_words=("parar",), opt_out_text="Pronto."
        )
        mine = transaction.of(tenant.id)
        user = await accounts.make_user(mine, "dona@nova.example", "Dona")
        await accounts.join(mine, user.id, "owner")
        channel = await site.connect(mine, "5511900000003")
    return Place(tenant.id, {"owner": user.id}, channel, "5511900000003", channel)


async def begun(browser: Browser, site: Site, place: Place) -> Page:
    room = await browser.new_context(viewport=WIDE)
    room.set_default_timeout(30_000)
    page = await room.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site.address}/sign-in/{await site.link(place)}")
    return page


async def kept(site: Site, place: Place) -> dict[str, Any]:
    """The draft as drawn: nodes by id, edges as triples."""
    async with site.database.web(place.tenant) as transaction:
        flow = parse((await flows.draft(transaction, "triagem")).document)
    return {
        "nodes": {node.id: plain(node) for node in flow.nodes},
        "edges": {(edge.from_, edge.exit, edge.to) for edge in flow.edges},
        "variables": [each.name for each in flow.variables],
        "problem": flow.settings.on_problem,
        "expires": flow.settings.expires,
        "late": (flow.settings.resume, flow.settings.late_reply, flow.settings.late_after),
        "translations": flow.translations,
    }


async def wire(page: Page, source: str, exit: str, target: str) -> None:
    """A line from an exit to a step, drawn with the whole flow in view."""
    await page.locator(f"#n-{source} header").click()
    await page.locator("#inspector").get_by_role("button", name="Fechar").click()
    await page.get_by_role("button", name="Ver tudo").click()
    port = page.locator(f"#n-{source} [data-out='{exit}']")
    await port.drag_to(page.locator(f"#n-{target} [data-in]"))
    line = page.locator(f"flow-edge[data-from={source}][data-out='{exit}']")
    await expect(line).to_have_attribute("data-to", target)


async def reach(page: Page, wanted: Locator, key: str = "Tab", most: int = 160) -> None:
    """To an element by a key, as who has no mouse goes there."""
    await expect(wanted).to_be_attached()
    for _ in range(most):
        if await wanted.evaluate("it => it === document.activeElement"):
            return
        await page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {wanted}")


async def enter(page: Page, role: Any, name: str, key: str = "Tab") -> None:
    await reach(page, page.get_by_role(role, name=name, exact=True).first, key)
    if role == "link":
        # The next key is for the page that it leads to.
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    else:
        await page.keyboard.press("Enter")


async def write(page: Page, words: str) -> None:
    """What stands in the field goes; `{nome}` is picked from the list that two braces open."""
    await page.keyboard.press("Control+a")
    before, brace, after = words.partition("{nome}")
    await page.keyboard.type(before)
    if brace:
        await page.keyboard.type("{{")
        await expect(page.locator(".ed-pick input")).to_be_focused()
        await page.keyboard.type("nome")
        await page.keyboard.press("Enter")
        await expect(page.locator(".ed-pick")).to_have_count(0)
        await page.keyboard.type(after)


async def to_canvas(page: Page) -> None:
    """By the link that a keyboard meets first."""
    await reach(page, page.get_by_role("link", name="Pular para o desenho"))
    await page.keyboard.press("Enter")


async def add_after(page: Page, source: str, exit: str, kind: str, made: str) -> None:
    """A new step at an exit, by its keys; its form is open. The keyboard stands where one waits for
    words, by itself; in a step that says nothing the card keeps it until its form is entered."""
    await reach(page, page.locator(f"#n-{source} [data-out='{exit}']"))
    await page.keyboard.press("/")
    await expect(page.locator("#menu input")).to_be_focused()
    await page.keyboard.type(kind)
    await page.keyboard.press("Enter")
    form = page.locator("#inspector form")
    await expect(form).to_have_attribute("data-node", made)
    if made in ("ask", "message"):
        await expect(form.get_by_role("textbox", name="Mensagem", exact=True)).to_be_focused()
        return
    await expect(page.locator(f"#n-{made}")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.locator("#inspector form :focus")).to_have_count(1)


async def join(page: Page, source: str, exit: str, target: str) -> None:
    """A line by keyboard: Enter at the exit, Enter at the step."""
    await reach(page, page.locator(f"#n-{source}"))
    await page.keyboard.press("Space")
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", source)
    await page.keyboard.press("Escape")
    await reach(page, page.locator(f"#n-{source} [data-out='{exit}']"))
    await page.keyboard.press("Enter")
    await reach(page, page.locator(f"#n-{target}"))
    await page.keyboard.press("Enter")
    line = page.locator(f"flow-edge[data-from={source}][data-out='{exit}']")
    await expect(line).to_have_attribute("data-to", target)


def is_the_flow(drawn: dict[str, Any]) -> None:
    """FLOWS.md 1, but for the names of ids that a designer never sees."""
    nodes = drawn["nodes"]
    assert nodes["inicio"]["on"]["words"] == ["oi", "olá"]
    assert nodes["pergunta"]["contents"] == [{"kind": "text", "text": QUESTION}]
    assert nodes["pergunta"]["expect"] == {"kind": "text"}
    assert (nodes["pergunta"]["save_as"], nodes["pergunta"]["timeout"]) == ("nome", "PT2H")
    asked = nodes["ask"]["contents"][0]
    assert asked["text"] == "Prazer, {{ nome }}! Como ajudo?"
    assert [(each["title"], each.get("synonyms")) for each in asked["buttons"]] == [
        ("Vendas", None),
        ("Suporte", ["ajuda"]),
    ]
    assert nodes["message"]["contents"][0]["text"] == "Vamos lá, {{ nome }}."
    assert nodes["transfer"]["to"] == {"queue": "suporte"}
    assert nodes["transfer"]["briefing"] == "{{ nome }} pede suporte"
    assert nodes["fim"]["outcome"] == "atendido"
    assert drawn["edges"] == {
        ("inicio", "next", "pergunta"),
        ("pergunta", "reply", "ask"),
        ("pergunta", "timeout", "fim"),
        ("ask", "choice:o1", "message"),
        ("ask", "choice:o2", "transfer"),
        ("message", "next", "fim"),
        ("transfer", "closed", "fim"),
    }
    assert drawn["variables"] == ["nome"]
    assert drawn["problem"].queue == "geral"
    assert drawn["expires"] == "P7D"
    assert drawn["late"] == ("reprompt", "send", "PT1H")
    assert drawn["translations"] == {"es": {"pergunta": {"/contents/0/text": PREGUNTA}}}


async def make_queue(page: Page, key: str, name: str) -> None:
    """By its name: the key is made of it."""
    form = page.locator("#queue-new")
    await form.get_by_label("Nome").fill(name)
    await expect(form.locator("[data-made-shown]")).to_have_text(key)
    await form.get_by_label("Dona").check()
    await form.get_by_role("button", name="Guardar").click()
    await expect(page.locator("main summary b").get_by_text(name, exact=True)).to_be_visible()


async def say(page: Page, words: str, answer: str) -> None:
    """At the telephone of the simulator, by mouse; what the bot answers last."""
    await page.locator("#words").fill(words)
    await page.get_by_role("button", name="Enviar").click()
    await expect(page.locator("#chat .said:not(.mine)").last).to_contain_text(answer)


@pytest.mark.walk
async def test_by_mouse(site: Site, browser: Browser) -> None:
    place = await empty(site)
    page = await begun(browser, site, place)
    await page.get_by_role("link", name="Configurações").click()
    await page.get_by_role("link", name="Filas").click()
    await make_queue(page, "suporte", "Suporte")
    await make_queue(page, "geral", "Geral")
    await page.get_by_role("link", name="Fluxos").click()
    await page.get_by_role("link", name="Novo fluxo").first.click()
    await page.get_by_label("Nome").fill("Triagem")
    await page.get_by_role("button", name="Criar").click()
    await drawn(page)
    await draw_by_mouse(page)
    is_the_flow(await kept(site, place))
    await try_by_mouse(page)
    await publish_by_mouse(page, 1)
    await page.get_by_role("link", name="Experimentar").click()
    await say(page, "oi", QUESTION)
    await say(page, "Ana", "Prazer, Ana! Como ajudo?")
    await page.locator("#chat").get_by_role("button", name="Vendas").click()
    await expect(page.locator("#chat").get_by_text("Vamos lá, Ana.")).to_be_visible()
    await page.get_by_role("link", name="Fluxos").click()
    await page.get_by_role("link", name="Triagem").click()
    await page.get_by_role("link", name="Abrir no editor").click()
    await drawn(page)
    await page.locator("#n-pergunta .fc-say").dblclick()
    await expect(page.locator("#n-pergunta .on-card")).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Como você se chama?")
    await page.locator("#canvas").click(position={"x": 300, "y": 40})
    await expect(page.locator("#n-pergunta .fc-say")).to_have_text("Como você se chama?")
    await saved(page)
    await publish_by_mouse(page, 2)
    await page.get_by_role("link", name="Experimentar").click()
    await say(page, "oi", "Como você se chama?")
    await page.get_by_role("link", name="Fluxos").click()
    await page.get_by_role("link", name="Triagem").click()
    await page.get_by_role("link", name="Versões").click()
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Voltar para esta").click()
    await expect(page.get_by_text("A versão 1 está no ar de novo.")).to_be_visible()
    await page.get_by_role("link", name="Experimentar").click()
    await page.get_by_role("button", name="Começar de novo").click()
    await expect(page.locator("#chat .said")).to_have_count(0)
    await say(page, "oi", QUESTION)


async def draw_by_mouse(page: Page) -> None:
    form, menu = page.locator("#inspector"), page.locator("#menu")
    box = form.get_by_role("textbox", name="Mensagem", exact=True)
    await page.locator("#n-inicio header").click()
    await form.get_by_label("Palavras que começam a conversa").fill("oi, olá")
    await page.locator("#n-pergunta header").click()
    await box.fill(QUESTION)
    await form.get_by_label("Espera receber").select_option(label="um texto")
    await form.get_by_label("Guardar a resposta em").fill("nome")
    await form.get_by_label("Se não responder em").fill("2")
    await expect(page.locator("#n-pergunta")).to_contain_text("Sem resposta em 2 h")
    await form.get_by_role("button", name="Español").click()
    await form.get_by_label("Em Español").fill(PREGUNTA)
    await form.get_by_role("button", name="pt-BR").click()
    await expect(box).to_have_text(QUESTION)
    await drag(page, "#n-pergunta [data-out=reply]", 120, 240)
    await menu.get_by_role("button", name="Pergunta").click()
    await expect(form.locator("form")).to_have_attribute("data-node", "ask")
    await box.fill("Prazer, ")
    await form.get_by_role("button", name="Pôr um dado aqui").first.click()
    await page.locator(".ed-pick").get_by_role("button", name="nome Ana", exact=True).click()
    await page.keyboard.type("! Como ajudo?")
    for number, title in ((1, "Vendas"), (2, "Suporte")):
        await form.get_by_role("button", name="Acrescentar um botão").click()
        await form.get_by_label(f"Botão {number}", exact=True).fill(title)
    await form.get_by_text("Sinônimos e valor").nth(1).click()
    await form.get_by_label("Também vale escrever").nth(1).fill("ajuda")
    await drag(page, "#n-ask [data-out='choice:o2']", 60, 200)
    await menu.get_by_role("button", name="Transferir").click()
    await expect(form.locator("form")).to_have_attribute("data-node", "transfer")
    await form.get_by_label("Fila", exact=True).select_option("suporte")
    await form.get_by_role("button", name="Pôr um dado aqui").click()
    await page.locator(".ed-pick").get_by_role("button", name="nome Ana", exact=True).click()
    await page.keyboard.type(" pede suporte")
    await page.get_by_role("button", name="Ver tudo").click()
    await drag(page, "#n-ask [data-out='choice:o1']", 160, -60)
    await menu.get_by_role("button", name="Mensagem").click()
    await expect(form.locator("form")).to_have_attribute("data-node", "message")
    await box.fill("Vamos lá, ")
    await form.get_by_role("button", name="Pôr um dado aqui").first.click()
    await page.locator(".ed-pick").get_by_role("button", name="nome Ana", exact=True).click()
    await page.keyboard.type(".")
    await form.get_by_role("button", name="Fechar").click()
    await page.get_by_role("button", name="Organizar").click()
    await saved(page)
    for source, exit in (("message", "next"), ("transfer", "closed"), ("pergunta", "timeout")):
        await wire(page, source, exit, "fim")
    await page.locator("#n-fim header").click()
    await form.get_by_label("Resultado").fill("atendido")
    await page.get_by_role("button", name="Ajustes do fluxo").click()
    await form.get_by_label("Se algo der errado, a conversa vai para").select_option("geral")
    forgotten = form.get_by_label("Esquecer a conversa parada depois de")
    await expect(forgotten).to_have_value("7")  # days, as every flow begins
    for days in ("14", "7"):
        await forgotten.fill(days)
        await forgotten.blur()
        await saved(page)
    await form.get_by_text("Mais opções").click()
    await form.get_by_label("Uma resposta está atrasada depois de").fill("1")
    await form.get_by_role("button", name="Fechar").click()
    await saved(page)


async def try_by_mouse(page: Page) -> None:
    await page.get_by_role("button", name="Experimentar").click()
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="oi", exact=True).click()
    await expect(panel.get_by_text(QUESTION)).to_be_visible()
    await panel.get_by_label("Mensagem", exact=True).fill("Ana")
    await panel.get_by_role("button", name="Enviar").click()
    await panel.get_by_role("button", name="Suporte").click()
    await expect(panel.get_by_text("Passou a conversa para")).to_be_visible()
    await panel.get_by_role("button", name="Fechar o simulador").click()


async def publish_by_mouse(page: Page, number: int) -> None:
    await page.get_by_role("link", name="Publicar").click()
    await page.get_by_role("button", name="Publicar agora").click()
    await expect(page.get_by_text(f"Publicado: versão {number}.")).to_be_visible()


@pytest.mark.walk
async def test_by_keyboard(site: Site, browser: Browser) -> None:
    place = await empty(site)
    page = await begun(browser, site, place)
    await enter(page, "link", "Configurações")
    await enter(page, "link", "Filas")
    for key in ("suporte", "geral"):
        await reach(page, page.locator("#queue-new").get_by_label("Nome"))
        await page.keyboard.type(key.title())
        await reach(page, page.locator("#queue-new").get_by_label("Dona"))
        await page.keyboard.press("Space")
        await reach(page, page.locator("#queue-new").get_by_role("button", name="Guardar"))
        await page.keyboard.press("Enter")
        there = page.locator("main summary b").get_by_text(key.title(), exact=True)
        await expect(there).to_be_visible()
    await enter(page, "link", "Fluxos")
    await enter(page, "link", "Novo fluxo")
    await reach(page, page.get_by_label("Nome"))
    await page.keyboard.type("Triagem")
    await page.keyboard.press("Enter")
    await drawn(page)
    await draw_by_keyboard(page)
    is_the_flow(await kept(site, place))
    await expect(page.locator("#preview")).to_be_hidden()  # a letter typed in a field is no key
    await page.keyboard.press("t")
    await expect(page.locator("#pv-words")).to_be_focused()
    for words, answer in (("oi", QUESTION), ("Ana", "Prazer, Ana! Como ajudo?")):
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
        await expect(page.locator("#preview").get_by_text(answer)).to_be_visible()
    await page.keyboard.type("ajuda")
    await page.keyboard.press("Enter")
    await expect(page.locator("#preview").get_by_text("Passou a conversa para")).to_be_visible()
    await page.keyboard.press("Escape")
    await publish_by_keyboard(page, 1)
    await talk_by_keyboard(page, ("oi", QUESTION), ("Ana", "Como ajudo?"), ("vendas", "Vamos lá"))
    await enter(page, "link", "Fluxos")
    await reach(page, page.locator("main").get_by_role("link", name="Triagem"))
    await page.keyboard.press("Enter")
    await enter(page, "link", "Abrir no editor")
    await drawn(page)
    await to_canvas(page)
    await reach(page, page.locator("#n-pergunta"))
    await page.keyboard.press("F2")
    await expect(page.locator("#n-pergunta .on-card")).to_be_focused()
    await write(page, "Como você se chama?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#n-pergunta .fc-say")).to_have_text("Como você se chama?")
    await saved(page)
    await publish_by_keyboard(page, 2)
    await talk_by_keyboard(page, ("oi", "Como você se chama?"))
    await enter(page, "link", "Fluxos")
    await reach(page, page.locator("main").get_by_role("link", name="Triagem"))
    await page.keyboard.press("Enter")
    await enter(page, "link", "Versões")
    page.once("dialog", lambda dialog: dialog.accept())
    await enter(page, "button", "Voltar para esta")
    await expect(page.get_by_text("A versão 1 está no ar de novo.")).to_be_visible()
    await enter(page, "link", "Experimentar")
    await enter(page, "button", "Começar de novo")
    await expect(page.locator("#chat .said")).to_have_count(0)
    await talk_by_keyboard(page, ("oi", QUESTION), there=True)


async def draw_by_keyboard(page: Page) -> None:
    form = page.locator("#inspector")
    await to_canvas(page)
    await reach(page, page.locator("#n-inicio"))
    await page.keyboard.press("Space")
    await reach(page, form.get_by_label("Palavras que começam a conversa"))
    await write(page, "oi, olá")
    await page.keyboard.press("Escape")
    await expect(page.locator("#n-inicio")).to_be_focused()
    await page.keyboard.press("Alt+ArrowRight")
    await expect(page.locator("#n-pergunta")).to_be_focused()
    await page.keyboard.press("Space")
    box = form.get_by_role("textbox", name="Mensagem", exact=True)
    await expect(box).to_be_focused()
    await write(page, QUESTION)
    await reach(page, form.get_by_label("Espera receber"))
    await page.keyboard.press("ArrowDown")
    await expect(form.get_by_label("Letras, ao menos")).to_be_visible()
    await reach(page, form.get_by_label("Guardar a resposta em"))
    await page.keyboard.type("nome")
    await reach(page, form.get_by_label("Se não responder em"))
    await page.keyboard.type("2")
    await reach(page, form.get_by_role("button", name="Español"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await reach(page, form.get_by_label("Em Español"))
    await write(page, PREGUNTA)
    await reach(page, form.get_by_role("button", name="pt-BR"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(box).to_have_text(QUESTION)
    await page.keyboard.press("Escape")
    await expect(page.locator("#n-pergunta")).to_contain_text("Sem resposta em 2 h")
    await add_after(page, "pergunta", "reply", "pergunta", "ask")
    await expect(box).to_be_focused()
    await write(page, "Prazer, {nome}! Como ajudo?")
    for number, title in ((1, "Vendas"), (2, "Suporte")):
        await reach(page, form.get_by_role("button", name="Acrescentar um botão"))
        await page.keyboard.press("Enter")
        await expect(form.get_by_label(f"Botão {number}", exact=True)).to_be_focused()
        await write(page, title)
    await reach(page, form.locator("summary", has_text="Sinônimos e valor").nth(1))
    await page.keyboard.press("Enter")
    await reach(page, form.get_by_label("Também vale escrever").nth(1))
    await page.keyboard.type("ajuda")
    await page.keyboard.press("Escape")
    await add_after(page, "ask", "choice:o1", "mensagem", "message")
    await expect(box).to_be_focused()
    await write(page, "Vamos lá, {nome}.")
    await page.keyboard.press("Escape")
    await reach(page, page.locator("#n-ask"), "Alt+ArrowLeft")
    await add_after(page, "ask", "choice:o2", "transferir", "transfer")
    await reach(page, form.get_by_label("Fila", exact=True))
    await page.keyboard.type("Sup")
    await reach(page, form.get_by_role("textbox", name="Resumo para quem atende"))
    await write(page, "{nome} pede suporte")
    await page.keyboard.press("Escape")
    await join(page, "transfer", "closed", "fim")
    await join(page, "message", "next", "fim")
    await join(page, "pergunta", "timeout", "fim")
    await reach(page, page.locator("#n-fim"))
    await page.keyboard.press("Space")
    await reach(page, form.get_by_label("Resultado"))
    await page.keyboard.type("atendido")
    await page.keyboard.press("Escape")
    await enter(page, "button", "Ajustes do fluxo")
    await reach(page, form.get_by_label("Se algo der errado, a conversa vai para"))
    await page.keyboard.type("Ger")
    for days in ("14", "7"):
        await reach(page, form.get_by_label("Esquecer a conversa parada depois de"))
        await write(page, days)
        await page.keyboard.press("Shift+Tab")
        await saved(page)
    await reach(page, form.locator("summary", has_text="Mais opções"))
    await page.keyboard.press("Enter")
    await reach(page, form.get_by_label("Uma resposta está atrasada depois de"))
    await write(page, "1")
    await page.keyboard.press("Escape")
    await saved(page)


async def publish_by_keyboard(page: Page, number: int) -> None:
    await enter(page, "link", "Publicar")
    await enter(page, "button", "Publicar agora")
    await expect(page.get_by_text(f"Publicado: versão {number}.")).to_be_visible()


async def talk_by_keyboard(page: Page, *said: tuple[str, str], there: bool = False) -> None:
    if not there:
        await enter(page, "link", "Experimentar")
    await reach(page, page.locator("#words"))
    for words, answer in said:
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
        await expect(page.locator("#chat .said:not(.mine)").last).to_contain_text(answer)
