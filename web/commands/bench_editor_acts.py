"""What `flowengine bench editor` does on the canvas, and what it counts while it does it."""

from pathlib import Path
from statistics import median
from typing import Any, cast

from msgspec import Struct

# In the page: an action until the canvas shows its answer, or until the second frame.
MEASURE = """async ([what, id, other, count]) => {
  const canvas = document.querySelector('#canvas');
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const applied = () => new Promise((done) => canvas.addEventListener('flow:applied', () => frames().then(done), { once: true }));
  const there = (box, found) => new Promise((done) => { const look = () => found() && (it.disconnect(), done()), it = new MutationObserver(look); it.observe(box, { childList: true, subtree: true }); look(); });
  const acts = {
    select: async () => { canvas.select([id]); await frames(); },
    pan: async () => { canvas.setView(canvas.view.x + 40, canvas.view.y + 10); await frames(); },
    zoom: async () => { canvas.zoomAt(1.1); await frames(); },
    whole: async () => { canvas.fit(); await frames(); },
    near: async () => { canvas.setView(60, 200, 0.62); await frames(); },
    move: async () => { const it = applied(); canvas.moveBy([id], 8, 8); await it; },
    connect: async () => { const it = applied(); canvas.connect(id, 'failed', other); await it; },
    disconnect: async () => { const it = applied(); canvas.disconnect(id, 'failed'); await it; },
    duplicate: async () => { const it = applied(); canvas.select([id]); canvas.duplicate(); await it; },
    remove: async () => { const it = applied(); canvas.remove(); await it; },
    undo: async () => { const it = applied(); document.querySelector('[data-act=undo]').click(); await it; },
    tidy: async () => { const it = applied(); document.querySelector('[data-act=tidy]').click(); await it; },
    search: async () => {
      document.querySelector('[data-act=search]').click();
      await there(document.body, () => document.querySelector('.ed-pick input')); await frames();
    },
    found: async () => {
      const field = document.querySelector('.ed-pick input');
      field.value = 'Passo 12'; field.dispatchEvent(new Event('input', { bubbles: true })); await frames();
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    },
    open: async () => {
      const box = document.querySelector('#inspector');
      box.replaceChildren();
      canvas.dispatchEvent(new CustomEvent('flow:open', { detail: { id } }));
      await there(box, () => box.querySelector('form')); await frames();
    },
    write: async () => {
      const it = applied(), box = document.querySelector('#inspector .chips-text');
      box.textContent = `Olá ${count}`;
      box.dispatchEvent(new Event('input', { bubbles: true }));
      box.dispatchEvent(new Event('focusout', { bubbles: true }));
      await it;
    },
    checked: async () => {
      const box = document.querySelector('#issues'), it = new Promise((done) => new MutationObserver((_, seen) => { seen.disconnect(); done(); }).observe(box, { childList: true }));
      htmx.trigger(box, 'flow:check'); await it; await frames();
    },
    while_checked: async () => {
      htmx.trigger(document.querySelector('#issues'), 'flow:check');
      await new Promise((done) => setTimeout(done, 15));
      const begun = performance.now(), it = applied();
      canvas.moveBy([id], 8, 8); await it;
      return performance.now() - begun;
    },
  };
  const begun = performance.now(), own = await acts[what]();
  return own ?? performance.now() - begun;
}"""  # noqa: E501 - a script of the page

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

STEPS = """() => {
  const canvas = document.querySelector('#canvas');
  window.benchSteps = [];
  canvas.addEventListener('pointermove', () => {
    const begun = performance.now();
    requestAnimationFrame(() => requestAnimationFrame(() => window.benchSteps.push(performance.now() - begun)));
  }, { capture: true });
}"""  # noqa: E501

ROUND = (
    *("select", "pan", "zoom", "whole", "near", "search", "found", "drag", "box", "open", "write"),
    *("move", "connect", "disconnect", "duplicate", "remove", "undo", "checked", "while_checked"),
)
"""What each round does, in this order: it ends as it began."""

EDITS = ("write", "move", "connect", "disconnect", "duplicate", "remove", "undo")
STRIDES = 8


class Costs(Struct):
    """What one act cost, in milliseconds: by the clock, and in CPU time where it was spent."""

    wall: float
    page: float
    server: float
    database: float


class Table:
    """The page at work beside the product that serves it."""

    def __init__(self, page: Any, cdp: Any, product: int) -> None:
        self.page, self._cdp, self._product = page, cdp, product

    async def act(self, what: str, count: int) -> Costs:
        """Does it once."""
        before, thread = spent(self._product), await self._thread()
        if what in ("drag", "box"):
            wall = await self._strides(what)
        else:
            wall = cast("float", await self.page.evaluate(MEASURE, [what, "n0", "n1", count]))
        after = spent(self._product)
        own, database = after[0] - before[0], after[1] - before[1]
        cost = Costs(wall, await self._thread() - thread, own, max(0.0, database))
        await self.page.wait_for_timeout(30)
        return cost

    async def _thread(self) -> float:
        """CPU time of the page's own thread so far."""
        found = (await self._cdp.send("Performance.getMetrics"))["metrics"]
        return 1000 * next(one["value"] for one in found if one["name"] == "TaskDuration")

    async def _strides(self, what: str) -> float:
        """A card dragged, or a box drawn, by the mouse: the median of its steps."""
        mouse, page = self.page.mouse, self.page
        box = await page.locator("#n-n0 header").bounding_box()
        await page.evaluate("() => { window.benchSteps.length = 0 }")
        x, y = (box["x"] + 90, box["y"] + 12) if what == "drag" else (box["x"], box["y"] - 60)
        if what == "box":
            await page.keyboard.down("Shift")
        await mouse.move(x, y)
        await mouse.down()
        for stride in range(1, STRIDES + 1):
            await mouse.move(x + 40 * stride, y + 20 * stride)
            await page.evaluate(FRAMES)
        if what == "drag":  # back to where it stood: nothing is sent
            await page.keyboard.press("Escape")
        await mouse.up()
        if what == "box":
            await page.keyboard.up("Shift")
        return median(await page.evaluate("() => window.benchSteps"))


async def table(page: Any, product: int) -> Table:
    """Counts the CPU of the page's thread, not its time."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.evaluate(STEPS)
    return Table(page, cdp, product)


def spent(product: int) -> tuple[float, float]:
    """Milliseconds of CPU so far: of the product's own process, and of the database below it."""
    return _ran(product), sum(_ran(child) for child in _below(product))


def _ran(process: int) -> float:
    total = 0
    for task in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total / 1e6


def _below(process: int) -> set[int]:
    """Its descendants."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}
