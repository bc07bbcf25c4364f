"""Why did the bot do that, and how is the flow doing: real conversations on the canvas, in a real
Chromium."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, expect

from connectors.simulator import Saying
from flowengine.store import tenants
from tests.web.living import wait_for
from tests.web.shared import ask, bring, drawn, end, small, talked, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

LIT = re.compile(r"\bis-active\b")
ORDER = """() => [...document.querySelectorAll('#chat .event, #chat .said')]
  .map((it) => it.matches('.event') ? 'event' : it.matches('.mine') ? 'bot' : 'contact')"""


def noon(now: datetime) -> str:
    """A zone in which it is about noon now: no day ends there while somebody counts it."""
    return f"Etc/GMT{now.hour - 12:+d}"


async def order(page: Page) -> str:
    """What stands in a conversation, from above to below: e, b or c for each line."""
    return "".join(each[0] for each in await page.evaluate(ORDER))


async def test_a_flow_begins_before_what_it_says(product: Site, chrome: Browser) -> None:
    nodes = [tell("um", "Primeiro."), tell("dois", "Segundo."), end()]
    await bring(
        product, small("ordem", "ordem", nodes, "um next dois", "dois next fim"), publish=True
    )
    conversation = await talked(product, "+5511900004001", ("ordem", "Segundo."))
    page = await window(chrome, product, f"/conversations/{conversation}")
    await expect(page.locator("#chat")).to_contain_text("O fluxo terminou")
    assert await order(page) == "cebbe"
    # The same as it comes in while one looks.
    await talked(product, "+5511900004001", ("ordem", "Segundo."))
    await expect(page.locator("#chat").get_by_text("O fluxo terminou")).to_have_count(2)
    await expect(page.locator("#chat").get_by_text("Segundo.")).to_have_count(2)
    assert await order(page) == "cebbe" * 2


async def test_a_conversation_is_replayed_on_the_canvas_step_by_step(
    product: Site, chrome: Browser
) -> None:
    name = {
        "id": "nome", "type": "ask", "save_as": "nome", "expect": {"kind": "text"},
        "contents": [{"kind": "text", "text": "Qual é o seu nome?"}],
    }  # fmt: skip
    inner = small("dentro", "por dentro", [tell("aviso", "Só um instante."), end()],
                  "aviso next fim")  # fmt: skip
    call = {"id": "chama", "type": "flow", "flow": "dentro"}
    nodes = [name, call, tell("oi2", "Prazer, {{ nome }}!"), end()]
    flow = small("replay", "repete", nodes, "nome reply chama", "chama next oi2", "oi2 next fim")
    await bring(product, inner, publish=True)
    await bring(product, flow | {"variables": [{"name": "nome", "type": "text"}]}, publish=True)
    conversation = await talked(
        product, "+5511900004002", ("repete", "seu nome"), ("Bela", "Prazer, Bela!")
    )
    page = await window(chrome, product, f"/conversations/{conversation}")
    last = page.locator("#chat .said.mine").last
    await last.get_by_role("link", name="Por que o bot fez isso?").click()
    await drawn(page)
    panel = page.locator("#preview")
    await expect(page.locator("#n-oi2")).to_have_class(LIT)
    await expect(panel).to_contain_text("Versão 1")
    value = panel.get_by_label("nome", exact=True)
    await expect(value).to_have_value("Bela")
    await expect(value).to_be_disabled()
    place = panel.get_by_label("Onde a conversa está")
    explained = await place.input_value()
    asked = panel.locator(".said").filter(has_text="Qual é o seu nome?")
    await asked.get_by_role("button", name="Ver no desenho").click()
    await expect(page.locator("#n-nome")).to_have_class(LIT)
    await place.fill(explained)
    # Back through the called flow, whose caller is lit, to before there was a name.
    back = panel.get_by_role("button", name="Passo anterior")
    await back.click()
    await expect(page.locator("#n-chama")).to_have_class(LIT)
    await expect(panel.get_by_text("Prazer, Bela!")).to_be_hidden()
    for _ in range(4):
        await back.click()
    await expect(page.locator("#n-nome")).to_have_class(LIT)
    await expect(panel.get_by_text("Bela", exact=True)).to_be_hidden()
    await expect(panel.get_by_text("Qual é o seu nome?")).to_be_visible()
    await page.locator("#canvas").focus()
    await page.keyboard.press(",")
    await expect(page.locator("#n-oi")).to_have_class(LIT)
    await page.keyboard.press(".")
    await expect(page.locator("#n-nome")).to_have_class(LIT)
    await place.fill("0")
    await expect(back).to_be_disabled()
    await expect(page.locator("#n-oi")).to_have_class(LIT)
    # The flow that was called, on its own canvas.
    await panel.get_by_role("link", name="Fluxo dentro").click()
    await drawn(page)
    await expect(page.locator("#n-aviso")).to_be_visible()
    await page.go_back()
    await drawn(page)
    await panel.get_by_role("button", name="Salvar como teste").click()
    await expect(panel.get_by_text("Teste salvo.")).to_be_visible()
    await page.goto(f"{product.address}/flows/replay/edit")
    await drawn(page)
    await page.get_by_role("button", name="Experimentar").click()
    await panel.get_by_role("tab", name="Testes").click()
    await expect(panel.locator(".pv-talks li.ok")).to_have_count(1)


async def test_numbers_stand_on_the_canvas_by_time_version_and_variant(
    product: Site, chrome: Browser
) -> None:
    split = {"id": "ab", "type": "split", "variants": [{"id": "a"}, {"id": "b"}]}
    menu = ask("menu", "Compra agora?", "Compro", "Depois")
    nodes = [split, menu, tell("b", "Até logo!"), end("sim", "vendeu"), end("nao", "desistiu")]
    lines = ("ab variant:a menu", "ab variant:b b", "b next nao", "menu choice:compro sim",
             "menu choice:depois nao")  # fmt: skip
    document = small("placar", "placar", nodes, *lines)
    async with product.database.web(product.bia.tenant) as transaction:
        await tenants.change_tenant(transaction, timezone=noon(datetime.now(UTC)))
    await bring(product, document, publish=True)
    people = [f"+55119000050{number:02}" for number in range(12)]
    for phone in people:
        product.network.say(product.bia.number, phone, Saying(text="placar", name="Rui"))
    await product.network.settled(product.bia.number)
    for phone in people:
        product.network.say(product.bia.number, phone, Saying(text="Compro", name="Rui"))
    await bring(product, document | {"name": "Placar novo"}, publish=True)
    await talked(product, "+5511900005090", ("placar", ""))
    page = await window(chrome, product)
    path = f"{product.address}/flows/placar/numbers"

    async def counted() -> bool:
        await page.goto(path)
        return await page.get_by_text("13 conversas começaram aqui").count() == 1

    assert await wait_for(counted, 60)
    await drawn(page)
    panel = page.locator("#preview")
    await expect(page.locator("#n-ab .look-note")).to_have_text("13 entraram")
    await expect(panel.locator(".look-days rect")).to_have_count(7)
    await expect(panel.locator(".look-test tbody tr, .look-test tr:has(td)")).to_have_count(2)
    # Twelve who came to an end tell nothing yet; how unsure each way is stands beside it.
    await expect(panel).to_contain_text("Ainda é cedo para comparar «a» e «b»")
    await expect(panel.get_by_role("img", name=re.compile(r"de \d+% a 100%"))).to_have_count(2)
    # The lines are as thick as many went along.
    line = page.locator("flow-edge[data-from=ab][data-out='variant:a']")
    await expect(line).to_have_attribute("data-count", re.compile(r"^\d+$"))
    # Their arrow heads are not: they would be larger than the ports.
    await expect(page.locator("#fc-arrow")).to_have_attribute("markerUnits", "userSpaceOnUse")
    await expect(page.locator("#n-ab .fc-body")).to_contain_text("50% / 50%")
    async with page.expect_navigation():
        await panel.get_by_label("Versão").select_option("2")
    await expect(panel).to_contain_text("1 conversa começou aqui")
    async with page.expect_navigation():
        await panel.get_by_label("Período").select_option("1")
    await expect(page).to_have_url(re.compile("days=1.*version=2"))
    await expect(panel).to_contain_text("1 conversa começou aqui")
    async with page.expect_navigation():
        await panel.get_by_label("Versão").select_option("0")
    async with page.expect_navigation():
        await panel.get_by_label("Meta do teste A/B").select_option("vendeu")
    rates = await panel.locator(".look-test td b").all_inner_texts()
    assert "100%" in rates, rates
    assert "0%" in rates, rates
