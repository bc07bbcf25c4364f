"""A forgotten password in a real Chromium: the letter comes by real SMTP and its link is opened;
where there is no mail, an administrator's link does the same."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from flowengine.store import accounts
from tests.web.office import LINK, open_office
from tests.web.shared import WIDE, window
from tests.web.site import Site
from web.sign_in import PASSWORDS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.walk]

OLD, NEW = "uma frase longa", "outra frase bem longa"


async def with_old_password(site: Site, role: str) -> str:
    """Somebody of Bia's who has a password; their address."""
    user = site.bia.people[role]
    async with site.database.web(site.bia.tenant, user) as transaction:
        await accounts.set_password(transaction, user, PASSWORDS.hash(OLD))
    return f"{role}@bia.example"


async def stranger(chrome: Browser) -> Page:
    """A window that nobody has signed in from."""
    return await (await chrome.new_context(locale="pt-BR", viewport=WIDE)).new_page()


async def sign_in(page: Page, site: Site, email: str, password: str) -> None:
    await page.goto(f"{site.address}/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Senha").fill(password)
    await page.get_by_role("button", name="Entrar").click()


async def choose(page: Page) -> None:
    """The page after a link's button: it asks for a new password, not for the forgotten one."""
    await page.get_by_role("button", name="Entrar").click()
    await expect(page.get_by_label("Senha nova")).to_be_visible()
    await expect(page.get_by_label("Senha atual")).to_have_count(0)
    await page.get_by_label("Senha nova").fill(NEW)
    await page.get_by_role("button", name="Guardar a senha").click()
    await expect(page).not_to_have_url(re.compile("/password$"))


async def is_out(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/flows")
    await expect(page.get_by_role("button", name="Entrar")).to_be_visible()


async def used_up(page: Page, link: str) -> None:
    """What a link shows that was used before."""
    await page.goto(link)
    button = page.get_by_role("button", name="Entrar")
    if await button.count():
        await button.click()
    await expect(page.get_by_text("já foi usado")).to_be_visible()


async def test_a_letter_lets_one_choose_a_new_password_once(product: Site, chrome: Browser) -> None:
    async with open_office() as office:
        product.mail(office.post)
        email = await with_old_password(product, "designer")
        old = await stranger(chrome)
        await sign_in(old, product, email, OLD)
        await expect(old).to_have_url(f"{product.address}/")

        page = await stranger(chrome)
        await page.goto(f"{product.address}/sign-in")
        await page.get_by_role("link", name="Esqueci a senha").click()
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_role("button", name="Mandar o link").click()
        await expect(page.get_by_role("heading", name="Veja o seu e-mail")).to_be_visible()
        letter = await office.letter()
        assert letter["To"] == email
        found = LINK.search(letter.get_content())
        assert found, letter.get_content()

        await page.goto(found[0])
        await choose(page)
        await page.goto(f"{product.address}/flows")
        await expect(page.get_by_role("heading", name="Fluxos")).to_be_visible()
        # Whoever was in with the old password is out, and does not come in with it again.
        await is_out(old, product)
        await sign_in(old, product, email, OLD)
        await expect(old.get_by_role("alert")).to_be_visible()
        await sign_in(old, product, email, NEW)
        await expect(old).to_have_url(f"{product.address}/")
        await used_up(await stranger(chrome), found[0])


async def test_without_mail_an_administrators_link_does_the_same(
    product: Site, chrome: Browser
) -> None:
    product.mail(None)
    email = await with_old_password(product, "agent")
    page = await stranger(chrome)
    await page.goto(f"{product.address}/password/forgotten")
    await expect(page.get_by_text("Peça um link a um administrador")).to_be_visible()
    await expect(page.get_by_role("button", name="Mandar o link")).to_have_count(0)

    boss = await window(chrome, product, "/settings/people", "admin")
    await boss.locator("main li").filter(has_text=email).get_by_role("link").click()
    await boss.get_by_role("button", name="Gerar link de entrada").click()
    shown = boss.locator(".note").filter(has_text="Mande este link")
    link = str(await shown.locator("[data-copy]").get_attribute("data-copy"))
    await page.goto(link)
    await choose(page)
    await page.context.clear_cookies()
    await sign_in(page, product, email, NEW)
    await expect(page).to_have_url(f"{product.address}/")
    await used_up(await stranger(chrome), link)
