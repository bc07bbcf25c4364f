"""What is done on the canvas before one looks at it."""

from playwright.async_api import Page, expect

from tests.pages.acts import Act, drawn


def press(button: str, then: str) -> Act:
    """A button, and what it brings."""

    async def act(page: Page) -> None:
        await drawn(page)
        await page.locator(button).first.click()
        await expect(page.locator(then).first).to_be_visible()

    return act


def step(id: str, unfold: bool = True) -> Act:
    """The form of a step, all of it unfolded."""

    async def act(page: Page) -> None:
        await drawn(page)
        await page.evaluate(
            "(id) => document.querySelector('#canvas').dispatchEvent("
            "new CustomEvent('flow:open', { detail: { id } }))",
            id,
        )
        await expect(page.locator(f"#inspector form[data-node={id}]")).to_be_visible()
        if unfold:
            await page.evaluate(
                "() => document.querySelectorAll('#inspector details.fold')"
                ".forEach((it) => { it.open = true; })"
            )

    return act


def step_then(id: str, button: str, then: str) -> Act:
    """The form of a step, and what a button of it brings."""
    open_form = step(id, unfold=False)

    async def act(page: Page) -> None:
        await open_form(page)
        await page.locator(f"#inspector {button}").first.click()
        await expect(page.locator(then).first).to_be_visible()

    return act


async def menu(page: Page) -> None:
    """What the next step may be, by the keyboard: the button is for narrow windows alone."""
    await drawn(page)
    await page.keyboard.press("/")
    await expect(page.locator("#menu")).to_be_visible()


async def refused(page: Page) -> None:
    """A step whose JSON says what no step can say."""
    await step("message")(page)
    await page.locator("#inspector [data-json]").fill('{"id": "message", "type": "message"}')
    await page.locator("#inspector [data-step-json]").click()
    await expect(page.locator("#step-problem")).not_to_be_empty()


async def waiting(page: Page) -> None:
    """The longest that stands under the flow's name, and a notice at the foot."""
    await drawn(page)
    await page.evaluate(
        "() => { const it = document.querySelector('#saved'); it.textContent = it.dataset.signin; "
        "document.querySelector('#others').textContent = 'Aqui também: Fulano de Tal (designer)'; }"
    )


async def all_chosen(page: Page) -> None:
    await drawn(page)
    await page.locator(".fc-card").first.click()
    await page.keyboard.press("Control+a")
    await expect(page.locator(".fc-node.is-selected").nth(1)).to_be_attached()


async def simulator(page: Page) -> None:
    """The simulator, before anybody said anything: it keeps a talk from one visit to the next."""
    await press("[data-preview]", "#preview [data-pv=restart]")(page)
    await page.locator("#preview [data-pv=restart]").click()
    await expect(page.locator("#pv-foot [data-act-start]")).to_be_visible()


async def chatting(page: Page) -> None:
    """The simulator, some messages in."""
    await simulator(page)
    await page.locator("#pv-foot [data-act-start]").click()
    await expect(page.locator("#pv-chat .said").first).to_be_visible()
    await page.locator("#preview .pv-vars > summary").click()


async def asked(page: Page) -> None:
    """The simulator asks what the other system answers."""
    await simulator(page)
    await page.locator("#pv-foot [data-act-start]").click()
    await expect(page.locator("#pv-foot .pv-ask")).to_be_visible()


async def setup(page: Page) -> None:
    await simulator(page)
    await page.locator("#preview .pv-menu > summary").click()
    await expect(page.locator("#pv-setup")).to_be_visible()


async def events(page: Page) -> None:
    await simulator(page)
    await page.locator("#pv-say details > summary").click()
    await expect(page.locator("#pv-say .drop")).to_be_visible()


async def tests(page: Page) -> None:
    """The tests of the flow, and on the canvas what they leave out."""
    await simulator(page)
    await page.locator("#pv-tab-tests").click()
    await expect(page.locator("#pv-list > *").first).to_be_visible()
    await page.locator("#pv-uncovered").check()


async def finding(page: Page) -> None:
    """The chat that shows a finding."""
    await press("#issues-button", "#issues [data-finding]")(page)
    await page.locator("#issues [data-finding]").first.click()
    await expect(page.locator("#preview")).to_be_visible()
    await expect(page.locator("#pv-chat > *, #pv-problem:not([hidden])").first).to_be_visible()
