"""Erasure: nothing of a person is left, whatever happens at that very moment, and life goes on."""

import asyncio
from uuid import UUID

import pytest

from connectors.fake_graph.words import Trouble
from flowengine.messages import Identity
from flowengine.store import contacts
from flowengine.store.columns import metadata
from flowengine.store.erasing import erase, tombstone, tombstones
from flowengine.store.errors import NotFound
from flowengine.store.talks import put_talk, talks
from flowengine.store.turns import claim
from tests.flowengine.playing import OI, text
from tests.services.postgres import on_both
from tests.store.filled import PAGES
from tests.workers.test_inbox import body, message, status
from tests.workers.test_turns import NAME, VARIABLES
from tests.workers.town import ANA, Town

DAVI = "5511999990002"
SECRET = "girassol"  # a word that only Ana said
TABLES = {name for page in PAGES for name in page.metadata.tables}
KEEPS = {"tombstones", "inbox_seen", "audit"}
"""What stays of somebody: numbers, and hashes of what came."""


async def contact_of(town: Town, who: str = ANA) -> UUID:
    async with town.database.worker(town.place.tenant) as transaction:
        found = await contacts.contact_of(transaction, Identity("phone", f"+{who}"))
    assert found is not None
    return found


async def erased(town: Town, contact: UUID) -> None:
    async with town.database.worker(town.place.tenant) as transaction:
        await erase(transaction, contact)


async def whole(town: Town, who: str) -> None:
    """A talk that leaves something nearly everywhere."""
    town.say("oi", who)
    await town.until(lambda: len(town.heard(who)) == 1)
    town.say(SECRET, who)
    await town.until(lambda: len(town.heard(who)) == 2)
    await town.quiet()


async def left(town: Town, *words: str) -> dict[str, int]:
    """Rows anywhere, by table, in which one of the words can be read."""
    found: dict[str, int] = {}
    for name in sorted(TABLES - KEEPS):
        if name in ("sessions", "sign_in_attempts", "api_keys", "token_grants"):
            continue  # of people of the team; a worker cannot read them
        columns = [column.name for column in metadata.tables[name].columns]
        texts = " || ' ' || ".join(
            f"coalesce(encode({c}, 'escape'), '')"
            if str(metadata.tables[name].columns[c].type) in ("BLOB", "BYTEA")
            else f"coalesce({c}::text, '')"
            for c in columns
        )
        count = await town.value(
            f"SELECT count(*) FROM {name} WHERE EXISTS (SELECT FROM unnest($1::text[]) w"
            f" WHERE position(w IN ({texts})) > 0)",
            list(words),
        )
        if count:
            found[name] = count
    return found


@pytest.fixture
async def talked(town: Town) -> Town:
    await town.publish("oi", *NAME, variables=VARIABLES)
    await whole(town, ANA)
    return town


@on_both
async def test_nothing_of_a_person_is_left_and_others_keep_all(talked: Town) -> None:
    await whole(talked, DAVI)
    ana = await contact_of(talked)
    rooms = await talked.rows("SELECT id FROM conversations WHERE contact_id = $1", ana)
    room: UUID = rooms[0]["id"]
    runs = await talked.rows("SELECT id FROM executions WHERE conversation_id = $1", room)
    sent = await talked.value(
        "SELECT provider_id FROM messages WHERE conversation_id = $1 AND direction = 'out' LIMIT 1",
        room,
    )
    words = (ANA, str(ana), str(room), str(runs[0]["id"]), sent)
    assert {"messages", "journal", "inbox", "contacts", "executions"} <= set(
        await left(talked, *words)
    )
    davis = await left(talked, DAVI)

    await erased(talked, ana)

    assert await left(talked, *words) == {}
    assert await left(talked, DAVI) == davis
    async with talked.database.worker(talked.place.tenant) as transaction:
        stones = await tombstones(transaction)
        assert [stone.id for stone in stones] == [ana]
        assert stones[0].counters == {
            "conversations": 1, "in": 2, "out": 2, "turns": 4, "executions": 1,
        }  # fmt: skip
        for id, subject in ((room, "conversation"), (runs[0]["id"], "execution")):
            stone = await tombstone(transaction, id)
            assert stone is not None
            assert stone.subject == subject
        with pytest.raises(NotFound):
            await erase(transaction, ana)


