"""Programs: tokens of signed-in users, sites that may ask from a browser, a limit a workspace."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from flowengine.store import accounts
from flowengine.store.accounts import ROLES
from tests.web.site import KEY, Place, Site
from web.limits import Limits
from web.origins import origin_of
from web.sign_in import PASSWORDS
from web.tokens import AUDIENCE, LIFETIME, Claims, Signer

PASSWORD = "uma frase bem longa"
SHOP = "https://loja.bia.example"


async def sign_in(site: Site, place: Place, role: str = "owner", **more: str) -> httpx.Response:
    slug = "bia" if place is site.bia else "davi"
    user = place.people[role]
    async with site.database.web(place.tenant, user) as transaction:
        await accounts.set_password(transaction, user, PASSWORDS.hash(PASSWORD))
    body = {"email": f"{role}@{slug}.example", "password": PASSWORD, **more}
    return await site.stranger().post("/api/v1/tokens", json=body)


async def person(site: Site, place: Place, role: str = "owner") -> httpx.AsyncClient:
    answer = await sign_in(site, place, role)
    assert answer.status_code == 201, answer.text
    return site.stranger(Authorization=f"Bearer {answer.json()['access_token']}")


# -- tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
async def test_a_user_may_do_by_token_what_the_role_may(site: Site, role: str) -> None:
    client = await person(site, site.bia, role)
    may = ROLES.index(role) >= ROLES.index("agent")
    assert (await client.get("/api/v1/contacts")).status_code == 200
    made = await client.post("/api/v1/contacts", json={"phone": "+5511988887777"})
    assert made.status_code == (200 if may else 403)


async def test_a_token_opens_its_own_workspace_only(site: Site) -> None:
    davi = await person(site, site.davi)
    shown = await davi.get("/api/v1/contacts")
    assert "Ana davi" in shown.text
    assert "bia" not in shown.text
    assert (await davi.get(f"/api/v1/contacts/{site.bia.contact}")).status_code == 404


async def test_a_token_of_one_workspace_that_names_another_opens_neither(site: Site) -> None:
    """Signed by us, as if the tenant had been swapped before signing: the grant tells."""
    answer = await sign_in(site, site.davi)
    said = Signer([base64.b64decode(KEY)]).read(answer.json()["access_token"])
    assert said is not None
    for tenant, user in ((site.bia.tenant, said.user), (site.bia.tenant, site.bia.people["owner"])):
        forged = Signer([base64.b64decode(KEY)]).sign(Claims(user, tenant, said.grant))
        client = site.stranger(Authorization=f"Bearer {forged}")
        assert (await client.get("/api/v1/contacts")).status_code == 401


async def test_the_workspace_can_be_named(site: Site) -> None:
    assert (await sign_in(site, site.bia, workspace="bia")).status_code == 201
    assert (await sign_in(site, site.bia, workspace="davi")).status_code == 401


async def test_a_token_opens_no_page(site: Site) -> None:
    client = await person(site, site.bia)
    assert (await client.get("/flows")).status_code == 303


async def test_a_wrong_password_gets_nothing_and_is_counted(site: Site) -> None:
    await sign_in(site, site.bia)
    wrong = {"email": "owner@bia.example", "password": "outra"}
    client = site.stranger()
    statuses = [(await client.post("/api/v1/tokens", json=wrong)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_a_refresh_token_is_good_once(site: Site) -> None:
    first = (await sign_in(site, site.bia)).json()
    client = site.stranger()
    second = await client.post(
        "/api/v1/tokens/refresh", json={"refresh_token": first["refresh_token"]}
    )
    assert second.status_code == 201
    fresh = second.json()
    allowed = site.stranger(Authorization=f"Bearer {fresh['access_token']}")
    assert (await allowed.get("/api/v1/flows")).status_code == 200
    # The first one again: somebody else has it too, so both lose it.
    for token in (first["refresh_token"], fresh["refresh_token"]):
        again = await client.post("/api/v1/tokens/refresh", json={"refresh_token": token})
        assert again.status_code == 401
    assert (await allowed.get("/api/v1/flows")).status_code == 401


async def test_signing_out_ends_both_tokens_at_once(site: Site) -> None:
    answer = (await sign_in(site, site.bia)).json()
    other = await person(site, site.bia)
    client = site.stranger(Authorization=f"Bearer {answer['access_token']}")
    assert (await client.delete("/api/v1/tokens")).status_code == 204
    assert (await client.get("/api/v1/flows")).status_code == 401
    refreshed = await site.stranger().post(
        "/api/v1/tokens/refresh", json={"refresh_token": answer["refresh_token"]}
    )
    assert refreshed.status_code == 401
    assert (await other.get("/api/v1/flows")).status_code == 200


async def test_a_key_has_nothing_to_sign_out_of(site: Site) -> None:
    program = await site.program(site.bia)
    assert (await program.delete("/api/v1/tokens")).status_code == 403


async def test_a_new_role_leaving_and_a_new_password_act_at_once(site: Site) -> None:
    admin = await person(site, site.bia, "admin")
    new: dict[str, Any] = {"kind": "simulator", "name": "x", "settings": {}}
    assert (await admin.post("/api/v1/channels", json=new)).status_code != 403
    async with site.database.web(site.bia.tenant) as transaction:
        await accounts.set_role(transaction, site.bia.people["admin"], "viewer")
    assert (await admin.post("/api/v1/channels", json=new)).status_code == 403
    async with site.database.web(site.bia.tenant) as transaction:
        await accounts.leave(transaction, site.bia.people["admin"])
    assert (await admin.get("/api/v1/flows")).status_code == 401
    agent, page = await person(site, site.bia, "agent"), await site.client(site.bia, "agent")
    form = {"old": PASSWORD, "password": "outra frase bem longa"}
    assert (await page.post("/password", data=form)).status_code in (200, 204, 303)
    assert (await agent.get("/api/v1/flows")).status_code == 401


def test_only_our_tokens_for_us_are_read() -> None:
    from uuid import uuid4

    old, new = bytes(32), bytes([1] * 32)
    claims = Claims(uuid4(), uuid4(), uuid4())
    token = Signer([old]).sign(claims)
    assert Signer([old]).read(token) == claims
    assert Signer([new, old]).read(token) == claims
    assert Signer([new]).read(token) is None
    late = datetime.now(UTC) - LIFETIME - timedelta(seconds=1)
    assert Signer([old]).read(Signer([old]).sign(claims, late)) is None
    kid = jwt.get_unverified_header(token)["kid"]
    said = jwt.decode(token, options={"verify_signature": False})
    for forged in (
        jwt.encode(said, "", algorithm="none", headers={"kid": kid}),
        jwt.encode(said, "x" * 32, algorithm="HS256", headers={"kid": kid}),
        token[:-2],
        "fe_x",
        "a.b.c",
        "",
    ):
        assert Signer([old]).read(forged) is None
    signer = Signer([old])
    for missing in ("exp", "aud", "iss", "sub", "tid", "gid"):
        less = {name: value for name, value in said.items() if name != missing}
        key = signer._keys[kid]
        token = jwt.encode(less, key, algorithm="HS256", headers={"kid": kid})
        assert signer.read(token) is None, missing
    other = jwt.encode({**said, "aud": "else"}, key, algorithm="HS256", headers={"kid": kid})
    assert AUDIENCE != "else"
    assert signer.read(other) is None


# -- sites -----------------------------------------------------------------------------------------


async def allow(site: Site, *origins: str) -> None:
    client = await site.client(site.bia, "admin")
    answer = await client.post("/settings/keys/origins", data={"origins": "\n".join(origins)})
    assert answer.status_code in (200, 204, 303), answer.text


def preflight(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "POST"}


async def test_a_listed_site_may_ask(site: Site) -> None:
    await allow(site, SHOP)
    asked = await site.stranger().options("/api/v1/contacts", headers=preflight(SHOP))
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()
    program = await site.program(site.bia)
    answer = await program.get("/api/v1/contacts", headers={"Origin": SHOP})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_refusal_can_be_read_by_a_listed_site(site: Site) -> None:
    await allow(site, SHOP)
    program = await site.program(site.bia, "viewer")
    headers = {"Origin": SHOP}
    body = {"phone": "+5511988887777"}
    answer = await program.post("/api/v1/contacts", json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["access-control-allow-origin"] == SHOP


async def test_a_site_that_is_not_listed_may_not(site: Site) -> None:
    await allow(site, SHOP)
    for origin in ("https://mal.example", "null", SHOP + ".mal.example", "http://loja.bia.example"):
        asked = await site.stranger().options("/api/v1/contacts", headers=preflight(origin))
        assert asked.status_code == 403
        assert "access-control-allow-origin" not in asked.headers
        program = await site.program(site.bia)
        answer = await program.get("/api/v1/contacts", headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


async def test_a_site_of_one_workspace_may_not_ask_another(site: Site) -> None:
    await allow(site, SHOP)
    davi = await site.program(site.davi)
    answer = await davi.get("/api/v1/contacts", headers={"Origin": SHOP})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_listed_site_may_sign_its_users_in(site: Site) -> None:
    await allow(site, SHOP)
    body = {"email": "owner@bia.example", "password": PASSWORD}
    await sign_in(site, site.bia)
    for origin, status in ((SHOP, 201), ("https://mal.example", 403)):
        answer = await site.stranger().post("/api/v1/tokens", json=body, headers={"Origin": origin})
        assert answer.status_code == status


async def test_pages_answer_no_other_site(site: Site) -> None:
    await allow(site, SHOP)
    client = await site.client(site.bia)
    answer = await client.get("/settings", headers={"Origin": SHOP})
    assert "access-control-allow-origin" not in answer.headers


async def test_sites_are_checked_when_they_are_entered(site: Site) -> None:
    client = await site.client(site.bia, "admin")
    form = {"origins": "https://loja.example\nloja"}
    assert (await client.post("/settings/keys/origins", data=form)).status_code == 422
    await allow(site, "https://Loja.example/", "http://localhost:3000")
    page = await client.get("/settings/keys")
    assert "https://loja.example\nhttp://localhost:3000" in page.text
    designer = await site.client(site.bia, "designer")
    assert (await designer.post("/settings/keys/origins", data=form)).status_code == 403


def test_what_an_origin_is() -> None:
    assert origin_of(" https://Loja.example:8443/ ") == "https://loja.example:8443"
    assert origin_of("http://127.0.0.1:3000") == "http://127.0.0.1:3000"
    for wrong in ("*", "https://*.example", "http://loja.example", "https://a/b", "null", ""):
        assert origin_of(wrong) is None, wrong


# -- the limit -------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_one_workspace_too_many_is_told_when_to_come_back(site: Site) -> None:
    services = site.boot.services
    assert services is not None
    # By a clock that stands still: no request comes again while others are asked for.
    services.limits.per_minute, services.limits.clock = 6, Clock()
    services.limits.own.clear()
    bia, davi = await site.program(site.bia), await site.program(site.davi)
    statuses = [(await bia.get("/api/v1/flows")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await (await site.program(site.bia)).get("/api/v1/flows")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert refused.json()["status"] == 429
    assert (await davi.get("/api/v1/flows")).status_code == 200
    assert (await site.stranger().get("/health")).status_code == 200


async def test_the_bucket_fills_again(site: Site) -> None:
    clock = Clock()
    limits = Limits(per_minute=60, clock=clock)
    tenant = site.bia.tenant
    taken = 0
    while not await limits.wait(tenant):
        taken += 1
    assert taken == 11
    clock.now += await limits.wait(tenant)
    assert await limits.wait(tenant) == 0


async def test_in_redis_the_bucket_is_shared(site: Site, redis_url: str) -> None:
    from redis.asyncio import Redis

    first = Limits(60, Redis.from_url(redis_url))
    second = Limits(60, Redis.from_url(redis_url))
    taken = 0
    while taken < 40 and not await (first, second)[taken % 2].wait(site.bia.tenant):
        taken += 1
    assert 11 <= taken < 20
    assert await second.wait(site.davi.tenant) == 0
    await first.close()
    await second.close()


async def test_without_redis_it_is_kept_by_each_process(site: Site) -> None:
    from redis.asyncio import Redis

    limits = Limits(60, Redis.from_url("redis://127.0.0.1:1/0"))
    answers = [await limits.wait(site.bia.tenant) for _ in range(12)]
    assert answers[:11] == [0.0] * 11
    assert answers[11] > 0
    await limits.close()
