"""Where cards come to stand, in a real Chromium: what is pasted and what goes into a line covers
nothing, and a loose card that is dropped on a line goes in between."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import edges, saved
from tests.web.test_lost_answers_browser import draft

pytestmark = pytest.mark.asyncio(loop_scope="module")

COVERED = """async () => {
  // Cards are measured a frame after they came.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const all = [...document.querySelector('#canvas').nodes.values()];
  const apart = (a, b) => a.x + a.w <= b.x || a.y + a.h <= b.y;
  const on = (a, b) => a.id < b.id && !apart(a, b) && !apart(b, a);
  return all.flatMap((a) => all.filter((b) => on(a, b)).map((b) => [a.id, b.id]));
}"""

# The middle of the line that leaves a step, on the screen.
MIDDLE = """(from) => {
  const canvas = document.querySelector('#canvas');
  const { mx, my } = [...canvas.edges.values()].find((e) => e.from === from);
  const room = canvas.getBoundingClientRect(), { x, y, k } = canvas.view;
  return [room.left + mx * k + x, room.top + my * k + y];
}"""


async def opened(chrome: Browser, site: Site, flow: dict[str, Any], **at: list[int]) -> Page:
    await bring(site, flow | {"view": {"nodes": at}})
    page = await window(chrome, site, f"/flows/{flow['key']}/edit")
    await drawn(page)
    return page


async def insert(page: Page, source: str, target: str) -> None:
    """A tag into the middle of a line, as its + does."""
    await page.evaluate(
        """([from, to]) => {
          const canvas = document.querySelector('#canvas');
          const e = [...canvas.edges.values()].find((e) => e.from === from && e.to === to);
          const room = canvas.room(from, to, { x: e.mx, y: e.my });
          canvas._emit('flow:add', { type: 'tag', from, exit: e.out, to, ...room });
        }""",
        [source, target],
    )
    await expect(page.locator("#n-tag")).to_be_visible()
    await saved(page)


async def test_pasted_steps_cover_nothing(product: Site, chrome: Browser) -> None:
    nodes = [tell("a", "A"), tell("b", "B"), tell("c", "C"), end()]
    flow = small("cola", "cola", nodes, "a next b", "b next c", "c next fim")
    page = await opened(
        chrome, product, flow, oi=[0, 0], a=[360, 0], b=[720, 0], c=[360, 220], fim=[720, 220]
    )
    await page.locator("flow-canvas").focus()
    for key in ("a", "c", "v", "v"):
        await page.keyboard.press(f"Control+{key}")
    await expect(page.locator(".fc-node")).to_have_count(15)
    await saved(page)
    assert await page.evaluate(COVERED) == []
    # Shown where it is, though that is not where one looked.
    await expect(page.locator(".fc-node.is-selected").first).to_be_in_viewport()
    await page.keyboard.press("Control+z")
    await expect(page.locator(".fc-node")).to_have_count(10)


async def test_a_loose_card_goes_into_the_line_that_it_is_dropped_on(
    product: Site, chrome: Browser
) -> None:
    nodes = [tell("ola", "Olá!"), end(), tell("solto", "Solto")]
    flow = small("meio", "meio", nodes, "ola next fim")
    page = await opened(
        chrome, product, flow, oi=[0, 0], ola=[360, 0], fim=[760, 0], solto=[360, 400]
    )
    before = (await draft(product, "meio")).view.nodes
    x, y = await page.evaluate(MIDDLE, "ola")
    await page.locator("#n-solto header b").hover()
    await page.mouse.down()
    await page.mouse.move(x, y + 30, steps=4)
    await page.mouse.move(x, y, steps=4)
    await expect(page.locator(".fc-edge.is-target")).to_have_count(1)
    await page.mouse.up()
    await expect(page.locator("flow-edge[data-from=solto]")).to_have_attribute("data-to", "fim")
    await expect(page.locator(".fc-edge.is-target")).to_have_count(0)
    await saved(page)
    wanted = {("oi", "next", "ola"), ("ola", "next", "solto"), ("solto", "next", "fim")}
    assert edges(await draft(product, "meio")) == wanted
    assert await page.evaluate(COVERED) == []
    await page.get_by_role("button", name="Desfazer").click()
    await expect(page.locator("flow-edge[data-from=solto]")).to_have_count(0)
    await saved(page)
    flow_now = await draft(product, "meio")
    assert edges(flow_now) == {("oi", "next", "ola"), ("ola", "next", "fim")}
    assert flow_now.view.nodes == before


async def test_a_card_that_is_joined_is_only_moved(product: Site, chrome: Browser) -> None:
    nodes = [tell("ola", "Olá!"), tell("mais", "Mais"), end()]
    flow = small("ligado", "ligado", nodes, "ola next mais", "mais next fim")
    page = await opened(
        chrome, product, flow, oi=[0, 0], ola=[360, 0], mais=[760, 300], fim=[1160, 300]
    )
    before = edges(await draft(product, "ligado"))
    x, y = await page.evaluate(MIDDLE, "oi")
    await page.locator("#n-mais header b").hover()
    await page.mouse.down()
    await page.mouse.move(x, y, steps=6)
    await expect(page.locator("#n-mais.is-dragging")).to_be_visible()
    await expect(page.locator(".fc-edge.is-target")).to_have_count(0)
    await page.mouse.up()
    await saved(page)
    assert edges(await draft(product, "ligado")) == before


async def test_a_step_in_a_line_down_makes_room_below(product: Site, chrome: Browser) -> None:
    nodes = [tell("ola", "Olá!"), tell("mais", "Mais"), end()]
    flow = small("desce", "desce", nodes, "ola next mais", "mais next fim")
    page = await opened(chrome, product, flow, oi=[0, 0], ola=[0, 180], mais=[0, 380], fim=[0, 580])
    await insert(page, "ola", "mais")
    assert await page.evaluate(COVERED) == []
    flow_now = await draft(product, "desce")
    assert ("tag", "next", "mais") in edges(flow_now)
    places = flow_now.view.nodes
    assert places["ola"] == (0, 180)
    assert places["ola"][1] < places["tag"][1] < places["mais"][1] < places["fim"][1]


async def test_a_step_before_very_many_makes_room_too(product: Site, chrome: Browser) -> None:
    count = 160
    nodes = [tell(f"p{each}", f"Passo {each}") for each in range(count)]
    lines = [f"p{each} next p{each + 1}" for each in range(count - 1)]
    at = {f"p{each}": [360 * (each + 1), 0] for each in range(count)}
    page = await opened(chrome, product, small("longe", "longe", nodes, *lines), oi=[0, 0], **at)
    await insert(page, "p0", "p1")
    assert await page.evaluate(COVERED) == []
    places = (await draft(product, "longe")).view.nodes
    assert places["p0"][0] + 292 <= places["tag"][0] <= places["p1"][0] - 292
    # No more cards move than need to: the air between them is taken first.
    assert places[f"p{count - 1}"] == (360 * count, 0)


async def test_the_chat_takes_the_form_s_place_where_both_have_no_room(
    product: Site, chrome: Browser
) -> None:
    flow = small("lado", "lado", [tell("ola", "Olá!"), end()], "ola next fim")
    page = await opened(chrome, product, flow)
    whole = """() => {
      const dock = document.querySelector('.ed-dock').getBoundingClientRect();
      const room = document.querySelector('.ed-main').getBoundingClientRect();
      const side = document.querySelector('#inspector').getBoundingClientRect();
      const right = side.width ? Math.min(room.right, side.left) : room.right;
      return dock.left >= room.left && dock.right <= right && dock.bottom <= room.bottom;
    }"""
    await page.locator("#n-ola header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    await page.get_by_role("button", name="Experimentar").click()
    await expect(page.locator("#preview")).to_be_visible()
    await expect(page.locator("#inspector form")).to_have_count(0)
    assert await page.evaluate(whole)
    # Asked for again it comes back, and the tools stay whole beside both.
    await page.locator("#n-ola header").click()
    await expect(page.locator("#inspector form")).to_be_visible()
    assert await page.evaluate(whole)


async def test_a_line_back_finds_another_lane_where_a_card_comes_into_it(
    product: Site, chrome: Browser
) -> None:
    nodes = [tell("ola", "Olá!"), tell("mais", "Mais"), end()]
    flow = small("faixa", "faixa", nodes, "ola next mais", "mais next ola")
    at = {"oi": [-400, 0], "ola": [0, 0], "mais": [800, 0], "fim": [400, 600]}
    page = await opened(chrome, product, flow, **at)
    lane = """async () => {
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      const canvas = document.querySelector('#canvas'), { y, h } = canvas.nodes.get('fim');
      const { my } = [...canvas.edges.values()].find((e) => e.from === 'mais');
      return [my, y, y + h];
    }"""
    before, *_spot = await page.evaluate(lane)
    move = "([by]) => document.querySelector('#canvas').moveBy(['fim'], 0, by)"
    await page.evaluate(move, [96 - 600])
    await saved(page)
    my, top, bottom = await page.evaluate(lane)
    assert top < before < bottom
    assert not top < my < bottom
    await page.evaluate(move, [504])
    await saved(page)
    assert (await page.evaluate(lane))[0] == before
    await page.evaluate(move, [96 - 600])
    await page.locator("#n-fim").focus()
    await page.keyboard.press("Delete")
    await expect(page.locator("#n-fim")).to_have_count(0)
    await saved(page)
    gone = lane.replace("canvas.nodes.get('fim')", "{ y: 0, h: 0 }")
    assert (await page.evaluate(gone))[0] == before
