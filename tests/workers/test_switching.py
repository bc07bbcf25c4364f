"""Conversations go on through another channel: nothing is lost, nothing is said twice."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from connectors.fake_evolution import FakeEvolution
from connectors.fake_evolution.words import Trouble as ServerTrouble
from connectors.fake_graph.words import Trouble
from flowengine.messages import Refused
from flowengine.store.feeding import adopt_late
from flowengine.store.lanes import last_heard
from flowengine.store.outbox import record
from flowengine.store.rooms import conversations_of
from flowengine.store.switching import Way, switch, switches_of
from flowengine.store.verdicts import Again, Result
from tests.workers.hands import Hands
from tests.workers.reserve import (
    HELLO,
    channel_of,
    falls_back,
    leaves_by,
    look,
    people,
    said,
    second,
    stands,
    third,
    waits,
    wake,
)
from tests.workers.test_inbox import body, message, status
from tests.workers.town import ANA, Town


async def test_what_waits_leaves_by_the_second_channel_once(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    await waits(still, hands)
    await look(still)
    assert await channel_of(still) == still.place.channel  # nobody wants to fall back
    await falls_back(still, other)
    await look(still)
    await look(still)
    await hands.until_quiet()
    assert said(server) == [(ANA, "Olá")]
    assert still.heard() == []
    room = await still.conversation()
    async with still.database.worker(still.place.tenant) as transaction:
        (done,) = await switches_of(transaction, room)
    assert (done.why, done.sends, done.back_at) == ("fallback", 1, None)
    # In its timeline, and by the journal: it is a given like any other.
    assert await still.value(
        "SELECT convert_from(given, 'UTF8') LIKE '%switched%Reserva%' FROM journal"
        " WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1",
        room,
    )
    # What the workspace begins with her goes where the conversation is.
    async with still.database.worker(still.place.tenant) as transaction:
        contact = await transaction.value("SELECT contact_id FROM conversations")
    assert await leaves_by(still, contact) == other
    # Well again, and nothing under way: back.
    await stands(still, still.place.channel, "connected")
    await look(still)
    assert await channel_of(still) == still.place.channel
    still.graph._troubles.clear()
    await wake(still)
    await still.deliver(body(still, [message(ANA, 2, "oi")]))
    await hands.until_quiet()
    assert still.heard() == ["Olá"]
    assert len(said(server)) == 1


async def test_what_is_in_doubt_never_leaves_by_another_channel(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    still.graph.trouble(Trouble("cut", taken=False))
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.turn()
    await hands.send_once()
    await still.sees("SELECT state = 'unknown' FROM outbox")
    await falls_back(still, other)
    await look(still)
    assert await channel_of(still) == still.place.channel
    callback = f"{await still.value('SELECT id FROM outbox')}:1"
    await still.deliver(body(still, [], [status("wamid.late", "delivered", callback)]))
    await hands.until_quiet()
    await look(still)
    assert await still.value("SELECT status FROM messages WHERE direction = 'out'") == "delivered"
    assert still.heard() == []
    assert said(server) == []


async def test_what_was_in_doubt_and_is_tried_again_waits_for_its_own_channel(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    """By the policy `resend`, or as the same id again: only there is it the same message."""
    other = await second(still, server)
    still.graph.trouble(Trouble("cut", taken=False))
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.turn()
    await hands.send_once()
    await still.sees("SELECT state = 'unknown' FROM outbox")
    room, send = await still.conversation(), await still.value("SELECT id FROM outbox")
    for verdict in (Again(600), Again(600, Refused("transient", False))):  # and it was not refuted
        async with still.database.worker() as transaction:
            await record(transaction, [Result(send, room, 1, verdict)])
        assert await still.value("SELECT state FROM outbox") == "queued"
        await falls_back(still, other)
        await look(still)
        assert await channel_of(still) == still.place.channel
    await stands(still, still.place.channel, "connected")
    callback = f"{send}:1"
    await still.deliver(body(still, [], [status("wamid.late", "delivered", callback)]))
    await hands.until_quiet()
    assert await still.value("SELECT status FROM messages WHERE direction = 'out'") == "delivered"
    assert still.heard() == []
    assert said(server) == []


@pytest.mark.parametrize("early", [False, True])
async def test_the_former_channel_still_tells_what_became_of_its_messages(
    still: Town, hands: Hands, server: FakeEvolution, early: bool
) -> None:
    other = await second(still, server)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    assert still.heard() == ["Olá"]
    await still.sees("SELECT status = 'delivered' FROM messages WHERE direction = 'out'")
    await still.run("UPDATE messages SET status = 'sent' WHERE direction = 'out'")
    room = await still.conversation()
    (sent,) = await still.rows("SELECT id, provider_id FROM messages WHERE direction = 'out'")
    async with still.database.worker() as transaction:
        assert not (await switch(transaction, room, Way(other, "Reserva", "plan"))).stays
        if early:  # its id is not recorded yet
            await transaction.run("UPDATE provider_ids SET channel_id = $1", room)
    callback = "" if early else f"{sent['id']}:1"
    refused = status(sent["provider_id"], "failed", callback)
    await still.deliver(body(still, [], [refused]))
    await hands.turn()
    if early:
        assert await still.value("SELECT count(*) FROM status_orphans") == 1
        await still.run("UPDATE provider_ids SET channel_id = $1", still.place.channel)
        async with still.database.worker() as transaction:
            assert await adopt_late(transaction) == 1
    found = await still.rows("SELECT status FROM messages WHERE direction = 'out'")
    assert [row["status"] for row in found] == ["failed"]
    letter = await still.rows("SELECT message_id, channel_id FROM dead_letters")
    assert [(row["message_id"], row["channel_id"]) for row in letter] == [
        (sent["id"], still.place.channel)
    ]


async def test_the_rules_of_the_second_channel_hold(still: Town, hands: Hands) -> None:
    other = await third(still)
    await waits(still, hands)
    room = await still.conversation()
    way = Way(other, "Segundo", "fallback", window_hours=24, busy=True)

    async def stays(**more: Any) -> str:
        async with still.database.worker() as transaction:
            return (await switch(transaction, room, msgspec.structs.replace(way, **more))).stays

    assert await stays() == "window"  # she never wrote there
    assert await stays(window_hours=0, replies_only=True) == "replies_only"
    async with still.database.worker(still.place.tenant) as transaction:
        contact = await transaction.value("SELECT contact_id FROM conversations")
        wanted = (still.place.tenant, other, contact)
        there = (await conversations_of(transaction, [wanted]))[other, contact]
    await still.run("UPDATE conversations SET last_inbound_at = now() WHERE id = $1", there)
    await still.run("UPDATE conversations SET owner = 'agent' WHERE id = $1", there)
    assert await stays() == "busy_there"
    await still.run("UPDATE conversations SET owner = 'bot' WHERE id = $1", there)
    assert await stays() == ""
    rows = await still.rows("SELECT id, channel_id FROM conversations")
    assert {row["id"]: row["channel_id"] for row in rows} == {
        room: other, there: still.place.channel,
    }  # fmt: skip
    assert await stays() == "here"
    still.graph._troubles.clear()
    await hands.until_quiet()
    assert [sent.number for sent in still.graph.sent] == ["206540352242922"]


async def test_what_was_heard_is_of_the_channel_that_a_conversation_goes_through(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    """A reaction, or whom a channel may answer, never refers to what was said on another."""
    home, other = still.place.channel, await second(still, server)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    room = await still.conversation()
    first = await still.value("SELECT provider_id FROM messages WHERE direction = 'in'")

    async def heard(conversation: UUID, channel: UUID) -> str:
        async with still.database.worker() as transaction:
            found = await last_heard(transaction, [(conversation, channel)])
        return found.get(conversation, "")

    async def goes(conversation: UUID, to: UUID, why: str) -> None:
        async with still.database.worker() as transaction:
            assert not (await switch(transaction, conversation, Way(to, "", why, busy=True))).stays

    assert await heard(room, home) == first
    await goes(room, other, "plan")
    assert await heard(room, other) == ""  # she never wrote there
    await still.run(
        "UPDATE messages SET at = clock_timestamp(), provider_id = 'THERE' WHERE direction = 'in'"
    )
    assert await heard(room, other) == "THERE"
    # She writes to the first number too, so each has one; they change places and back.
    await still.deliver(body(still, [message(ANA, 2, "oi")]))
    await hands.until_quiet()
    beside = await still.value("SELECT id FROM conversations WHERE id <> $1", room)
    second_id = await heard(beside, home)
    assert second_id not in ("", first, "THERE")
    await goes(room, home, "back")
    assert await heard(room, home) == second_id
    assert await heard(beside, other) == "THERE"
    await goes(beside, home, "plan")
    assert await heard(beside, home) == second_id
    assert await heard(room, other) == "THERE"


async def test_what_was_heard_before_switches_said_it_is_found_in_what_was_written(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    """Else who went away and came back before the upgrade would be refused every reply."""
    home, other = still.place.channel, await second(still, server)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    room = await still.conversation()
    first = await still.value("SELECT provider_id FROM messages WHERE direction = 'in'")
    for to, why in ((other, "plan"), (home, "back")):
        async with still.database.worker() as transaction:
            assert not (await switch(transaction, room, Way(to, "", why, busy=True))).stays
    await still.run("UPDATE channel_switches SET heard = ''")
    async with still.database.worker() as transaction:
        assert await last_heard(transaction, [(room, home)]) == {room: first}
        assert await last_heard(transaction, [(room, other)]) == {}


async def test_who_wrote_here_before_is_known_in_a_new_conversation_too(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    """Theirs went on through another channel; what a plan begins here is a new one."""
    home, other = still.place.channel, await second(still, server)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    room = await still.conversation()
    first = await still.value("SELECT provider_id FROM messages WHERE direction = 'in'")
    async with still.database.worker() as transaction:
        assert not (await switch(transaction, room, Way(other, "", "plan", busy=True))).stays
    await still.deliver(body(still, [message(ANA, 2, "de novo")]))
    await hands.until_quiet()
    new = await still.value("SELECT id FROM conversations WHERE id <> $1", room)
    await still.run("DELETE FROM messages WHERE conversation_id = $1", new)
    async with still.database.worker() as transaction:
        assert await last_heard(transaction, [(new, home)]) == {new: first}


async def test_who_is_not_known_there_stays(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    await waits(still, hands)
    await still.run("UPDATE identities SET kind = 'bsuid', value = 'BR.1', scope = 'w'")
    async with still.database.worker() as transaction:
        done = await switch(
            transaction, await still.conversation(), Way(other, "", "fallback", busy=True)
        )
    assert done.stays == "unknown_there"


async def test_a_channel_that_somebody_paused_falls_back_to_nothing(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    await waits(still, hands)
    await falls_back(still, other)
    await still.run("UPDATE channels SET state = 'paused' WHERE id = $1", still.place.channel)
    await look(still)
    assert await channel_of(still) == still.place.channel


@pytest.mark.parametrize("state", ["paused", "removed"])
@pytest.mark.parametrize("why", ["fallback", "kept"])
async def test_nobody_is_kept_by_a_reserve_that_is_gone(
    still: Town, hands: Hands, server: FakeEvolution, state: str, why: str
) -> None:
    other = await second(still, server)
    (contact,) = await people(still, 1)
    room = await still.value("SELECT id FROM conversations")
    await falls_back(still, other)
    async with still.database.worker() as transaction:
        assert not (await switch(transaction, room, Way(other, "Reserva", "fallback"))).stays
    await still.run("UPDATE channels SET state = $2 WHERE id = $1", other, state)
    if why == "kept":  # the fallback was taken back meanwhile
        await still.run("DELETE FROM channel_fallbacks")
    else:
        await stands(still, still.place.channel, "connected")
    assert await leaves_by(still, contact) == still.place.channel
    await look(still)
    home = state == "removed" or why == "fallback"
    at = still.place.channel if home else other
    assert await still.value("SELECT channel_id FROM conversations WHERE id = $1", room) == at


# -- switching providers, with deaths in between -------------------------------------------------


@pytest.mark.parametrize("at", ["before", "within", "after", "taken", "doubt"])
async def test_a_death_at_any_step_loses_and_doubles_nothing(
    still: Town, server: FakeEvolution, at: str
) -> None:
    other = await second(still, server)
    await still.work(pumps=False)
    await still.publish("oi", *HELLO)
    first = await begun(still)
    await waits(still, first)
    room = await still.conversation()
    way = Way(other, "Reserva", "plan", busy=True)
    if at == "before":
        await first.die()
    if at == "within":
        async with still.database.worker() as transaction:
            assert (await switch(transaction, room, way)).sends == 1
            await transaction.run("ROLLBACK; BEGIN")  # dies before the commit
        assert await still.value("SELECT channel_id FROM outbox") == still.place.channel
    async with still.database.worker() as transaction:
        assert (await switch(transaction, room, way)).sends == 1
    if at not in ("before", "doubt"):
        await first.die()
    if at == "doubt":
        server.trouble(ServerTrouble("cut", taken=True))
    second_life = await begun(still)
    await second_life.turn()
    await second_life.send_once()
    if at == "doubt":
        await still.sees("SELECT state = 'unknown' FROM outbox")
        back = Way(still.place.channel, "Número da loja", "back", busy=True)
        async with still.database.worker() as transaction:
            assert (await switch(transaction, room, back)).stays == "under_way"
        await first.end()
    else:
        await still.sees("SELECT count(*) = 0 FROM outbox")
    await second_life.die()
    last = await begun(still)
    await last.turn()
    await last.send_once()
    assert said(server) == [(ANA, "Olá")]
    assert still.heard() == []
    assert await still.value("SELECT count(*) FROM messages WHERE direction = 'out'") == 1
    await last.end()


async def begun(town: Town) -> Hands:
    hands = Hands(town, town.database)
    await hands.begin()
    return hands
