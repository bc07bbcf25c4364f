"""Walks the pages in one browser, each person signed in once, and hears what the browser says."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.pages.furnish import House
from tests.pages.odd_times import at_a_time
from tests.pages.table import Sight
from tests.services.chromium import FLAGS
from web.access import COOKIE

Theme = Literal["light", "dark"]
WIDTHS = (1440, 1024, 390)
HIGH = 900
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
EXPECTED = re.compile(r"status of (403|404|409|410|422)")


@asynccontextmanager
async def open_browser(program: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        await browser.close()


class Walk:
    """One window for each person. `complaints`: errors and warnings of the page looked at."""

    def __init__(
        self, browser: Browser, house: House, script: str = "", language: str = ""
    ) -> None:
        self.browser, self.house, self.script = browser, house, script
        self.language = language
        self.complaints: list[str] = []
        self.pages: dict[str, Page] = {}
        self.status = 200
        self.usual = house.site.app.state.runtime

    async def page(self, who: str) -> Page:
        """The window of that person; "" is a stranger's."""
        if who not in self.pages:
            room = await self.browser.new_context(
                viewport=ViewportSize(width=WIDTHS[0], height=HIGH), locale="pt-BR"
            )
            room.set_default_timeout(PATIENCE)
            if self.script:
                await room.add_init_script(self.script)
            await self._enter(room, who)
            page = await room.new_page()
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("console", self._heard)
            page.on("dialog", self._asked)
            self.pages[who] = page
        return self.pages[who]

    async def _enter(self, room: BrowserContext, who: str) -> None:
        house, site = self.house, self.house.site
        if who:
            place = house.empty if who == "empty" else house.place
            role = "owner" if who == "empty" else who.partition("+")[0]
            link = await site.link(place, role)
            answer = await room.request.get(f"{site.address}/sign-in/{link}", max_redirects=0)
            assert answer.status == 303, await answer.text()
            assert any(cookie.get("name") == COOKIE for cookie in await room.cookies())
        if self.language:
            cookie = {"name": "language", "value": self.language, "url": site.address}
            await room.add_cookies([{**cookie}])  # pyright: ignore[reportArgumentType]

    async def _asked(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog opened: {dialog.message}")
        await dialog.dismiss()

    def _heard(self, line: ConsoleMessage) -> None:
        mine = f"status of {self.status}" in line.text
        if line.type in ("error", "warning") and not mine and not EXPECTED.search(line.text):
            self.complaints.append(line.text)

    def address(self, sight: Sight) -> str:
        rooms = {f"room:{name}": str(room.id) for name, room in self.house.rooms.items()}
        known = {**self.house.names, **rooms}
        path = re.sub(r"\{([^}]+)\}", lambda found: known[found[1]], sight.address)
        return self.house.site.address + path

    async def look(self, sight: Sight, wide: int = WIDTHS[0], theme: Theme = "light") -> Page:
        """The page, with what is done on it done."""
        page = await self._between(sight)
        self.complaints.clear()
        await page.set_viewport_size(ViewportSize(width=wide, height=HIGH))
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        answer = await page.goto(self.address(sight))
        assert answer is not None
        assert answer.status == sight.status, f"{sight.name}: {answer.status}"
        if sight.act:
            await sight.act(page)
        return page

    async def widen(self, sight: Sight, wide: int) -> Page:
        """The page that was looked at last, in a window of another width."""
        if sight.act and not sight.stays:
            return await self.look(sight, wide)
        page = self.pages[sight.who]
        await page.set_viewport_size(ViewportSize(width=wide, height=HIGH))
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        return page

    async def _between(self, sight: Sight) -> Page:
        """The window it is looked at in; the product is as it usually is, or at an odd time."""
        state = self.house.site.app.state
        state.runtime = self.usual
        page = await self.page(sight.who)
        if sight.time:
            for other in self.pages.values():  # what listens there would complain
                await other.goto("about:blank")
            state.runtime = at_a_time(self.usual, sight.time)
        self.status = sight.status
        return page

    async def close(self) -> None:
        for page in self.pages.values():
            await page.context.close()
