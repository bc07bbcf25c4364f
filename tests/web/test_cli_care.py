"""`contacts`, `policy`, `channel doctor`, `channel health`: as an operator uses them."""

import argparse
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.messages import Identity
from flowengine.store import contacts, policies
from flowengine.store.errors import NotFound
from flowengine.store.identities import Seen, resolve
from flowengine.store.tenants import tenant
from tests.web.site import Place, Site
from tests.web.test_channel_care import made
from web.cli import main
from web.commands import channel as channel_command
from web.commands import contacts as contacts_command
from web.commands import policy as policy_command
from web.commands.channel_doctor import doctor
from web.commands.channel_health import health
from web.commands.opened import Opened
from workers.settings import read_settings

Capture = pytest.CaptureFixture[str]
Body = Callable[[Opened, argparse.Namespace], Awaitable[int]]


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


async def opened(site: Site, place: Place) -> Opened:
    async with site.database.worker(place.tenant) as transaction:
        mine = await tenant(transaction)
    settings = read_settings({"FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1"})
    return Opened(settings, site.database, site.vault, mine)


async def run(site: Site, command: Any, body: Body, *words: str, place: Place | None = None) -> int:
    """What a command does once its database is open."""
    parser = argparse.ArgumentParser()
    command.configure(parser, "command")
    return await body(await opened(site, place or site.bia), parser.parse_args(list(words)))


def lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["contacts", "erase", "+5511999990000"], "say --yes"),
        (["contacts", "merge", "+5511999990000", "+5511999990001"], "say --yes"),
    ],
)
def test_what_cannot_be_taken_back_wants_a_yes(
    words: list[str], says: str, capsys: Capture
) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


# -- contacts ------------------------------------------------------------------------------------


async def person(site: Site, phone: str) -> str:
    async with site.database.worker(site.bia.tenant) as transaction:
        seen = Seen(site.bia.tenant, (Identity("phone", phone),))
        return str((await resolve(transaction, seen)).contact_id)


async def test_a_person_is_erased_by_phone_and_only_numbers_stay(
    site: Site, capsys: Capture
) -> None:
    id = await person(site, "+5511999997001")
    erase = ("erase", "+55 11 99999-7001", "--yes", "--json")
    assert await run(site, contacts_command, contacts_command._erase, *erase) == 0
    (gone,) = lines(capsys)
    assert (gone["id"], gone["conversations"]) == (id, 0)
    assert await run(site, contacts_command, contacts_command._erased, "erased", "--json") == 0
    assert id in {each["id"] for each in lines(capsys)}
    assert await run(site, contacts_command, contacts_command._erased, "erased") == 0
    assert f"{id}  erased" in capsys.readouterr().out
    with pytest.raises(NotFound):
        await run(site, contacts_command, contacts_command._erase, *erase)


async def test_two_contacts_are_joined_and_a_stranger_s_are_not_found(
    site: Site, capsys: Capture
) -> None:
    keep, other = await person(site, "+5511999997001"), await person(site, "+5511999997002")
    merge = ("merge", keep, "+5511999997002", "--yes")
    with pytest.raises(NotFound):
        await run(site, contacts_command, contacts_command._merge, *merge, place=site.davi)
    assert await run(site, contacts_command, contacts_command._merge, *merge) == 0
    assert f"{other} is {keep} now" in capsys.readouterr().out
    async with site.database.worker(site.bia.tenant) as transaction:
        for phone in ("+5511999997001", "+5511999997002"):
            found = await contacts.contact_of(transaction, Identity("phone", phone))
            assert str(found) == keep


# -- policy --------------------------------------------------------------------------------------


async def test_a_policy_is_shown_set_and_taken_back(site: Site, capsys: Capture) -> None:
    async def policy(*words: str, place: Place | None = None) -> str:
        assert await run(site, policy_command, policy_command._policy, *words, place=place) == 0
        return capsys.readouterr().out

    assert "messages and journal: forever" in await policy()
    said = await policy("--keep-months", "13", "--keep-media-days", "90", "--quiet", "22:00-08:00")
    assert "messages and journal: 13 months" in said
    assert "files: 90 days" in said
    assert "quiet: 22:00-08:00" in said
    assert json.loads(await policy("--json"))["keep_months"] == 13
    assert "forever" in await policy(place=site.davi)  # each has its own
    said = await policy("--keep-months", "forever", "--quiet", "never")
    assert "messages and journal: forever" in said
    assert "quiet: never" in said
    async with site.database.worker(site.bia.tenant) as transaction:
        assert (await policies.policy(transaction)).keep_media_days == 90


@pytest.mark.parametrize("words", [("--keep-months", "x"), ("--quiet", "25:00-08:00")])
async def test_a_policy_that_cannot_be_is_refused(site: Site, words: tuple[str, str]) -> None:
    with pytest.raises(Exception) as refused:
        await run(site, policy_command, policy_command._policy, *words)
    assert getattr(refused.value, "code", None) == 2


# -- channels ------------------------------------------------------------------------------------


async def test_a_channel_is_looked_at_thing_by_thing(
    site: Site, server: FakeEvolution, capsys: Capture
) -> None:
    client = await site.client(site.bia)
    id = (await made(client, server)).rpartition("/")[2]
    looked = ("doctor", id, "--url", site.address, "--json")
    assert await run(site, channel_command, doctor, *looked) == 1
    found = {each["what"]: each for each in lines(capsys)}
    assert (found["session"]["how"], found["session"]["why"]) == ("failed", "missing")
    assert "Clique em Conectar" in found["session"]["mend"]
    server.open("loja")
    assert await run(site, channel_command, doctor, "doctor", id, "--language", "en") == 1
    said = capsys.readouterr().out
    assert "✓" in said
    assert "The server does not call us" in said or "webhook" in said.lower()
    with pytest.raises(NotFound):
        await run(site, channel_command, doctor, *looked, place=site.davi)


@pytest.mark.parametrize(
    ("words", "says"),
    [(("nada",), "is no channel's id"), (("0" * 32, "--to", "119"), "is no number")],
)
async def test_what_the_doctor_cannot_read_is_said(
    site: Site, words: tuple[str, ...], says: str
) -> None:
    with pytest.raises(Exception, match=says):
        await run(site, channel_command, doctor, "doctor", *words)


async def test_all_channels_are_looked_at_now(
    site: Site, server: FakeEvolution, capsys: Capture
) -> None:
    client = await site.client(site.bia)
    await made(client, server)
    server.open("loja")
    assert await run(site, channel_command, health, "health", "--deep", "--json") == 0
    *each, total = lines(capsys)
    assert {one["state"] for one in each} == {"connected"}
    assert (total["result"]["total"], total["result"]["healthy"]) == (2, 2)
    server.drop("loja", 401)
    assert await run(site, channel_command, health, "health", "--language", "en") == 1
    said = capsys.readouterr().out
    assert "✗ Loja: Needs pairing — The phone disconnected us." in said
    assert "total 2, healthy 1, reconnected 0, failed 1, cleaned 0, alerts 1" in said
    asked = len(server.asked)
    assert await run(site, channel_command, health, "health", place=site.davi) == 0
    assert "Loja" not in capsys.readouterr().out
    assert len(server.asked) == asked
