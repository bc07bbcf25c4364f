"""Publishing in a real Chromium, as who answers for a flow does it: what real conversations would
have got, where the people in the middle of it go, and back again."""

import re

import msgspec
import pytest
from playwright.async_api import Browser, expect

from connectors.fake_graph import FakeGraph, Number
from flowengine.store import channels
from tests.web.shared import ask, bring, drawn, end, small, talked, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]


def first(key: str) -> dict[str, object]:
    """Which service, which day, done."""
    return small(
        key, key, [ask("servico", "Banho ou tosa?", "Banho", "Tosa"),
                   ask("dia", "Hoje ou outro dia?", "Hoje", "Outro"), tell("feito", "Marcado!"),
                   end()],
        "servico choice:banho dia", "servico choice:tosa dia", "dia choice:hoje feito",
        "dia choice:outro feito", "feito next fim",
    )  # fmt: skip


def second(key: str) -> dict[str, object]:
    """The day is asked at once, by another step; the service and the old question are gone."""
    return small(
        key, key, [ask("quando", "Manhã ou tarde?", "Cedo", "Tarde"), tell("feito", "Combinado!"),
                   end()],
        "quando choice:cedo feito", "quando choice:tarde feito", "feito next fim",
    )  # fmt: skip


async def test_who_is_inside_is_seen_before_and_goes_where_it_is_chosen(
    product: Site, chrome: Browser
) -> None:
    await bring(product, first("agenda"), publish=True)
    await talked(product, "+5511900003001", ("agenda", "tosa"), ("Banho", "Hoje"))
    waiting = await talked(product, "+5511900003002", ("agenda", "tosa"))
    await bring(product, second("agenda"))
    page = await window(chrome, product, "/flows/agenda/publish")
    rehearsal, standing = page.locator("#rehearsal"), page.locator("#standing")
    changes = page.locator(".pub-changes li")
    await expect(changes.filter(has_text="Novo: Manhã ou tarde")).to_have_class("added")
    await expect(changes.filter(has_text="Apagado: Banho ou tosa")).to_have_class("removed")
    await expect(rehearsal).to_contain_text("0 de 2 ficam iguais")
    await expect(rehearsal).to_contain_text("«Banho ou tosa»")  # a step that the draft has no more
    await expect(rehearsal.get_by_role("link", name="ver uma").first).to_have_attribute(
        "href", re.compile("^/conversations/")
    )
    await expect(standing).to_contain_text("2 não têm para onde ir: escolha.")
    await expect(standing).to_contain_text("o passo foi apagado")
    move = page.get_by_label("Levar para a versão nova")
    await expect(move).not_to_be_checked()
    await page.get_by_label("Para onde vão: Banho ou tosa").select_option(
        label="vão para «Manhã ou tarde»"
    )
    await expect(standing).to_contain_text("1 não tem para onde ir: escolha.")
    # Who chooses a place means to move.
    await expect(move).to_be_checked()
    await page.get_by_label("Para onde vão: Hoje ou outro dia").select_option(
        label="vão para uma pessoa: fila «Suporte bia»"
    )
    await expect(standing).not_to_contain_text("escolha.")
    await page.get_by_label("O que mudou, em uma frase").fill("Pergunta o turno")
    await page.get_by_role("button", name="Publicar agora").click()
    moves = page.locator("#moves")
    await expect(moves).to_contain_text("1 passou para a versão nova")
    await expect(moves).to_contain_text("1 foi para uma pessoa")
    await expect(page.get_by_role("heading", name="Mover conversas")).to_be_visible()
    # Who stood at the deleted question is asked the new one, and goes on from there.
    await page.goto(f"{product.address}/conversations/{waiting}")
    chat = page.locator("#chat")
    await expect(chat.get_by_text("Manhã ou tarde?")).to_be_visible()
    await expect(chat).to_contain_text("Passou para a versão 2 do fluxo")
    await talked(product, "+5511900003002", ("Tarde", "Combinado!"))
    await expect(chat.get_by_text("Combinado!")).to_be_visible()


async def test_who_was_left_behind_is_moved_later(product: Site, chrome: Browser) -> None:
    await bring(product, first("depois"), publish=True)
    await talked(product, "+5511900003003", ("depois", "tosa"))
    await bring(product, second("depois"), publish=True)
    page = await window(chrome, product, "/flows/depois/versions")
    await page.get_by_role("link", name="Quem está em versões de antes").click()
    await expect(page.locator("#standing")).to_contain_text("1 não tem para onde ir")
    await page.wait_for_load_state("load")  # htmx is there: a choice is counted at once
    await page.get_by_label("Para onde vão: Banho ou tosa").select_option(label="terminam aqui")
    await expect(page.locator("#standing")).not_to_contain_text("escolha.")
    await page.get_by_role("button", name="Mover agora").click()
    await expect(page.locator("#moves")).to_contain_text("1 terminou")
    await page.reload()
    await expect(page.get_by_role("button", name="Mover agora")).to_have_count(0)


