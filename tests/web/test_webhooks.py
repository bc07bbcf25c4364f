"""The door that providers knock at: signatures, unknown addresses, sizes, who must come back."""

import json
import time
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from connectors.simulator.signature import sign
from connectors.whatsapp_cloud.signature import sign as sign_cloud
from flowengine.store import channels
from flowengine.store.ids import new_id
from tests.web.living import wait_for
from tests.web.site import Site
from web import doors as doors_of
from web.doors import Door, Doors
from web.webhooks import BROKEN

CLOUD = {
    "phone_number_id": "106540352242922",
    "token": "t",
    "app_secret": "app-secret",
    "verify_token": "palavra",
}


def batch(text: str, wamid: str) -> bytes:
    """A signed-to-be webhook body with one message."""
    message = {
        "from": "5511999990001",
        "id": wamid,
        "timestamp": "1767000000",
        "type": "text",
        "text": {"body": text},
    }
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "5511999990001"}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    entry = {"id": "1", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


@pytest.fixture
async def cloud(site: Site) -> str:
    """The path of a Cloud channel's webhook."""
    async with site.database.web(site.bia.tenant) as transaction:
        channel = await channels.add_channel(
            transaction,
            site.vault,
            "cloud",
            "Loja",
            CLOUD["phone_number_id"],
            json.dumps(CLOUD).encode(),
        )
    return f"/webhooks/cloud/{channel.id}"


async def post(site: Site, path: str, body: bytes, secret: str = "app-secret") -> httpx.Response:
    headers = {"X-Hub-Signature-256": sign_cloud(body, secret)}
    return await site.stranger().post(path, content=body, headers=headers)


async def count(site: Site, table: str) -> int:
    return await owner_value(site, f"SELECT count(*) FROM {table}")


async def owner_value(site: Site, sql: str) -> Any:
    connection = await asyncpg.connect(site.owner_dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_a_signed_batch_is_stored_before_it_is_answered(site: Site, cloud: str) -> None:
    answer = await post(site, cloud, batch("bom dia", "wamid.1"))
    assert (answer.status_code, answer.text) == (200, "")
    assert await count(site, "inbox_seen") == 1
    # The same batch again is answered 200 and stored no more.
    assert (await post(site, cloud, batch("bom dia", "wamid.1"))).status_code == 200
    assert await count(site, "inbox_seen") == 1


async def test_a_wrong_signature_changes_nothing(site: Site, cloud: str) -> None:
    body = batch("invasão", "wamid.2")
    for secret in ("outro", ""):
        assert (await post(site, cloud, body, secret)).status_code == 401
    bare = await site.stranger().post(cloud, content=body)
    assert bare.status_code == 401
    for table in ("inbox", "inbox_seen", "conversations", "webhook_dead"):
        assert await count(site, table) == 0


async def test_unknown_addresses_are_404(site: Site, cloud: str) -> None:
    body = batch("oi", "wamid.3")
    channel = cloud.rpartition("/")[2]
    for path in (
        "/webhooks/cloud/01890000-0000-7000-8000-000000000000",
        "/webhooks/cloud/nada",
        f"/webhooks/simulator/{channel}",
        f"/webhooks/outro/{channel}",
    ):
        assert (await post(site, path, body)).status_code == 404


async def test_meta_s_handshake(site: Site, cloud: str) -> None:
    client = site.stranger()
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "palavra"}
    fine = await client.get(cloud, params=asked)
    assert (fine.status_code, fine.text) == (200, "1158201444")
    wrong = await client.get(cloud, params=asked | {"hub.verify_token": "outra"})
    assert (wrong.status_code, wrong.text) == (403, "forbidden")


async def test_a_body_over_four_megabytes_is_refused(site: Site, cloud: str) -> None:
    answer = await post(site, cloud, b"x" * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_while_stopping_the_provider_is_told_to_come_back(site: Site, cloud: str) -> None:
    assert site.workers
    await site.workers.stop()
    answer = await post(site, cloud, batch("oi", "wamid.4"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert await count(site, "inbox") == 0


def test_what_is_known_of_a_channel_is_a_second_old_at_most() -> None:
    assert doors_of.FRESH <= 1


@pytest.fixture
def looking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """That second is over at each webhook, however little time has passed."""
    monkeypatch.setattr(doors_of, "FRESH", 0.0)


@pytest.mark.usefixtures("looking_again")
async def test_a_changed_secret_acts_as_soon_as_it_is_looked_at(site: Site, cloud: str) -> None:
    assert (await post(site, cloud, batch("um", "wamid.5"))).status_code == 200
    owner = await site.client(site.bia)
    form = CLOUD | {"channel_name": "Loja", "app_secret": "novo-segredo"}
    channel = cloud.rpartition("/")[2]
    assert (await owner.post(f"/channels/{channel}", data=form)).status_code == 303
    answer = await post(site, cloud, batch("dois", "wamid.6"), "novo-segredo")
    assert answer.status_code == 200
    assert (await post(site, cloud, batch("três", "wamid.7"))).status_code == 401


@pytest.mark.usefixtures("looking_again")
async def test_a_removed_channel_is_gone_as_soon_as_it_is_looked_at(site: Site, cloud: str) -> None:
    assert (await post(site, cloud, batch("um", "wamid.8"))).status_code == 200
    owner = await site.client(site.bia)
    channel = cloud.rpartition("/")[2]
    assert (await owner.post(f"/channels/{channel}/remove")).status_code == 303
    assert (await post(site, cloud, batch("dois", "wamid.9"))).status_code == 404


async def test_the_simulator_s_webhook_is_asked_for_its_signature_too(site: Site) -> None:
    path = f"/webhooks/simulator/{site.bia.channel}"
    body = json.dumps({"number": site.bia.number, "events": []}).encode()
    client = site.stranger()
    assert (await client.post(path, content=body, headers=sign(body, "x"))).status_code == 401
    assert (await client.post(path, content=body, headers=sign(body, "s"))).status_code == 200


async def test_an_address_that_was_nobodys_works_once_it_is_somebodys(site: Site) -> None:
    """Unknown addresses are remembered, but no longer than until the channel is there."""
    id_ = new_id()
    path = f"/webhooks/cloud/{id_}"
    for _ in range(3):
        assert (await site.stranger().post(path, content=b"{}")).status_code == 404
    async with site.database.web(site.bia.tenant) as transaction:
        await channels.add_channel(
            transaction, site.vault, "cloud", "Nova", "new", json.dumps(CLOUD).encode(),
            channel_id=id_,
        )  # fmt: skip

    async def known() -> bool:
        return (await site.stranger().post(path, content=b"{}")).status_code == 401

    await wait_for(known, 30)


async def test_a_door_is_opened_once_for_a_change_that_is_seen_often(
    site: Site, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors_of, "FRESH", 0.0)  # looked at before each webhook
    doors, services = Doors(), site.boot.services
    assert services is not None
    channel = UUID(cloud.rpartition("/")[2])
    first = await doors.door(services, channel)
    assert first is not None
    # The change that made it is seconds old at most, and so is told each time.
    assert await doors.door(services, channel) is first
    async with site.database.web(site.bia.tenant) as transaction:
        await channels.bind_flows(transaction, channel, [])
    assert await doors.door(services, channel) is not first


async def test_a_connector_that_stumbled_is_tried_again_though_its_channel_did_not_change(
    site: Site, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors, services = Doors(), site.boot.services
    assert services is not None
    channel = UUID(cloud.rpartition("/")[2])
    first = await doors.door(services, channel)
    assert first is not None
    doors._doors[channel] = Door(first.channel, "stumbled", time.monotonic())
    again = await doors.door(services, channel)
    assert again is not None
    assert again.provider == "stumbled"  # asked once in a while, not by every webhook
    monkeypatch.setattr(doors_of, "UNKNOWN", 0.0)
    after = await doors.door(services, channel)
    assert after is not None
    assert not isinstance(after.provider, str)


@pytest.mark.parametrize("wrong", ["fields", "json", "number", "key", "kind"])
async def test_settings_that_cannot_be_used_say_so_and_nothing_is_lost(
    site: Site, cloud: str, wrong: str
) -> None:
    id_ = UUID(cloud.rpartition("/")[2])
    raw = {"fields": b'{"token": "t"}', "json": b"{", "number": b"5"}.get(wrong)
    if raw is not None:
        async with site.database.web(site.bia.tenant) as transaction:
            await channels.change_channel(transaction, site.vault, id_, settings=raw)
    else:  # sealed by a key that is gone; of a package that is no longer installed
        to = "settings = 'x'::bytea" if wrong == "key" else "kind = 'outro'"
        connection = await asyncpg.connect(site.owner_dsn)
        await connection.execute(
            f"UPDATE channels SET {to}, updated_at = clock_timestamp() WHERE id = $1", id_
        )
        await connection.close()
    path = cloud if wrong != "kind" else f"/webhooks/outro/{id_}"
    body = batch("oi", "wamid.10")

    answer = await post(site, path, body)
    assert (answer.status_code, answer.text) == (503, BROKEN)
    assert int(answer.headers["retry-after"]) >= 1
    assert (await site.stranger().get(path)).status_code == 503
    assert await count(site, "webhook_dead") == 0

    async def told() -> bool:
        return await owner_value(
            site,
            f"SELECT count(*) FROM channel_health WHERE channel_id = '{id_}'"
            " AND state = 'reauthorise' AND why = 'settings'",
        )

    await wait_for(told, 30)  # the next round of looks is as far away: people are told before it

    async with site.database.web(site.bia.tenant) as transaction:
        await channels.change_channel(
            transaction, site.vault, id_, settings=json.dumps(CLOUD).encode()
        )
    if wrong == "kind":
        return

    async def mended() -> bool:
        return (await post(site, path, body)).status_code == 200

    await wait_for(mended, 30)
    assert await count(site, "inbox_seen") == 1
