"""What is done on a page before one looks at it."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

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


async def unfold(page: Page) -> None:
    await page.locator("main details > summary").first.click()


def dialog(id: str) -> Act:
    async def act(page: Page) -> None:
        await page.locator(f"main [popovertarget={id}]").first.click()
        await expect(page.locator(f"#{id}")).to_be_visible()

    return act


def press(button: str, then: str) -> Act:
    """On the canvas: a button, and what it brings."""

    async def act(page: Page) -> None:
        await drawn(page)
        await page.locator(button).first.click()
        await expect(page.locator(then).first).to_be_visible()

    return act


def step(id: str) -> Act:
    """On the canvas: the form of a step, all of it unfolded."""

    async def act(page: Page) -> None:
        await drawn(page)
        await page.evaluate(
            "(id) => document.querySelector('#canvas').dispatchEvent("
            "new CustomEvent('flow:open', { detail: { id } }))",
            id,
        )
        await expect(page.locator(f"#inspector form[data-node={id}]")).to_be_visible()
        await page.evaluate(
            "() => document.querySelectorAll('#inspector details')"
            ".forEach((it) => { it.open = true; })"
        )

    return act
