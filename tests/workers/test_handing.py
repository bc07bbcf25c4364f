"""Sends that skip the claim, and records that skip the lock: nothing is lost by either."""

import asyncio

from flowengine.store.recording import record_taken
from flowengine.store.verdicts import Delivered, Result
from tests.flowengine.playing import OI, text
from tests.workers.test_sends import leased, queued
from tests.workers.town import Town

ONE = ((OI, text("um", "Um")), ("oi > um",))


async def test_a_reply_leaves_at_its_turns_commit(town: Town) -> None:
    """Its lane was leased once, by the turn, and is free again."""
    await town.publish("oi", *ONE)
    town.say("oi")
    await town.hears("Um")
    await town.quiet()
    lane = (await town.rows("SELECT owner, next_at, epoch, added FROM lanes"))[0]
    assert dict(lane.items()) == {"owner": None, "next_at": None, "epoch": 1, "added": 1}
    assert await town.value("SELECT status FROM messages WHERE direction = 'out'") != "queued"


async def test_a_plain_send_is_recorded_while_its_conversation_is_locked(still: Town) -> None:
    await queued(still, ONE)
    conversation, send, attempt = await leased(still)
    owner = await still.value("SELECT owner FROM lanes")
    result = Result(send, conversation, attempt, Delivered("wamid.1"))
    async with still.database.worker() as turn:
        await turn.run("SELECT FROM conversations WHERE id = $1 FOR UPDATE", conversation)
        async with asyncio.timeout(30), still.database.single() as transaction:
            taken = await record_taken(transaction, [result], owner)
            again = await record_taken(transaction, [result], owner)
    assert (taken.recorded, taken.more) == ({send}, False)
    assert not again.recorded
    assert await still.value("SELECT next_at FROM lanes") is None
    assert await still.value("SELECT count(*) FROM outbox") == 0


async def test_what_something_hangs_on_is_left_to_the_long_way(still: Town) -> None:
    await queued(still, ONE)
    conversation, send, attempt = await leased(still)
    owner = await still.value("SELECT owner FROM lanes")
    await still.run("UPDATE outbox SET hangs = 2")
    async with still.database.single() as transaction:
        result = Result(send, conversation, attempt, Delivered("wamid.1"))
        assert not (await record_taken(transaction, [result], owner)).recorded
    assert await still.value("SELECT count(*) FROM outbox") == 1


async def test_another_attempt_records_nothing(still: Town) -> None:
    await queued(still, ONE)
    conversation, send, attempt = await leased(still)
    owner = await still.value("SELECT owner FROM lanes")
    async with still.database.single() as transaction:
        result = Result(send, conversation, attempt + 1, Delivered("wamid.1"))
        assert not (await record_taken(transaction, [result], owner)).recorded
