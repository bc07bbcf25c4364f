"""One person in two workspaces, in a real Chromium: how they get there, what they see in each, and
what a tab does that another tab has taken out of its workspace."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from flowengine.store import accounts, flows
from tests.web.living import wait_for
from tests.web.shared import WIDE, drawn, window
from tests.web.site import Site
from web.sign_in import PASSWORDS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

SAID = "Você mudou de espaço em outra aba."
PASSWORD = "uma frase bem comprida"


async def rev_of(site: Site, tenant: UUID) -> int:
    async with site.database.web(tenant) as transaction:
        return (await flows.draft(transaction, "ola")).rev


async def switch(page: Page, name: str) -> None:
    await page.get_by_label("Sua conta").click()
    await page.get_by_role("button", name=name).click()
    await expect(page.get_by_label("Sua conta")).to_contain_text(name)


async def test_an_invitation_brings_the_account_that_one_has(
    product: Site, chrome: Browser
) -> None:
    agent = product.davi.people["agent"]
    async with product.database.web(product.davi.tenant, agent) as transaction:
        await accounts.set_password(transaction, agent, PASSWORDS.hash(PASSWORD))
    page = await window(chrome, product, "/settings/people")
    form = page.locator("#invite-form")
    await form.get_by_label("E-mail").fill("agent@davi.example")
    await form.get_by_label("Papel").select_option("viewer")
    await form.get_by_role("button", name="Adicionar").click()
    await page.get_by_role("button", name="Gerar link de entrada").click()
    link = page.locator(".with-copy code")
    await expect(link).to_contain_text("/invite/")
    room = await chrome.new_context(viewport=WIDE, locale="pt-BR")
    room.set_default_timeout(30_000)
    theirs = await room.new_page()
    await theirs.goto(await link.inner_text())
    await expect(theirs.get_by_role("heading", name="Convite para Pet da Bia")).to_be_visible()
    await theirs.get_by_text("Já tenho conta no Flowengine").click()
    for word in ("não é esta senha", PASSWORD):
        await theirs.get_by_label("Senha de agent@davi.example").fill(word)
        await theirs.get_by_role("button", name="Entrar com a minha conta").click()
        if word != PASSWORD:
            await expect(theirs.get_by_role("alert")).to_contain_text("Não há conta")
    await expect(theirs.get_by_label("Sua conta")).to_contain_text("Pet da Bia")
    # In each they see what is of it, and may do what their role there lets them.
    for here, there, name, button in (
        ("bia", "davi", "Oficina do Davi", 0),
        ("davi", "bia", "Pet da Bia", 1),
    ):
        await theirs.goto(f"{product.address}/contacts")
        await expect(theirs.get_by_role("link", name=f"Ana {here}")).to_have_count(1)
        await expect(theirs.get_by_role("link", name=f"Ana {there}")).to_have_count(0)
        await expect(theirs.get_by_role("button", name="Novo contato")).to_have_count(button)
        await switch(theirs, name)
    # Out, and in again by the one password that they have.
    await theirs.get_by_label("Sua conta").click()
    await theirs.get_by_role("button", name="Sair").click()
    await theirs.get_by_label("E-mail").fill("agent@davi.example")
    await theirs.get_by_label("Senha").fill(PASSWORD)
    await theirs.get_by_role("button", name="Entrar").click()
    await theirs.get_by_label("Sua conta").click()
    for name in ("Oficina do Davi", "Pet da Bia"):
        await expect(theirs.locator(".side .me")).to_contain_text(name)


async def test_an_editor_that_another_tab_took_out_of_its_workspace_waits_and_goes_on(
    product: Site, chrome: Browser
) -> None:
    bia, davi = product.bia.tenant, product.davi.tenant
    async with product.database.worker(davi) as transaction:
        await accounts.join(transaction, product.bia.people["owner"], "owner")
    first = await window(chrome, product, "/flows/ola/edit")
    await drawn(first)
    second = await first.context.new_page()
    await second.goto(f"{product.address}/contacts")
    before, theirs = await rev_of(product, bia), await rev_of(product, davi)
    await switch(second, "Oficina do Davi")
    bar = first.locator("#toast .stay")
    await expect(bar).to_contain_text(SAID)
    # Both have a flow of that key; what is done here is done in neither, and waits.
    async with first.expect_response(re.compile("/edit/ops")) as sent:
        await first.get_by_label("Nova anotação").click()
    assert (await sent.value).status == 409
    assert await rev_of(product, davi) == theirs
    assert await rev_of(product, bia) == before
    await bar.get_by_role("button", name="Voltar para Pet da Bia").click()
    await expect(first.locator("#saved")).to_have_text("Rascunho · tudo guardado")
    await expect(bar).to_have_count(0)

    async def kept() -> bool:
        return await rev_of(product, bia) > before

    await wait_for(kept)
    await expect(first.locator("#world .fc-mark")).to_have_count(1)
    assert await rev_of(product, davi) == theirs
    # Now it is the other tab that is out of its workspace.
    await expect(second.locator("#toast .stay")).to_contain_text(SAID)
    await second.get_by_role("link", name="Ir para o espaço de agora").click()
    await expect(second.get_by_label("Sua conta")).to_contain_text("Pet da Bia")


async def test_a_form_of_another_workspace_is_kept_until_one_is_back(
    product: Site, chrome: Browser
) -> None:
    async with product.database.worker(product.davi.tenant) as transaction:
        await accounts.join(transaction, product.bia.people["admin"], "admin")
    page = await window(chrome, product, "/settings/constants", "admin")
    form = page.locator("#constant-form")
    await form.get_by_label("Nome").fill("rua")
    await form.get_by_label("Valor").fill("Rua Um, 2")
    # The browser keeps nothing here, so this tab hears of it only by what it sends.
    token = (await page.locator("body").get_attribute("hx-headers:inherited") or "").split('"')[3]
    moved = await page.request.post(
        f"{product.address}/workspace",
        form={"_csrf": token, "tenant": str(product.davi.tenant)},
    )
    assert moved.ok
    await form.get_by_role("button", name="Criar constante").click()
    bar = page.locator("#toast .stay")
    await expect(bar).to_contain_text("Esta página é de Pet da Bia, e agora você está em Oficina")
    await bar.get_by_role("button", name="Voltar para Pet da Bia").click()
    await expect(bar).to_have_count(0)
    await expect(form.get_by_label("Valor")).to_have_value("Rua Um, 2")
    await form.get_by_role("button", name="Criar constante").click()
    await expect(page.locator("li", has_text="Rua Um, 2")).to_be_visible()
