"""Somebody leaves a workspace: the keys that they made are named, and revoked unless kept."""

import httpx
import pytest

from flowengine.store import accounts, api_keys
from tests.web.site import Place, Site


async def keys_of(
    site: Site, place: Place, role: str, *names: str, may: str = "agent"
) -> dict[str, tuple[str, str]]:
    """Keys that one of the people made, by name: id and text; `may`: their role."""
    made: dict[str, tuple[str, str]] = {}
    async with site.database.web(place.tenant) as transaction:
        for name in names:
            key, secret = await api_keys.make_api_key(transaction, name, may, place.people[role])
            made[name] = (str(key.id), secret)
    return made


async def answered(site: Site, secret: str) -> int:
    program = site.stranger(Authorization=f"Bearer {secret}")
    return (await program.get("/api/v1/flows")).status_code


async def test_keys_are_named_before_somebody_is_taken_out_and_end_unless_kept(site: Site) -> None:
    made = await keys_of(site, site.bia, "admin", "ERP", "Loja <b>")
    others = await keys_of(site, site.bia, "owner", "Da dona")
    client, user = await site.client(site.bia), site.bia.people["admin"]
    page = (await client.get(f"/settings/people/{user}/remove")).text
    assert "ERP" in page
    assert "Loja &lt;b&gt;" in page
    assert "Da dona" not in page
    answer = await client.post(f"/settings/people/{user}/remove", data={"keep": made["ERP"][0]})
    assert answer.status_code == 303
    assert await answered(site, made["ERP"][1]) == 200
    assert await answered(site, made["Loja <b>"][1]) == 401
    assert await answered(site, others["Da dona"][1]) == 200
    audit = (await client.get("/settings/audit?kind=memberships")).text
    assert "tirou do espaço" in audit
    assert "admin bia" in audit
    assert "chaves revogadas: <ins>Loja &lt;b&gt;</ins>" in audit
    assert "chaves que ficaram: <ins>ERP</ins>" in audit
    assert "feita por quem já saiu" in (await client.get("/settings/keys")).text


async def test_without_a_choice_the_keys_end(site: Site) -> None:
    made = await keys_of(site, site.bia, "admin", "ERP")
    client, user = await site.client(site.bia), site.bia.people["admin"]
    assert (await client.post(f"/settings/people/{user}/remove")).status_code == 303
    assert await answered(site, made["ERP"][1]) == 401


@pytest.mark.parametrize("places", [1, 2])
async def test_who_leaves_goes_on_where_else_they_are(site: Site, places: int) -> None:
    client, user = await site.client(site.bia, "designer"), site.bia.people["designer"]
    made = await keys_of(site, site.bia, "designer", "ERP")
    if places == 2:
        async with site.database.worker(site.davi.tenant) as transaction:
            await accounts.join(transaction, user, "agent")
    assert "Pet da Bia" in (await client.get("/workspace/leave")).text
    answer = await client.post("/workspace/leave")
    assert answer.headers["location"] == ("/" if places == 2 else "/sign-in")
    assert await answered(site, made["ERP"][1]) == 401
    del client.headers["X-CSRF-Token"]  # of a page of the workspace that they left
    page = await client.get("/settings")
    assert page.status_code == (200 if places == 2 else 303)
    assert await is_gone(site, user_page=f"/settings/people/{user}")
    if places == 2:
        assert "Oficina do Davi" in page.text


async def is_gone(site: Site, user_page: str) -> bool:
    boss: httpx.AsyncClient = await site.client(site.bia)
    return (await boss.get(user_page)).status_code == 404


async def test_the_last_owner_is_told_why_they_cannot_leave(site: Site) -> None:
    client = await site.client(site.bia)
    made = await keys_of(site, site.bia, "owner", "ERP")
    page = await client.get("/workspace/leave")
    assert page.status_code == 200
    assert "O espaço precisa de um dono" in page.text
    assert "btn danger" not in page.text.partition("<main")[2]
    assert (await client.post("/workspace/leave")).status_code == 409
    assert await answered(site, made["ERP"][1]) == 200


async def test_an_admin_neither_sees_nor_does_the_leaving_of_an_owner(site: Site) -> None:
    client, owner = await site.client(site.bia, "admin"), site.bia.people["owner"]
    assert (await client.get(f"/settings/people/{owner}/remove")).status_code == 403
    assert (await client.post(f"/settings/people/{owner}/remove")).status_code == 403


async def test_who_leaves_keeps_no_key_alive_that_they_could_not_make_now(site: Site) -> None:
    """An admin who was lowered to a viewer by other means than the page."""
    made = await keys_of(site, site.bia, "admin", "ERP", may="admin")
    client, user = await site.client(site.bia, "admin"), site.bia.people["admin"]
    async with site.database.web(site.bia.tenant) as transaction:
        await accounts.set_role(transaction, user, "viewer")
    page = (await client.get("/workspace/leave")).text
    assert 'name="keep"' not in page
    assert "será revogada" in page
    answer = await client.post("/workspace/leave", data={"keep": made["ERP"][0]})
    assert answer.status_code == 303
    assert await answered(site, made["ERP"][1]) == 401


async def test_an_admin_keeps_no_key_of_an_owner_s(site: Site) -> None:
    made = await keys_of(site, site.bia, "designer", "ERP", may="owner")
    client, user = await site.client(site.bia, "admin"), site.bia.people["designer"]
    page = (await client.get(f"/settings/people/{user}/remove")).text
    assert "será revogada" in page
    await client.post(f"/settings/people/{user}/remove", data={"keep": made["ERP"][0]})
    assert await answered(site, made["ERP"][1]) == 401


async def test_a_lowered_role_leaves_no_key_above_it(site: Site) -> None:
    high = await keys_of(site, site.bia, "admin", "ERP", may="admin")
    low = await keys_of(site, site.bia, "admin", "Painel", may="viewer")
    client, user = await site.client(site.bia), site.bia.people["admin"]
    assert "ERP (Administrador)" in (await client.get(f"/settings/people/{user}")).text
    answer = await client.post(f"/settings/people/{user}/role", data={"role": "viewer"})
    assert answer.status_code == 303
    assert "Chaves revogadas: ERP." in (await client.get("/settings/people")).text
    assert await answered(site, high["ERP"][1]) == 401
    assert await answered(site, low["Painel"][1]) == 200
