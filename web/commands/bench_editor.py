"""`flowengine bench editor`: first paint and the time of each action, at 20, 500 and 2,000 steps.

A product of its own and the machine's Chromium (Playwright is among the dev extras). A time runs
from the action to the frame after the canvas shows what the server answered; what ends in the
browser (select, pan) runs to its second frame.
"""

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, cast

import msgspec

from web.commands.bench_processes import FLOWENGINE, Processes, free_port
from web.commands.output import CommandError, bad_usage

SIZES = (20, 500, 2000)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
COLUMNS = 40

# In the page: what an action takes until the canvas shows its answer, or until the second frame.
MEASURE = """async ([what, id, other, count]) => {
  const canvas = document.querySelector('#canvas');
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const applied = () => new Promise((done) => canvas.addEventListener('flow:applied', () => frames().then(done), { once: true }));
  const acts = {
    select: async () => { canvas.select([id]); await frames(); },
    pan: async () => { canvas.setView(canvas.view.x + 40, canvas.view.y + 10); await frames(); },
    zoom: async () => { canvas.zoomAt(1.1); await frames(); },
    move: async () => { const it = applied(); canvas.moveBy([id], 8, 8); await it; },
    connect: async () => { const it = applied(); canvas.connect(id, 'failed', other); await it; },
    disconnect: async () => { const it = applied(); canvas.disconnect(id, 'failed'); await it; },
    duplicate: async () => { const it = applied(); canvas.select([id]); canvas.duplicate(); await it; },
    remove: async () => { const it = applied(); canvas.remove(); await it; },
    undo: async () => { const it = applied(); document.querySelector('[data-act=undo]').click(); await it; },
    tidy: async () => { const it = applied(); document.querySelector('[data-act=tidy]').click(); await it; },
    open: async () => {
      const box = document.querySelector('#inspector');
      const there = new Promise((done) => new MutationObserver((_, it) => { if (box.querySelector('form')) { it.disconnect(); done(); } }).observe(box, { childList: true }));
      canvas.dispatchEvent(new CustomEvent('flow:open', { detail: { id } }));
      await there; await frames();
    },
    write: async () => {
      const it = applied(), box = document.querySelector('#inspector .chips-text');
      box.textContent = `Olá ${count}`;
      box.dispatchEvent(new Event('input', { bubbles: true }));
      box.dispatchEvent(new Event('focusout', { bubbles: true }));
      await it;
    },
  };
  const begun = performance.now();
  await acts[what]();
  return performance.now() - begun;
}"""  # noqa: E501 - a script of the page
ACTS = ("select", "pan", "zoom", "open", "write", "move", "connect", "disconnect", "duplicate")
LAST = ("remove", "undo", "tidy")


def measure_editor(rounds: int, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Milliseconds by size and action, medians over the rounds; tidying up is done once."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise bad_usage("bench editor needs Chromium or Chrome on the PATH")
    with tempfile.TemporaryDirectory(prefix="flowengine-bench-") as name:
        folder, port = Path(name), free_port()
        environ = {"FLOWENGINE_DATA": str(folder / "data"), "FLOWENGINE_PORT": str(port)}
        with Processes(folder, environ) as processes:
            processes.start("up", [*FLOWENGINE, "up"])
            link = wait_for_link(folder / "up.log")
            return asyncio.run(measure(program, f"http://127.0.0.1:{port}", link, rounds, sizes))


def wait_for_link(log: Path, patience: float = 180.0) -> str:
    """The sign-in link that the product prints when it is ready."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = re.search(r"http\S+/sign-in/\S+", log.read_text() if log.exists() else "")
        if found:
            return found[0]
        time.sleep(0.25)
    raise CommandError(f"the product did not start: {log.read_text()[-400:]}")


async def measure(
    program: str, address: str, link: str, rounds: int, sizes: Sequence[int]
) -> dict[str, Any]:
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise bad_usage("bench editor needs playwright: install the dev requirements") from None
    figures: dict[str, Any] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(link)
        for size in sizes:
            await import_flow(page, address, size)
            figures[f"steps_{size}"] = await measure_size(page, address, size, rounds)
        await browser.close()
    return figures


async def import_flow(page: Any, address: str, size: int) -> None:
    """The flow becomes a draft, through the form of the flows' page."""
    await page.goto(f"{address}/flows")
    await page.locator("[popovertarget=import]").first.click()
    upload = {"name": "bench.json", "mimeType": "application/json", "buffer": flow_of(size)}
    await page.locator("#import-flow input[type=file]").set_input_files(upload)
    await page.locator("#import-flow button.primary").click()
    await page.wait_for_url(f"**/flows/bench-{size}*", timeout=120_000)


def flow_of(size: int) -> bytes:
    """Messages in a row, every third a question that also leads back."""
    nodes: list[dict[str, Any]] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["bench"]}}
    ]
    edges: list[dict[str, str]] = [{"from": "oi", "to": "n0"}]
    for index in range(size - 1):
        text = [{"kind": "text", "text": f"Passo {index}: tudo bem, {{{{ contact.name }}}}?"}]
        node: dict[str, Any] = {"id": f"n{index}", "type": "message", "contents": text}
        exit = "next"
        if index % 3 == 2:
            node |= {"type": "ask", "expect": {"kind": "text"}}
            exit = "reply"
            edges.append({"from": f"n{index}", "exit": "invalid", "to": f"n{index - 2}"})
        nodes.append(node)
        if index < size - 2:
            edges.append({"from": f"n{index}", "exit": exit, "to": f"n{index + 1}"})
    places = {
        str(node["id"]): [(i % COLUMNS) * 340, (i // COLUMNS) * 260] for i, node in enumerate(nodes)
    }
    document = {"format": "flowengine/1", "key": f"bench-{size}", "name": f"Bench {size}"}
    return msgspec.json.encode(
        {**document, "nodes": nodes, "edges": edges, "view": {"nodes": places}}
    )


async def measure_size(page: Any, address: str, size: int, rounds: int) -> dict[str, float]:
    firsts = [await first_paint(page, f"{address}/flows/bench-{size}/edit") for _ in range(3)]
    figures: dict[str, float] = {"first_paint": round(median(firsts), 1)}
    await page.wait_for_timeout(1500)
    times: dict[str, list[float]] = {act: [] for act in (*ACTS, *LAST)}
    for count in range(rounds):
        for act in (*ACTS, "remove", "undo"):
            took = await page.evaluate(MEASURE, [act, "n0", "n1", count])
            times[act].append(cast("float", took))
            await page.wait_for_timeout(30)
    times["tidy"].append(await page.evaluate(MEASURE, ["tidy", "n0", "n1", 0]))
    return figures | {act: round(median(found), 1) for act, found in times.items()}


async def first_paint(page: Any, address: str) -> float:
    """From asking for the page until the frame after its canvas is ready."""
    begun = time.perf_counter()
    await page.goto(address, wait_until="commit")
    await page.wait_for_selector("flow-canvas[data-ready]", timeout=120_000)
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    return (time.perf_counter() - begun) * 1000
