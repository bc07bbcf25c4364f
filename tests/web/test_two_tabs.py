"""Two tabs of one session: a page never acts in the workspace that another tab switched to."""

import re
from uuid import UUID

import httpx
import pytest

from flowengine.store import accounts, flows
from tests.web.site import Place, Site
from web.access import ACCESS, PUBLIC, UNSAFE
from web.csrf import OF_PERSON, csrf_token, made_in

SENT = [
    route
    for route, least in ACCESS.items()
    if least != PUBLIC and route.startswith(UNSAFE) and "/api/" not in route
    if "/webhooks/" not in route and not route.endswith(OF_PERSON)
]
PIECES = [
    "/flows/ola/edit/board",
    "/flows/ola/edit/live",
    "/flows/ola/edit/steps/menu",
    "/phone/live",
    "/conversations/list",
]


async def token_of(client: httpx.AsyncClient) -> str:
    """The token of a page opened now."""
    client.headers.pop("X-CSRF-Token", None)
    found = re.search(r'X-CSRF-Token": "([^"]+)"', (await client.get("/settings")).text)
    assert found
    return found[1]


async def two_tabs(site: Site) -> tuple[httpx.AsyncClient, str]:
    """Bia's owner, who owns Davi's too and has gone there; the token of the page left open."""
    async with site.database.worker(site.davi.tenant) as transaction:
        await accounts.join(transaction, site.bia.people["owner"], "owner")
    client = await site.client(site.bia)
    left = client.headers.pop("X-CSRF-Token")
    answer = await switch(client, left, site.davi)
    assert (answer.status_code, answer.headers["location"]) == (303, "/flows")
    return client, left


async def switch(client: httpx.AsyncClient, token: str, place: Place) -> httpx.Response:
    form = {"tenant": str(place.tenant), "_csrf": token, "back": "/flows"}
    return await client.post("/workspace", data=form)


async def draft_of(site: Site, tenant: UUID) -> tuple[int, str]:
    async with site.database.web(tenant) as transaction:
        draft = await flows.draft(transaction, "ola")
    return draft.rev, str(draft)


async def test_nothing_that_a_page_sends_is_done_in_another_workspace(site: Site) -> None:
    client, left = await two_tabs(site)
    assert len(SENT) > 100
    before = await draft_of(site, site.davi.tenant)
    names = {"key": "ola", "node": "menu", "number": "1", "rev": "1", "kind": "cloud"}
    wrong: dict[str, int] = {}
    for route in SENT:
        path = re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], left[:32]), route.split()[1])
        for headers, form in (({"X-CSRF-Token": left}, {}), ({}, {"_csrf": left})):
            answer = await client.post(path, headers=headers, data=form)
            if (answer.status_code, answer.headers.get("x-problem")) != (409, "workspace"):
                wrong[route] = answer.status_code
    assert wrong == {}
    assert await draft_of(site, site.davi.tenant) == before


async def test_a_piece_of_a_page_is_not_read_out_of_another_workspace(site: Site) -> None:
    client, left = await two_tabs(site)
    for path in PIECES:
        answer = await client.get(path, headers={"X-CSRF-Token": left})
        assert answer.status_code == 409, path
    # A browser's own stream sends no header.
    stream = await client.get("/flows/ola/edit/live", params={"workspace": left.partition(".")[0]})
    assert stream.status_code == 409
    # A page that is opened shows the workspace of now.
    page = await client.get("/contacts")
    assert "Ana davi" in page.text
    assert "Ana bia" not in page.text


async def test_what_one_is_told_and_how_one_gets_back(site: Site) -> None:
    client, left = await two_tabs(site)
    said = "Você mudou de espaço em outra aba."
    path, form = "/flows/ola/edit/ops", {"rev": "1", "ops": "[]"}
    stale = {"X-CSRF-Token": left}
    answer = await client.post(path, data=form, headers=stale | {"Accept": "application/json"})
    assert answer.json() | {"title": ""} == {
        "title": "",
        "status": 409,
        "detail": said,
        "mend": "Esta página é de Pet da Bia, e agora você está em Oficina do Davi."
        " Nada foi feito.",
        "type": "/problems/workspace",
    }
    answer = await client.post("/settings/tags", headers=stale | {"HX-Request": "true"})
    assert 'hx-target="#toast"' in answer.text
    assert "Voltar para Pet da Bia" in answer.text
    referer = f"{site.address}/settings/tags?x=1"
    form = {"_csrf": left, "key": "nova", "name": "Nova"}
    answer = await client.post("/settings/tags", data=form, headers={"Referer": referer})
    assert said in answer.text
    assert 'name="back" value="/settings/tags"' in answer.text
    # The very same is done once they are back.
    assert (await switch(client, left, site.bia)).status_code == 303
    assert (await client.post("/settings/tags", data=form)).status_code == 303


async def test_what_is_ones_own_needs_no_workspace(site: Site) -> None:
    client, left = await two_tabs(site)
    form = {"_csrf": left, "theme": "dark"}
    assert (await client.post("/preferences", data=form)).status_code == 303
    assert (await client.post("/sign-out", data={"_csrf": left})).status_code == 303


async def test_who_was_taken_out_of_the_other_workspace_is_told_too(site: Site) -> None:
    client, left = await two_tabs(site)
    agent = await site.client(site.bia, "agent")
    async with site.database.worker(site.davi.tenant) as transaction:
        await accounts.join(transaction, site.bia.people["agent"], "agent")
    theirs = agent.headers.pop("X-CSRF-Token")
    assert (await switch(agent, theirs, site.davi)).status_code == 303
    async with site.database.worker(site.bia.tenant) as transaction:
        await accounts.leave(transaction, site.bia.people["agent"])
    answer = await agent.post("/contacts", headers={"X-CSRF-Token": theirs})
    assert answer.status_code == 409
    assert "Esta página é de outro espaço." in answer.text
    assert "Pet da Bia" not in answer.text
    # Neither is it done in the one, nor by the session of another: a token is of both.
    other = await token_of(client)
    agent.headers.pop("X-CSRF-Token", None)
    assert (await agent.post("/contacts", headers={"X-CSRF-Token": other})).status_code == 403
    assert left != other


@pytest.mark.parametrize("token", ["", "x", "é", "00000000-0000", f"{'0' * 32}.x"])
async def test_a_token_that_is_none_lets_nothing_pass(site: Site, token: str) -> None:
    client = await site.client(site.bia)
    client.headers.pop("X-CSRF-Token")
    answer = await client.post("/contacts", data={"_csrf": token})
    assert answer.status_code in (403, 409)


def test_tokens_are_of_a_session_and_a_workspace() -> None:
    one, other = UUID(int=1), UUID(int=2)
    tokens = {csrf_token(secret, place) for secret in ("a", "b") for place in (one, other)}
    assert len(tokens) == 4
    assert {made_in(token) for token in tokens} == {one, other}
    assert made_in("") is made_in("nada") is None
