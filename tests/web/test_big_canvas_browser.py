"""A flow of more cards than are drawn at once: what is not seen is right when it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from flowengine.document import parse
from tests.services.chromium import FLAGS
from tests.web.site import Site
from tests.web.test_editor_browser import draft, drawn, edges, saved, signed_in
from web.commands.bench_editor import flow_of
from web.publishing import save

SIZE = 320

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# What the canvas holds of cards and lines: as it has followed edits, and read from the page anew.
FACTS = """async (anew) => {
  const canvas = document.querySelector('#canvas');
  if (anew) {
    for (const n of canvas.nodes.values()) { n.stale = true; canvas._touch(n); }
    canvas.redraw();
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const nodes = [...canvas.nodes.values()].map((n) => [n.id, n.x, n.y, n.w, n.h, n.ins?.dx, n.ins?.dy,
    [...n.outs].map(([exit, { dx, dy }]) => [exit, dx, dy]), [...n.edges].map((e) => e.id).sort(), n.el === document.getElementById(`n-${n.id}`)]);
  const lines = [...canvas.edges.values()].map((e) => [e.id, e.from, e.out, e.to, e.box, !!e.lost, e.el === document.getElementById(e.id)]);
  return [nodes.sort(), lines.sort()];
}"""  # noqa: E501 - a script of the page

DRAWN = """() => [...document.querySelector('#canvas').edges.values()]
  .filter((e) => !e.off).map((e) => e.line.getAttribute('d') ?? '')"""


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def big_flow(page: Page, site: Site) -> None:
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(flow_of(SIZE)), 0, site.bia.people["owner"])
    await page.goto(f"{site.address}/flows/bench-{SIZE}/edit")
    await drawn(page)


async def canvas(page: Page, script: str) -> Any:
    return await page.evaluate(f"() => document.querySelector('#canvas').{script}")


def differing(one: list[list[Any]], other: list[list[Any]]) -> list[Any]:
    return [
        pair
        for a, b in zip(one, other, strict=True)
        for pair in zip(a, b, strict=True)
        if pair[0] != pair[1]
    ]


async def test_a_canvas_that_follows_edits_holds_what_one_read_anew_does(
    site: Site, browser: Browser
) -> None:
    page = await signed_in(browser, site)
    await big_flow(page, site)
    await expect(page.locator(".fc-node[hidden]").first).to_be_attached()
    near = await page.evaluate(FACTS, False)
    await canvas(page, "fit()")
    await expect(page.locator("flow-canvas.is-plain")).to_be_visible()
    assert differing(await page.evaluate(FACTS, True), near) == []  # boxes stand for whole cards
    await canvas(page, "moveBy(['n0', 'n300'], 8, 16)")
    await canvas(page, "connect('n4', 'failed', 'n1')")
    await canvas(page, "select(['n6', 'n7'])")
    await canvas(page, "remove()")
    await expect(page.locator("#n-n7")).to_have_count(0)
    await page.get_by_role("button", name="Desfazer").click()
    await expect(page.locator("#n-n7")).to_have_count(1)
    await canvas(page, "select(['n9'])")
    await canvas(page, "duplicate()")
    await expect(page.locator(".fc-node")).to_have_count(SIZE + 1)
    await saved(page)
    assert ("n4", "failed", "n1") in edges(await draft(site, f"bench-{SIZE}"))
    await canvas(page, "select([])")
    await canvas(page, "setView(-1300, 100, 0.62)")  # what was chosen is measured when seen
    await page.evaluate(FRAMES)
    followed = await page.evaluate(FACTS, False)
    assert len(followed[0]) == SIZE + 1
    assert differing(await page.evaluate(FACTS, True), followed) == []


async def test_lines_are_drawn_when_they_come_into_view(site: Site, browser: Browser) -> None:
    page = await signed_in(browser, site)
    await big_flow(page, site)
    unseen = await page.evaluate(
        "() => [...document.querySelector('#canvas').edges.values()].filter((e) => e.off).length"
    )
    assert unseen > 100
    for view in ("setView(-9000, -1200, 1)", "fit()", "setView(60, 200, 0.62)"):
        await canvas(page, view)
        await page.evaluate(FRAMES)
        seen = await page.evaluate(DRAWN)
        assert seen, view
        assert all(path.startswith("M") for path in seen), view
