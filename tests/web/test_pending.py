"""Who was invited and has not come is shown as that, and the invitation can be taken back."""

import re

from tests.web.site import Site
from tests.web.test_workspaces import invited, known

EMAIL = "nova@bia.example"


async def lists(site: Site, role: str = "owner") -> tuple[str, str]:
    """The page's two lists: who is here, and who was invited."""
    page = (await (await site.client(site.bia, role)).get("/settings/people")).text
    here, _found, rest = page.partition("<main")[2].partition('id="invited"')
    return here, rest.partition("</section>")[0]


async def test_an_invitation_is_pending_until_somebody_comes(site: Site) -> None:
    path, link = await invited(site, EMAIL)
    here, waiting = await lists(site)
    assert EMAIL not in here
    assert EMAIL in waiting
    assert "link vale até" in waiting
    client = await site.client(site.bia)
    assert "Convite pendente" in (await client.get(path)).text
    assert (await site.stranger().post(link)).headers["location"] == "/password"
    here, waiting = await lists(site)
    assert EMAIL in here
    assert EMAIL not in waiting
    assert "Convite pendente" not in (await client.get(path)).text


async def test_who_brings_their_account_is_pending_no_more(site: Site) -> None:
    await known(site)
    _page, link = await invited(site, "agent@davi.example")
    assert "agent@davi.example" in (await lists(site))[1]
    answer = await site.stranger().post(f"{link}/account", data={"password": "uma frase longa"})
    assert answer.headers["location"] == "/"
    here, waiting = await lists(site)
    assert "agent@davi.example" in here
    assert "agent@davi.example" not in waiting


async def test_an_invitation_without_a_link_says_so_and_gets_one(site: Site) -> None:
    client = await site.client(site.bia)
    made = await client.post("/settings/people", data={"email": EMAIL, "role": "agent"})
    assert "sem link que valha" in (await lists(site))[1]
    again = await client.post(f"{made.headers['location']}/link")
    assert re.search(r"/invite/[\w-]+", again.text)
    assert (
        "sem link que valha" not in (await lists(site))[1].partition(EMAIL)[2].partition("<li")[0]
    )


async def test_withdrawn_its_links_let_nobody_in(site: Site) -> None:
    path, link = await invited(site, EMAIL)
    client = await site.client(site.bia)
    assert (await client.post(f"{path}/withdraw")).status_code == 303
    assert (await site.stranger().post(link)).status_code == 410
    assert EMAIL not in "".join(await lists(site))
    audit = (await client.get("/settings/audit?kind=memberships")).text
    assert "retirou o convite da" in audit


async def test_who_came_in_the_meantime_is_not_withdrawn(site: Site) -> None:
    path, link = await invited(site, EMAIL)
    await site.stranger().post(link)
    answer = await (await site.client(site.bia)).post(f"{path}/withdraw")
    assert answer.status_code == 409
    assert "já entrou" in answer.text
    assert EMAIL in (await lists(site))[0]


async def test_who_may_only_read_sees_who_is_invited_without_buttons(site: Site) -> None:
    await invited(site, EMAIL)
    waiting = (await lists(site, "viewer"))[1]
    assert EMAIL in waiting
    assert "<form" not in waiting


async def test_who_is_here_already_is_said_to_be(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"email": "Viewer@Bia.example", "role": "admin"}
    answer = await client.post("/settings/people", data=form)
    path = f"/settings/people/{site.bia.people['viewer']}"
    assert answer.headers["location"] == path
    assert "Já está aqui, como Leitura: nada mudou." in (await client.get(path)).text
