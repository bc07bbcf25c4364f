"""Plans: conversations move to another channel by degrees, and what we begin goes with them."""

from typing import Any
from uuid import UUID

import msgspec

from connectors.fake_evolution import FakeEvolution
from flowengine.messages import Text
from flowengine.store import plans
from flowengine.store.database import Transaction
from flowengine.store.erasing import erase
from flowengine.store.inbox import dedupe_key
from flowengine.store.notifying import notify
from flowengine.store.plans import place_of
from flowengine.store.switching import Way, switch
from tests.flowengine.playing import OI, ask, text
from tests.workers.hands import Hands
from tests.workers.reserve import (
    changed,
    channel_of,
    leaves_by,
    look,
    moved,
    people,
    planned,
    said,
    second,
)
from tests.workers.test_inbox import body, message
from tests.workers.town import ANA, Town
from workers.channels import Channels
from workers.mover import Mover


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
