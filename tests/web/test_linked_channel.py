"""A number linked as a device, on its channel's page: consent, codes, reasons, and what is kept."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from connectors.fake_baileys import FakeBaileys, Paired
from flowengine.store import channels
from tests.web.site import Site

PIECE = {"HX-Request": "true"}
SECRET = "secret-of-the-channel-1"
FORM = {
    "channel_name": "Loja",
    "number": "+55 11 3333-44444",
    "consent": "yes",
    "replies_only": "yes",
}


@pytest.fixture
async def service() -> AsyncIterator[FakeBaileys]:
    service = FakeBaileys(SECRET)
    await service.start()
    yield service
    await service.close()


async def made(client: httpx.AsyncClient) -> str:
    answer = await client.post("/channels/new/baileys", data=FORM)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def settings_of(site: Site, path: str) -> dict[str, Any]:
    async with site.database.worker(site.bia.tenant) as transaction:
        raw = await channels.channel_settings(transaction, site.vault, UUID(path[-36:]))
    return msgspec.json.decode(raw)


async def taken_up(site: Site, path: str, service: FakeBaileys) -> None:
    """As `flowengine baileys` does."""
    channel = path[-36:]
    known = {"base_url": service.url, "secret": SECRET, "session": channel}
    written = msgspec.json.encode({**await settings_of(site, path), **known})
    async with site.database.worker(site.bia.tenant) as transaction:
        await channels.change_channel(transaction, site.vault, UUID(channel), settings=written)
    service.sessions[channel] = Paired()


async def test_it_is_made_only_by_who_says_that_they_know_the_risk(site: Site) -> None:
    client = await site.client(site.bia)
    page = (await client.get("/channels/new/baileys")).text
    assert "o número pode ser banido" in page
    assert "Eu entendo o risco" in page
    assert 'name="secret"' not in page
    assert 'name="base_url"' not in page
    bold = {k: v for k, v in FORM.items() if k != "consent"}
    refused = await client.post("/channels/new/baileys", data=bold)
    assert refused.status_code == 422
    assert "você entende o risco" in refused.text
    path = await made(client)
    assert (await settings_of(site, path))["number"] == "+5511333344444"
    waiting = await client.get(f"{path}/session")
    assert "está pegando este canal" in waiting.text


async def test_what_is_not_for_people_is_kept_when_they_save(
    site: Site, service: FakeBaileys
) -> None:
    client = await site.client(site.bia)
    path = await made(client)
    await taken_up(site, path, service)
    changed = {**FORM, "messages_per_second": "0.2", "secret": "mine-mine-mine-mine"}
    assert (await client.post(path, data=changed)).status_code == 303
    settings = await settings_of(site, path)
    assert (settings["secret"], settings["base_url"]) == (SECRET, service.url)
    assert settings["messages_per_second"] == 0.2
    assert SECRET not in (await client.get(path)).text


async def test_a_code_first_and_a_picture_for_who_prefers_it(
    site: Site, service: FakeBaileys
) -> None:
    client = await site.client(site.bia)
    path = await made(client)
    await taken_up(site, path, service)
    page = (await client.get(path)).text
    assert page.index("Conectar com um código") < page.index("Prefiro um QR code")
    assert "Evolution" not in page
    typed = {"act": "pair", "phone": "+5511333344444"}
    code = await client.post(f"{path}/session", data=typed, headers=PIECE)
    assert "WZYE-H1YY" in code.text
    assert code.headers["cache-control"] == "no-store"
    shown = await client.post(f"{path}/session", data={"act": "pair", "phone": ""}, headers=PIECE)
    assert "data:image/png;base64," in shown.text
    assert "data:image/png;base64," in (await client.get(f"{path}/session?follow=qr")).text
    service.open(path[-36:])
    assert "Conectado" in (await client.get(f"{path}/session?follow=qr")).text


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("stopped", "replaced", "Outro programa tomou a conexão."),
        ("stopped", "forbidden", "O WhatsApp baniu ou bloqueou este número."),
        ("stopped", "too_old", "O programa de conexão está velho demais para o WhatsApp."),
        ("needs_pairing", "logged_out", "O celular nos desconectou."),
        ("closed", "lost", "A conexão caiu."),
    ],
)
async def test_why_it_is_not_connected_is_said_in_words(
    site: Site, service: FakeBaileys, state: str, reason: str, words: str
) -> None:
    client = await site.client(site.bia)
    path = await made(client)
    await taken_up(site, path, service)
    service.sessions[path[-36:]].state = state
    service.sessions[path[-36:]].reason = reason
    assert words in (await client.get(f"{path}/session")).text


async def test_where_the_service_is_away_the_page_says_so(site: Site, service: FakeBaileys) -> None:
    client = await site.client(site.bia)
    path = await made(client)
    await taken_up(site, path, service)
    await service.close()
    away = await client.get(f"{path}/session")
    assert "O serviço Baileys não responde." in away.text
    looked = await client.post(f"{path}/examine", headers=PIECE)
    assert "O serviço Baileys não responde." in looked.text


async def test_what_is_not_for_people_is_not_for_programs_either(site: Site) -> None:
    """Whoever could name the key of a session would be taken for its channel."""
    program = await site.program(site.bia, "admin")
    given = {"number": "+5511333366666", "consent": True, "secret": "mine-mine-mine-mine",
             "base_url": "https://evil.example.com", "session": "0"}  # fmt: skip
    body = {"kind": "baileys", "name": "Loja", "settings": given}
    answer = await program.post("/api/v1/channels", json=body)
    assert answer.status_code in (200, 201), answer.text
    settings = await settings_of(site, answer.json()["id"])
    assert (settings["secret"], settings["base_url"], settings["session"]) == ("", "", "")
