"""Channels are looked at: what is off is found, brought back or told, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from connectors.base import Link, Provider
from connectors.fake_evolution import FakeEvolution
from flowengine.messages import Refused, Unclear
from flowengine.store import channel_health, channels, subscriptions
from flowengine.store.channel_health import Health, Note, Watched
from flowengine.store.channel_news import channel_news, worst
from flowengine.store.ids import new_id
from tests.workers.town import Town
from workers.channel_health import (
    GIVE_UP,
    Found,
    alerts_of,
    is_healthy,
    judge,
    look,
    may_try,
    tried,
)
from workers.channels import Channels
from workers.heard import Heard
from workers.watch import Busy, Watch

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def channel(health: Health | None = None, **more: Any) -> Watched:
    known = {"kind": "cloud", "name": "Loja", "trouble": "", "strikes": 0, **more}
    id = new_id()
    return Watched(
        id, new_id(), created_at=NOW, updated_at=NOW, health=health or Health(id), **known
    )


class Paired:
    """A connection that a phone pairs, as it says it stands."""

    def __init__(self, says: Any) -> None:
        self.says, self.session = says, self

    async def state(self) -> Any:
        return self.says


@pytest.mark.parametrize(
    ("says", "state", "why", "closed"),
    [
        (Link("open"), "connected", "", False),
        (Link("connecting"), "connecting", "", True),
        (Link("closed"), "disconnected", "", True),
        (Link("closed", why="logged_out"), "needs_pairing", "logged_out", False),
        (Link("stopped", why="replaced"), "disconnected", "replaced", False),
        (Link("missing"), "needs_pairing", "missing", False),
        (Refused("auth", False, code="http_401"), "reauthorise", "auth", False),
        (Refused("account", False), "disconnected", "account", False),
        (Refused("transient", False), "disconnected", "silent", False),
        (Unclear("timeout"), "disconnected", "silent", False),
    ],
)
async def test_what_a_connection_says(says: Any, state: str, why: str, closed: bool) -> None:
    found = await look(cast(Provider, Paired(says)), channel(), False, "")
    assert (found.state, found.why, found.closed) == (state, why, closed)


async def test_a_connection_that_says_open_and_lets_nothing_through_is_begun_anew() -> None:
    provider: Any = Paired(Link("open"))
    found = await look(provider, channel(strikes=5, waits=True), False, "")
    assert (found.state, found.why, found.closed) == ("disconnected", "failing", True)
    # What was to leave went another way: nothing can prove it but the next send.
    assert (await look(provider, channel(strikes=5), False, "")).state == "connected"


async def test_settings_that_cannot_be_read_want_to_be_written_again() -> None:
    assert (await look("settings: token", channel(), True, "")).state == "reauthorise"


def test_tries_come_later_each_time_and_never_after_a_logout() -> None:
    health = Health(new_id(), state="disconnected")
    closed = Found("disconnected", closed=True)
    pauses: list[float] = []
    for _ in range(15):
        assert may_try(health, closed, NOW)
        health = tried(health, NOW)
        assert health.try_at is not None
        assert not may_try(health, closed, NOW)
        pauses.append((health.try_at - NOW).total_seconds())
        health = msgspec.structs.replace(health, try_at=NOW)
    assert 27 <= pauses[0] <= 33
    assert pauses[0] < pauses[4] < pauses[7] <= 990
    assert not may_try(health, Found("needs_pairing", "logged_out"), NOW)
    assert not may_try(health, Found("disconnected", "replaced", closed=True), NOW)


def test_one_that_is_on_its_way_is_left_alone_for_a_minute() -> None:
    on_its_way = Found("connecting", closed=True)
    fresh = Health(new_id(), state="connecting", since=NOW - timedelta(seconds=30))
    assert not may_try(fresh, on_its_way, NOW)
    stuck = msgspec.structs.replace(fresh, since=NOW - timedelta(seconds=90))
    assert may_try(stuck, on_its_way, NOW)


def test_people_are_told_each_thing_once() -> None:
    here = channel(Health(new_id(), state="connected", since=NOW))
    told: list[tuple[str, str]] = []
    health = here.health
    for state in ("disconnected",) * 4 + ("connected",) * 2 + ("reauthorise",) * 2:
        before = health
        watching = msgspec.structs.replace(here, health=before)
        after = judge(watching, Found(state), False, NOW)
        health, alerts = alerts_of(before, after)
        told += [(alert.level, alert.state) for alert in alerts]
    # Not at the first bad look; what only a person mends at once.
    assert told == [("stop", "disconnected"), ("good", "connected"), ("stop", "reauthorise")]


def test_people_are_told_that_trying_does_not_help() -> None:
    before = Health(
        new_id(), state="disconnected", misses=20, tries=GIVE_UP, alerted="disconnected"
    )
    _, (alert,) = alerts_of(before, before)
    assert (alert.level, alert.why) == ("stop", "stuck")


def test_what_is_only_worth_a_word() -> None:
    heard = Health(new_id(), state="connected", since=NOW, heard_at=NOW - timedelta(hours=30))
    after = judge(channel(heard), Found("connected", notes=()), True, NOW)
    assert [(note.what, note.why) for note in after.notes] == [("webhook", "silent")]
    assert is_healthy(after)
    told, (alert,) = alerts_of(heard, after)
    assert (alert.level, alert.why) == ("warning", "webhook/silent")
    assert alerts_of(told, told)[1] == ()
    cheap = judge(channel(after), Found("connected"), False, NOW)
    assert cheap.notes == after.notes  # a cheap look does not look for them
    failed = msgspec.structs.replace(after, notes=(Note("hook", "failed"),))
    assert not is_healthy(failed)


# -- with a provider -----------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    yield server
    await server.close()


async def connect(town: Town, server: FakeEvolution, name: str = "loja") -> UUID:
    settings = {
        "base_url": server.url, "instance": name, "api_key": server.key,
        "webhook_secret": "segredo-de-dezesseis",
    }  # fmt: skip
    async with town.database.worker(town.place.tenant) as transaction:
        added = await channels.add_channel(
            transaction, town.vault, "evolution", name, name, msgspec.json.encode(settings)
        )
    return added.id


def watch(town: Town) -> Watch:
    return Watch(town.database, Channels(town.vault, town.client), "")


async def health(town: Town, id: UUID) -> Health:
    async with town.database.worker(town.place.tenant) as transaction:
        return await channel_health.health_of(transaction, id)


async def test_a_zombie_is_found_and_reconnected(still: Town, server: FakeEvolution) -> None:
    id = await connect(still, server)
    server.open("loja")
    watching = watch(still)
    first = await watching.look_now(still.place.tenant, deep=True)
    assert (first.total, first.reconnected) == (2, 0)
    assert (await health(still, id)).state == "connected"
    server.drop("loja", 428)  # nobody tells us: the server has no webhook
    result = await watching.look_now(still.place.tenant, deep=False)
    assert (result.reconnected, result.alerts) == (1, 0)
    assert server.instances["loja"].state == "open"
    assert (await health(still, id)).state == "connected"
    async with still.database.worker(still.place.tenant) as transaction:
        rounds = await channel_health.last_rounds(transaction)
    assert rounds.cheap is not None
    assert (rounds.cheap.total, rounds.cheap.reconnected) == (2, 1)
    assert rounds.deep is not None


async def test_one_that_does_not_come_back_is_tried_with_pauses_and_told(
    still: Town, server: FakeEvolution
) -> None:
    id = await connect(still, server)
    server.open("loja")
    watching = watch(still)
    async with still.database.worker(still.place.tenant) as transaction:
        hears = await subscriptions.subscribe(
            transaction, still.vault, "https://exemplo.com", ("channel.health",), "s" * 20
        )
    await watching.look_now(still.place.tenant, deep=False)
    server.drop("loja", 503)
    server.instances["loja"].heals = 100
    results = [await watching.look_now(still.place.tenant, deep=False) for _ in range(3)]
    assert [each.alerts for each in results] == [0, 1, 0]
    found = await health(still, id)
    assert (found.state, found.tries) == ("disconnected", 1)  # the next try is not yet due
    async with still.database.worker(still.place.tenant) as transaction:
        bad = worst(await channel_news(transaction, id))
        calls = await transaction.rows("SELECT effect_id, effect FROM calls")
    assert bad is not None
    assert (bad.level, bad.subject, bad.body["state"]) == ("stop", "channel_health", "disconnected")
    (call,) = calls
    assert call["effect_id"].endswith(str(hears.id))
    told = msgspec.json.decode(call["effect"])
    assert (told["name"], told["data"]["channel"]) == ("channel.health", str(id))
    server.instances["loja"].heals = 0
    async with still.database.worker(still.place.tenant) as transaction:
        await transaction.run("UPDATE channel_health SET try_at = now() WHERE channel_id = $1", id)
    back = await watching.look_now(still.place.tenant, deep=False)
    assert (back.reconnected, back.alerts) == (1, 1)
    async with still.database.worker(still.place.tenant) as transaction:
        assert worst(await channel_news(transaction, id)) is None


async def test_a_phone_that_logged_us_out_is_not_fought(still: Town, server: FakeEvolution) -> None:
    id = await connect(still, server)
    server.open("loja")
    server.drop("loja", 401)
    result = await watch(still).look_now(still.place.tenant, deep=False)
    assert (await health(still, id)).state == "needs_pairing"
    assert result.alerts == 1  # at once: only a person can mend it
    assert not any("restart" in asked or "/connect/" in asked for asked in server.asked)


async def test_a_token_that_fails_wants_to_be_authorised_again(still: Town) -> None:
    watching = watch(still)
    assert (await watching.look_now(still.place.tenant, deep=True)).total == 1
    assert (await health(still, still.place.channel)).state == "connected"
    await still.settle_again(token="wrong")
    result = await watching.look_now(still.place.tenant, deep=True)
    assert (result.failed, result.alerts) == (1, 1)
    assert (await health(still, still.place.channel)).state == "reauthorise"
    await still.settle_again(token=still.number.token)
    await still.run("UPDATE channels SET trouble = 'auth', next_send_at = now() + interval '1 h'")
    again = await watching.look_now(still.place.tenant, deep=False)
    assert (again.healthy, again.alerts) == (1, 1)  # a cheap look asks where something was wrong
    assert await still.value("SELECT trouble = '' AND next_send_at IS NULL FROM channels")


async def test_a_server_that_is_away_says_so(still: Town, server: FakeEvolution) -> None:
    id = await connect(still, server)
    await server.close()
    result = await watch(still).look_now(still.place.tenant, deep=False)
    assert result.total == 2
    assert (await health(still, id)).why == "silent"


async def test_two_processes_do_not_look_at_once(still: Town, server: FakeEvolution) -> None:
    await connect(still, server)
    server.open("loja")
    async with still.database.worker(still.place.tenant) as transaction:
        held = await channel_health.claim_round(transaction, new_id(), timedelta(seconds=60))
    assert held
    with pytest.raises(Busy):
        await watch(still).look_now(still.place.tenant, deep=False, patience=0)
    assert server.asked == []
    async with still.database.worker() as transaction:
        await transaction.run("UPDATE health_rounds SET until = now(), next_at = now()")
    one, other = watch(still), watch(still)
    await asyncio.gather(one.tick(), other.tick())
    assert server.asked.count("GET /webhook/find/loja") == 1


async def test_a_session_that_nobody_paired_for_a_month_is_forgotten(
    still: Town, server: FakeEvolution
) -> None:
    id = await connect(still, server)
    server.open("loja")
    server.drop("loja", 401)
    watching = watch(still)
    await watching.look_now(still.place.tenant, deep=False)
    async with still.database.worker() as transaction:
        await transaction.run("UPDATE channel_health SET since = now() - interval '31 days'")
    result = await watching.look_now(still.place.tenant, deep=False)
    assert result.cleaned == 1
    assert "loja" not in server.instances
    async with still.database.worker(still.place.tenant) as transaction:
        await channels.remove_channel(transaction, id)
    assert (await watching.look_now(still.place.tenant, deep=False)).cleaned == 1


async def test_paused_channels_are_left_alone(still: Town, server: FakeEvolution) -> None:
    id = await connect(still, server)
    async with still.database.worker(still.place.tenant) as transaction:
        await channels.change_channel(transaction, still.vault, id, state="paused")
    assert (await watch(still).look_now(still.place.tenant, deep=False)).total == 1
    assert server.asked == []


async def test_when_a_webhook_came_last_is_written_now_and_then(still: Town) -> None:
    heard = Heard(still.database)
    heard.start()
    heard.note(still.place.channel)
    heard.note(new_id())  # removed meanwhile
    assert (await health(still, still.place.channel)).heard_at is None
    await heard.stop()
    found = await health(still, still.place.channel)
    assert found.heard_at is not None
    assert (found.state, found.looked_at) == ("unknown", None)
