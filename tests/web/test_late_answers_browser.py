"""Answers that come late, or never, on the editor's page, of all but edits, in a real Chromium:
what somebody did meanwhile counts, and a page that nobody answered goes on."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.shared import ask, bring, drawn, end, small, tell, window
from tests.web.site import Site
from tests.web.test_editor_browser import drag, saved
from tests.web.test_editor_races_browser import Late
from tests.web.test_lost_answers_browser import draft
from web.editor.forms.filling import plain

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICTURE = Path(__file__).parents[2] / "web/static/img/logo.svg"


async def opened(chrome: Browser, site: Site, key: str, nodes: list[dict[str, Any]]) -> Page:
    """A flow of these steps, one below the other, in the editor; `key` is new for each test."""
    ids = [each["id"] for each in nodes]
    edges = [f"{a} {'ok' if a.startswith('busca') else 'next'} {b}" for a, b in pairwise(ids)]
    at = {"oi": [0, 0]} | {id: [0, 160 + 200 * n] for n, id in enumerate(ids)}
    await bring(site, small(key, key, nodes, *edges) | {"view": {"nodes": at}})
    page = await window(chrome, site, f"/flows/{key}/edit")
    await drawn(page)
    return page


class First(Late):
    """The next answer only; what is asked behind it goes on."""

    async def __call__(self, route: Route) -> None:
        if self.asked.is_set():
            await route.fallback()
        else:
            await super().__call__(route)


async def hold(page: Page, address: str, method: str) -> Late:
    """The next answer there is kept back until the test lets it go."""
    late = First(method)
    await page.route(f"**/{address}", late)
    return late


async def show(page: Page, id: str) -> None:
    await page.locator(f"#n-{id} header").click()
    await expect(page.locator("#inspector form")).to_have_attribute("data-node", id)


async def step(site: Site, key: str, id: str) -> dict[str, Any]:
    return plain(next(node for node in (await draft(site, key)).nodes if node.id == id))


def said(page: Page) -> Any:
    """What the chat shows, from the first word."""
    return page.locator("#preview .said:visible")


async def trying(chrome: Browser, site: Site, key: str) -> Page:
    name = {
        "id": "nome", "type": "ask", "save_as": "nome", "expect": {"kind": "text"},
        "contents": [{"kind": "text", "text": "Qual é o seu nome?"}],
    }  # fmt: skip
    nodes = [name, ask("certo", "Certo, {{ nome }}?", "Sim", "Não"), tell("boa", "Boa!"), end()]
    flow = small(
        key, key, nodes, "nome reply certo", "certo choice:sim boa", "certo choice:não nome",
        "boa next fim",
    )  # fmt: skip
    await bring(site, flow | {"variables": [{"name": "nome", "type": "text"}]})
    page = await window(chrome, site, f"/flows/{key}/edit")
    await page.emulate_media(reduced_motion="reduce")
    await drawn(page)
    await page.get_by_role("button", name="Experimentar").click()
    return page


async def say(page: Page, words: str) -> None:
    await page.locator("#preview").get_by_label("Mensagem", exact=True).fill(words)
    await page.keyboard.press("Enter")


async def test_words_sent_while_a_chat_begins_anew_are_in_the_new_one(
    product: Site, chrome: Browser
) -> None:
    page = await trying(chrome, product, "denovo")
    await say(page, "denovo")
    await expect(said(page)).to_have_count(2)
    await say(page, "Bela")
    await expect(said(page)).to_have_count(4)
    late = await hold(page, "edit/preview", "POST")
    await page.get_by_role("button", name="Recomeçar a conversa").click()
    await late.asked.wait()
    await say(page, "denovo")
    await say(page, "Rita")
    await expect(said(page)).to_have_count(4)
    await expect(said(page).last).to_contain_text("Certo, Rita?")
    # The answer to the beginning is older than what is shown.
    await late.free()
    await say(page, "Não")
    await expect(said(page)).to_have_count(6)
    await expect(said(page).nth(2)).to_contain_text("Rita")
    # And where it comes first, what was said since is not taken out of the chat.
    late = await hold(page, "edit/preview", "POST")
    await page.get_by_role("button", name="Recomeçar a conversa").click()
    await late.asked.wait()
    await say(page, "denovo")
    await late.free()
    await say(page, "Caio")
    await expect(said(page).last).to_contain_text("Certo, Caio?")
    await expect(said(page)).to_have_count(4)


async def test_of_words_sent_after_a_step_back_none_is_dropped(
    product: Site, chrome: Browser
) -> None:
    page = await trying(chrome, product, "atras")
    await say(page, "atras")
    await expect(said(page)).to_have_count(2)
    await say(page, "Bela")
    await expect(said(page)).to_have_count(4)
    back = page.locator("#preview").get_by_role("button", name="Passo anterior")
    while await said(page).count() > 2:
        await back.click()
    # Before the first is answered the second is said: it comes behind it, not in its place.
    late = await hold(page, "edit/preview", "POST")
    await say(page, "Rita")
    await late.asked.wait()
    await say(page, "Sim")
    await late.free()
    await expect(said(page).last).to_contain_text("Boa!")
    await expect(said(page).nth(2)).to_contain_text("Rita")
    await expect(said(page)).to_have_count(6)


async def test_a_chat_that_nobody_answers_is_played_once_somebody_does(
    product: Site, chrome: Browser
) -> None:
    page = await trying(chrome, product, "sozinho")
    await page.route("**/edit/preview", lambda route: route.abort())
    await say(page, "sozinho")
    problem = page.locator("#pv-problem")
    await expect(problem).to_contain_text("Ninguém respondeu")
    await say(page, "Bela")
    await page.unroute_all()
    await expect(said(page).last).to_contain_text("Certo, Bela?")
    await expect(problem).to_be_hidden()


def call(id: str, path: str) -> dict[str, Any]:
    return {"id": id, "type": "http", "url": f"https://loja.exemplo.com.br/{path}"}


async def test_a_tried_call_answers_in_its_own_form_and_the_last_one_counts(
    product: Site, chrome: Browser
) -> None:
    page = await opened(
        chrome, product, "consulta", [call("busca-a", "a"), call("busca-b", "b"), end()]
    )
    form = page.locator("#inspector")
    try_it, tried = form.get_by_role("button", name="Fazer a consulta"), form.locator("#tried")
    free, asked = ([asyncio.Event() for _ in range(3)] for _ in range(2))
    count = iter(range(3))

    async def answers(route: Route) -> None:
        number = next(count)
        asked[number].set()
        await free[number].wait()
        await route.fulfill(content_type="text/html", body=f"<p>resposta {number}</p>")

    async def let_go(number: int) -> None:
        async with page.expect_event("requestfinished", lambda it: it.url.endswith("/try")):
            free[number].set()

    await page.route("**/steps/*/try", answers)
    await show(page, "busca-a")
    await try_it.click()
    await asyncio.wait_for(asked[0].wait(), 60)
    await show(page, "busca-b")
    await let_go(0)
    await expect(try_it).to_be_enabled()
    await expect(tried).to_be_empty()
    # Tried again before the first was answered, in a form that was made anew: that one is shown.
    await try_it.click()
    await asyncio.wait_for(asked[1].wait(), 60)
    await show(page, "busca-a")
    await show(page, "busca-b")
    await try_it.click()
    await asyncio.wait_for(asked[2].wait(), 60)
    await let_go(2)
    await expect(tried).to_have_text("resposta 2")
    await let_go(1)
    await expect(tried).to_have_text("resposta 2")
    # Nobody answers: that is said, and it can be tried again.
    await page.unroute_all()
    await page.route("**/steps/busca-b/try", lambda route: route.abort())
    await try_it.click()
    await expect(tried).to_contain_text("Ninguém respondeu")
    await expect(try_it).to_be_enabled()


PHOTO = {"kind": "image", "media": {"url": "https://exemplo.com.br/a.png"}}


class LateUpload(Late):
    """A file does not survive being fetched for the page: what is kept back is the request."""

    async def __call__(self, route: Route) -> None:
        if self.asked.is_set():
            await route.fallback()
            return
        self.asked.set()
        await self._free.wait()
        await route.continue_()
        self.came.set()


async def uploading(page: Page) -> Late:
    late = LateUpload("POST")
    await page.route("**/edit/files", late)
    await page.locator("#inspector [data-upload]").first.set_input_files(PICTURE)
    await late.asked.wait()
    return late


def message(id: str, *contents: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "type": "message", "contents": list(contents)}


async def test_a_file_goes_to_the_step_that_it_was_chosen_for(
    product: Site, chrome: Browser
) -> None:
    nodes = [message("foto", PHOTO), message("outra", PHOTO), end()]
    page = await opened(chrome, product, "arquivo", nodes)
    await show(page, "foto")
    late = await uploading(page)
    await show(page, "outra")
    async with page.expect_response("**/steps/foto"):
        await late.free()
    await saved(page)
    await show(page, "foto")
    chosen = page.locator("#inspector .media select option:checked")
    await expect(chosen).to_have_text(PICTURE.name)
    assert "asset" in (await step(product, "arquivo", "foto"))["contents"][0]["media"]
    assert (await step(product, "arquivo", "outra"))["contents"] == [PHOTO]
    # Nobody answers: that is said where one is by then.
    await page.route("**/edit/files", lambda route: route.abort())
    await show(page, "outra")
    await page.locator("#inspector [data-upload]").set_input_files(PICTURE)
    await expect(
        page.locator("#inspector .media + .wrong, #inspector .wrong.bad").first
    ).to_have_text("Ninguém respondeu. Veja a conexão e tente de novo.")
    await expect(page.locator("#inspector .media.is-busy")).to_have_count(0)


async def test_a_file_is_put_in_no_row_that_became_another(product: Site, chrome: Browser) -> None:
    other = {"kind": "image", "media": {"url": "https://exemplo.com.br/b.png"}}
    page = await opened(chrome, product, "linhas", [message("fotos", PHOTO, other), end()])
    await show(page, "fotos")
    late = await uploading(page)
    await page.locator("#inspector [data-step-action='down:/contents/0']").click()
    await expect(page.locator("#saved")).to_have_text("Rascunho · tudo guardado")
    await late.free()
    await expect(page.locator("#toast")).to_contain_text("escolha-o na lista")
    await saved(page)
    assert (await step(product, "linhas", "fotos"))["contents"] == [other, PHOTO]


async def test_an_older_list_of_the_flow_is_not_shown_over_a_newer_one(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "lista", [tell("ola", "Olá!"), end()])
    late = await hold(page, "edit/outline", "GET")
    button = page.get_by_role("button", name="O fluxo em lista")
    await button.click()
    await late.asked.wait()
    outline = page.locator("#outline")
    await page.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await expect(outline.locator("[data-goto=tag]").first).to_be_visible()
    await late.free()
    await saved(page)
    await expect(outline.locator("[data-goto=tag]").first).to_be_visible()
    # Closed before it came: the canvas stays, and keeps the keyboard.
    await button.click()
    await expect(outline).to_be_hidden()
    late = await hold(page, "edit/outline", "GET")
    await button.click()
    await late.asked.wait()
    await button.click()
    await page.locator("#n-ola").focus()
    await late.free()
    await expect(outline).to_be_hidden()
    await expect(page.locator("#n-ola")).to_be_focused()


JUMPS = """id => {
  globalThis.jumps = [];
  const drawn = (all) => all.flatMap((it) => [...it.addedNodes]).filter((it) => it.id === id);
  const seen = (all) => jumps.push(...drawn(all).map((it) => +it.dataset.x));
  new MutationObserver(seen).observe(document.querySelector('#canvas').world, { childList: true });
}"""


async def test_an_older_board_is_not_put_over_what_one_did_since(
    product: Site, chrome: Browser
) -> None:
    page = await opened(chrome, product, "quadro", [tell("ola", "Olá!"), end()])
    other = await window(chrome, product, "/flows/quadro/edit", "designer")
    await drawn(other)
    late = await hold(page, "edit/board", "GET")
    await other.locator(".ed-palette").get_by_role("button", name="Etiqueta").click()
    await saved(other)
    await late.asked.wait()
    # By now the board that comes is without this: the card would jump back, and forth again.
    moving = await hold(page, "edit/ops", "POST")
    await drag(page, "#n-fim header b", 240, 0)
    await moving.asked.wait()
    await page.evaluate(JUMPS, "n-fim")
    await late.free()
    await moving.free()
    await expect(page.locator("#n-tag")).to_be_visible()
    await saved(page)
    x, y = (await draft(product, "quadro")).view.nodes["fim"]
    await expect(page.locator("#n-fim")).to_have_attribute("data-was", f"{x},{y}")
    assert set(await page.evaluate("jumps")) == {x}
    # Nobody answers at first: it is asked for again, not with the next change only.
    refused = asyncio.Event()

    async def away(route: Route) -> None:
        first = not refused.is_set()
        refused.set()
        await (route.abort() if first else route.continue_())

    await page.route("**/edit/board", away)
    await other.locator(".ed-palette").get_by_role("button", name="Pergunta").click()
    await expect(page.locator("#n-ask")).to_be_visible()
    assert refused.is_set()
