"""Getting in and out: links that work once, passwords, forms of other sites, wrong guesses."""

import asyncio
import re

import httpx
import pytest

from flowengine.store import accounts
from tests.web.site import Site
from web.sign_in import PASSWORDS, local_path


async def with_password(site: Site, role: str = "agent", password: str = "uma frase longa") -> str:
    """Gives a person of Bia's a password; their address."""
    user = site.bia.people[role]
    async with site.database.web(site.bia.tenant, user) as transaction:
        await accounts.set_password(transaction, user, PASSWORDS.hash(password))
    return f"{role}@bia.example"


async def enter(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": email, "password": password})


async def test_the_printed_link_signs_in_at_once_and_only_once(site: Site) -> None:
    link = f"/sign-in/{await site.link(site.bia)}"
    first, second = site.stranger(), site.stranger()
    answer = await first.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "session=" in cookie
    assert "HttpOnly" in cookie
    assert re.search(r"SameSite=lax", cookie, re.IGNORECASE)
    assert "Secure" not in cookie  # loopback speaks http; https makes it Secure
    assert (await first.get("/")).status_code == 200

    again = await second.get(link)
    assert again.status_code == 410
    assert "já foi usado" in again.text
    assert (await second.get("/")).status_code == 303
    # Whoever is in already just goes home, as when the terminal's link is clicked twice.
    assert (await first.get(link)).headers["location"] == "/"


async def test_a_browser_that_only_looks_ahead_does_not_use_the_link_up(site: Site) -> None:
    link = f"/sign-in/{await site.link(site.bia)}"
    client = site.stranger()
    ahead = await client.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
    assert ahead.status_code == 204
    assert "set-cookie" not in ahead.headers
    assert (await client.get(link)).status_code == 303


async def test_an_invitation_is_used_by_its_button_not_by_a_preview(site: Site) -> None:
    path = f"/invite/{await site.link(site.bia, 'agent')}"
    client = site.stranger()
    for _preview in range(3):
        page = await client.get(path)
        assert page.status_code == 200
        assert f'action="{path}"' in page.text
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")
    assert (await client.get("/password")).status_code == 200
    assert (await site.stranger().post(path)).status_code == 410


async def test_https_makes_the_cookie_secure(site: Site) -> None:
    link = f"/sign-in/{await site.link(site.bia)}"
    site.app.state.runtime = type(site.app.state.runtime)(
        site.boot, site.app.state.runtime.started_at, "x", public_url="https://bot.example"
    )
    answer = await site.stranger().get(link)
    assert "Secure" in answer.headers["set-cookie"]


async def test_password_and_where_one_wanted_to_go(site: Site) -> None:
    email = await with_password(site)
    client = site.stranger()
    page = await client.get("/flows")
    assert page.headers["location"] == "/sign-in?next=/flows"
    form = {"email": f"  {email.upper()} ", "password": "uma frase longa", "next": "/flows"}
    answer = await client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/flows")
    assert (await client.get("/flows")).status_code == 200


@pytest.mark.parametrize("password", ["errada errada", "", "uma frase longa "])
async def test_a_wrong_password_and_an_unknown_address_look_the_same(
    site: Site, password: str
) -> None:
    email = await with_password(site)
    known = await enter(site.stranger(), email, password)
    unknown = await enter(site.stranger(), "ninguem@bia.example", password)
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace(email, "") == unknown.text.replace("ninguem@bia.example", "")


async def test_guessing_is_limited_for_one_person_from_one_address(site: Site) -> None:
    email = await with_password(site)
    for _guess in range(5):
        assert (await enter(site.stranger(), email, "errada errada")).status_code == 422
    right = await enter(site.stranger(), email, "uma frase longa")
    assert right.status_code == 429
    assert "Muitas tentativas" in right.text
    # Somebody else at the same address may still come in.
    other = await with_password(site, "designer", "outra frase longa")
    assert (await enter(site.stranger(), other, "outra frase longa")).status_code == 303


async def test_a_burst_of_guesses_is_counted_before_it_is_looked_at(site: Site) -> None:
    """Twenty at the same moment are twenty: five are looked at, the right one among the rest."""
    email = await with_password(site)
    guesses = [enter(site.stranger(), email, "errada errada") for _ in range(20)]
    answers = await asyncio.gather(*guesses)
    codes = [answer.status_code for answer in answers]
    assert (codes.count(422), codes.count(429)) == (5, 15)


async def test_right_after_some_wrong_ones_begins_the_count_anew(site: Site) -> None:
    email = await with_password(site)
    for _round in range(2):
        for _guess in range(4):
            await enter(site.stranger(), email, "errada errada")
        assert (await enter(site.stranger(), email, "uma frase longa")).status_code == 303


async def test_forms_of_other_sites_sign_nobody_in(site: Site) -> None:
    email = await with_password(site)
    form = {"email": email, "password": "uma frase longa"}
    client = site.stranger()
    for headers in (
        {"Origin": "https://mau.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = await client.post("/sign-in", data=form, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    same = {"Origin": site.address, "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/sign-in", data=form, headers=same)).status_code == 303


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/flows", "/flows"),
        ("//mau.example", "/"),
        ("https://mau.example", "/"),
        ("/\\mau.example", "/"),
        ("", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/mau.example", "/"),
        ("/flows\r\nx-y: z", "/"),
    ],
)
def test_only_our_own_paths_are_gone_to(asked: str, path: str) -> None:
    assert local_path(asked) == path


async def test_signing_out_ends_the_session_itself(site: Site) -> None:
    client = await site.client(site.bia)
    token = client.cookies["session"]
    assert (await client.post("/sign-out")).headers["location"] == "/sign-in"
    again = site.stranger()
    again.cookies.set("session", token)
    assert (await again.get("/")).status_code == 303


async def test_a_new_password_needs_the_old_one_and_some_length(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    short = await client.post("/password", data={"password": "curta"})
    assert (short.status_code, "curta demais" in short.text) == (422, True)
    assert (await client.post("/password", data={"password": "frase de senha"})).status_code == 303
    wrong = await client.post("/password", data={"password": "outra frase", "old": "x"})
    assert (wrong.status_code, "atual não é esta" in wrong.text) == (422, True)
    fine = {"password": "outra frase", "old": "frase de senha"}
    assert (await client.post("/password", data=fine)).status_code == 303
    assert (await enter(site.stranger(), "agent@bia.example", "outra frase")).status_code == 303


async def test_a_person_of_two_workspaces_goes_from_one_to_the_other(site: Site) -> None:
    user = site.bia.people["owner"]
    async with site.database.worker(site.davi.tenant) as transaction:
        await accounts.join(transaction, user, "viewer")
    client = await site.client(site.bia)
    assert "Oficina do Davi" in (await client.get("/flows")).text
    answer = await client.post("/workspace", data={"tenant": str(site.davi.tenant)})
    assert answer.status_code == 303
    client.headers.pop("X-CSRF-Token")  # it is of a page of Bia's
    page = await client.get("/settings")
    assert 'value="Oficina do Davi"' in page.text
    # There she is a viewer only; and her link could open Bia's workspace, so Davi cannot make one.
    token = re.search(r'X-CSRF-Token": "([^"]+)"', page.text)
    assert token
    refused = await client.post("/settings", data={"name": "x", "_csrf": token[1]})
    assert (refused.status_code, "Seu papel neste espaço" in refused.text) == (403, True)
    davi = await site.client(site.davi)
    refused = await davi.post(f"/settings/people/{user}/link")
    assert refused.status_code == 403
    assert "entra com a conta dela" in refused.text


async def test_preferences_stay_and_the_language_is_the_person_s_own(site: Site) -> None:
    client = await site.client(site.bia)
    answer = await client.post("/preferences", data={"theme": "dark", "back": "/flows"})
    assert answer.headers["location"] == "/flows"
    assert '<html lang="pt-BR" data-theme="dark">' in (await client.get("/flows")).text
    await client.post("/preferences", data={"language": "es"})
    other_browser = await site.client(site.bia)
    page = await other_browser.get("/flows", headers={"Accept-Language": "en"})
    assert '<html lang="es">' in page.text


async def test_a_wrong_password_forgets_not_where_one_was_going(site: Site) -> None:
    email = await with_password(site)
    client = site.stranger()
    page = await client.get("/flows/ola/edit?release=abc&message=1 2")
    there = "/sign-in?next=/flows/ola/edit%3Frelease%3Dabc%26message%3D1%25202"
    assert page.headers["location"] == there
    going = re.search(r'name="next" value="([^"]+)"', (await client.get(there)).text)
    assert going is not None
    form = {"email": email, "password": "errada", "next": going[1].replace("&amp;", "&")}
    wrong = await client.post("/sign-in", data=form)
    assert (wrong.status_code, going[0] in wrong.text) == (422, True)
    right = await client.post("/sign-in", data=form | {"password": "uma frase longa"})
    assert right.headers["location"] == "/flows/ola/edit?release=abc&message=1%202"
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://x.example/flows/ola?tab=1"}
    part = await site.stranger().get("/flows/ola/earlier", headers=htmx)
    assert part.headers["hx-redirect"] == "/sign-in?next=/flows/ola%3Ftab%3D1"
