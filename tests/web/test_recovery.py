"""A forgotten password, and invitations by mail: real SMTP on loopback."""

import re
from collections.abc import AsyncIterator

import pytest

from flowengine.store import accounts
from tests.web.office import LINK, Office, open_office
from tests.web.site import Site
from tests.web.test_sign_in import enter, with_password
from web.mail import NotMailed, Post
from web.roots import is_near


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


@pytest.fixture
def mailing(site: Site, office: Office) -> Site:
    site.mail(office.post)
    return site


async def ask(site: Site, email: str) -> str:
    answer = await site.stranger().post("/password/forgotten", data={"email": email})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_forgotten_password_is_replaced_by_a_link(mailing: Site, office: Office) -> None:
    email = await with_password(mailing, "agent", "uma frase longa")
    thief = mailing.stranger()
    assert (await enter(thief, email, "uma frase longa")).status_code == 303

    assert "Veja o seu e-mail" in await ask(mailing, email)
    letter = await office.letter()
    assert letter["To"] == email
    found = LINK.search(letter.get_content())
    assert found, letter.get_content()

    client = mailing.stranger()
    answer = await client.post(found[1])
    assert answer.headers["location"] == "/password"
    page = await client.get("/password")
    assert 'name="old"' not in page.text
    csrf = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert csrf
    changed = await client.post(
        "/password", data={"_csrf": csrf[1], "password": "outra frase longa"}
    )
    assert changed.status_code == 303
    # Whoever was in with the old one is out; who changed it is still in.
    assert (await thief.get("/")).status_code == 303
    assert (await client.get("/")).status_code == 200
    assert (await enter(mailing.stranger(), email, "uma frase longa")).status_code == 422
    assert (await enter(mailing.stranger(), email, "outra frase longa")).status_code == 303
    # The link let one password be chosen: the next needs the old one again.
    assert 'name="old"' in (await client.get("/password")).text


async def test_an_address_that_nobody_has_gets_the_same_words_and_no_letter(
    mailing: Site, office: Office
) -> None:
    email = await with_password(mailing, "agent")
    known = await ask(mailing, email)
    await office.letter()
    stranger = await ask(mailing, "ninguem@bia.example")
    assert known.replace(email, "X") == stranger.replace("ninguem@bia.example", "X")
    await ask(mailing, email)
    await office.letter()
    assert office.letters.empty()


async def test_asking_again_and_again_is_stopped(mailing: Site) -> None:
    client = mailing.stranger()
    codes = [
        (await client.post("/password/forgotten", data={"email": "x@y.z"})).status_code
        for _ in range(7)
    ]
    assert codes[:5] == [200] * 5
    assert 429 in codes[5:]


async def test_without_mail_the_page_says_who_can_help(site: Site) -> None:
    page = await site.stranger().get("/password/forgotten")
    assert "administrador do seu espaço" in page.text
    answer = await site.stranger().post("/password/forgotten", data={"email": "x@y.z"})
    assert answer.status_code == 409


async def test_the_old_password_is_asked_for_where_no_link_was_used(site: Site) -> None:
    client = site.stranger()
    await enter(client, await with_password(site, "agent"), "uma frase longa")
    page = await client.get("/password")
    assert 'name="old"' in page.text
    csrf = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert csrf
    form = {"_csrf": csrf[1], "password": "outra frase longa"}
    assert (await client.post("/password", data=form)).status_code == 422
    assert (await client.post("/password", data=form | {"old": "errada"})).status_code == 422
    assert (await client.post("/password", data=form | {"old": "uma frase longa"})).is_redirect


async def test_an_invitation_goes_by_mail(mailing: Site, office: Office) -> None:
    client = await mailing.client(mailing.bia)
    agent = mailing.bia.people["agent"]
    answer = await client.post(f"/settings/people/{agent}/link", data={"mail": "1"})
    assert answer.status_code == 303
    found = LINK.search((await office.letter()).get_content())
    assert found
    assert (await mailing.stranger().post(found[1])).status_code == 303


async def test_no_letter_has_a_link_to_a_host_that_a_request_names(
    mailing: Site, office: Office
) -> None:
    """Who asks in somebody's name says `Host`; the link would let that host in."""
    email = await with_password(mailing, "agent")
    evil = mailing.stranger(Host="evil.example")
    await evil.post("/password/forgotten", data={"email": email})
    letter = (await office.letter()).get_content()
    assert "evil.example" not in letter
    assert f"{mailing.address}/invite/" in letter
    client = await mailing.client(mailing.bia)
    client.headers["Host"] = "evil.example"
    agent = mailing.bia.people["agent"]
    await client.post(f"/settings/people/{agent}/link", data={"mail": "1"})
    letter = (await office.letter()).get_content()
    assert "evil.example" not in letter
    assert f"{mailing.address}/invite/" in letter


async def test_a_link_on_the_page_goes_by_a_host_that_can_only_be_ours(site: Site) -> None:
    client = await site.client(site.bia)
    path = f"/settings/people/{site.bia.people['agent']}/link"
    assert f"{site.address}/invite/" in (await client.post(path)).text
    client.headers["Host"] = "evil.example"
    refused = await client.post(path)
    assert refused.status_code == 409
    assert "FLOWENGINE_PUBLIC_URL" in refused.text
    assert "evil.example" not in refused.text


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("192.168.1.20", True),
        ("::1", True),
        ("servidor", True),
        ("casa.local", True),
        ("8.8.8.8", False),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_which_hosts_can_only_be_ours(host: str, near: bool) -> None:
    assert is_near(host) == near


async def test_a_mail_server_that_refuses_is_told_plainly(mailing: Site, office: Office) -> None:
    office.refuses = True
    client = await mailing.client(mailing.bia)
    agent = mailing.bia.people["agent"]
    answer = await client.post(f"/settings/people/{agent}/link", data={"mail": "1"})
    assert answer.status_code == 502
    assert "não aceitou a carta" in answer.text


async def test_a_password_is_told_to_no_server_without_tls(office: Office) -> None:
    with pytest.raises(NotMailed, match="STARTTLS"):
        await Post(f"smtp://ana:segredo@127.0.0.1:{office.port}", "a@b.c").send("x@y.z", "Oi", "Oi")


@pytest.mark.parametrize("to", ["x@y.z\nBcc: outro@y.z", "x@y.z\r\nSubject: outro"])
async def test_no_header_is_smuggled_into_a_letter(office: Office, to: str) -> None:
    with pytest.raises(NotMailed):
        await Post(f"smtp://127.0.0.1:{office.port}", "a@b.c").send(to, "Oi", "Oi")
    assert office.letters.empty()


async def test_changing_the_password_is_in_the_audit_log(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    await client.post("/password", data={"password": "outra frase longa"})
    owner = await site.client(site.bia)
    assert "trocou a senha" in (await owner.get("/settings/audit")).text
    async with site.database.web(site.bia.tenant) as transaction:
        assert await accounts.members(transaction)
