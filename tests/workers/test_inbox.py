"""Ingest: everything once, in order, however it comes."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime

import httpx
import pytest

from connectors.fake_graph import webhooks
from connectors.fake_graph.shapes import contact_of
from connectors.fake_graph.words import Person
from flowengine.messages import Parsed, Status
from flowengine.store.arrivals import Delivery
from flowengine.store.database import Database
from flowengine.store.trouble import is_passing
from tests.flowengine.playing import OI, text
from tests.services.cutting import Wire
from tests.services.postgres import on_both
from tests.workers.town import ANA, Town
from workers.handle import Busy, NotFound
from workers.inbox import Intake

HELLO = (OI, text("ola", "Olá!")), ("oi > ola",)


def message(who: str, number: int, words: str) -> dict[str, object]:
    return {
        "from": who,
        "id": f"wamid.in.{who}.{number}",
        "timestamp": "1772460000",
        "type": "text",
        "text": {"body": words},
    }


def status(wamid: str, state: str, callback: str = "") -> dict[str, object]:
    told = {"biz_opaque_callback_data": callback} if callback else {}
    return {"id": wamid, "status": state, "timestamp": "1772460001", "recipient_id": ANA, **told}


def body(town: Town, messages: list[dict], statuses: list[dict] | None = None) -> bytes:
    people = sorted({str(each["from"]) for each in messages})
    value = webhooks.value(
        town.number,
        contacts=[contact_of(Person(wa_id=who, name="Ana")) for who in people],
        messages=messages,
        statuses=statuses or [],
    )
    return webhooks.wrap(town.number, [("messages", value)])


@on_both
async def test_the_same_webhook_posted_twenty_times_at_once_is_one_turn(town: Town) -> None:
    await town.publish("oi", *HELLO)
    raw = body(town, [message(ANA, 1, "oi")])
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.post(town.webhook, content=raw) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await town.hears("Olá!")
    await town.quiet()
    assert await town.value("SELECT count(*) FROM inbox WHERE kind = 'message'") == 1
    assert await town.value("SELECT count(*) FROM contacts") == 1
    assert len(town.graph.sent) == 1


async def test_a_doubled_webhook_later_changes_nothing(town: Town) -> None:
    await town.publish("oi", *HELLO)
    raw = body(town, [message(ANA, 1, "oi")])
    assert await town.deliver(raw) == 200
    await town.hears("Olá!")
    await town.quiet()
    assert await town.deliver(raw) == 200
    await town.quiet()
    assert town.heard() == ["Olá!"]
    assert await town.value("SELECT count(*) FROM messages") == 2


async def test_a_thousand_updates_in_one_webhook_lose_none_and_keep_their_order(
    still: Town,
) -> None:
    people = [f"55119{n:08d}" for n in range(50)]
    messages = [message(people[n % 50], n, f"mensagem {n}") for n in range(1000)]
    await still.work(pumps=False)
    assert await still.deliver(body(still, messages)) == 200
    assert await still.value("SELECT count(*) FROM inbox") == 1000
    assert await still.value("SELECT count(*) FROM conversations") == 50
    rows = await still.rows(
        "SELECT conversation_id, text FROM messages ORDER BY conversation_id, id"
    )
    by_conversation: dict[object, list[int]] = {}
    for row in rows:
        number = int(row["text"].split()[1])
        by_conversation.setdefault(row["conversation_id"], []).append(number)
    assert all(numbers == sorted(numbers) for numbers in by_conversation.values())
    assert sum(map(len, by_conversation.values())) == 1000


async def test_many_webhooks_at_once_about_the_same_new_people_make_each_of_them_once(
    still: Town,
) -> None:
    people = [f"55119{n:08d}" for n in range(20)]
    await still.work(pumps=False)
    webhooks_ = [
        body(still, [message(people[(n + m) % 20], n * 10 + m, "oi") for m in range(5)])
        for n in range(40)
    ]
    assert set(await asyncio.gather(*map(still.deliver, webhooks_))) == {200}
    assert await still.value("SELECT count(*) FROM contacts") == 20
    assert await still.value("SELECT count(*) FROM inbox") == 200
    assert await still.value("SELECT max(last_seq) FROM conversations") == 10_000


async def test_only_the_first_message_of_a_new_contact_is_their_first(still: Town) -> None:
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "um"), message(ANA, 2, "dois")]))
    rows = await still.rows("SELECT event FROM inbox ORDER BY seq")
    assert [json.loads(row["event"]).get("first", False) for row in rows] == [True, False]


async def test_text_with_nul_is_stored_and_answered(town: Town) -> None:
    await town.publish("oi", *HELLO)
    await town.deliver(body(town, [message(ANA, 1, "oi\x00")]))
    await town.quiet()
    assert await town.value("SELECT text FROM messages WHERE direction = 'in'") == "oi"
    assert await town.value("SELECT count(*) FROM journal") > 0


async def test_what_cannot_be_read_is_kept_raw(still: Town) -> None:
    await still.work(pumps=False)
    value = json.loads(body(still, [message(ANA, 1, "oi")]))
    value["entry"][0]["changes"][0]["value"]["messages"].append("isto não é uma mensagem")
    assert await still.deliver(json.dumps(value).encode()) == 200
    assert await still.value("SELECT count(*) FROM inbox") == 1
    row = (await still.rows("SELECT raw, reason FROM webhook_dead"))[0]
    assert b"mensagem" in row["raw"]
    assert row["reason"]


async def test_one_event_that_cannot_be_stored_costs_no_other(still: Town) -> None:
    """PostgreSQL refuses NUL in a text; a status's id is one."""
    workers = await still.work(pumps=False)
    parsed = still.connector.parse(body(still, [message(ANA, n, f"m{n}") for n in range(4)]))
    good = parsed.events
    bad = Status("status:bad", "wamid.\x00", "read", datetime(2026, 3, 2, tzinfo=UTC))
    events = (good[0], bad, *good[1:])
    received = await workers.receive(str(still.place.channel), Parsed(events))
    assert received.stored == 4
    assert await still.value("SELECT count(*) FROM inbox") == 4
    assert await still.value("SELECT count(*) FROM webhook_dead") == 1
    again = await workers.receive(str(still.place.channel), Parsed(events))
    assert (again.stored, again.doubled) == (0, 4)


