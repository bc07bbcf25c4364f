"""What a hand does on the canvas, in a real Chromium: lines, groups of cards, the view, fingers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from flowengine.document import parse
from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import (
    SMALL,
    draft,
    drag,
    edges,
    new_flow,
    said_by,
    saved,
    signed_in,
    write,
)
from web.publishing import save

MIDDLE = """async from => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); await frame();             // lines are drawn a frame after what moved them
  const canvas = document.querySelector('#canvas'), box = canvas.getBoundingClientRect();
  const line = [...canvas.edges.values()].find((e) => e.from === from), { x, y, k } = canvas.view;
  return [box.left + line.mx * k + x, box.top + line.my * k + y];
}"""


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def middle(page: Page, selector: str) -> tuple[float, float]:
    await page.locator(selector).hover()
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def view(page: Page) -> dict[str, float]:
    found: dict[str, float] = await page.evaluate("document.querySelector('#canvas').view")
    return found


async def test_a_line_is_led_elsewhere_gets_a_step_and_goes(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await page.mouse.click(*await page.evaluate(MIDDLE, "inicio"))
    await page.get_by_role("button", name="Pôr um passo aqui").click()
    await page.locator("#menu").get_by_role("button", name="Etiqueta").click()
    await expect(page.locator("flow-edge[data-from=tag]")).to_have_attribute("data-to", "ola")
    await page.locator("#inspector").get_by_role("button", name="Fechar").click()
    await page.get_by_role("button", name="Organizar").click()
    await saved(page)
    await expect(page.locator("#canvas.is-laying-out")).to_have_count(0)
    await page.get_by_role("button", name="Ver tudo").click()
    # Picked up at its arrow head and led to another step.
    await page.locator("#n-ola [data-in]").drag_to(page.locator("#n-fim [data-in]"))
    await expect(page.locator("flow-edge[data-from=tag]")).to_have_attribute("data-to", "fim")
    await page.mouse.click(*await page.evaluate(MIDDLE, "inicio"))
    await page.get_by_role("button", name="Tirar a ligação").click()
    await expect(page.locator("flow-edge[data-from=inicio]")).to_have_count(0)
    await saved(page)
    assert edges(await draft(site)) == {("tag", "next", "fim"), ("ola", "next", "fim")}


async def test_tidying_up_shows_all_however_late_it_is_done(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    await drag(page, "#n-fim header b", 700, 500)
    await saved(page)

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await asyncio.sleep(1.5)
        await route.fulfill(response=answer)

    await page.route("**/edit/tidy", late)
    await page.get_by_role("button", name="Organizar").click()
    await saved(page)
    await expect(page.locator("#canvas.is-laying-out")).to_have_count(0)
    shown = await view(page)
    await page.get_by_role("button", name="Ver tudo").click()
    assert await view(page) == shown


async def test_cards_are_chosen_together_moved_by_guides_and_doubled(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    before = {
        id: await page.locator(f"#n-{id}").evaluate("it => [+it.dataset.x, +it.dataset.y]")
        for id in ("inicio", "ola", "fim")
    }
    canvas = await page.locator("#canvas").bounding_box()
    assert canvas is not None
    await page.keyboard.down("Shift")
    await page.mouse.move(canvas["x"] + 6, canvas["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(canvas["x"] + canvas["width"] - 6, canvas["y"] + 700, steps=6)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await expect(page.locator(".fc-node.is-selected")).to_have_count(3)
    await drag(page, "#n-ola header b", 83, 51)
    await saved(page)
    after = (await draft(site)).view.nodes
    moved = {id: (after[id][0] - at[0], after[id][1] - at[1]) for id, at in before.items()}
    assert len(set(moved.values())) == 1  # together
    assert moved["ola"] != (0, 0)
    assert all(part % 8 == 0 for part in moved["ola"])  # to the grid
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Control+d")
    await expect(page.locator(".fc-node")).to_have_count(6)
    await expect(page.locator("flow-edge")).to_have_count(4)
    await page.get_by_role("button", name="Desfazer").click()
    await expect(page.locator(".fc-node")).to_have_count(3)
    # A guide shows where two cards stand in one line.
    x, y = await middle(page, "#n-fim header b")
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 40, y + 60, steps=4)
    await page.mouse.move(x + 40, y + 2, steps=4)
    await expect(page.locator(".fc-guide-y")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator(".fc-guide-y")).to_be_hidden()


async def test_the_view_follows_a_hand_and_the_map(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    canvas = await page.locator("#canvas").bounding_box()
    assert canvas is not None
    at = await page.locator("#n-fim").evaluate("it => +it.dataset.x")
    before = await view(page)
    x, y = await middle(page, "#n-fim header b")
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(canvas["x"] + canvas["width"] - 8, y, steps=6)
    await page.wait_for_function(
        "was => document.querySelector('#canvas').view.x < was - 120", arg=before["x"]
    )
    await page.mouse.up()
    await saved(page)
    room = canvas["x"] + canvas["width"] - x
    assert (await draft(site)).view.nodes["fim"][0] - at > room / before["k"] - 40
    there = await view(page)
    await page.locator("#map").click(position={"x": 8, "y": 8})
    assert await view(page) != there
    await page.locator("#canvas").focus()
    await page.keyboard.press("+")
    assert (await view(page))["k"] > there["k"]
    await page.keyboard.press("1")
    await expect(page.locator("#n-inicio")).to_be_in_viewport()
    # The form never lies over the step that it is about, and steps aside while a line is drawn.
    await page.locator("#n-fim header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    side = page.locator("#inspector")
    await page.wait_for_function(
        """() => document.querySelector('#n-fim .fc-card').getBoundingClientRect().right
          <= document.querySelector('#inspector').getBoundingClientRect().left"""
    )
    x, y = await middle(page, "#n-ola [data-out=next]")
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 30, y + 30, steps=3)
    await expect(side).to_have_css("pointer-events", "none")
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(side).to_have_css("pointer-events", "auto")


async def finger(page: Page, *way: tuple[float, float]) -> None:
    """One finger along a way."""
    client = await page.context.new_cdp_session(page)
    for place, (x, y) in enumerate(way):
        kind = "touchMove" if place else "touchStart"
        point: list[Any] = [{"x": x, "y": y}]
        await client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": point})
    await client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def test_by_finger(site: Site, browser: Browser) -> None:
    room = await browser.new_context(viewport={"width": 820, "height": 1000}, has_touch=True)
    room.set_default_timeout(30_000)
    page = await room.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia)}")
    await new_flow(page, site)
    await page.get_by_role("button", name="Ver tudo").tap()
    before = await view(page)
    await finger(page, (400, 850), (420, 840), (460, 800), (500, 780))
    after = await view(page)
    assert (after["x"] - before["x"], after["y"] - before["y"]) != (0, 0)
    box = await page.locator("#n-fim header b").bounding_box()
    assert box is not None
    x, y = box["x"] + 6, box["y"] + 6
    await finger(page, (x, y), (x, y + 20), (x, y + 60), (x, y + 120))
    await saved(page)
    moved = (await draft(site)).view.nodes["fim"]
    assert moved[1] > (await draft(site)).view.nodes["ola"][1] + 40
    # A tap at an exit and a tap at a step join them.
    await page.locator("#n-inicio [data-out=next]").tap()
    await page.locator("#n-fim header").tap()
    await expect(page.locator("flow-edge[data-from=inicio]")).to_have_attribute("data-to", "fim")
    await saved(page)
    # Where there is no room for the list of steps, a button opens it.
    await expect(page.locator(".ed-palette")).to_be_hidden()
    await page.get_by_role("button", name="Novo passo").tap()
    await page.locator("#menu .ed-pal[data-type=message]").tap()
    await expect(page.locator(".fc-node")).to_have_count(4)


async def test_a_step_from_the_palette_goes_into_the_line_that_it_is_dropped_on(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    fim = (await draft(site)).view.nodes.get("fim")
    x, y = await page.evaluate(MIDDLE, "ola")
    step = page.locator(".ed-palette [data-type=tag]")
    await step.hover()
    await page.mouse.down()
    await page.mouse.move(x, y - 60, steps=4)
    await page.mouse.move(x, y + 9, steps=4)  # beside the line is near enough
    await expect(page.locator(".fc-edge.is-target")).to_have_count(1)
    await page.mouse.up()
    await expect(page.locator("flow-edge[data-from=tag]")).to_have_attribute("data-to", "fim")
    await expect(page.locator(".fc-edge.is-target")).to_have_count(0)
    await saved(page)
    flow = await draft(site)
    assert edges(flow) == {
        ("inicio", "next", "ola"),
        ("ola", "next", "tag"),
        ("tag", "next", "fim"),
    }
    places = flow.view.nodes
    assert places["ola"][0] + 292 <= places["tag"][0] <= places["fim"][0] - 292  # none on another
    await page.get_by_role("button", name="Desfazer").click()
    await expect(page.locator("#n-tag")).to_have_count(0)
    await saved(page)
    flow = await draft(site)
    assert edges(flow) == {("inicio", "next", "ola"), ("ola", "next", "fim")}
    assert fim is None or flow.view.nodes["fim"] == fim
    # A trigger goes into no line.
    await page.locator(".ed-palette [data-type=trigger]").drag_to(
        page.locator("#canvas"), target_position={"x": 400, "y": 700}
    )
    await expect(page.locator(".fc-node")).to_have_count(4)


async def test_what_is_cut_is_what_goes_and_a_paste_waits_for_its_copy(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    held, free = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        held.set()
        await free.wait()
        await route.continue_()

    # Words that were just written are copied with their step; another one chosen meanwhile stays.
    await page.route("**/edit/clip", hold)
    await write(page, "Bom dia!")
    await page.locator("#n-ola").focus()
    await page.keyboard.press("Control+x")
    await asyncio.wait_for(held.wait(), 30)
    await page.locator("#n-inicio header").click()
    await page.keyboard.press("Control+v")
    free.set()
    await expect(page.locator("flow-edge")).to_have_count(0)
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await expect(page.locator(".fc-node")).to_have_count(3)
    await saved(page)
    assert {node.id for node in (await draft(site)).nodes} == {"inicio", "ola", "fim"}
    assert "Bom dia!" in await said_by(site, "ola")
    assert edges(await draft(site)) == set()
    # A copy that fails says so, and no older one takes its place.
    await page.unroute("**/edit/clip")
    await page.route("**/edit/clip", lambda route: route.fulfill(status=502, body="away"))
    await page.locator("#n-fim").focus()
    await page.keyboard.press("Control+c")
    await expect(page.locator("#toast")).to_contain_text("Nada foi copiado")
    await page.keyboard.press("Control+v")
    await page.unroute("**/edit/clip")
    await page.keyboard.press("Control+c")
    await page.keyboard.press("Control+v")
    await expect(page.locator(".fc-node")).to_have_count(4)
    await page.goto(f"{site.address}/flows")
    assert await page.evaluate("localStorage.getItem('flowengine.clip')") is not None
    await page.locator("form[action='/sign-out']").evaluate("it => it.requestSubmit()")
    await page.wait_for_url("**/sign-in**")
    assert await page.evaluate("localStorage.getItem('flowengine.clip')") is None


async def test_a_next_step_covers_no_card(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await new_flow(page, site)
    for kind in ("tag", "notify", "consent"):
        await page.locator("#n-inicio header").click()
        await page.locator(f".ed-palette [data-type={kind}]").click()
        await expect(page.locator(f"#n-{kind}")).to_be_visible()
    await saved(page)
    covered = await page.evaluate(
        """async () => {
          // Cards are measured a frame after they came.
          for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
          const all = [...document.querySelector('#canvas').nodes.values()];
          const apart = (a, b) => a.x + a.w <= b.x || a.y + a.h <= b.y;
          const on = (a, b) => a.id < b.id && !apart(a, b) && !apart(b, a);
          return all.flatMap((a) => all.filter((b) => on(a, b)).map((b) => [a.id, b.id]));
        }"""
    )
    assert covered == []


async def test_a_step_may_be_called_as_a_note_is(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    document = msgspec.json.encode(
        {**SMALL, "nodes": [*SMALL["nodes"], {"id": "mark-preco", "type": "end"}]}
    )
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(document), 0, site.bia.people["owner"])
    await page.goto(f"{site.address}/flows/novo/edit#mark-preco")
    await expect(page.locator("#inspector form")).to_be_visible()
    card = page.locator("#n-mark-preco")
    await card.focus()
    for _again in range(2):
        before = await card.get_attribute("data-was")
        await page.keyboard.press("ArrowDown")
        await expect(card).not_to_have_attribute("data-was", before or "")
    await page.keyboard.press("Delete")
    await expect(card).to_have_count(0)
    await saved(page)
    assert "mark-preco" not in {node.id for node in (await draft(site)).nodes}
