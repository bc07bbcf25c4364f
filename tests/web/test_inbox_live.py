"""A conversation that is looked at shows who has it now, whenever its stream began or went on."""

import re
from uuid import UUID

import httpx

from flowengine.store import conversations
from tests.web.living import wait_for
from tests.web.site import Site
from tests.web.test_neighbours import Ear, listening, talk

ACTION = re.compile(r'id="actions".*?/(take|return)"', re.DOTALL)


def mark_of(page: httpx.Response) -> str:
    found = re.search(r"/live\?after=([^\"]+)\"", page.text)
    assert found, page.text
    return str(httpx.QueryParams(f"after={found[1]}")["after"])


async def act(site: Site, client: httpx.AsyncClient, room: UUID, what: str, owner: str) -> None:
    """It is done, and the workers have done it."""
    answer = await client.post(f"/conversations/{room}/{what}")
    assert answer.status_code == 303, answer.text

    async def done() -> bool:
        async with site.database.web(site.bia.tenant) as transaction:
            return (await conversations.conversation(transaction, room)).owner == owner

    await wait_for(done, 20)


async def offers(ear: Ear, act: str) -> None:
    """The page is given the buttons anew, this one first."""

    async def given() -> bool:
        return [found[1] for found in ACTION.finditer(ear.heard)][-1:] == [act]

    await wait_for(given, 20)


async def test_whoever_took_it_before_the_stream_began_is_shown(site: Site) -> None:
    room = await talk(site, site.bia, "5511900001111")
    person = await site.client(site.bia, "agent")
    page = await person.get(f"/conversations/{room}")
    # The page is shown, its stream is not open yet: one may click all the same.
    await act(site, person, room, "take", "agent")
    async with listening(person, f"/conversations/{room}/live", mark_of(page)) as ear:
        await offers(ear, "return")
    # A tab that was away (its stream is closed then) hears of it when it comes back.
    marks = re.findall(r"^id: (.+)$", ear.heard, re.MULTILINE)
    await act(site, person, room, "return", "bot")
    async with listening(person, f"/conversations/{room}/live", marks[-1]) as ear:
        await offers(ear, "take")
