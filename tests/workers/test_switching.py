"""Conversations go on through another channel: nothing is lost, nothing is said twice."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from connectors.fake_evolution import FakeEvolution
from connectors.fake_evolution.words import Trouble as ServerTrouble
from connectors.fake_graph.words import Number, Trouble
from flowengine.messages import Identity, Refused, Text
from flowengine.store import channels, plans
from flowengine.store.database import Transaction
from flowengine.store.erasing import erase
from flowengine.store.fallbacks import Fallback, put_fallback
from flowengine.store.feeding import adopt_late
from flowengine.store.identities import Seen, resolve
from flowengine.store.inbox import dedupe_key
from flowengine.store.lanes import last_heard
from flowengine.store.notifying import notify
from flowengine.store.outbox import record
from flowengine.store.plans import Plan, Wanted, change_plan, make_plan, place_of, routed
from flowengine.store.rooms import conversations_of
from flowengine.store.switching import Way, switch, switches_of
from flowengine.store.verdicts import Again, Result
from tests.flowengine.playing import OI, ask, text
from tests.workers.hands import Hands
from tests.workers.test_inbox import body, message, status
from tests.workers.town import ANA, SECRET, Town
from workers.channels import Channels
from workers.mover import Mover

HELLO = ((OI, text("ola", "Olá")), ("oi > ola",))
DOWN = Trouble("error", code=2, status=500, count=1000)


@pytest.fixture
async def server() -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution()
    await server.start()
    server.open("loja")
    yield server
    await server.close()


async def second(town: Town, server: FakeEvolution, **more: Any) -> UUID:
    """A channel of another provider."""
    settings = {
        "base_url": server.url, "instance": "loja", "api_key": server.key,
        "webhook_secret": "segredo-de-dezesseis", "replies_only": False,
        "messages_per_second": 1000, **more,
    }  # fmt: skip
    async with town.database.worker(town.place.tenant) as transaction:
        added = await channels.add_channel(
            transaction, town.vault, "evolution", "Reserva", "loja", msgspec.json.encode(settings)
        )
    return added.id


async def third(town: Town) -> UUID:
    """Another number of the same provider, with a window."""
    number = Number("206540352242922", token="token-2", app_secret=SECRET)
    town.graph.add_number(number)
    settings = {
        "phone_number_id": number.id, "token": number.token, "app_secret": SECRET,
        "verify_token": "v", "base_url": town.graph.url, "seconds_per_contact": 0,
    }  # fmt: skip
    async with town.database.worker(town.place.tenant) as transaction:
        added = await channels.add_channel(
            transaction, town.vault, "cloud", "Segundo", number.id, msgspec.json.encode(settings)
        )
    return added.id


async def stands(town: Town, channel: UUID, state: str) -> None:
    """The channel has been so for ten minutes."""
    await town.run(
        """
        INSERT INTO channel_health (tenant_id, channel_id, state, since)
        VALUES ($1, $2, $3, now() - interval '10 minutes')
        ON CONFLICT (tenant_id, channel_id) DO UPDATE SET state = $3, since = excluded.since
        """,
        town.place.tenant,
        channel,
        state,
    )


async def falls_back(town: Town, to: UUID) -> None:
    """The first channel is off, the other is well, and the workspace wants to fall back."""
    async with town.database.worker(town.place.tenant) as transaction:
        await put_fallback(transaction, Fallback(town.place.channel, to))
    await stands(town, town.place.channel, "disconnected")
    await stands(town, to, "connected")


async def look(town: Town) -> None:
    """Everything that is to be moved now is."""
    await Mover(town.database, Channels(town.vault, town.client)).tick()


async def wake(town: Town) -> None:
    """The channel's rest, and that of what was refused, is over."""
    await town.run("UPDATE channels SET next_send_at = NULL, strikes = 0, trouble = ''")
    await town.run("UPDATE outbox SET next_at = now() WHERE state = 'queued'")
    await town.run("UPDATE lanes SET next_at = now() WHERE next_at IS NOT NULL")


async def leaves_by(town: Town, contact: UUID, **more: bool) -> UUID:
    """By which channel what we begin with a contact on the first one leaves."""
    rules = Channels(town.vault, town.client).rules
    wanted = Wanted(town.place.tenant, town.place.channel, contact, **more)
    async with town.database.worker(town.place.tenant) as transaction:
        return (await routed(transaction, [wanted], rules))[wanted]


