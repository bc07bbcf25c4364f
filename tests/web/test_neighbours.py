"""Two workspaces side by side: what is live in one tells the other nothing, and does nothing there.

`test_access.py` asks every route once; here streams stay open while things happen next door, marks
and bodies name what is next door, and a neighbour's provider speaks of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import httpx
import msgspec

from connectors.simulator import Saying
from connectors.simulator.signature import sign
from flowengine.messages import Status
from flowengine.store import conversations, messages
from tests.web.living import wait_for
from tests.web.site import HELLO, Place, Site
from tests.web.test_access import picture, still

SECRET = "o-segredo-de-bia"
JUNK = ("x", "0", "\xe9", "~", "~~~~", "a.b.c.d", "9" * 400, "%00", "ffffffff.zz.1.1", "-1~-1")


class Ear:
    """What an open stream has told so far."""

    def __init__(self) -> None:
        self.heard = ""
        self.open = asyncio.Event()

    async def listen(self, client: httpx.AsyncClient, path: str, mark: str) -> None:
        headers = {b"Last-Event-ID": mark.encode("latin-1")} if mark else {}
        async with client.stream("GET", path, headers=headers, timeout=60) as answer:
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            self.open.set()
            async for piece in answer.aiter_text():
                self.heard += piece

    async def tells(self, words: str) -> bool:
        return words in self.heard


@asynccontextmanager
async def listening(client: httpx.AsyncClient, path: str, mark: str = "") -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(ear.listen(client, path, mark))
    try:
        opened = asyncio.create_task(ear.open.wait())
        await asyncio.wait({opened, task}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if task.done():
            task.result()
        assert ear.open.is_set(), "the stream did not open"
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def talk(site: Site, place: Place, who: str) -> UUID:
    """A conversation of that workspace, when nothing moves in it any more."""
    site.network.say(place.number, who, Saying(text="oi", name="Ana"))
    await site.network.settled(place.number)

    async def there() -> UUID | None:
        async with site.database.web(place.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
            return found[0].id if found and "ajudar" in found[0].preview else None

    room = await wait_for(there, 20)
    await wait_for(lambda: still(site), 20)
    return room


async def said(site: Site, place: Place, room: UUID) -> messages.Message:
    async with site.database.web(place.tenant) as transaction:
        return (await messages.messages(transaction, room))[-1]


async def test_streams_tell_a_neighbour_nothing(site: Site) -> None:
    hers = await talk(site, site.bia, "5511900001111")
    his = await talk(site, site.davi, "5511900001111")
    bia, davi = await site.client(site.bia), await site.client(site.davi)
    agent = await site.program(site.bia)
    await davi.get("/")  # he has a phone
    newest = (await said(site, site.bia, hers)).id.hex
    paths = (f"/conversations/{his}/live", "/phone/live", "/flows/ola/edit/live")
    marks = (f"{newest}.g.1.0", f"{newest}~1", "99.0.0")
    async with (
        listening(davi, paths[0], marks[0]) as talking,
        listening(davi, paths[1], marks[1]) as phone,
        listening(davi, paths[2], marks[2]) as drawing,
        listening(bia, f"/conversations/{hers}/live") as own,
        listening(bia, "/flows/ola/edit/live") as own_drawing,
    ):
        put = await agent.put("/api/v1/flows/ola", json=HELLO | {"name": SECRET})
        assert put.status_code == 200
        site.network.say(site.bia.number, "5511900001111", Saying(text=SECRET))
        body = {"text": f"{SECRET}, diz o agente"}
        answer = await agent.post(f"/api/v1/conversations/{hers}/messages", json=body)
        assert answer.status_code == 202
        await wait_for(lambda: own.tells(f"{SECRET}, diz o agente"), 20)
        await wait_for(lambda: own_drawing.tells('"rev":2'), 20)
        # What is heard late is heard: his own conversation still moves on the same streams.
        site.network.say(site.davi.number, "5511900001111", Saying(text="ainda aqui"))
        await wait_for(lambda: talking.tells("ainda aqui"), 20)
        for ear in (talking, phone, drawing):
            assert SECRET not in ear.heard
            assert str(hers) not in ear.heard
        assert '"rev":2' not in drawing.heard


async def test_a_mark_that_is_nonsense_breaks_no_stream(site: Site) -> None:
    his = await talk(site, site.davi, "5511900001111")
    davi = await site.client(site.davi)
    await davi.get("/")
    for place, mark in enumerate(JUNK):
        async with (
            listening(davi, f"/conversations/{his}/live", mark) as talking,
            listening(davi, "/phone/live", mark),
            listening(davi, "/flows/ola/edit/live", mark) as drawing,
        ):
            words = f"ainda aqui {place}"
            site.network.say(site.davi.number, "5511900001111", Saying(text=words))
            await wait_for(partial(talking.tells, words), 20)
            await wait_for(partial(drawing.tells, '"rev"'), 20)


async def test_a_neighbour_s_provider_changes_nothing_here(site: Site) -> None:
    """Davi's channel, signed by Davi's provider, speaks of Bia's messages."""
    hers = await talk(site, site.bia, "5511900001111")
    message = await said(site, site.bia, hers)
    before = await picture(site)
    at = datetime.now(UTC)
    told = [
        Status("status:1", message.provider_id, "failed", at),
        Status("status:2", message.provider_id, "failed", at, f"{message.id}:1"),
        Status("status:3", "", "failed", at, f"{message.id}:1"),
    ]
    for number, channel in (
        (site.davi.number, site.davi.channel),
        (site.bia.number, site.davi.channel),
    ):
        body = msgspec.json.encode({"number": number, "events": told})
        path = f"/webhooks/simulator/{channel}"
        answer = await site.stranger().post(path, content=body, headers=sign(body, "s"))
        assert answer.status_code == 200
    path = f"/webhooks/simulator/{site.bia.channel}"
    answer = await site.stranger().post(path, content=body, headers=sign(body, "outro"))
    assert answer.status_code == 401
    await wait_for(lambda: still(site), 20)
    assert await picture(site) == before
