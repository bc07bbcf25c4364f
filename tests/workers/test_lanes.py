"""The claim of lanes: one odd row stops nobody else's sends, and campaigns get their share."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from connectors.fake_graph.words import Ladder
from flowengine.messages import Identity, Text
from flowengine.store.identities import Seen, resolve
from flowengine.store.ids import new_id
from flowengine.store.lanes import read_heads
from flowengine.store.sends import CAMPAIGN, REPLY
from flowengine.store.verdicts import Failed
from tests.flowengine.playing import text
from tests.services.postgres import on_both
from tests.workers.test_people import ASKS, VARIABLES
from tests.workers.town import Town
from workers.channels import Channels
from workers.claiming import Claimer, Wish
from workers.rates import OwnRates, of_channel

LEASE = timedelta(seconds=15)


@on_both
async def test_one_odd_identity_stops_nobody_elses_sends(town: Town) -> None:
    """Scopes and ids come from outside: whatever stands in them, the claim goes on."""
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("um", (text("m", "Um."),), (), start="m")
    async with town.database.worker(town.place.tenant) as transaction:
        seen = Seen(town.place.tenant, (Identity("bsuid", "BR.1", "a\x1fb"),))
        odd = (await resolve(transaction, seen)).contact_id
    workers, place = town.workers, town.place
    assert workers is not None
    tenant = str(place.tenant)
    await workers.start_flow(tenant, "um", contact=str(odd), channel=str(place.channel))
    await town.sees("SELECT count(*) > 0 FROM messages")
    room = await town.value("SELECT id FROM conversations WHERE contact_id = $1", odd)
    await workers.say(tenant, str(room), str(place.owner), Text("Oi"))
    town.say("oi")
    await town.hears("Nome?")


def test_a_head_that_cannot_be_read_is_flagged_alone() -> None:
    """Its lane gets a verdict, so that it does not come back with every claim."""
    room, send = new_id(), new_id()
    heads, broken = read_heads([{"id": send, "conversation_id": room, "attempt": 2}])
    assert heads == ()
    assert [(each.id, each.conversation, each.attempt) for each in broken] == [(send, room, 2)]
    verdict = broken[0].verdict
    assert isinstance(verdict, Failed)
    assert verdict.flagged


async def lanes(town: Town, count: int, lane_class: int) -> set[UUID]:
    """Lanes that are due and have nothing to send, the older the later they are made."""
    made: set[UUID] = set()
    for _ in range(count):
        async with town.database.worker(town.place.tenant) as transaction:
            seen = Seen(town.place.tenant, (Identity("bsuid", str(new_id()), "a"),))
            contact = (await resolve(transaction, seen)).contact_id
            room = new_id()
            await transaction.run(
                "INSERT INTO conversations (id, tenant_id, channel_id, contact_id) "
                "VALUES ($1, $2, $3, $4)",
                room, town.place.tenant, town.place.channel, contact,
            )  # fmt: skip
            await transaction.run(
                "INSERT INTO lanes (conversation_id, tenant_id, channel_id, class, next_at) "
                "VALUES ($1, $2, $3, $4, now())",
                room, town.place.tenant, town.place.channel, lane_class,
            )  # fmt: skip
        made.add(room)
    return made


def claimer(town: Town, hands: int, rates: OwnRates | None = None) -> Claimer:
    channels = Channels(town.vault, town.client)
    return Claimer(town.database, channels, rates or OwnRates(), hands, LEASE)


def at_one_moment() -> OwnRates:
    """Buckets that get no new token, however slow the machine is."""
    return OwnRates(clock=lambda: 100.0)


async def leased(town: Town) -> set[UUID]:
    rows = await town.rows("SELECT conversation_id FROM lanes WHERE epoch > 0")
    return {row["conversation_id"] for row in rows}


@pytest.mark.parametrize(("replies", "share"), [(8, 2), (1, 7)])
async def test_campaigns_get_their_share_of_a_claim(still: Town, replies: int, share: int) -> None:
    await lanes(still, replies, REPLY)
    campaigns = await lanes(still, 9, CAMPAIGN)
    given = await claimer(still, 16).claim()  # one channel may have half of the hands
    assert len(await leased(still)) == 8
    assert len(campaigns & await leased(still)) == share
    assert given.seconds == 0


async def test_a_channel_without_a_token_is_not_claimed_from(still: Town) -> None:
    """Tokens come before the lease: its lanes stay as they are, and cost nothing."""
    await still.run("UPDATE channels SET rate = 0.5")
    await lanes(still, 5, REPLY)
    mine = claimer(still, 16, at_one_moment())
    await mine.claim()
    assert len(await leased(still)) == 1
    again = await mine.claim()
    assert len(await leased(still)) == 1
    assert 1 < again.seconds <= 2


async def test_tokens_that_no_send_needed_are_given_back(still: Town) -> None:
    """These lanes had nothing to send: the channel's next message need not wait for them."""
    await still.run("UPDATE channels SET rate = 0.5")
    await lanes(still, 2, REPLY)
    rates = at_one_moment()
    await claimer(still, 16, rates).claim()
    granted = await rates.reserve([of_channel(still.place.channel, 0.5, 1)])
    assert granted[0].count == 1


async def test_hands_that_were_promised_are_promised_to_nobody_else(still: Town) -> None:
    """Turns are written side by side: half of the hands are half for all of them together."""
    mine = claimer(still, 16)

    def wishes() -> list[Wish]:
        place = still.place
        return [Wish(new_id(), place.tenant, place.channel, 1000.0) for _ in range(20)]

    first, second = await asyncio.gather(mine.grant(wishes()), mine.grant(wishes()))
    assert len(first) + len(second) == 8
    await lanes(still, 9, REPLY)
    await mine.claim()
    assert await leased(still) == set()
    mine.let_go([*first, *second])
    assert mine.hands.free == 16
    await mine.claim()
    assert len(await leased(still)) == 8
    assert mine.hands.free == 16  # they had nothing to send


async def test_a_resting_channel_leaves_the_claim(still: Town) -> None:
    """A few are looked at now and then, for what is in doubt there; all others stay untouched."""
    await lanes(still, 30, REPLY)
    await still.run("UPDATE channels SET next_send_at = now() + interval '1 hour'")
    mine = claimer(still, 64)
    await mine.claim()
    await mine.claim()
    await mine.claim()
    assert len(await leased(still)) == 10