async def test_a_channel_that_there_is_not_is_refused(still: Town) -> None:
    workers = await still.work(pumps=False)
    with pytest.raises(NotFound):
        await workers.receive(str(still.place.tenant), Parsed())
    with pytest.raises(NotFound):
        await workers.receive("no id", Parsed())


async def test_a_full_queue_says_come_back(still: Town) -> None:
    intake = Intake(still.database, most_waiting=3)
    workers = await still.work(pumps=False)
    parsed = still.connector.parse(body(still, [message(ANA, n, "oi") for n in range(5)]))
    delivery = (still.place.tenant, still.place.channel, parsed)
    from flowengine.store.arrivals import Delivery

    waiting = asyncio.create_task(intake.receive(Delivery(*delivery)))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await intake.receive(Delivery(*delivery))
    intake.start()
    assert (await waiting).stored == 5
    await intake.stop()
    with pytest.raises(Busy):
        await intake.receive(Delivery(*delivery))
    assert workers is not None


async def test_a_webhook_is_answered_only_after_its_commit(still: Town) -> None:
    """While the conversation is locked by somebody, the webhook waits; then all is there."""
    workers = await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "um")]))
    parsed = still.connector.parse(body(still, [message(ANA, 2, "dois")]))
    async with still.database.worker() as transaction:
        await transaction.rows("SELECT id FROM conversations FOR NO KEY UPDATE")
        waiting = asyncio.create_task(workers.receive(str(still.place.channel), parsed))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert (await waiting).stored == 1
    assert await still.value("SELECT count(*) FROM inbox") == 2


async def test_a_webhook_while_the_server_goes_down_is_refused_not_put_away(
    still: Town, wire: Wire
) -> None:
    """Each connection says so once: none of that is the message's fault."""
    through = wire.through(still.database.worker_dsn)
    store = await Database.open(through, through, worker_size=4)
    intake = Intake(store)
    intake.start()
    parsed = still.connector.parse(body(still, [message(ANA, 1, "oi")]))
    delivery = Delivery(still.place.tenant, still.place.channel, parsed)
    try:
        async with contextlib.AsyncExitStack() as all_at_once:
            for _ in range(4):
                await all_at_once.enter_async_context(store.worker())
        wire.farewell()
        await asyncio.sleep(0.1)
        refused: list[Exception] = []
        for _ in range(20):
            try:
                await intake.receive(delivery)
                break
            except Exception as error:
                refused.append(error)
        assert [error for error in refused if not is_passing(error)] == []
    finally:
        await intake.stop()
        await store.close()
    assert await still.value("SELECT count(*) FROM messages") == 1
    assert await still.value("SELECT count(*) FROM webhook_dead") == 0
