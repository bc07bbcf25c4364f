"""A channel's fallback and plan: by page and API, checked, and nobody else's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.store import channels, plans
from flowengine.store.ids import new_id
from flowengine.store.plan_report import rate, report
from tests.web.site import Site
from tests.web.test_channel_care import made


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


async def other(client: httpx.AsyncClient, server: FakeEvolution) -> str:
    return (await made(client, server)).rpartition("/")[2]


async def test_a_fallback_is_off_until_it_is_wanted(site: Site, server: FakeEvolution) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    reserve, path = await other(client, server), f"/channels/{site.bia.channel}"
    of_api = f"/api/v1{path}/fallback"
    assert (await api.get(of_api)).json()["to"] is None
    form = {"to": reserve, "minutes": "2", "go_back": "yes"}
    assert (await client.post(f"{path}/fallback", data=form)).status_code == 303
    assert (await api.get(of_api)).json() == {"to": reserve, "after_seconds": 120, "go_back": True}
    page = (await client.get(path)).text
    assert "Se este canal sair do ar" in page
    assert f'value="{reserve}" selected' in page
    put = await api.put(of_api, json={"to": reserve, "after_seconds": 600, "go_back": False})
    assert put.json()["after_seconds"] == 600
    assert (await client.post(f"{path}/fallback", data={"to": ""})).status_code == 303
    assert (await api.get(of_api)).json()["to"] is None


@pytest.mark.parametrize(
    ("body", "place"),
    [({"after_seconds": 5}, "after_seconds"), ({"to": ""}, "to")],
)
async def test_a_fallback_that_cannot_be_says_where(
    site: Site, server: FakeEvolution, body: dict[str, object], place: str
) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    reserve = await other(client, server)
    mine = str(site.bia.channel)
    wrong = {"to": reserve, **body}
    if wrong["to"] == "":
        wrong["to"] = mine
    answer = await api.put(f"/api/v1/channels/{mine}/fallback", json=wrong)
    assert (answer.status_code, answer.json()["place"]) == (422, place)


async def test_a_plan_from_its_beginning_to_its_end(site: Site, server: FakeEvolution) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    target, path = await other(client, server), f"/channels/{site.bia.channel}/plan"
    assert "Para o canal" in (await client.get(path)).text
    begun = await client.post(path, data={"to": target, "percent": "5"})
    assert begun.status_code == 303
    (plan,) = (await api.get("/api/v1/channel-plans")).json()["items"]
    assert (plan["from"], plan["to"]) == (str(site.bia.channel), target)
    assert (plan["percent"], plan["state"]) == (5, "active")
    twice = {"from": plan["from"], "to": target, "percent": 1}
    assert (await api.post("/api/v1/channel-plans", json=twice)).status_code == 409
    page = (await client.get(path)).text
    assert "5 % dos contatos por Loja" in page
    assert "95 % de certeza" in page
    await client.post(f"{path}/change", data={"percent": "40", "at_once": "yes"})
    one = f"/api/v1/channel-plans/{plan['id']}"
    assert (await api.get(one)).json()["percent"] == 40
    assert (await api.patch(one, json={"percent": 101})).json()["place"] == "percent"
    told = (await api.get(f"{one}/report")).json()
    assert (told["moved"], told["new"]["sent"]) == (0, 0)
    assert (await api.patch(one, json={"state": "ended"})).json()["state"] == "ended"
    assert (await api.patch(one, json={"percent": 1})).status_code == 404
    assert (await client.post(f"{path}/change", data={"percent": "1"})).status_code == 409
    assert (await client.post(path, data={"to": target, "percent": "x"})).status_code == 422


async def test_a_stranger_reaches_neither(site: Site, server: FakeEvolution) -> None:
    client, api = await site.client(site.bia), await site.program(site.bia, "admin")
    target = await other(client, server)
    mine = str(site.bia.channel)
    made_by_her = await api.post(
        "/api/v1/channel-plans", json={"from": mine, "to": target, "percent": 10}
    )
    plan = made_by_her.json()["id"]
    theirs, stranger = await site.program(site.davi, "admin"), await site.client(site.davi)
    own = str(site.davi.channel)
    assert (await theirs.get("/api/v1/channel-plans")).json()["items"] == []
    for answer in (
        await theirs.get(f"/api/v1/channel-plans/{plan}"),
        await theirs.get(f"/api/v1/channel-plans/{plan}/report"),
        await theirs.patch(f"/api/v1/channel-plans/{plan}", json={"percent": 100}),
        await theirs.post("/api/v1/channel-plans", json={"from": own, "to": target}),
        await theirs.post("/api/v1/channel-plans", json={"from": mine, "to": own}),
        await theirs.put(f"/api/v1/channels/{own}/fallback", json={"to": mine}),
        await theirs.put(f"/api/v1/channels/{mine}/fallback", json={"to": own}),
        await theirs.get(f"/api/v1/channels/{mine}/fallback"),
        await theirs.delete(f"/api/v1/channels/{mine}/fallback"),
        await stranger.get(f"/channels/{mine}/plan"),
        await stranger.post(f"/channels/{mine}/plan", data={"to": own, "percent": "1"}),
        await stranger.post(f"/channels/{own}/fallback", data={"to": mine, "minutes": "5"}),
    ):
        assert answer.status_code == 404, answer.text
    assert (await api.get(f"/api/v1/channel-plans/{plan}")).json()["percent"] == 10
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.get(f"/channels/{mine}/plan")).status_code == 200
    assert (await viewer.post(f"/channels/{mine}/plan/change")).status_code == 403


# -- the report ----------------------------------------------------------------------------------


def test_a_share_says_how_sure_it_is() -> None:
    assert rate(0, 0).share is None
    none, half, all_ = rate(0, 10), rate(50, 100), rate(10, 10)
    assert (none.low, none.high) == (0.0, 0.2775)  # Wilson's, as tables have it
    assert (half.low, half.high) == (0.4038, 0.5962)
    assert (all_.low, all_.high) == (0.7225, 1.0)


async def test_a_report_counts_what_left_by_each_side(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    target = UUID(await other(client, server))
    async with site.database.worker(site.bia.tenant) as transaction:
        plan = await plans.make_plan(transaction, site.bia.channel, target, 50, False)
        room = await transaction.value(
            "INSERT INTO conversations (id, tenant_id, channel_id, contact_id)"
            " VALUES ($1, $2, $3, $4) RETURNING id",
            new_id(), site.bia.tenant, target, new_id(),
        )  # fmt: skip
        at = datetime.now(UTC) + timedelta(seconds=1)
        for number in range(20):
            status = "failed" if number < 2 else "read" if number < 8 else "delivered"
            came = None if status == "failed" else at + timedelta(seconds=number)
            id = new_id()
            await transaction.run(
                """
                INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind,
                    content, provider_id, status, delivered_at)
                VALUES ($1, $2, $3, $4, 'out', 'bot', 'text', '', $5, $6, $7)
                """,
                id, site.bia.tenant, room, at, f"w{number}", status, came,
            )  # fmt: skip
            await transaction.run(
                "INSERT INTO provider_ids (channel_id, provider_id, message_id, at)"
                " VALUES ($1, $2, $3, $4)",
                target, f"w{number}", id, at,
            )  # fmt: skip
        told = await report(transaction, plan)
        assert told.old.sent == 0
        assert (told.old.seconds, told.old.delivered.share) == (None, None)
        new = told.new
        assert (new.sent, new.delivered.count, new.read.count, new.failed.count) == (20, 18, 6, 2)
        assert new.delivered.share == 0.9
        assert new.seconds == 10.5  # of 2 to 19
        assert new.seconds_low is not None
        assert new.seconds_high is not None
        assert 2 <= new.seconds_low < 10.5 < new.seconds_high <= 19
        assert await channels.channel(transaction, target)
