"""A workspace and its people in a real Chromium: what flows refer to and who uses it, how one
begins, who may do what."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from flowengine.store import accounts, queues
from tests.web.living import wait_for
from tests.web.shared import WIDE, bring, drawn, end, small, talked, tell, window
from tests.web.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

MENU = "Olá! Como posso ajudar?\n1 - Vendas\n2 - Suporte\n3 - Horários"
ROWS = "titulo;descrição\nBanho;Cães e gatos\nTosa;Só cães\nHotel;\nCreche;Das 8h às 18h"
CHAT = (
    "12/03/2026 09:59 - Bela: oi\n"
    "12/03/2026 10:00 - Loja: Olá! Qual é o seu nome?\n"
    "12/03/2026 10:01 - Bela: Bela\n"
    "12/03/2026 10:02 - Loja: Prazer! Já vou ajudar.\n"
)


async def keep(page: Page, form: str, button: str, **fields: str) -> None:
    """A form of the settings, by its labels."""
    place = page.locator(form)
    for label, value in fields.items():
        await place.get_by_label(label.replace("_", " ")).first.fill(value)
    await place.get_by_role("button", name=button).click()


async def test_what_flows_refer_to_is_made_and_says_who_uses_it(
    product: Site, chrome: Browser
) -> None:
    page = await window(chrome, product, "/settings/queues")
    at = f"{product.address}/settings"
    queue = page.locator("#queue-new")
    await queue.get_by_label("owner bia").check()
    await queue.get_by_label("Horário").select_option("comercial")
    await keep(page, "#queue-new", "Guardar", Nome="Vendas")
    await expect(page.locator("li", has_text="1 pessoa · Comercial")).to_be_visible()
    await page.goto(f"{at}/schedules")
    await page.locator("#schedule-new").get_by_label("Sábado").fill("09:00-12:00")
    await page.locator("#schedule-new").get_by_label("Feriados nacionais").select_option("BR")
    await (
        page.locator("#schedule-new")
        .get_by_label("Datas especiais")
        .fill("24/12/2030 09:00-12:00 Véspera de Natal")
    )
    await keep(page, "#schedule-new", "Guardar", Nome="Plantão")
    await expect(page.locator("li", has_text="Plantão")).to_be_visible()
    await page.goto(f"{at}/tags")
    await keep(page, "#tag-form", "Criar etiqueta", Nome="Ouro")
    await expect(page.get_by_text("Etiqueta guardada.")).to_be_visible()
    await page.goto(f"{at}/fields")
    await keep(page, "#field-form", "Criar campo", Nome="Porte")
    await expect(page.locator("li", has_text="contact.fields.porte")).to_be_visible()
    await page.goto(f"{at}/constants")
    await keep(page, "#constant-form", "Criar constante", Nome="Rua", Valor="Rua Um, 2")
    await expect(page.locator("li", has_text="Rua Um, 2")).to_be_visible()
    await page.goto(f"{at}/secrets")
    await keep(page, "#secret-form", "Guardar segredo", Nome="ERP token", Valor="muito secreto")
    await expect(page.locator("li", has_text="erp-token")).to_contain_text("••••")
    await expect(page.get_by_text("muito secreto")).to_have_count(0)
    await page.goto(f"{at}/templates")
    await keep(page, "#template-new", "Guardar", Nome_no_provedor="lembrete", Texto="Olá {{1}}!")
    await expect(page.locator("li", has_text="lembrete")).to_be_visible()
    template = {"kind": "template", "name": "lembrete", "language": "pt_BR", "params": {"1": "Ana"}}
    nodes = [
        {"id": "marca", "type": "tag", "add": ["ouro"]},
        {"id": "porte", "type": "set",
         "assign": [{"to": "contact.fields.porte", "value": "{{ const.rua }}"}]},
        {"id": "erp", "type": "http", "url": "https://erp.exemplo.com.br/",
         "auth": {"secret": "erp-token"}},
        {"id": "modelo", "type": "message", "contents": [template]},
        {"id": "aberto", "type": "hours", "schedule": "plantao"},
        {"id": "fila", "type": "transfer", "to": {"queue": "vendas"}},
        end(),
    ]  # fmt: skip
    await bring(product, small(
        "usos", "usos", nodes, "marca next porte", "porte next erp", "erp ok modelo",
        "erp failed modelo", "modelo next aberto", "aberto open fila", "aberto closed fim",
        "fila closed fim",
    ))  # fmt: skip
    for path, line, node in (
        ("queues", "vendas", "fila"), ("schedules", "Plantão", "aberto"), ("tags", "Ouro", "marca"),
        ("fields", "Porte", "porte"), ("constants", "const.rua", "porte"),
        ("secrets", "erp-token", "erp"), ("templates", "lembrete", "modelo"),
    ):  # fmt: skip
        await page.goto(f"{at}/{path}")
        row = page.locator("main li").filter(has_text=line).first
        fold = row.locator("summary")
        if await fold.count():
            await fold.first.click()
        link = row.get_by_role("link", name="Fluxo usos")
        await expect(link).to_have_attribute("href", f"/flows/usos/edit#{node}")
    await link.click()
    await drawn(page)
    await expect(page.locator("#n-modelo")).to_have_class(re.compile("is-selected"))


async def begin(page: Page, name: str, text: str) -> None:
    await page.get_by_role("link", name="Colar um texto").click()
    await page.get_by_label("Nome").fill(name)
    await page.get_by_label("Cole aqui o que você já tem").fill(text)
    await page.get_by_role("button", name="Criar").click()
    await drawn(page)


async def test_a_menu_a_table_and_a_chat_are_pasted_to_begin(
    product: Site, chrome: Browser
) -> None:
    page = await window(chrome, product, "/flows/new")
    await begin(page, "Do menu", MENU)
    await expect(page.locator(".look-choice")).to_have_text(["Vendas", "Suporte", "Horários"])
    await page.get_by_role("button", name="Experimentar").click()
    panel = page.locator("#preview")
    await panel.get_by_role("button", name="oi", exact=True).click()
    await expect(panel.get_by_text("Olá! Como posso ajudar?")).to_be_visible()
    await page.goto(f"{product.address}/flows/new")
    await begin(page, "Da planilha", ROWS)
    await expect(page.locator("#canvas")).to_contain_text("Hotel")
    await page.goto(f"{product.address}/flows/new")
    await begin(page, "Da conversa", CHAT)
    await expect(page.locator("#canvas")).to_contain_text("Prazer! Já vou ajudar.")
    await page.get_by_role("button", name="Experimentar").click()
    await panel.get_by_role("tab", name="Testes").click()
    await expect(panel.locator(".pv-talks li.ok")).to_have_count(1)


async def test_everything_leaves_as_one_file_and_comes_back(
    product: Site, chrome: Browser, tmp_path: Path
) -> None:
    await bring(product, small("vai", "vai", [tell("um", "Foi."), end()], "um next fim"))
    page = await window(chrome, product, "/flows")
    await page.locator("summary", has_text="Exportar tudo").click()
    async with page.expect_download() as leaving:
        await page.get_by_role("link", name="Os rascunhos", exact=True).click()
    raw = (await (await leaving.value).path()).read_bytes()
    assert any("vai" in name for name in zipfile.ZipFile(io.BytesIO(raw)).namelist())
    await page.get_by_role("link", name="Fluxo vai").click()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_label("Mais ações").click()
    await page.get_by_role("button", name="Remover").click()
    await expect(page.get_by_text("Fluxo removido.")).to_be_visible()
    await expect(page.get_by_role("link", name="Fluxo vai")).to_have_count(0)
    await page.get_by_role("button", name="Importar").click()
    packed = tmp_path / "tudo.zip"
    packed.write_bytes(raw)
    await page.get_by_label("Arquivos JSON").set_input_files(packed)
    await page.locator("#import").get_by_role("button", name="Importar").click()
    await expect(page.get_by_role("link", name="Fluxo vai")).to_be_visible()


async def test_triggers_say_who_answers_and_channels_who_may(
    product: Site, chrome: Browser
) -> None:
    for key in ("um", "outro"):
        nodes = [tell("diz", f"Aqui é o {key}."), end()]
        await bring(product, small(key, "disputa", nodes, "diz next fim"), publish=True)
    page = await window(chrome, product, "/flows/triggers")
    await expect(page.get_by_text("aqui nunca chega").first).to_be_visible()
    await page.get_by_label("Quem responde se alguém escreve").fill("disputa")
    await page.get_by_role("button", name="Ver", exact=True).click()
    takers = page.locator("#takers li")
    await expect(takers.first).to_contain_text("responde")
    first = await takers.first.locator("a.plain").inner_text()
    winner = first.removeprefix("Fluxo ")
    loser = "outro" if winner == "um" else "um"
    await talked(product, "+5511900006001", ("disputa", f"Aqui é o {winner}."))
    # The channel answers by the other one alone, until it is unbound again.
    await page.goto(f"{product.address}/channels/{product.bia.channel}")
    bound = page.locator("#flows-form")
    await bound.get_by_label(f"Fluxo {loser}").check()
    async with page.expect_navigation():
        await bound.get_by_role("button", name="Guardar").click()
    await talked(product, "+5511900006002", ("disputa", f"Aqui é o {loser}."))
    await bound.get_by_label(f"Fluxo {loser}").uncheck()
    async with page.expect_navigation():
        await bound.get_by_role("button", name="Guardar").click()
    await expect(bound.get_by_label(f"Fluxo {loser}")).not_to_be_checked()
    # Taken off the air, the winner answers no more.
    await page.goto(f"{product.address}/flows/{winner}")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_label("Mais ações").click()
    await page.get_by_role("button", name="Tirar do ar").click()
    await expect(page.get_by_text("não responde mais a mensagens novas")).to_be_visible()
    await talked(product, "+5511900006003", ("disputa", f"Aqui é o {loser}."))


async def test_a_person_is_invited_chooses_a_password_and_gets_a_role(
    product: Site, chrome: Browser
) -> None:
    page = await window(chrome, product, "/settings/people")
    form = page.locator("#invite-form")
    await form.get_by_label("Papel").select_option("viewer")
    await keep(page, "#invite-form", "Adicionar", **{"E-mail": "lia@bia.example", "Nome": "Lia"})
    await page.get_by_role("button", name="Gerar link de entrada").click()
    link = page.locator(".with-copy code")
    await expect(link).to_contain_text("/invite/")
    room = await chrome.new_context(viewport=WIDE, locale="pt-BR")
    room.set_default_timeout(30_000)
    hers = await room.new_page()
    await hers.goto(await link.inner_text())
    await hers.get_by_role("button", name="Entrar").click()
    await hers.get_by_label("Senha nova").fill("uma frase bem comprida")
    async with hers.expect_navigation():
        await hers.get_by_role("button", name="Guardar a senha").click()
    # She may look, and is shown nothing that she may not do.
    await hers.goto(f"{product.address}/flows")
    await expect(hers.get_by_role("link", name="Novo fluxo")).to_have_count(0)
    refused = await hers.goto(f"{product.address}/settings/keys")
    assert refused is not None
    assert refused.status == 403
    await page.locator("#role-form").get_by_label("Papel").select_option("designer")
    await page.locator("#role-form").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Papel guardado.")).to_be_visible()
    await hers.goto(f"{product.address}/flows")
    await expect(hers.get_by_role("link", name="Novo fluxo").first).to_be_visible()
    # Out, and in again: a wrong password first; then a new one by an admin's link.
    await hers.get_by_label("Sua conta").click()
    await hers.get_by_role("button", name="Sair").click()
    await expect(hers.get_by_role("heading", name="Entrar")).to_be_visible()
    for word in ("não é esta frase", "uma frase bem comprida"):
        await hers.get_by_label("E-mail").fill("lia@bia.example")
        await hers.get_by_label("Senha").fill(word)
        await hers.get_by_role("button", name="Entrar").click()
        if word.startswith("não"):
            await expect(hers.get_by_role("alert")).to_be_visible()
    await expect(hers.get_by_label("Sua conta")).to_contain_text("Lia")
    await page.locator("main").get_by_role("link", name="Lia").click()
    await page.get_by_role("button", name="Gerar link de entrada").click()
    await expect(link).to_contain_text("/invite/")
    await hers.context.clear_cookies()
    await hers.goto(await link.inner_text())
    await hers.get_by_role("button", name="Entrar").click()
    await expect(hers.get_by_label("Sua conta")).to_contain_text("Lia")
    # Who changed what is written down.
    await page.goto(f"{product.address}/settings/audit")
    await expect(page.locator(".audit li").filter(has_text="Lia").first).to_contain_text(
        "owner bia"
    )


async def test_a_key_is_shown_once_and_revoked(product: Site, chrome: Browser) -> None:
    page = await window(chrome, product, "/settings/keys")
    await page.get_by_label("Para que serve").fill("ERP")
    await page.get_by_role("button", name="Criar chave").click()
    key = await page.locator(".with-copy code").inner_text()
    asked = await product.stranger(Authorization=f"Bearer {key}").get("/api/v1/flows")
    assert asked.status_code == 200
    await page.goto(f"{product.address}/settings/keys")
    await expect(page.get_by_text(key)).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    line = page.locator("li").filter(has_text="ERP")
    await line.get_by_role("button", name="Revogar").click()
    await expect(line).to_contain_text("revogada")
    asked = await product.stranger(Authorization=f"Bearer {key}").get("/api/v1/flows")
    assert asked.status_code == 401


async def test_who_is_in_two_workspaces_changes_between_them(
    product: Site, chrome: Browser
) -> None:
    async with product.database.worker(product.davi.tenant) as transaction:
        await accounts.join(transaction, product.bia.people["agent"], "viewer")
    page = await window(chrome, product, "/contacts", "agent")
    await expect(page.get_by_role("link", name="Ana bia")).to_have_count(1)
    await page.get_by_label("Sua conta").click()
    await page.get_by_role("button", name="Oficina do Davi").click()
    await expect(page.get_by_label("Sua conta")).to_contain_text("Oficina do Davi")
    await page.goto(f"{product.address}/contacts")
    await expect(page.get_by_role("link", name="Ana davi")).to_have_count(1)
    await expect(page.get_by_role("link", name="Ana bia")).to_have_count(0)
    # There she may look only, whatever she may do at home.
    await expect(page.get_by_role("button", name="Novo contato")).to_have_count(0)


async def test_somebody_reads_the_product_in_their_own_language(
    product: Site, chrome: Browser
) -> None:
    page = await window(chrome, product, "/flows", "admin")
    for language, title in (("English", "Flows"), ("Español", "Flujos"), ("Português", "Fluxos")):
        await page.locator(".side .me > summary").click()
        await page.get_by_role("button", name=language).click()
        await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


async def test_a_change_that_flows_feel_is_asked_first(product: Site, chrome: Browser) -> None:
    async with product.database.web(product.bia.tenant) as transaction:
        await queues.put_queue(transaction, "caixa", "Caixa bia", "comercial")
    person = {"id": "gente", "type": "transfer", "to": {"queue": "caixa"}}
    await bring(product, small("paga", "pagar", [person]))
    page = await window(chrome, product, "/settings/queues")
    asked: list[str] = []

    async def no(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", no)
    form = page.locator("#queue-caixa")
    await page.locator("main summary", has_text="Caixa bia").click()
    await form.get_by_label("Horário").select_option("")
    await form.get_by_role("button", name="Guardar").click()

    async def heard() -> bool:
        return bool(asked)

    await wait_for(heard)
    assert asked[0].startswith("1 fluxo usa isto")
    await form.get_by_label("Horário").select_option("comercial")
    await form.get_by_label("Nome").fill("Caixa da loja")
    await form.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Fila guardada.")).to_be_visible()
    await expect(page.locator("main summary", has_text="Caixa da loja")).to_contain_text(
        "Comercial"
    )
    assert len(asked) == 1
