"""At 1440, 1024 and 390 px in a real Chromium: what one may press is whole, and in its row."""

import pytest
from playwright.async_api import Browser, expect

from tests.pages.flows import long_flow
from tests.web.shared import ask, bring, drawn, end, small, talked, tell, window
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDTHS = (1440, 1024, 390)
HIDDEN_LINKS = """(it) => {
  const room = it.getBoundingClientRect(), pane = it.closest('.pane').getBoundingClientRect();
  const from = Math.max(room.left, pane.left) - 1, to = Math.min(room.right, pane.right) + 1;
  return [...it.querySelectorAll('a')].filter((link) => {
    const { left, right } = link.getBoundingClientRect();
    return left < from || right > to;
  }).map((link) => link.textContent.trim());
}"""


async def test_every_view_of_the_inbox_is_seen(product: Site, chrome: Browser) -> None:
    page = await window(chrome, product)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{product.address}/conversations")
        views = page.locator(".pane .pills")
        assert await views.locator("a").count() == 5
        assert await views.evaluate(HIDDEN_LINKS) == [], width


ROWS = """(it) => {
  const at = [...it.children].map((each) => each.getBoundingClientRect());
  return at.map((one) => at.filter((two) => two.top < one.bottom && one.top < two.bottom).length);
}"""
STANDS = """(it) => {
  const pane = it.closest('.canvas').getBoundingClientRect(), card = it.getBoundingClientRect();
  const seen = Math.min(pane.bottom, innerHeight) - pane.top;
  return [card.left - pane.left, (card.top + card.height / 2 - pane.top) / seen];
}"""


async def test_what_one_does_with_a_flow_stands_in_rows(product: Site, chrome: Browser) -> None:
    await bring(product, small("largo", "largo", [tell("ola", "Oi"), end()], "ola next fim"))
    page = await window(chrome, product)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{product.address}/flows/largo")
        beside = await page.locator(".head .actions").evaluate(ROWS)
        if width > 900:
            assert set(beside) == {len(beside)}, width
        assert min(beside) > 1, width
    await page.get_by_label("Mais ações").click()
    await expect(page.get_by_role("link", name="Exportar")).to_be_in_viewport(ratio=1)


async def test_a_big_drawing_begins_where_the_talk_begins(product: Site, chrome: Browser) -> None:
    ways = ("Um", "Dois", "Três")
    questions = [ask(f"p{n}", f"Pergunta {n}?", *ways) for n in range(13)]
    lines = [f"p{n} choice:{way.lower()} p{3 * n + place + 1}"
             for n in range(4) for place, way in enumerate(ways)]  # fmt: skip
    await bring(product, small("alto", "alto", questions, *lines))
    page = await window(chrome, product)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 844})
        await page.goto(f"{product.address}/flows/alto")
        left, middle = await page.locator(".drawing #n-oi").evaluate(STANDS)
        assert 0 <= left < 80, width
        assert 0.1 < middle < 0.75, width


async def test_a_big_canvas_begins_where_the_talk_begins(product: Site, chrome: Browser) -> None:
    await bring(product, long_flow(250))
    page = await window(chrome, product)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 844})
        await page.goto(f"{product.address}/flows/enorme/edit")
        await drawn(page)
        await expect(page.locator("#n-oi")).to_be_in_viewport(ratio=0.99)


async def test_the_tools_are_whole_beside_an_open_form(product: Site, chrome: Browser) -> None:
    await bring(product, small("dock", "dock", [tell("ola", "Oi"), end()], "ola next fim"))
    page = await window(chrome, product, "/flows/dock/edit")
    await drawn(page)
    await page.locator("#n-ola .fc-card").click()
    await expect(page.locator("#inspector form[data-node=ola]")).to_be_visible()
    for width in (1440, 1181, 1180, 1024, 901):
        await page.set_viewport_size({"width": width, "height": 844})
        tools = await page.locator(".ed-dock").bounding_box()
        form = await page.locator("#inspector").bounding_box()
        room = await page.locator("#canvas").bounding_box()
        assert tools is not None
        assert form is not None
        assert room is not None
        assert room["x"] <= tools["x"], width
        assert tools["x"] + tools["width"] <= form["x"], width


async def test_who_it_is_stands_over_a_conversation(product: Site, chrome: Browser) -> None:
    flow = small("cabeca", "cabeca", [tell("ola", "Bem-vinda"), end()], "ola next fim")
    await bring(product, flow, publish=True)
    talk = await talked(product, "+5511944440001", ("cabeca", "Bem-vinda"))
    page = await window(chrome, product, f"/conversations/{talk}")
    await page.get_by_role("button", name="Assumir").click()
    await expect(page.get_by_role("button", name="Encerrar")).to_be_visible()
    for width in (1440, 1181, 1024, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        name = await page.locator(".talk > header .who").bounding_box()
        assert name is not None
        assert name["width"] >= 120, width
