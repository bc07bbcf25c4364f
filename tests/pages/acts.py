"""What is done on a page before one looks at it."""

from collections.abc import Awaitable, Callable

from msgspec import json
from playwright.async_api import FilePayload, Page, expect

from tests.pages.kinds import empty_flow

Act = Callable[[Page], Awaitable[None]]


async def drawn(page: Page) -> None:
    await page.wait_for_selector("flow-canvas[data-ready]", timeout=60_000)


async def settled(page: Page) -> None:
    """What the page asks for by itself has come."""
    await expect(page.locator("[hx-trigger=load] .htmx-request, .htmx-request")).to_have_count(0)
    await page.wait_for_load_state("networkidle")


async def wrong_password(page: Page) -> None:
    await page.locator("input[name=email]").fill("alguem@exemplo.com.br")
    await page.locator("input[name=password]").fill("nao e esta senha")
    await page.locator("button.primary").click()
    await expect(page.locator("[role=alert]")).to_be_visible()


async def have_account(page: Page) -> None:
    """An invitation, with what it asks of who has an account."""
    await page.locator("main details > summary").click()


async def say_hello(page: Page) -> None:
    await page.locator("#words").fill("oi")
    await page.keyboard.press("Enter")
    await expect(page.locator("#chat .sheet-list").last).to_be_attached()
    await expect(page.locator("#turns .turn-card").first).to_be_attached()


async def account_menu(page: Page) -> None:
    """The menu at the side, where it hides, then the account's."""
    narrow = page.locator("button[popovertarget=side]")
    if await narrow.is_visible():
        await narrow.click()
    await page.locator(".side .me > summary").click()


async def scroll_up(page: Page) -> None:
    await page.evaluate("document.querySelector('.talk .screen').scrollTop = 0")


async def about(page: Page) -> None:
    """Who it is, where that is behind a button."""
    button = page.locator(".open-about")
    if await button.is_visible():
        await button.click()


async def plan(page: Page) -> None:
    """The form that plans a message, beside the conversation."""
    await about(page)
    await page.locator("#about details > summary").click()
    await expect(page.locator("#plan")).to_be_visible()


async def unfold(page: Page) -> None:
    await page.locator("main details > summary").first.click()


def dialog(id: str) -> Act:
    async def act(page: Page) -> None:
        await page.locator(f"main [popovertarget={id}]").first.click()
        await expect(page.locator(f"#{id}")).to_be_visible()

    return act


async def unfold_all(page: Page) -> None:
    await page.evaluate(
        "() => document.querySelectorAll('main details').forEach((it) => { it.open = true; })"
    )


def menu(summary: str) -> Act:
    """A menu that opens on its button."""

    async def act(page: Page) -> None:
        await page.locator(summary).first.click()
        await expect(page.locator(f"{summary} + *").first).to_be_visible()

    return act


def refused(form: str, **fields: str) -> Act:
    """A form with what it does not take, and what it says."""

    async def act(page: Page) -> None:
        await fill(page, form, fields)
        await expect(page.locator(f"#{form}-error")).not_to_be_empty()

    return act


def sent(form: str, then: str, **fields: str) -> Act:
    """A form with what it takes, and what comes of it."""

    async def act(page: Page) -> None:
        await fill(page, form, fields)
        await expect(page.locator(then).first).to_be_visible()

    return act


async def fill(page: Page, form: str, fields: dict[str, str]) -> None:
    """Sends a form, whatever the browser itself thinks of the fields."""
    it = page.locator(f"main form[id='{form}'], main form[action='{form}']").first
    opener = page.locator(f"main [popovertarget={form.partition('-')[0]}]").first
    if not await it.is_visible() and await opener.count():
        await opener.click()
    await it.evaluate(
        "(it) => { it.noValidate = true; it.closest('details')?.toggleAttribute('open', true); }"
    )
    for name, value in fields.items():
        await it.locator(f"[name='{name}']").first.fill(value)
    await it.evaluate("(it) => it.requestSubmit()")


async def put_into_folder(page: Page) -> None:
    await page.locator("[data-put]").first.click()
    await expect(page.locator("#folder-put")).to_be_visible()


async def new_folder(page: Page) -> None:
    await put_into_folder(page)
    await page.locator("[data-put-new]").click()
    await expect(page.locator("#folder-new")).to_be_visible()


async def rename_folder(page: Page) -> None:
    await page.locator(".folder-menu > summary").first.click()
    await page.locator(".folder-menu [popovertarget]").first.click()
    await expect(page.locator("#rename-1")).to_be_visible()


async def import_again(page: Page) -> None:
    """A file whose flow is here already: what becomes of the draft?"""
    await dialog("import")(page)
    flow = json.encode({**empty_flow(), "name": "De outro lugar"})
    file = FilePayload(name="vazio.flow.json", mimeType="application/json", buffer=flow)
    await page.locator("#import [name=file]").set_input_files(file)
    await page.locator("#import .primary").click()
    await expect(page.locator("#import [name=over]").first).to_be_visible()


async def other_workspace(page: Page) -> None:
    """A form of a page whose workspace one has left in another tab; at each width the other way."""
    moved = """async () => {
      const form = document.querySelector("form[action='/workspace']:has([name=tenant])");
      const old = new FormData(form).get('_csrf');
      await fetch('/workspace', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
      const late = document.createElement('form');
      Object.assign(late, { method: 'post', action: '/settings/tags' });
      late.append(Object.assign(document.createElement('input'), { name: '_csrf', value: old }));
      document.body.append(late);
      late.submit();
    }"""
    await page.evaluate(moved)
    await expect(page.locator("body.bare")).to_be_visible()
