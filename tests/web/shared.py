"""For files whose tests share one product (`product`, `chrome`): windows, flows and people of a
test's own."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from connectors.simulator import Saying
from flowengine.store import conversations
from tests.web.living import wait_for
from tests.web.site import Site

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong

WIDE = ViewportSize(width=1440, height=900)


async def window(chrome: Browser, site: Site, path: str = "", role: str = "owner") -> Page:
    """A fresh window of one of Bia's people, at `path`."""
    room = await chrome.new_context(viewport=WIDE)
    room.set_default_timeout(30_000)
    page = await room.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site.address}/sign-in/{await site.link(site.bia, role)}")
    if path:
        await page.goto(f"{site.address}{path}")
    return page


async def drawn(page: Page) -> None:
    """The canvas has measured its cards and shows them where they stay."""
    await page.wait_for_selector("flow-canvas[data-ready]")


def small(key: str, word: str, nodes: list[dict[str, Any]], *edges: str) -> dict[str, Any]:
    """A flow that `word` begins; `edges` as "from exit to", the first node being the first."""
    trigger = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": [word]}}
    lines = [dict(zip(("from", "exit", "to"), each.split(), strict=True)) for each in edges]
    return {
        "format": "flowengine/1",
        "key": key,
        "name": f"Fluxo {key}",
        "nodes": [trigger, *nodes],
        "edges": [{"from": "oi", "to": nodes[0]["id"]}, *lines],
        "settings": {"on_problem": {"queue": "suporte"}},
    }


def ask(id: str, text: str, *choices: str) -> dict[str, Any]:
    """A question with buttons, each with its own words as id."""
    buttons = [{"id": each.lower(), "title": each} for each in choices]
    return {
        "id": id,
        "type": "ask",
        "title": text.rstrip("?!."),
        "contents": [{"kind": "buttons", "text": text, "buttons": buttons}],
        "expect": {"kind": "choice"},
    }


def tell(id: str, text: str) -> dict[str, Any]:
    return {"id": id, "type": "message", "contents": [{"kind": "text", "text": text}]}


def end(id: str = "fim", outcome: str = "feito") -> dict[str, Any]:
    return {"id": id, "type": "end", "outcome": outcome}


async def bring(site: Site, document: dict[str, Any], publish: bool = False) -> None:
    """The document becomes the draft of its flow; published too."""
    client = await site.client(site.bia)
    upload = {"file": (f"{document['key']}.flow.json", msgspec.json.encode(document))}
    data = {"over": "replace"} | ({"publish": "1"} if publish else {})
    answer = await client.post("/flows/import", files=upload, data=data)
    assert answer.status_code == 303, answer.text


async def talked(site: Site, phone: str, *turns: tuple[str, str]) -> UUID:
    """Somebody says each word and waits for what is answered to it; the conversation."""
    found: UUID | None = None
    for word, answer in turns:
        site.network.say(site.bia.number, phone, Saying(text=word, name=f"Ana {phone[-4:]}"))

        async def answered(wanted: str = answer) -> UUID | None:
            async with site.database.web(site.bia.tenant) as transaction:
                rows = (await conversations.conversations(transaction, limit=100)).items
            name = f"Ana {phone[-4:]}"
            return next(
                (each.id for each in rows if each.contact_name == name and wanted in each.preview),
                None,
            )

        found = await wait_for(answered, 60)
    assert found is not None
    return found