async def test_what_they_write_later_begins_anew(talked: Town) -> None:
    ana = await contact_of(talked)
    await erased(talked, ana)
    talked.say("oi")
    await talked.until(lambda: len(talked.heard()) == 3)
    assert talked.heard()[-1] == "Nome?"
    assert await contact_of(talked) != ana
    assert await talked.value("SELECT count(*) FROM messages") == 2


async def test_a_webhook_that_comes_once_more_brings_nothing_back(still: Town) -> None:
    await still.work(pumps=False)
    raw = body(still, [message(ANA, 1, SECRET)])
    await still.deliver(raw)
    await erased(still, await contact_of(still))
    assert await still.deliver(raw) == 200
    assert await still.value("SELECT count(*) FROM contacts") == 0
    assert await left(still, SECRET) == {}


@on_both
async def test_a_turn_under_way_is_waited_for_and_its_doings_go_too(still: Town) -> None:
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    ana = await contact_of(still)
    async with still.database.worker() as turning:
        mine = await claim(turning, 50)
        erasing = asyncio.create_task(erased(still, ana))
        await asyncio.sleep(0.2)
        assert not erasing.done()
        await turning.run("UPDATE conversations SET preview = $2 WHERE id = $1", mine[0].id, SECRET)
    await erasing
    assert await left(still, ANA, SECRET, str(ana)) == {}


async def test_a_message_that_waits_for_the_erasure_is_of_somebody_new(still: Town) -> None:
    """It found the conversation, and it was gone when its lock came."""
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, SECRET)]))
    ana = await contact_of(still)
    async with still.database.worker(still.place.tenant) as transaction:
        await erase(transaction, ana)
        coming = asyncio.create_task(still.deliver(body(still, [message(ANA, 2, "de novo")])))
        await asyncio.sleep(0.3)
        assert not coming.done()
    assert await coming == 200
    assert await contact_of(still) != ana
    assert [each["text"] for each in await still.rows("SELECT text FROM messages")] == ["de novo"]
    assert await left(still, SECRET) == {}


async def test_so_is_one_that_comes_with_a_status_in_one_webhook(talked: Town) -> None:
    """Mixed webhooks go another way into the inbox."""
    ana = await contact_of(talked)
    sent = talked.graph.sent[-1]
    mixed = body(talked, [message(ANA, 7, "de novo")], [status(sent.wamid, "read")])
    async with talked.database.worker(talked.place.tenant) as transaction:
        await erase(transaction, ana)
        coming = asyncio.create_task(talked.deliver(mixed))
        await asyncio.sleep(0.3)
        assert not coming.done()
    assert await coming == 200
    await talked.sees("SELECT count(*) = 1 FROM messages WHERE text = 'de novo'")


async def test_a_send_under_way_is_recorded_nowhere(still: Town) -> None:
    await still.publish("oi", (OI, text("a", SECRET)), ("oi > a",))
    still.graph.trouble(Trouble("slow", seconds=1.0))
    await still.work()
    await still.writes("oi")
    await still.sees("SELECT count(*) = 1 FROM outbox WHERE state = 'sending'")
    await erased(still, await contact_of(still))
    await still.until(lambda: still.heard() == [SECRET])
    await still.quiet()
    await still.graph.settled(still.number.id)
    assert await left(still, ANA) == {}
    assert await still.value("SELECT count(*) FROM messages") == 0


async def test_talks_that_were_recorded_of_a_person_go_with_them(town: Town) -> None:
    """One knows its conversation; an older one names the phone; another flow's own stays."""
    await town.publish("oi", *NAME, variables=VARIABLES)
    await whole(town, ANA)
    room = await town.conversation()
    async with town.database.worker(town.place.tenant) as transaction:
        await put_talk(transaction, "oi", "gravado", SECRET.encode(), conversation=room)
        # Somebody changes it by hand: it is hers all the same.
        await put_talk(transaction, "oi", "gravado", f"{SECRET}!".encode())
        await put_talk(transaction, "oi", "antigo", b'{"phone": "+%s"}' % ANA.encode())
        await put_talk(transaction, "oi", "nosso", b'{"phone": "+5511900000000"}')
    await erased(town, await contact_of(town))
    async with town.database.worker(town.place.tenant) as transaction:
        assert [each.name for each in await talks(transaction, "oi")] == ["nosso"]
