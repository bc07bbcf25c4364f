"""No page offers somebody a form or button that would be refused to them for their role."""

import re

import pytest

from connectors.simulator import Saying
from flowengine.store import conversations
from flowengine.store.accounts import ROLES
from tests.web.living import wait_for
from tests.web.site import Site
from web.access import ACCESS
from web.offers import least

POSTS = re.compile(r"<form[^>]*?\baction=\"([^\"]+)\"[^>]*>|\bhx-post=\"([^\"]+)\"")


async def pages_of(site: Site) -> list[str]:
    """Every page of Bia's with something on it."""
    site.network.say(site.bia.number, "+5511900001111", Saying(text="oi", name="Ana"))

    async def talked() -> str:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        return str(found[0].id) if found and "ajudar" in found[0].preview else ""

    room, bia = await wait_for(talked, 60), site.bia
    plain = [
        route.removeprefix("GET ")
        for route, role in ACCESS.items()
        if route.startswith("GET /")
        and "{" not in route
        and role in ROLES
        and not route.startswith(
            ("GET /api", "GET /phone", "GET /flows/export", "GET /conversations/")
        )
    ]
    flow = [f"/flows/ola{part}" for part in ("", "/json", "/versions", "/versions/1", "/testers",
                                             "/moves", "/publish", "/edit")]  # fmt: skip
    return [
        *plain, *flow, f"/conversations/{room}", f"/conversations/{room}/replay",
        f"/contacts/{bia.contact}", f"/channels/{bia.channel}", f"/channels/{bia.channel}/plan",
        "/settings/knowledge/manual", "/channels/new/cloud",
        f"/settings/people/{bia.people['agent']}",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ROLES[:-1])
async def test_nothing_is_offered_that_would_be_refused(site: Site, role: str) -> None:
    client = await site.client(site.bia, role)
    found: set[str] = set()
    for path in await pages_of(site):
        answer = await client.get(path)
        if answer.status_code == 403:
            continue
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        for tag in POSTS.finditer(answer.text):
            action, posted = tag.groups()
            if 'method="get"' in tag[0]:
                continue
            asked = least((action or posted).partition("?")[0])
            if asked and ROLES.index(asked) > ROLES.index(role):
                found.add(f"{path}: {action or posted} is for {asked}")
    assert not found, "\n".join(sorted(found))
