"""`flowengine bench editor`: first paint and the time of each action, at 20, 500 and 2,000 steps.

A product of its own and the machine's Chromium (Playwright is among the dev extras). A time runs
from the action to the second frame after the canvas shows what the server answered; what ends in
the browser (select, pan) runs to its second frame, so nothing takes less than one or two of them
(17 to 33 ms). Times by the clock grow with what else the machine does, CPU times hardly do: the
page's own thread, the product's process and its PostgreSQL are told apart, and so is the load.
"""

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from web.commands.bench_editor_acts import EDITS, ROUND, Costs, spent, table
from web.commands.bench_processes import FLOWENGINE, Processes, free_port
from web.commands.output import CommandError, bad_usage

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
COLUMNS = 40
PAINTS = 3


def measure_editor(rounds: int, sizes: Sequence[int]) -> dict[str, Any]:
    """Milliseconds by size and action; tidying up is done once."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise bad_usage("bench editor needs Chromium or Chrome on the PATH")
    with tempfile.TemporaryDirectory(prefix="flowengine-bench-") as name:
        folder, port = Path(name), free_port()
        environ = {"FLOWENGINE_DATA": str(folder / "data"), "FLOWENGINE_PORT": str(port)}
        with Processes(folder, environ) as processes:
            product = processes.start("up", [*FLOWENGINE, "up"]).pid
            link = wait_for_link(folder / "up.log")
            address = f"http://127.0.0.1:{port}"
            return asyncio.run(measure(program, address, link, rounds, sizes, product))


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
    program: str, address: str, link: str, rounds: int, sizes: Sequence[int], product: int
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
            figures[f"steps_{size}"] = await measure_size(page, address, size, rounds, product)
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


async def measure_size(
    page: Any, address: str, size: int, rounds: int, product: int
) -> dict[str, Any]:
    begun, load = spent(product), os.getloadavg()[0]
    firsts = [await first_paint(page, f"{address}/flows/bench-{size}/edit") for _ in range(PAINTS)]
    await page.wait_for_timeout(1500)
    served = (spent(product)[0] - begun[0]) / PAINTS
    at = await table(page, product)
    costs: dict[str, list[Costs]] = {act: [] for act in (*ROUND, "tidy")}
    for act in ROUND:  # once for nothing: code that is compiled, drafts that are read
        await at.act(act, -1)
    for count in range(rounds):
        for act in ROUND:
            costs[act].append(await at.act(act, count))
    costs["tidy"].append(await at.act("tidy", 0))
    edits = [cost for act in EDITS for cost in costs[act]]
    return {
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "first_paint": {**over([Costs(wall, 0, 0, 0) for wall in firsts], "wall")},
        "server_cpu_a_page": round(served, 1),
        "server_cpu_an_edit": round(median(cost.server for cost in edits), 1),
        "database_cpu_an_edit": round(median(cost.database for cost in edits), 1),
        "acts": {act: figures_of(found) for act, found in costs.items()},
    }


def figures_of(costs: Sequence[Costs]) -> dict[str, float]:
    """p50 and p95 by the clock, and the medians of CPU time."""
    cpu = {name: over(costs, name)["p50"] for name in ("page", "server", "database")}
    return over(costs, "wall") | cpu


def over(costs: Sequence[Costs], name: str) -> dict[str, float]:
    found = sorted(getattr(cost, name) for cost in costs)
    at = min(len(found) - 1, round(0.95 * (len(found) - 1)))
    return {"p50": round(median(found), 1), "p95": round(found[at], 1)}


def table_of(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures for people: a line for each act, a column of times and CPU for each size."""
    sizes = [(name, found) for name, found in figures.items() if name.startswith("steps_")]
    for name, found in sizes:
        paint, load = found["first_paint"], found["load"]
        yield (
            f"{name.removeprefix('steps_')} steps, load {load[0]} to {load[1]}: first paint "
            f"{paint['p50']:.0f} ms, CPU of the server {found['server_cpu_a_page']} ms a page, "
            f"{found['server_cpu_an_edit']} ms an edit (database {found['database_cpu_an_edit']})"
        )
        yield f"  {'':<14}{'p50':>8}{'p95':>8}   CPU: {'page':>7}{'server':>8}{'database':>10}"
        for act, costs in found["acts"].items():
            cpu = f"{costs['page']:>13.1f}{costs['server']:>8.1f}{costs['database']:>10.1f}"
            yield f"  {act:<14}{costs['p50']:>8.1f}{costs['p95']:>8.1f} {cpu}"


async def first_paint(page: Any, address: str) -> float:
    """From asking for the page until the frame after its canvas is ready."""
    begun = time.perf_counter()
    await page.goto(address, wait_until="commit")
    await page.wait_for_selector("flow-canvas[data-ready]", timeout=120_000)
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    return (time.perf_counter() - begun) * 1000