async def test_a_difference_is_read_on_the_canvas_and_an_old_version_restored(
    product: Site, chrome: Browser
) -> None:
    await bring(product, first("idas"), publish=True)
    await bring(product, second("idas"), publish=True)
    page = await window(chrome, product, "/flows/idas/versions")
    await page.get_by_role("link", name="O que mudou").click()
    await drawn(page)
    await expect(page.locator("#n-quando")).to_have_class(re.compile("is-added"))
    await expect(page.locator("#n-servico")).to_have_class(re.compile("is-removed"))
    await expect(page.locator("#n-feito")).to_have_class(re.compile("is-changed"))
    await expect(page.locator("flow-edge[data-from=dia][data-out='choice:hoje']")).to_have_class(
        re.compile("is-removed")
    )
    await page.get_by_role("button", name="Apagado: Banho ou tosa").click()
    await expect(page.locator("#n-servico")).to_have_class(re.compile("is-selected"))
    await expect(page.locator("#n-servico")).to_be_in_viewport()
    await page.goto(f"{product.address}/flows/idas/versions")
    page.on("dialog", lambda dialog: dialog.accept())
    await (
        page.get_by_role("listitem")
        .filter(has_text="Versão 1")
        .get_by_role("button", name="Usar como rascunho")
        .click()
    )
    await expect(page.get_by_text("A versão 1 é o rascunho agora.")).to_be_visible()
    await expect(page.get_by_text("Mudanças não publicadas")).to_be_visible()
    await page.goto(f"{product.address}/flows/idas/edit")
    await drawn(page)
    await expect(page.locator("#n-servico")).to_be_visible()
    # What answers is still the second; then the first answers again.
    await talked(product, "+5511900003004", ("idas", "Manhã"))
    await page.goto(f"{product.address}/flows/idas/versions")
    await page.get_by_role("button", name="Voltar para esta").click()
    await expect(page.get_by_text("A versão 1 está no ar de novo.")).to_be_visible()
    await talked(product, "+5511900003005", ("idas", "tosa"))


async def test_a_draft_is_tried_on_a_phone_by_its_code(product: Site, chrome: Browser) -> None:
    await bring(product, first("prova"), publish=True)
    await bring(product, second("prova"))
    graph = FakeGraph(product.http, enforce_window=False)
    await graph.start()
    page = await window(chrome, product, "/flows/prova")
    try:
        number = Number("106540352242999", token="t", app_secret="s")
        graph.add_number(number)
        settings = {
            "phone_number_id": number.id, "token": "t", "app_secret": "s", "verify_token": "v",
            "base_url": graph.url,
        }  # fmt: skip
        async with product.database.web(product.bia.tenant) as transaction:
            raw = msgspec.json.encode(settings)
            made = await channels.add_channel(
                transaction, product.vault, "cloud", "Loja", number.id, raw
            )
        await page.get_by_role("link", name="Testar no celular").click()
        await page.get_by_role("button", name="Criar o código").click()
        door = page.locator(".trial-door").filter(has_text="Loja")
        await expect(door.locator("svg.qr")).to_be_visible()
        await expect(door.get_by_role("link").first).to_have_attribute(
            "href", re.compile(r"^https://wa\.me/\d+\?text=teste-")
        )
    finally:
        async with product.database.web(product.bia.tenant) as transaction:
            await channels.remove_channel(transaction, made.id)
        await graph.close()
    code = await page.locator(".with-copy code").inner_text()
    await talked(product, "+5511900003010", (code, "Teste ligado"), ("prova", "Manhã"))
    await talked(
        product, "+5511900003011", ("prova", "tosa"), ("Banho", "Hoje"), ("Hoje", "Marcado!")
    )
    await page.reload()
    testers = page.get_by_role("listitem").filter(has_text="Ana 3010")
    await expect(testers).to_have_count(1)
    await testers.get_by_role("button", name="Tirar").click()
    await expect(page.get_by_text("O teste desta pessoa terminou.")).to_be_visible()
    await expect(testers).to_have_count(0)
    await page.get_by_label("Acrescentar um número").fill("11 90000-3011")
    await page.get_by_role("button", name="Acrescentar").click()
    await expect(page.get_by_text("Esta pessoa recebe o rascunho.")).to_be_visible()
    await talked(product, "+5511900003011", ("prova", "Manhã"))
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Encerrar o teste").click()
    await expect(page.get_by_text("Os testes terminaram.")).to_be_visible()
    await expect(page.get_by_role("button", name="Criar o código")).to_be_visible()
