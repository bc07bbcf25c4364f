"""`make screenshots`: every page at three widths in both themes, and a sheet to look at them all.

    python -m tests.pages FOLDER [--only inbox,flow] [--wide 390] [--language en] [--rows 45]

It has a database, a product and a browser of its own, which end with it. What a page complained
about, or let stick out, is said at the end and makes the exit code 1.
"""

import argparse
import asyncio
import html
import shutil
import sys
import tempfile
from pathlib import Path

from flowengine.store.database import Database
from tests.pages.browse import WIDTHS, Theme, Walk, open_browser
from tests.pages.faults import FAULTS
from tests.pages.furnish import furnish
from tests.pages.table import SIGHTS, Sight
from tests.services.chromium import NAMES
from tests.services.postgres import TEMPLATE, Postgres, running
from tests.web.site import Site

THEMES: tuple[Theme, ...] = ("light", "dark")
TALLEST = 2000  # pixels of a picture

# A dialog is seen over what is on the screen, not over the whole page.
HEIGHT = """() => document.querySelector(':popover-open, dialog[open]')
  ? innerHeight : document.documentElement.scrollHeight"""

SHEET = """<!doctype html><meta charset="utf-8"><title>Flowengine, {count} pictures</title>
<style>body {{ font: 14px system-ui; margin: 24px; background: #8a9099; }} h2 {{ margin: 28px 0 8px; }}
div {{ display: flex; gap: 8px; align-items: start; overflow-x: auto; }} img {{ height: 420px; }}</style>
{body}"""  # noqa: E501 - a page


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pages")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names that begin so, with commas")
    parser.add_argument("--wide", type=int, action="append", help="one width (again: another)")
    parser.add_argument("--language", default="", help="pt-BR, en or es")
    parser.add_argument("--rows", type=int, default=45, help="rows of long lists")
    asked = parser.parse_args()
    chosen = tuple(asked.only.split(",")) if asked.only else ("",)
    sights = [sight for sight in SIGHTS if sight.name.startswith(chosen)]
    wide = tuple(asked.wide or WIDTHS)
    with running(None) as postgres:
        postgres.template()
        faults = asyncio.run(
            photograph(postgres, asked.folder, sights, wide, asked.language, asked.rows)
        )
    sys.stdout.write(f"{len(sights)} pages in {asked.folder}/index.html\n")
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


async def photograph(
    postgres: Postgres,
    folder: Path,
    sights: list[Sight],
    widths: tuple[int, ...],
    language: str,
    rows: int,
) -> list[str]:
    """Writes the pictures and their sheet; what was wrong on the pages."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit("no Chromium or Chrome on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as data:
        web, worker = (postgres.dsn(TEMPLATE, role) for role in ("flow_web", "flow_worker"))
        store = await Database.open(web, worker, web_size=6, worker_size=6)
        site = Site(store, postgres.dsn(TEMPLATE), Path(data))
        await site.serve()
        try:
            house = await furnish(site, many=rows)
            async with open_browser(Path(program)) as browser:
                walk = Walk(browser, house, language=language)
                for sight in sights:
                    faults += await take(walk, sight, folder, widths)
        finally:
            await site.close()
            await store.close()
    write_sheet(folder, sights, widths)
    return faults


async def take(walk: Walk, sight: Sight, folder: Path, widths: tuple[int, ...]) -> list[str]:
    """One page's pictures; what is wrong on it."""
    faults: list[str] = []
    for wide in widths:
        try:
            page = await (walk.look if wide == widths[0] else walk.widen)(sight, wide)
        except Exception as trouble:
            return [*faults, f"{sight.name} at {wide}: {trouble}"]
        faults += [f"{sight.name} at {wide}: {fault}" for fault in await page.evaluate(FAULTS)]
        faults += [f"{sight.name} at {wide}: {line}" for line in walk.complaints]
        high = await page.evaluate(HEIGHT)
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            await page.screenshot(
                path=folder / picture_name(sight, wide, theme),
                full_page=True,
                clip={"x": 0, "y": 0, "width": wide, "height": min(high, TALLEST)},
            )
    return faults


def picture_name(sight: Sight, wide: int, theme: Theme) -> str:
    return f"{sight.name}.{wide}.{theme}.png"


def write_sheet(folder: Path, sights: list[Sight], widths: tuple[int, ...]) -> None:
    body = ""
    for sight in sights:
        body += (
            f"<h2>{html.escape(sight.name)} <small>{html.escape(sight.address)}</small></h2><div>"
        )
        for wide in widths:
            for theme in THEMES:
                name = picture_name(sight, wide, theme)
                if (folder / name).exists():
                    body += f'<a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>'
        body += "</div>"
    count = len(list(folder.glob("*.png")))
    (folder / "index.html").write_text(SHEET.format(count=count, body=body))


if __name__ == "__main__":
    sys.exit(main())
