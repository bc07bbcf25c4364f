"""A channel's page: pairing with a phone, examining the set-up, what its provider told."""

import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.messages import Notice, Parsed
from flowengine.store import channels
from flowengine.store.arrivals import Delivery, receive
from tests.web.site import Site

PIECE = {"HX-Request": "true"}


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


def form(server: FakeEvolution, **more: str) -> dict[str, str]:
    known = {
        "channel_name": "Loja",
        "base_url": server.url,
        "instance": "loja",
        "api_key": server.key,
        "webhook_secret": "",
        "replies_only": "yes",
    }
    return {**known, **more}


async def made(client: httpx.AsyncClient, server: FakeEvolution) -> str:
    answer = await client.post("/channels/new/evolution", data=form(server))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_unofficial_channel_says_what_it_risks(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    assert "/channels/new/evolution" in (await client.get("/channels")).text
    for page in ("/channels/new/evolution", await made(client, server)):
        text = (await client.get(page)).text
        assert "o número pode ser banido" in text
        assert "30 mensagens por minuto" in text
    assert "banido" not in (await client.get("/channels/new/cloud")).text


async def test_the_form_keeps_what_is_ticked_and_makes_a_secret(
    site: Site, server: FakeEvolution
) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    changed = {k: v for k, v in form(server, native_choices="yes").items() if k != "replies_only"}
    assert (await client.post(path, data=changed)).status_code == 303
    async with site.database.worker(site.bia.tenant) as transaction:
        (found,) = [c for c in await channels.channels(transaction) if c.kind == "evolution"]
        raw = await channels.channel_settings(transaction, site.vault, found.id)
    settings = msgspec.json.decode(raw)
    assert found.address == "loja"
    assert (settings["replies_only"], settings["native_choices"]) == (False, True)
    assert len(settings["webhook_secret"]) >= 16
    assert settings["webhook_secret"] not in (await client.get(path)).text
    assert settings["messages_per_second"] == 0.5


async def test_a_channel_is_paired_restarted_and_logged_out(
    site: Site, server: FakeEvolution
) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    state = await client.get(f"{path}/session")
    assert "Ainda não existe" in state.text
    shown = await client.post(f"{path}/session", data={"act": "pair"}, headers=PIECE)
    assert "data:image/png;base64," in shown.text
    assert "follow=qr" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert (
        server.instances["loja"]
        .webhook["url"]
        .endswith(path.replace("/channels", "/webhooks/evolution"))
    )
    again = await client.get(f"{path}/session?follow=qr")
    assert "data:image/png;base64," in again.text
    typed = {"act": "pair", "phone": "(11) 3333-4444"}
    code = await client.post(f"{path}/session", data=typed, headers=PIECE)
    assert "WZYEH1YY" in code.text
    assert server.instances["loja"].number == "551133334444"
    server.scan("loja")
    done = await client.get(f"{path}/session?follow=qr")
    assert "Conectado" in done.text
    assert "hx-trigger" not in done.text
    restarted = await client.post(f"{path}/session", data={"act": "restart"}, headers=PIECE)
    assert "Conectado" in restarted.text
    out = await client.post(f"{path}/session", data={"act": "logout"}, headers=PIECE)
    assert "precisa parear" in out.text
    assert (await client.post(f"{path}/session", data={"act": "dance"})).status_code == 404
    plain = await client.post(f"{path}/session", data={"act": "restart"})
    assert plain.status_code == 303
    await server.close()
    away = await client.get(f"{path}/session")
    assert "falha passageira" in away.text or "não respondeu" in away.text


async def test_only_admins_see_a_code(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    designer = await site.client(site.bia, "designer")
    assert (await designer.get(f"{path}/session?follow=qr")).status_code == 403
    assert (await designer.post(f"{path}/session", data={"act": "pair"})).status_code == 403
    assert (await designer.post(f"{path}/examine")).status_code == 403
    assert "loja" not in server.instances
    simulated = f"/channels/{site.bia.channel}"
    assert (await client.get(f"{simulated}/session")).status_code == 404


async def test_a_channel_is_examined_with_a_mend_for_each_thing(
    site: Site, server: FakeEvolution
) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    looked = await client.post(f"{path}/examine", headers=PIECE)
    assert "O canal precisa de atenção." in looked.text
    assert "A instância ainda não existe. Clique em Conectar." in looked.text
    await client.post(f"{path}/session", data={"act": "pair"}, headers=PIECE)
    server.scan("loja")
    looked = await client.post(f"{path}/examine", headers=PIECE)
    assert len(re.findall(r'class="tag ok"', looked.text)) >= 3
    english = await client.post(f"{path}/examine", headers={**PIECE, "Accept-Language": "en"})
    assert english.status_code == 200
    assert (await client.post(f"{path}/examine")).status_code == 303
    refused = await client.post(f"{path}/examine", data={"to": "abc"}, headers=PIECE)
    assert refused.status_code == 422


async def test_what_the_provider_told_is_on_the_page(site: Site, server: FakeEvolution) -> None:
    client = await site.client(site.bia)
    path = await made(client, server)
    async with site.database.worker() as transaction:
        (found,) = [
            c
            for c in await channels.channels(transaction.of(site.bia.tenant))
            if c.kind == "evolution"
        ]
        told = Notice("k", "connection", {"state": "closed", "reason": 401}, "stop")
        await receive(transaction, [Delivery(site.bia.tenant, found.id, Parsed((told,)))])
    text = (await client.get(path)).text
    assert text.count("Conexão com o WhatsApp") == 2  # above, and in the list
    assert "closed · 401" in text


async def test_broken_settings_are_said_not_a_fault_of_ours(site: Site) -> None:
    async with site.database.worker(site.bia.tenant) as transaction:
        broken = msgspec.json.encode({"base_url": 7})
        channel = await channels.add_channel(
            transaction, site.vault, "baileys", "Celular", "5511900000077", broken
        )
    client = await site.client(site.bia)
    for path in ("session", "session?follow=qr"):
        answer = await client.get(f"/channels/{channel.id}/{path}")
        assert answer.status_code == 422
        assert "não pode ser lida" in answer.text
        assert "Preencha a Configuração de novo" in answer.text
    program = await site.program(site.bia)
    told = await program.get(f"/api/v1/channels/{channel.id}/session")
    assert (told.status_code, "base_url" in told.text) == (422, True)
    assert (await client.post(f"/channels/{channel.id}/examine")).status_code == 422