async def channel_of(town: Town, who: str = ANA) -> UUID:
    return await town.value(
        """
        SELECT c.channel_id FROM conversations c
        JOIN identities i USING (contact_id) WHERE i.value = $1 AND c.last_seq > 0
        """,
        f"+{who}",
    )


def said(server: FakeEvolution) -> list[tuple[str, str]]:
    return [(str(each.body["number"]), str(each.body["text"])) for each in server.posted]


@pytest.fixture
async def hands(still: Town) -> AsyncIterator[Hands]:
    await still.work(pumps=False)
    await still.publish("oi", *HELLO)
    hands = Hands(still, still.database)
    await hands.begin()
    yield hands
    await hands.end()


async def waits(town: Town, hands: Hands) -> None:
    """Ana wrote, and the answer could not leave."""
    town.graph.trouble(DOWN)
    await town.deliver(body(town, [message(ANA, 1, "oi")]))
    await hands.turn()
    await hands.send_once()
    await town.sees("SELECT state = 'queued' AND attempt = 1 FROM outbox")


# -- fallback ------------------------------------------------------------------------------------


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


# -- by degrees ----------------------------------------------------------------------------------


async def people(town: Town, count: int) -> dict[UUID, UUID]:
    """Conversations in which nothing is under way, by contact."""
    made: dict[UUID, UUID] = {}
    async with town.database.worker(town.place.tenant) as transaction:
        for number in range(count):
            seen = Seen(town.place.tenant, (Identity("phone", f"+55119{number:08d}"),))
            found = await resolve(transaction, seen)
            wanted = (town.place.tenant, town.place.channel, found.contact_id)
            rooms = await conversations_of(transaction, [wanted])
            made[found.contact_id] = rooms[town.place.channel, found.contact_id]
    return made


async def moved(town: Town, to: UUID) -> set[UUID]:
    rows = await town.rows("SELECT contact_id FROM conversations WHERE channel_id = $1", to)
    return {row["contact_id"] for row in rows}


async def planned(town: Town, to: UUID, percent: int, at_once: bool = False) -> Plan:
    async with town.database.worker(town.place.tenant) as transaction:
        return await make_plan(transaction, town.place.channel, to, percent, at_once)


async def changed(town: Town, plan: Plan, **more: Any) -> None:
    async with town.database.worker(town.place.tenant) as transaction:
        await change_plan(transaction, plan.id, **more)


async def test_so_many_percent_move_and_more_when_it_is_raised(
    still: Town, server: FakeEvolution
) -> None:
    other = await second(still, server)
    every = await people(still, 60)
    plan = await planned(still, other, 30)
    await look(still)
    await look(still)
    some = await moved(still, other)
    assert some == {each for each in every if place_of(plan.id, each) < 3000}
    assert 5 <= len(some) <= 35
    await changed(still, plan, percent=60)
    mover = Mover(still.database, Channels(still.vault, still.client))
    for _ in range(3):
        await mover.tick()
    more = await moved(still, other)
    assert some < more
    assert more == {each for each in every if place_of(plan.id, each) < 6000}
    await changed(still, plan, percent=10)
    await look(still)
    assert await moved(still, other) == {e for e in every if place_of(plan.id, e) < 1000}
    await changed(still, plan, state="undoing")
    for _ in range(2):
        await look(still)
    assert await moved(still, other) == set()
    assert await still.value("SELECT state FROM channel_plans") == "ended"
    async with still.database.worker(still.place.tenant) as transaction:
        assert [each.state for each in await plans.plans(transaction)] == ["ended"]


async def test_whom_an_ended_plan_has_moved_the_next_one_leaves_alone(
    still: Town, server: FakeEvolution
) -> None:
    other = await second(still, server)
    every = set(await people(still, 6))
    first = await planned(still, other, 100)
    await look(still)
    assert await moved(still, other) == every
    await changed(still, first, state="ended")
    plan = await planned(still, other, 0)
    await look(still)
    assert await moved(still, other) == every
    await changed(still, plan, state="undoing")
    await look(still)
    assert await moved(still, other) == every


async def test_who_never_wrote_to_a_channel_that_only_answers_is_not_moved_there(
    still: Town, server: FakeEvolution
) -> None:
    other = await second(still, server, replies_only=True)
    await people(still, 2)
    await planned(still, other, 100)
    await look(still)
    assert await moved(still, other) == set()


