"""One person in several workspaces: invited with the account they have; making new ones."""

import re
from uuid import UUID

import httpx
import msgspec
import pytest

from flowengine.store import accounts, queues, sessions
from flowengine.store.accounts import Member
from tests.web.site import Place, Site
from web.sign_in import PASSWORDS

PASSWORD = "uma frase longa"


async def known(site: Site, email: str = "agent@davi.example", role: str = "agent") -> UUID:
    """Somebody of Davi's who has chosen a password."""
    user = site.davi.people[role]
    async with site.database.web(site.davi.tenant, user) as transaction:
        await accounts.set_password(transaction, user, PASSWORDS.hash(PASSWORD))
    return user


async def invited(site: Site, email: str, role: str = "designer") -> tuple[str, str]:
    """Bia invites an address: their page, and the path of their link."""
    client = await site.client(site.bia)
    answer = await client.post("/settings/people", data={"email": email, "role": role})
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    link = re.search(r"/invite/[\w-]+", (await client.post(f"{page}/link")).text)
    assert link
    return page, link[0]


async def people(site: Site, place: Place) -> dict[UUID, Member]:
    async with site.database.web(place.tenant) as transaction:
        return {each.id: each for each in await accounts.members(transaction)}


async def enter(site: Site, email: str, password: str = PASSWORD) -> httpx.AsyncClient:
    client = site.stranger()
    answer = await client.post("/sign-in", data={"email": email, "password": password})
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize("how", ["password", "session"])
async def test_who_is_invited_brings_the_account_that_they_have(site: Site, how: str) -> None:
    email, account = "agent@davi.example", await known(site)
    page, link = await invited(site, email)
    stub = UUID(page.rpartition("/")[2])
    async with site.database.web(site.bia.tenant) as transaction:
        await queues.set_queue_members(transaction, "suporte", [stub])
    if how == "session":
        client = await enter(site, email)
        assert "Entrar com a sua conta, agent davi" in (await client.get(link)).text
        answer = await client.post(f"{link}/account")
    else:
        client = site.stranger()
        assert "Já tenho conta" in (await client.get(link)).text
        answer = await client.post(f"{link}/account", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    here = await people(site, site.bia)
    assert stub not in here
    assert (here[account].role, here[account].email) == ("designer", email)
    assert (await people(site, site.davi))[account].role == "agent"  # as it was
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await queues.queue(transaction, "suporte")).members == (account,)
    # One account: the menu of either workspace leads to the other.
    settings = (await client.get("/settings")).text
    assert "Oficina do Davi" in settings
    assert "Pet da Bia" in settings
    audit = (await (await site.client(site.bia)).get("/settings/audit")).text
    assert "entrou pelo convite como" in audit
    # The link is used up, and whom the place was kept for is nobody.
    assert (await site.stranger().get(link)).status_code == 410
    assert (await site.stranger().post(link)).status_code == 410
    assert (await site.stranger().post(f"{link}/account")).status_code == 410


async def test_nobody_is_told_whether_an_address_has_an_account(site: Site) -> None:
    await known(site)
    seen: list[tuple[str, str, str]] = []
    for email in ("agent@davi.example", "ninguem@davi.example"):
        page, link = await invited(site, email)
        shown = (await site.stranger().get(link)).text
        wrong = await site.stranger().post(f"{link}/account", data={"password": "errada errada"})
        assert wrong.status_code == 422
        person = (await (await site.client(site.bia)).get(page)).text
        here = [
            re.sub(r'(_csrf" value=|Token": )"[^"]+"', "", text)
            .replace(email, "X")
            .replace(link, "L")
            .replace(page, "P")
            for text in (shown, wrong.text, person)
        ]
        seen.append((here[0], here[1], here[2].partition("</nav>")[2]))
    assert seen[0][:2] == seen[1][:2]
    name = r"agent@davi|ninguem@davi|Agent|Ninguem|tone-\w+"
    assert re.sub(name, "", seen[0][2]) == re.sub(name, "", seen[1][2])


@pytest.mark.parametrize("who", ["another address", "nobody", "the wrong password"])
async def test_only_an_account_of_the_same_address_comes_in(site: Site, who: str) -> None:
    await known(site)
    page, link = await invited(site, "agent@davi.example")
    client = site.stranger()
    if who == "another address":
        client = await site.client(site.davi, "designer")
        assert "Entrar com a sua conta" not in (await client.get(link)).text
    password = "errada errada" if who == "the wrong password" else ""
    answer = await client.post(f"{link}/account", data={"password": password})
    assert answer.status_code == 422
    assert UUID(page.rpartition("/")[2]) in await people(site, site.bia)
    assert (await site.stranger().get(link)).status_code == 200  # it is still good


