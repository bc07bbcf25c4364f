"""A second channel to go on through, and how the first one fails: for tests of switching."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from connectors.fake_evolution import FakeEvolution
from connectors.fake_graph.words import Number, Trouble
from flowengine.messages import Identity
from flowengine.store import channels
from flowengine.store.fallbacks import Fallback, put_fallback
from flowengine.store.identities import Seen, resolve
from flowengine.store.plans import Plan, Wanted, change_plan, make_plan, routed
from flowengine.store.rooms import conversations_of
from tests.flowengine.playing import OI, text
from tests.workers.hands import Hands
from tests.workers.test_inbox import body, message
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
