"""What we begin leaves by a channel whose rules let it through, wherever the conversation went."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from connectors.fake_evolution import FakeEvolution
from flowengine.messages import Text
from flowengine.store.notifying import notify
from flowengine.store.rooms import conversations_of
from flowengine.store.switching import Way, switch
from tests.flowengine.playing import text
from tests.workers.hands import Hands
from tests.workers.reserve import (
    changed,
    channel_of,
    leaves_by,
    people,
    planned,
    second,
    third,
)
from tests.workers.test_inbox import body, message
from tests.workers.town import ANA, Town
from workers.channels import Channels
from workers.library import Library
from workers.timetable import Timetable


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    server.open("loja")
    yield server
    await server.close()


@pytest.mark.parametrize("moved_already", [False, True])
async def test_what_we_begin_obeys_the_rules_of_the_channel_it_would_go_by(
    still: Town, server: FakeEvolution, moved_already: bool
) -> None:
    """One that only answers, and one whose window is shut, would refuse it for good."""
    home = still.place.channel
    quiet, cloud = await second(still, server, replies_only=True), await third(still)
    (contact,) = await people(still, 1)
    (room,) = [row["id"] for row in await still.rows("SELECT id FROM conversations")]
    plan = await planned(still, quiet, 100)

    async def goes_to(channel: UUID) -> None:
        await still.run("UPDATE channel_plans SET to_channel_id = $1", channel)
        if moved_already:
            await still.run("DELETE FROM channel_switches")
            await still.run("UPDATE conversations SET channel_id = $1 WHERE id = $2", home, room)
            async with still.database.worker() as transaction:
                assert not (await switch(transaction, room, Way(channel, "", "plan"))).stays

    async def heard(channel: UUID, hours: int) -> None:
        """She last wrote there so long ago."""
        async with still.database.worker(still.place.tenant) as transaction:
            key = (still.place.tenant, channel, contact)
            there = (await conversations_of(transaction, [key]))[channel, contact]
        await still.run(
            "UPDATE conversations SET last_inbound_at = now() - $2 * interval '1 hour'"
            " WHERE id = $1",
            there,
            hours,
        )

    await goes_to(quiet)
    assert await leaves_by(still, contact) == home  # she never wrote there
    await heard(quiet, 500)
    assert await leaves_by(still, contact) == quiet
    assert await leaves_by(still, contact, unasked=True) == home
    await still.run("DELETE FROM conversations WHERE id <> $1", room)
    await still.run("UPDATE conversations SET last_inbound_at = NULL")
    await goes_to(cloud)
    await heard(home, 1)
    await heard(cloud, 25)
    assert await leaves_by(still, contact) == home
    assert await leaves_by(still, contact, template=True) == cloud
    await heard(cloud, 23)
    assert await leaves_by(still, contact) == cloud
    await heard(cloud, 25)
    await heard(home, 25)
    assert await leaves_by(still, contact, unasked=True) == cloud  # a template at either
    await still.run("UPDATE channels SET settings = 'x' WHERE id = $1", cloud)
    assert await leaves_by(still, contact, template=True) == home
    await changed(still, plan, state="ended")


async def test_an_event_follows_who_waits_for_it(still: Town, server: FakeEvolution) -> None:
    quiet = await second(still, server, replies_only=True)
    (contact,) = await people(still, 1)
    room = await still.value("SELECT id FROM conversations")
    async with still.database.worker() as transaction:
        way = Way(quiet, "Reserva", "fallback")
        assert not (await switch(transaction, room, way)).stays
    assert await leaves_by(still, contact, unasked=True, awaited=True) == still.place.channel
    await still.run(
        "INSERT INTO executions (id, tenant_id, conversation_id, contact_id, flow, version,"
        " release, status, node, started_at, updated_at)"
        " VALUES (gen_random_uuid(), $1, $2, $3, 'oi', 1, 'x', 'waiting', 'nome', now(), now())",
        still.place.tenant,
        room,
        contact,
    )
    assert await leaves_by(still, contact, unasked=True, awaited=True) == quiet
    assert await leaves_by(still, contact, unasked=True) == still.place.channel


async def test_what_nobody_asked_for_does_not_move_to_a_channel_that_only_answers(
    still: Town, server: FakeEvolution
) -> None:
    """A program's message counts as a reply's pace, and would be refused there for good."""
    other = await second(still, server, replies_only=True)
    (contact,) = await people(still, 1)
    rules = Channels(still.vault, still.client).rules
    async with still.database.worker(still.place.tenant) as transaction:
        said = Text("Pedido a caminho")
        channel, author = still.place.channel, still.place.owner
        done = await notify(transaction, contact, channel, author, said, said.text, rules)
        key = (still.place.tenant, other, contact)
        there = (await conversations_of(transaction, [key]))[other, contact]
        await transaction.run(
            "UPDATE conversations SET last_inbound_at = now() WHERE id = $1", there
        )
        way = Way(other, "Reserva", "fallback", replies_only=True, busy=True)
        assert (await switch(transaction, done.conversation, way)).stays == "replies_only"


async def test_a_time_table_that_is_kept_to_a_channel_follows_who_moved(
    still: Town, server: FakeEvolution
) -> None:
    other = await second(still, server)
    home = still.place.channel
    on = {"kind": "cron", "expression": "0 9 * * *"}
    for key, channel in (("aqui", "cloud"), ("ali", str(home)), ("reserva", "simulator")):
        trigger = {"id": "hora", "type": "trigger", "on": on, "channels": [channel]}
        await still.publish(key, (trigger, text("m", f"Bom dia, {key}")), ("hora > m",))
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "?")]))
    hands = Hands(still, still.database)
    await hands.begin()
    await hands.until_quiet()
    async with still.database.worker() as transaction:
        way = Way(other, "Reserva", "plan")
        assert not (await switch(transaction, await still.conversation(), way)).stays
    clock = Timetable(still.database, Library())
    await clock.tick()
    await still.run("UPDATE cron_triggers SET next_at = now() - interval '5 seconds'")
    while (await clock.tick())[0]:
        pass
    for _ in range(3):
        await clock.tick()
    await hands.until_quiet()
    await hands.end()
    assert await channel_of(still) == other
    assert sorted(each.body["text"] for each in server.posted) == ["Bom dia, ali", "Bom dia, aqui"]