async def test_guessing_at_an_invitation_is_limited(site: Site) -> None:
    await known(site)
    _page, link = await invited(site, "agent@davi.example")
    codes = [
        (await site.stranger().post(f"{link}/account", data={"password": "x"})).status_code
        for _ in range(6)
    ]
    assert codes == [422] * 5 + [429]


async def test_who_could_be_in_as_them_elsewhere_is_out(site: Site) -> None:
    """Davi's admin made a link for them and used another: neither may lead into Bia's."""
    account = await known(site)
    unused = await site.link(site.davi, "agent")
    admin = site.stranger()
    await admin.get(f"/sign-in/{await site.link(site.davi, 'agent')}")
    assert (await admin.get("/flows")).status_code == 200
    page, link = await invited(site, "agent@davi.example")
    # And Bia's own admin, in as whom she invited, does not become the account.
    peeping = site.stranger()
    bia = await site.client(site.bia)
    other = re.search(r"/invite/[\w-]+", (await bia.post(f"{page}/link")).text)
    assert other
    assert (await peeping.post(other[0])).status_code == 303
    assert (await peeping.get("/flows")).status_code == 200
    theirs = site.stranger()
    assert (await theirs.post(f"{link}/account", data={"password": PASSWORD})).status_code == 303
    assert (await theirs.get("/flows")).status_code == 200
    for client in (admin, peeping):
        assert (await client.get("/flows")).status_code == 303
    assert (await site.stranger().get(f"/sign-in/{unused}")).status_code == 410
    # From here on neither workspace makes links for them.
    for place in (site.bia, site.davi):
        client = await site.client(place)
        assert (await client.post(f"/settings/people/{account}/link")).status_code == 403


async def test_inviting_again_finds_who_is_here(site: Site) -> None:
    account = await known(site)
    _page, link = await invited(site, "agent@davi.example")
    await site.stranger().post(f"{link}/account", data={"password": PASSWORD})
    client = await site.client(site.bia)
    form = {"email": " Agent@Davi.example", "role": "viewer"}
    answer = await client.post("/settings/people", data=form)
    assert answer.headers["location"] == f"/settings/people/{account}"
    assert (await people(site, site.bia))[account].role == "designer"
    # Taken out of one workspace, they keep the other and their password.
    assert (await client.post(f"/settings/people/{account}/remove")).status_code == 303
    left = await enter(site, "agent@davi.example")
    assert "Pet da Bia" not in (await left.get("/settings")).text


async def test_a_new_password_ends_every_other_link(site: Site) -> None:
    links = [f"/sign-in/{await site.link(site.bia, 'agent')}" for _ in range(2)]
    client = await site.client(site.bia, "agent")
    assert (await client.post("/password", data={"password": PASSWORD})).status_code == 303
    for link in links:
        assert (await site.stranger().get(link)).status_code == 410


async def test_an_owner_makes_a_workspace_where_the_operator_lets_them(site: Site) -> None:
    client = await site.client(site.bia)
    assert (await client.get("/workspaces/new")).status_code == 404
    assert (await client.post("/workspaces", data={"name": "Filial"})).status_code == 404
    assert "/workspaces/new" not in (await client.get("/settings")).text
    state = site.app.state
    state.runtime = msgspec.structs.replace(state.runtime, new_workspaces=True)
    assert "/workspaces/new" in (await client.get("/settings")).text
    admin = await site.client(site.bia, "admin")
    assert "/workspaces/new" not in (await admin.get("/settings")).text
    assert (await admin.post("/workspaces", data={"name": "Filial"})).status_code == 403
    assert (await client.post("/workspaces", data={"name": " "})).status_code == 422
    assert (await client.post("/workspaces", data={"name": "Ação & Pet"})).status_code == 303
    async with site.database.worker() as transaction:
        places = await accounts.places(transaction, site.bia.people["owner"])
    made = next(each for each in places if each.tenant_id != site.bia.tenant)
    assert (made.slug, made.name, made.role) == ("acao-pet", "Ação & Pet", "owner")
    # They are in it, and it is empty.
    page = await client.get("/contacts", headers={"X-CSRF-Token": ""})
    assert "Ação &amp; Pet" in page.text
    assert "Ana bia" not in page.text
    audit = await client.get("/settings/audit", headers={"X-CSRF-Token": ""})
    assert "owner bia" in audit.text


async def test_a_link_that_nobody_made_opens_nothing(site: Site) -> None:
    client = site.stranger()
    for answer in (
        await client.get("/invite/nada"),
        await client.post("/invite/nada"),
        await client.post("/invite/nada/account", data={"password": PASSWORD}),
    ):
        assert answer.status_code == 410
    async with site.database.visitor() as transaction:
        assert await sessions.find_session(transaction, "nada") is None
