"""Cron triggers: at their times, each occurrence once for each contact, also after downtime."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from flowengine.store import starts
from flowengine.store.feeding import feed_starts
from tests.flowengine.playing import OI, text
from tests.services.postgres import on_both
from tests.workers.test_inbox import body, message
from tests.workers.test_sends import queued
from tests.workers.town import Town
from workers.channels import Channels
from workers.library import Library
from workers.timetable import Timetable

ANA, BETO, CAIO = (f"551199999000{n}" for n in (1, 2, 3))


def table(expression: str = "0 9 * * *", **more: Any) -> tuple:
    on = {"kind": "cron", "expression": expression, **more}
    return ({"id": "hora", "type": "trigger", "on": on}, text("m", "Bom dia!")), ("hora > m",)


async def people(still: Town) -> None:
    """Three customers have written; nobody answers them."""
    await still.work(pumps=False)
    for who in (ANA, BETO, CAIO):
        await still.deliver(body(still, [message(who, 1, "?")]))
    await still.at_work.stop()


async def due(still: Town, ago: str = "5 seconds") -> None:
    """The published time table was read, and its hour has struck."""
    await still.sees("SELECT count(*) = 1 FROM cron_triggers WHERE next_at > now()")
    await still.run(f"UPDATE cron_triggers SET next_at = now() - interval '{ago}'")


def greeted(town: Town) -> list[str]:
    return sorted(sent.to.strip("+") for sent in town.graph.sent)


@on_both
async def test_everybody_hears_of_an_occurrence_once(still: Town) -> None:
    await people(still)
    await still.publish("diario", *table())
    await still.work()
    await due(still)
    await still.until(lambda: len(still.graph.sent) == 3, 15)
    await still.sees("SELECT state = 'done' AND begun = 3 FROM cron_runs")
    await still.quiet()
    assert greeted(still) == [ANA, BETO, CAIO]
    assert await still.value("SELECT next_at > now() FROM cron_triggers")


async def test_after_downtime_it_is_late_rather_than_never_and_once_rather_than_often(
    still: Town,
) -> None:
    await people(still)
    await still.publish("diario", *table("* * * * *"))
    await still.work()
    await still.sees("SELECT count(*) = 1 FROM cron_triggers")
    await still.at_work.stop()
    await still.run("DELETE FROM cron_runs")
    before = len(still.graph.sent)
    await still.run("UPDATE cron_triggers SET next_at = next_at - interval '3 hours'")
    await still.work()
    await still.sees("SELECT bool_or(missed >= 178 AND state = 'done') FROM cron_runs", within=15)
    # No further minute strikes, and one that has struck meanwhile is told to its end.
    await still.run("UPDATE cron_triggers SET next_at = now() + interval '1 hour'")
    await still.sees("SELECT bool_and(state = 'done') FROM cron_runs")
    await still.quiet()
    runs = await still.value("SELECT count(*) FROM cron_runs")
    assert len(still.graph.sent) - before == 3 * runs
    assert runs <= 2  # a minute may have struck meanwhile


async def test_only_the_audience_hears_of_it(still: Town) -> None:
    await people(still)
    await still.run(
        "UPDATE contacts SET tags = '{vip}', fields = '{\"plano\": \"ouro\"}' WHERE phone LIKE '%1'"
    )
    await still.run("UPDATE contacts SET tags = '{vip}' WHERE phone LIKE '%2'")
    audience = {
        "tags": ["vip"],
        "when": {"left": {"expr": "contact.fields.plano"}, "op": "equals", "right": "ouro"},
    }
    await still.publish("diario", *table(audience=audience))
    await still.work()
    await due(still)
    await still.sees("SELECT state = 'done' FROM cron_runs", within=15)
    await still.quiet()
    assert greeted(still) == [ANA]


async def test_many_processes_begin_it_once(still: Town) -> None:
    await people(still)
    await still.publish("diario", *table())
    clocks = [Timetable(still.database, Library()) for _ in range(4)]
    await clocks[0].tick()
    await due(still)
    for _ in range(4):
        await asyncio.gather(*(each.tick() for each in clocks))
    assert await still.value("SELECT count(*) FROM cron_runs") == 1
    assert await still.value("SELECT count(*) FROM inbox WHERE kind = 'start'") == 3


async def test_publishing_anew_skips_no_occurrence_and_unpublishing_ends_it(still: Town) -> None:
    await still.publish("diario", *table())
    await still.work()
    await still.sees("SELECT count(*) = 1 FROM cron_triggers")
    at = await still.value("SELECT next_at FROM cron_triggers")
    nodes, lines = table(purpose="novidades")
    await still.publish("diario", nodes, lines)
    await still.sees("SELECT purpose = 'novidades' FROM cron_triggers")
    assert await still.value("SELECT next_at FROM cron_triggers") == at
    await still.publish("diario", (OI, text("m", "Oi")), ("oi > m",))
    await still.sees("SELECT count(*) = 0 FROM cron_triggers")


async def test_what_comes_by_itself_waits_while_the_outbox_is_full(still: Town) -> None:
    """A minute of the channel's rate at the most: replies must not stand behind thousands."""
    await queued(still)
    contact = await still.value("SELECT id FROM contacts")
    start = starts.NewStart(contact, still.place.channel, "oi", datetime.now(UTC))
    async with still.database.worker(still.place.tenant) as transaction:
        await starts.put_start(transaction, start)
    rules = Channels(still.vault, still.client).rules
    async with still.database.worker() as transaction:
        await transaction.run("UPDATE channels SET rate = 3 / 60.0")
        assert await feed_starts(transaction, rules) == 0
        await transaction.run("UPDATE channels SET rate = 1")
        assert await feed_starts(transaction, rules) == 1