async def test_who_is_in_the_middle_of_something_stays_until_it_ends(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    asks = (OI, ask("nome", "Nome?"), text("fim", "Até"))
    await still.publish("oi", asks, ("oi > nome", "nome:reply > fim"))
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    plan = await planned(still, other, 100)
    await look(still)
    assert await channel_of(still) == still.place.channel
    await still.deliver(body(still, [message(ANA, 2, "Ana")]))
    await hands.until_quiet()
    await look(still)
    assert await channel_of(still) == other
    assert still.heard() == ["Nome?", "Até"]
    await changed(still, plan, state="undoing")
    await look(still)
    assert await channel_of(still) == still.place.channel


async def test_or_goes_at_once_and_is_answered_there(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    asks = (OI, ask("nome", "Nome?"), text("fim", "Até"))
    await still.publish("oi", asks, ("oi > nome", "nome:reply > fim"))
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    await planned(still, other, 100, at_once=True)
    await look(still)
    assert await channel_of(still) == other
    await hands.until_quiet()
    # She answers there: the same talk goes on.
    assert still.workers is not None
    arrived = msgspec.structs.replace(
        still.connector.parse(body(still, [message(ANA, 2, "Ana")])), unreadable=()
    )
    await still.workers.receive(str(other), arrived)
    await hands.until_quiet()
    assert still.heard() == ["Nome?"]
    assert said(server) == [(ANA, "Até")]


async def test_what_we_begin_goes_by_the_side_of_its_contact_and_once_for_a_key(
    still: Town, server: FakeEvolution
) -> None:
    other = await second(still, server)
    (contact,) = await people(still, 1)

    async def say(transaction: Transaction, content: Any) -> Any:
        author = still.place.owner
        rules = Channels(still.vault, still.client).rules
        return await notify(
            transaction, contact, still.place.channel, author, content, "Oi", rules, "pedido-1"
        )

    async with still.database.worker(still.place.tenant) as transaction:
        first = await say(transaction, Text("Oi"))
    await planned(still, other, 100)
    async with still.database.worker(still.place.tenant) as transaction:
        again = await say(transaction, Text("Oi"))
    assert (again.message, again.doubled) == (first.message, True)
    assert await leaves_by(still, contact) == other
    assert await still.value("SELECT count(*) FROM outbox") == 1


async def test_a_key_of_before_plans_is_still_known(still: Town) -> None:
    """A request was known by its room then; it is repeated to a process of today."""
    (contact,) = await people(still, 1)
    room = await still.value("SELECT id FROM conversations")
    channel, author = still.place.channel, still.place.owner
    rules = Channels(still.vault, still.client).rules
    oi = (Text("Oi"), "Oi", rules, "pedido-1")
    async with still.database.worker(still.place.tenant) as transaction:
        first = await notify(transaction, contact, channel, author, *oi)
    now = dedupe_key("notify", str(channel), str(contact), "pedido-1")
    then = dedupe_key("notify", str(room), "pedido-1")
    await still.run("DELETE FROM inbox_seen WHERE key = $1", now)
    for table in ("outbox", "messages"):
        await still.run(f"UPDATE {table} SET effect_id = $1", f"notify:{then.hex()}")
    async with still.database.worker(still.place.tenant) as transaction:
        again = await notify(transaction, contact, channel, author, *oi)
    assert (again.message, again.doubled) == (first.message, True)


async def test_who_is_erased_is_gone_from_former_channels_too(
    still: Town, hands: Hands, server: FakeEvolution
) -> None:
    other = await second(still, server)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await hands.until_quiet()
    async with still.database.worker() as transaction:
        way = Way(other, "Reserva", "plan")
        assert not (await switch(transaction, await still.conversation(), way)).stays
    contact = await still.value("SELECT contact_id FROM conversations")
    async with still.database.worker(still.place.tenant) as transaction:
        await erase(transaction, contact)
    assert await still.value("SELECT count(*) FROM provider_ids") == 0
    assert await still.value("SELECT count(*) FROM channel_switches") == 0


def test_a_contact_stands_where_the_database_says() -> None:
    plan, contact = UUID(int=7), UUID(int=9)
    assert 0 <= place_of(plan, contact) < 10_000
    assert place_of(plan, contact) == place_of(plan, contact)
    assert len({place_of(plan, UUID(int=n)) for n in range(1000)}) > 900
