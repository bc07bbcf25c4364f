"""A person takes over between two steps of an effect: each order of the two, for each kind."""

import asyncio
from uuid import UUID

from connectors.fake_graph.server import Reply
from flowengine.happenings import GaveBack, HttpDone, TookOver
from flowengine.messages import Answered
from flowengine.store.actions import act
from flowengine.store.ids import new_id
from flowengine.store.lanes import Quota, claim, mark
from flowengine.store.sends import REPLY
from tests.peers.plain import Peer
from tests.workers.test_calls import allow, answering, waiting_call
from tests.workers.test_sends import LEASE, expire, queued, states
from tests.workers.test_tells import TELLS, subscribed
from tests.workers.town import Town

AGENT = "agente-1"


async def take_over(still: Town, conversation: UUID) -> None:
    async with still.database.worker(still.place.tenant) as transaction:
        await act(transaction, conversation, TookOver(AGENT))


async def lease(still: Town, transaction):
    return await claim(transaction, new_id(), LEASE, [Quota(still.place.channel, REPLY, 10)])


async def test_a_send_whose_lane_was_leased_before_the_take_over_is_not_marked_after_it(
    still: Town,
) -> None:
    await queued(still)
    async with still.database.worker() as transaction:
        head = (await lease(still, transaction)).heads[0]
    await take_over(still, head.conversation)
    async with still.database.worker() as transaction:
        assert await mark(transaction, [head.id]) == {}
    assert await states(still) == []
    await expire(still)
    await still.work()
    await still.quiet()
    assert still.heard() == []
    told = await still.rows("SELECT DISTINCT status FROM messages WHERE direction = 'out'")
    assert [row["status"] for row in told] == ["dropped"]


async def test_a_take_over_waits_for_a_send_that_is_just_being_marked(still: Town) -> None:
    """What is marked may arrive: it is left alone, and all behind it is dropped."""
    await queued(still)
    async with still.database.worker() as transaction:
        head = (await lease(still, transaction)).heads[0]
        taking = asyncio.create_task(take_over(still, head.conversation))
        await still.sees(
            "SELECT count(*) > 0 FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        assert len(await mark(transaction, [head.id])) == 1
    await taking
    assert await states(still) == ["sending"]


async def test_an_epoch_that_has_moved_lets_nothing_be_marked(still: Town) -> None:
    """Also a row that no clean-up has seen: the token is looked at when the send is marked."""
    await queued(still)
    await still.run("UPDATE conversations SET epoch = epoch + 1")
    async with still.database.worker() as transaction:
        head = (await lease(still, transaction)).heads[0]
        assert await mark(transaction, [head.id]) == {}
    await expire(still)
    await still.work()
    await still.quiet()
    assert still.heard() == []


async def test_a_call_that_was_begun_before_the_take_over_is_answered_after_it(
    still: Town,
) -> None:
    """The answer waits for the bot: nothing is said while a person has the chat."""
    held, taken_over = asyncio.Event(), asyncio.Event()

    def slow(_request: object) -> Reply:
        held.set()
        return Reply(200, b'{"estado": "feito"}', until=taken_over)

    async with Peer(slow) as peer:
        await waiting_call(still, peer)
        await allow(still, peer)
        await asyncio.wait_for(held.wait(), 10)
        conversation = await still.conversation()
        await take_over(still, conversation)
        taken_over.set()
        await still.sees("SELECT count(*) = 0 FROM calls")
        await still.quiet()
        assert still.heard() == []
        async with still.database.worker(still.place.tenant) as transaction:
            await act(transaction, conversation, GaveBack(AGENT))
        await still.hears("Estado: feito")
        assert len(peer.asked) == 1


async def test_a_call_that_nobody_has_begun_is_made_and_its_answer_waits(still: Town) -> None:
    async with Peer(answering({"estado": "feito"})) as peer:
        await waiting_call(still, peer)
        conversation = await still.conversation()
        await take_over(still, conversation)
        await allow(still, peer)
        await still.sees("SELECT count(*) = 0 FROM calls")
        await still.quiet()
        assert still.heard() == []
        async with still.database.worker(still.place.tenant) as transaction:
            await act(transaction, conversation, GaveBack(AGENT))
        await still.hears("Estado: feito")


async def test_a_late_outcome_for_what_a_person_has_ended_is_ignored(still: Town) -> None:
    async with Peer(answering({"estado": "feito"})) as peer:
        await waiting_call(still, peer)
        conversation = await still.conversation()
        effect = await still.value("SELECT effect_id FROM calls")
        await still.run("DELETE FROM calls")
        await still.work()
        await take_over(still, conversation)
        workers = still.workers
        assert workers is not None
        await workers.close(str(still.place.tenant), str(conversation), AGENT)
        await still.sees("SELECT status = 'interrupted' FROM executions")
        async with still.database.worker(still.place.tenant) as transaction:
            done = HttpDone(effect, Answered(200, {"estado": "feito"}))
            await act(transaction, conversation, done)
        workers.ring()
        await still.quiet()
        assert still.heard() == []


async def test_what_happened_is_told_though_a_person_takes_over_first(still: Town) -> None:
    """A notice says what was, and does nothing to the customer: no take-over calls it back."""
    async with Peer(lambda _request: Reply(204)) as peer:
        await subscribed(still, peer.url, "*")
        await still.publish("oi", *TELLS)
        workers = await still.work()
        assert workers.working is not None
        await workers.working.pumps.calls.stop()
        still.say("oi")
        await still.sees("SELECT count(*) = 1 FROM calls WHERE kind = 'tell'")
        await take_over(still, await still.conversation())
        await workers.stop()
        await allow(still, peer)
        await still.until(lambda: len(peer.asked) == 1)
