"""The connection dies after an edit was done and before its answer came, in a real Chromium: the
edit goes again and is done once; undo takes back exactly it, and the page shows what there is."""

import asyncio
import random
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.store import flows
from tests.web.shared import bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import drag, saved

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened(chrome: Browser, site: Site, key: str, role: str = "owner") -> Page:
    """A trigger, a message and an end, in the editor; `key` is new for each test."""
    if role == "owner":
        nodes = [tell("ola", "Olá!"), end()]
        at = {"oi": [0, 0], "ola": [0, 160], "fim": [0, 400]}
        flow = small(key, key, nodes, "ola next fim") | {"view": {"nodes": at}}
        await bring(site, flow)
    page = await window(chrome, site, f"/flows/{key}/edit", role)
    await drawn(page)
    return page


async def draft(site: Site, key: str) -> Flow:
    async with site.database.web(site.bia.tenant) as transaction:
        return parse((await flows.draft(transaction, key)).document)


async def ids(site: Site, key: str) -> list[str]:
    return sorted(node.id for node in (await draft(site, key)).nodes)


async def said(site: Site, key: str) -> str:
    return str(next(node for node in (await draft(site, key)).nodes if node.id == "ola"))


class Lost:
    """The next answer at an address never comes, though the server did what was asked; until `back`
    nothing else reaches it either."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done = asyncio.Event()
        self.away = True

    async def __call__(self, route: Route) -> None:
        if route.request.method != "POST" or not self.away:
            await route.fallback()
            return
        if not self.done.is_set():
            await route.fetch()
            self.done.set()
        await route.abort()

    async def back(self) -> None:
        """The server did it, the page knows of nothing; then the connection is there again."""
        await asyncio.wait_for(self.done.wait(), 60)
        await expect(self.page.locator("#saved")).to_have_attribute("data-state", "waiting")
        self.away = False
        await again(self.page)


async def again(page: Page) -> None:
    """What waits goes at once, as when the browser finds its network again."""
    await page.evaluate("dispatchEvent(new Event('online'))")


async def lose(page: Page, key: str, address: str) -> Lost:
    lost = Lost(page)
    await page.route(f"**/flows/{key}/edit/{address}", lost)
    return lost


def count(page: Page) -> Any:
    return expect(page.locator(".fc-node"))


async def undo(page: Page) -> None:
    await page.get_by_role("button", name="Desfazer").click()
    await saved(page)


async def test_a_step_that_was_added_stands_there_once(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "soma")
    lost = await lose(page, "soma", "add")
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await lost.back()
    # As if nothing had been lost: it is drawn and chosen, and its form opens.
    await expect(page.locator("#n-tag.is-selected")).to_be_visible()
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", "tag")
    await saved(page)
    await count(page).to_have_count(4)
    assert await ids(product, "soma") == ["fim", "oi", "ola", "tag"]
    await undo(page)
    await count(page).to_have_count(3)
    assert await ids(product, "soma") == ["fim", "oi", "ola"]
    await expect(page.get_by_role("button", name="Desfazer")).to_be_disabled()
    # The one that takes it back, and the one that does it again, are lost in their turn.
    lost = await lose(page, "soma", "ops")
    await page.get_by_role("button", name="Refazer").click()
    await lost.back()
    await count(page).to_have_count(4)
    await saved(page)
    assert await ids(product, "soma") == ["fim", "oi", "ola", "tag"]
    lost = await lose(page, "soma", "ops")
    await page.get_by_role("button", name="Desfazer").click()
    await lost.back()
    await count(page).to_have_count(3)
    await saved(page)
    assert await ids(product, "soma") == ["fim", "oi", "ola"]
    await expect(page.get_by_role("button", name="Refazer")).to_be_enabled()


async def test_a_step_on_a_line_a_copy_and_a_paste_too(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "copia")
    lost = await lose(page, "copia", "add")
    await drag(page, "#n-ola [data-out=next]", 220, 60)
    await page.locator("#menu").get_by_role("button", name="Mensagem").click()
    await lost.back()
    await expect(page.locator("flow-edge[data-from=ola]")).to_have_attribute("data-to", "message")
    await saved(page)
    await page.locator("#n-ola header").click()
    await page.locator("#n-ola").focus()
    lost = await lose(page, "copia", "duplicate")
    await page.keyboard.press("Control+d")
    await lost.back()
    await expect(page.locator("#n-ola-2")).to_be_visible()
    await saved(page)
    await page.locator("#n-ola-2").focus()
    async with page.expect_response(lambda answer: "/clip" in answer.url):
        await page.keyboard.press("Control+c")
    await page.locator("#canvas").focus()
    lost = await lose(page, "copia", "paste")
    await page.keyboard.press("Control+v")
    await lost.back()
    await expect(page.locator("#n-ola-3")).to_be_visible()
    await saved(page)
    assert await ids(product, "copia") == ["fim", "message", "oi", "ola", "ola-2", "ola-3"]
    for left in (5, 4, 3):
        await undo(page)
        await count(page).to_have_count(left)
    assert await ids(product, "copia") == ["fim", "oi", "ola"]
    flow = await draft(product, "copia")
    assert {(edge.from_, edge.to) for edge in flow.edges} == {("oi", "ola"), ("ola", "fim")}


async def test_a_card_that_is_moved_on_meanwhile_is_where_it_was_put(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "anda")
    first = (await draft(product, "anda")).view.nodes["ola"]
    lost = await lose(page, "anda", "ops")
    await drag(page, "#n-ola header b", 120, 0)
    await asyncio.wait_for(lost.done.wait(), 60)
    second = (await draft(product, "anda")).view.nodes["ola"]
    assert second != first
    await expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    # What was sent takes nothing more in: these go behind it, as one.
    await drag(page, "#n-ola header b", 80, 0)
    await drag(page, "#n-ola header b", 0, 64)
    await drag(page, "#n-fim header b", 160, 0)
    await lost.back()
    await saved(page)
    flow = await draft(product, "anda")
    x, y = flow.view.nodes["ola"]
    assert x > second[0]
    assert y > second[1]
    await expect(page.locator("#n-ola")).to_have_attribute("data-was", f"{x},{y}")
    await undo(page)
    assert (await draft(product, "anda")).view.nodes["ola"] == second
    await undo(page)
    assert (await draft(product, "anda")).view.nodes["ola"] == first
    assert (await draft(product, "anda")).view.nodes["fim"] != flow.view.nodes["fim"]


async def write(page: Page, words: str) -> None:
    await page.locator("#inspector").get_by_role("textbox", name="Mensagem", exact=True).fill(words)


async def test_what_is_written_on_meanwhile_is_kept(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "texto")
    await page.locator("#n-ola header").click()
    lost = await lose(page, "texto", "steps/ola")
    await write(page, "Bom")
    await asyncio.wait_for(lost.done.wait(), 60)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    await write(page, "Bom dia")
    await page.locator("#canvas").focus()
    await write(page, "Bom dia, tudo bem?")
    await page.locator("#canvas").focus()
    await lost.back()
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia, tudo bem?")
    await saved(page)
    await expect(page.locator("#step-problem")).to_be_empty()
    assert "Bom dia, tudo bem?" in await said(product, "texto")
    await undo(page)
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom")
    await undo(page)
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Olá!")
    assert "Olá!" in await said(product, "texto")


async def test_what_somebody_wrote_in_between_is_not_written_over(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "entre")
    await page.route("**/edit/live*", lambda route: route.abort())
    await page.locator("#n-ola header").click()
    lost = await lose(page, "entre", "steps/ola")
    await write(page, "Bom")
    await asyncio.wait_for(lost.done.wait(), 60)
    await expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    await write(page, "Bom dia!")
    await page.locator("#canvas").focus()
    other = await opened(chrome, product, "entre", "designer")
    await other.locator("#n-ola header").click()
    await write(other, "Boa noite!")
    await expect(other.locator("#n-ola .fc-say")).to_have_text("Boa noite!")
    await saved(other)
    await lost.back()
    told = page.locator("#step-problem")
    await expect(told).to_contain_text("Outra pessoa mudou «Mensagem»")
    assert "Boa noite!" in await said(product, "entre")
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Boa noite!")
    await told.get_by_role("button", name="Manter o que escrevi").click()
    await expect(page.locator("#n-ola .fc-say")).to_have_text("Bom dia!")
    await saved(page)
    assert "Bom dia!" in await said(product, "entre")


async def test_an_answer_that_breaks_off_comes_again(product: Site, chrome: Browser) -> None:
    page = await opened(chrome, product, "meio")
    cut = 0

    async def half(route: Route) -> None:
        nonlocal cut
        answer = await route.fetch()
        cut += 1
        body = await answer.text()
        await route.fulfill(response=answer, body=body[: len(body) // 2] if cut == 1 else body)

    await page.route("**/edit/add", half)
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    await again(page)
    await expect(page.locator("#n-tag")).to_be_visible()
    await saved(page)
    assert await ids(product, "meio") == ["fim", "oi", "ola", "tag"]
    await undo(page)
    assert await ids(product, "meio") == ["fim", "oi", "ola"]


ACTS = """([kind, at, x]) => {
  const canvas = document.querySelector('#canvas'), all = [...canvas.nodes.keys()];
  const id = all[Math.floor(at * all.length)], n = canvas.nodes.get(id);
  const send = (type, detail) => canvas.dispatchEvent(new CustomEvent(type, { detail }));
  const press = (act) => document.querySelector(`[data-act=${act}]`).click();
  ({
    add: () => send('flow:add', { type: 'message', x, y: 0 }),
    copy: () => send('flow:duplicate', { ids: [id] }),
    move: () => { canvas.moveBy([id], 8, 0); canvas.moveBy([id], x, 8); },
    remove: () => all.length > 2 && send('flow:ops', { ops: [{ op: 'remove', id }], label: '' }),
    undo: () => press('undo'),
    redo: () => press('redo'),
  })[kind]();
}"""
AT_ONCE = """() => {
  const line = document.querySelector('#saved');
  const back = () => line.dataset.state === 'waiting' && dispatchEvent(new Event('online'));
  new MutationObserver(back).observe(line, { attributes: true });
}"""
KINDS = ("add", "add", "copy", "move", "remove", "undo", "undo", "redo")


async def played(page: Page, site: Site, key: str, seed: int, losses: bool) -> Flow:
    """Some acts, each after the one before was saved; where there are losses, of anything."""
    acting, losing = random.Random(seed), random.Random(seed + 1)

    async def road(route: Route) -> None:
        lost = losing.choice(("request", "answer", "")) if losses else ""
        if route.request.method != "POST" or not lost:
            await route.continue_()
            return
        if lost == "answer":
            await route.fetch()
        await route.abort()

    await page.route(f"**/flows/{key}/edit/*", road)
    await page.evaluate(AT_ONCE)
    for _act in range(16):
        act = [acting.choice(KINDS), acting.random(), acting.randrange(1, 60) * 8]
        await page.evaluate(ACTS, act)
        await saved(page)
    shown = await page.locator(".fc-node").evaluate_all(
        "all => all.map((it) => [it.dataset.node, it.dataset.was])"
    )
    flow = await draft(site, key)
    at = flow.view.nodes
    assert dict(shown) == {node.id: "{},{}".format(*at[node.id]) for node in flow.nodes}
    return flow


async def test_whatever_is_lost_the_page_and_the_draft_end_alike(
    product: Site, chrome: Browser
) -> None:
    for seed in range(2):
        drafts: list[Any] = []
        for losses in (False, True):
            key = f"acaso{seed}{losses}".lower()
            page = await opened(chrome, product, key)
            flow = await played(page, product, key, seed, losses)
            drafts.append((flow.nodes[1:], flow.edges, flow.view))
            await page.context.close()
        assert drafts[0] == drafts[1], seed
