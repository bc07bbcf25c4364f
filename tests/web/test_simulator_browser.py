"""The simulator beside the canvas in a real Chromium: what a flow stands for, changed by hand."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.shared import ask, bring, drawn, end, small, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

LIT = re.compile(r"\bis-active\b")


async def trying(chrome: Browser, product: Site, key: str) -> Page:
    """The simulator of a flow, open."""
    page = await window(chrome, product, f"/flows/{key}/edit")
    await drawn(page)
    await page.get_by_role("button", name="Experimentar").click()
    return page


async def test_a_variable_is_seen_and_changed_and_the_clock_runs_to_the_deadline(
    product: Site, chrome: Browser
) -> None:
    name = {
        "id": "nome", "type": "ask", "save_as": "nome", "expect": {"kind": "text"},
        "contents": [{"kind": "text", "text": "Qual é o seu nome?"}],
    }  # fmt: skip
    late = ask("pronto", "Posso seguir, {{ nome }}?", "Pode") | {"timeout": "PT90M"}
    nodes = [name, late, tell("depois", "Sumiu, {{ nome }}?"), tell("boa", "Certo, {{ nome }}!"),
             end()]  # fmt: skip
    flow = small("relogio", "relógio", nodes, "nome reply pronto", "pronto choice:pode boa",
                 "pronto timeout depois", "depois next fim", "boa next fim")  # fmt: skip
    await bring(product, flow | {"variables": [{"name": "nome", "type": "text"}]})
    page = await trying(chrome, product, "relogio")
    panel = page.locator("#preview")
    words = panel.get_by_label("Mensagem", exact=True)
    await panel.get_by_role("button", name="relógio", exact=True).click()
    await expect(panel.get_by_text("Qual é o seu nome?")).to_be_visible()
    await words.fill("Bela")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Posso seguir, Bela?")).to_be_visible()
    await panel.get_by_text("Variáveis").click()
    value = panel.get_by_label("nome", exact=True)
    await expect(value).to_have_value("Bela")
    await value.fill("Rita")
    await value.press("Tab")
    await expect(value).to_be_enabled()
    # The deadline of this very question, then the text with the value that was written.
    await panel.get_by_role("button", name="Até o prazo").click()
    await expect(panel.get_by_text("Sumiu, Rita?")).to_be_visible()
    await expect(page.locator("#n-fim")).to_have_class(LIT)
    # Back before the deadline and forth again; and back, and another life goes on from there.
    late_words, place = panel.get_by_text("Sumiu, Rita?"), panel.get_by_label("Onde a conversa")
    end_of_it = await place.input_value()
    back = panel.get_by_role("button", name="Passo anterior")
    for _ in range(3):
        await back.click()
    await expect(late_words).to_be_hidden()
    forth = panel.get_by_role("button", name="Próximo passo")
    while await place.input_value() != end_of_it:
        await forth.click()
    await expect(late_words).to_be_visible()
    for _ in range(3):
        await back.click()
    await panel.get_by_role("button", name="Pode", exact=True).click()
    await expect(panel.get_by_text("Certo, Rita!")).to_be_visible()
    await expect(late_words).to_have_count(0)


async def test_answers_of_systems_and_models_are_played_and_faults_injected(
    product: Site, chrome: Browser
) -> None:
    call = {
        "id": "busca", "type": "http", "url": "https://loja.exemplo.com.br/pedidos",
        "save": [{"to": "dia", "path": "/dia"}],
    }  # fmt: skip
    model = {"id": "ia", "type": "ai_reply", "profile": "padrao", "instructions": "Responda.",
             "outcomes": [{"id": "pessoa", "when": "quer uma pessoa"}]}  # fmt: skip
    nodes = [call, tell("chega", "Chega {{ dia }}."), tell("erro", "O sistema não respondeu."),
             model, end()]  # fmt: skip
    flow = small("fora", "fora", nodes, "busca ok chega", "busca failed erro", "chega next ia",
                 "erro next ia", "ia outcome:pessoa fim", "ia failed fim")  # fmt: skip
    await bring(product, flow | {"variables": [{"name": "dia", "type": "text"}]})
    page = await trying(chrome, product, "fora")
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="fora", exact=True).click()
    await panel.get_by_label("Resposta (JSON)").fill('{"dia": "amanhã"}')
    await panel.get_by_role("button", name="Responder assim").click()
    await expect(panel.get_by_text("Chega amanhã.")).to_be_visible()
    await panel.get_by_label("O que a IA responde?").fill("Já chamo alguém.")
    await panel.get_by_label("E escolhe").select_option("pessoa")
    await panel.get_by_role("button", name="Responder assim").click()
    await expect(page.locator("#n-fim")).to_have_class(LIT)
    # The same again, and this time nobody answers.
    await panel.get_by_role("button", name="Recomeçar a conversa").click()
    await panel.get_by_role("button", name="fora", exact=True).click()
    await panel.get_by_label("Situação").select_option("")
    await panel.get_by_role("button", name="Responder assim").click()
    await expect(panel.get_by_text("O sistema não respondeu.")).to_be_visible()
    await panel.get_by_role("button", name="Falhar").click()
    await expect(page.locator("#n-fim")).to_have_class(LIT)


async def test_two_at_once_a_closed_window_and_a_file(product: Site, chrome: Browser) -> None:
    free = {
        "id": "conta", "type": "ask", "save_as": "conta", "expect": {"kind": "text"},
        "contents": [{"kind": "text", "text": "Conte mais."}],
    }  # fmt: skip
    nodes = [free, tell("ouvi", "Ouvi: {{ conta }}"), end()]
    flow = small("juntas", "juntas", nodes, "conta reply ouvi", "ouvi next fim")
    await bring(product, flow | {"variables": [{"name": "conta", "type": "text"}]})
    page = await trying(chrome, product, "juntas")
    panel = page.locator("#preview")
    words, more = panel.get_by_label("Mensagem", exact=True), panel.get_by_label("Mais acontec")
    await more.click()
    await panel.get_by_role("button", name="Mandar duas de uma vez").click()
    await words.fill("juntas")
    await page.keyboard.press("Enter")
    await words.fill("eu caí da escada")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Ouvi: eu caí da escada")).to_be_visible()
    await panel.get_by_role("button", name="Recomeçar a conversa").click()
    await more.click()
    await panel.get_by_role("button", name="Fechar a janela de 24 h no próximo envio").click()
    await words.fill("juntas")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("Não foi entregue")).to_be_visible()
    await panel.get_by_role("button", name="Recomeçar a conversa").click()
    await panel.get_by_role("button", name="juntas", exact=True).click()
    await expect(panel.get_by_text("Conte mais.")).to_be_visible()
    await more.click()
    await panel.get_by_role("button", name="Mandar uma foto").click()
    await expect(panel.locator(".said.mine").last).to_contain_text("Imagem")
