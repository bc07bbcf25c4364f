"""Scheduled messages: said at their time, once, in order, inside the window or by a template."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from flowengine.messages import Template, Text
from flowengine.state import encode
from flowengine.store import dead_letters
from flowengine.store import scheduled_messages as stored
from flowengine.store.errors import AlreadyGone, NotFound, OutOfTime
from flowengine.store.ids import new_id
from flowengine.store.scheduled_messages import Change, NewScheduled, Scheduled
from tests.flowengine.playing import OI, ask
from tests.services.postgres import on_both
from tests.workers.town import Town

ASKS = ((OI, ask("nome", "Nome?")), ("oi > nome",))


async def talking(town: Town) -> UUID:
    await town.publish("oi", *ASKS)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    return await town.conversation()


async def plan(
    town: Town, room: UUID, words: str = "Olá, Ana", hours: float = 2, key: bytes = b""
) -> Scheduled:
    due = datetime.now(UTC) + timedelta(hours=hours)
    content = Text(words)
    new = NewScheduled(
        room, str(town.place.owner), "text", encode(content), words, due,
        due.isoformat(timespec="minutes"), "UTC", key,
    )  # fmt: skip
    async with town.database.web(town.place.tenant) as transaction:
        return await stored.schedule_message(transaction, new)


async def fall_due(town: Town) -> None:
    await town.run("UPDATE scheduled_messages SET due_at = now() - interval '1 second'")


async def change(town: Town, each: Scheduled, version: int, what: Change) -> Scheduled:
    async with town.database.web(town.place.tenant) as transaction:
        return await stored.change_scheduled(transaction, each.id, version, what)


@on_both
async def test_it_is_said_at_its_time_and_the_bot_keeps_the_chat(town: Town) -> None:
    room = await talking(town)
    planned = await plan(town, room)
    assert (planned.state, planned.version) == ("waiting", 1)
    await fall_due(town)
    await town.hears("Nome?", "Olá, Ana")
    await town.quiet()
    row = (await town.rows(
        "SELECT author, author_id, status FROM messages WHERE text = 'Olá, Ana'"
    ))[0]  # fmt: skip
    assert (row["author"], row["author_id"]) == ("agent", str(town.place.owner))
    assert await town.value("SELECT owner FROM conversations") == "bot"
    assert await town.value("SELECT state FROM scheduled_messages") == "sent"


async def test_what_fell_due_in_an_outage_is_said_once_and_in_order(still: Town) -> None:
    await still.work()
    room = await talking(still)
    await still.at_work.stop()
    for hours, words in ((3, "Três"), (1, "Um"), (2, "Dois")):
        await plan(still, room, words, hours)
    await still.run("UPDATE scheduled_messages SET due_at = due_at - interval '1 day'")
    await still.work()
    await still.hears("Nome?", "Um", "Dois", "Três")
    await still.quiet()


async def test_it_can_be_changed_and_cancelled_until_it_is_said(town: Town) -> None:
    room = await talking(town)
    planned = await plan(town, room)
    other = Change(content=encode(Text("Até já")), text="Até já", kind="text")
    changed = await change(town, planned, 1, other)
    assert (changed.text, changed.version) == ("Até já", 2)
    with pytest.raises(AlreadyGone):
        await change(town, planned, 1, Change(cancel=True))  # somebody has changed it since
    gone = await plan(town, room, "Nunca")
    await change(town, gone, 1, Change(cancel=True))
    await fall_due(town)
    await town.hears("Nome?", "Até já")
    await town.quiet()
    with pytest.raises(AlreadyGone):
        await change(town, planned, 3, Change(cancel=True))
    assert town.heard() == ["Nome?", "Até já"]


async def test_free_text_beyond_the_window_is_refused_with_the_reason(town: Town) -> None:
    room = await talking(town)
    await plan(town, room)
    await town.run("UPDATE conversations SET last_inbound_at = now() - interval '25 hours'")
    await fall_due(town)
    await town.sees("SELECT state = 'refused' AND reason = 'window_closed' FROM scheduled_messages")
    await town.quiet()
    assert town.heard() == ["Nome?"]
    row = (await town.rows("SELECT status, error FROM messages WHERE text = 'Olá, Ana'"))[0]
    assert row["status"] == "failed"
    assert b"window_closed" in row["error"]
    async with town.database.worker(town.place.tenant) as transaction:
        letter = (await dead_letters.letters(transaction)).items[0]
        assert (letter.reason, letter.text) == ("window_closed", "Olá, Ana")
        # The customer has written again: a person sends it after all.
        assert await dead_letters.retry(transaction, [letter.message_id]) == 1
    await town.hears("Nome?", "Olá, Ana")


async def test_a_template_passes_the_closed_window(town: Town) -> None:
    room = await talking(town)
    planned = await plan(town, room)
    template = Template("lembrete", "pt_BR")
    await change(town, planned, 1, Change(kind="template", content=encode(template), text=""))
    await town.run("UPDATE conversations SET last_inbound_at = now() - interval '25 hours'")
    await fall_due(town)
    await town.until(lambda: len(town.graph.sent) == 2)
    assert town.graph.sent[1].body["type"] == "template"


async def test_who_has_opted_out_meanwhile_gets_nothing(town: Town) -> None:
    room = await talking(town)
    await plan(town, room)
    town.say("parar")
    await town.hears("Nome?", "Pronto.")
    await town.quiet()
    await fall_due(town)
    await town.sees("SELECT count(*) = 1 FROM dead_letters WHERE reason = 'opted_out'")
    assert town.heard() == ["Nome?", "Pronto."]


async def test_times_that_cannot_be_and_keys_that_repeat(town: Town) -> None:
    room = await talking(town)
    with pytest.raises(OutOfTime):
        await plan(town, room, hours=-1)
    with pytest.raises(OutOfTime):
        await plan(town, room, hours=24 * 91)
    first = await plan(town, room, hours=24 * 89, key=b"k" * 16)
    assert (await plan(town, room, "outra", key=b"k" * 16)).id == first.id
    with pytest.raises(NotFound):
        await plan(town, new_id())
