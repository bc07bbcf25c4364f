"""Timers, starts and expiries: when they should be, once, in their order."""

from datetime import UTC, datetime, timedelta

from connectors.fake_graph.words import Ladder, Trouble
from flowengine.store import starts
from flowengine.store.cleaning import clean
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_inbox import body, message
from tests.workers.town import ANA, Town

REMINDS = (
    (OI, ask("nome", "Nome?", timeout="PT2S"), text("volta", "Ainda está aí?"), text("fim", "Oi!")),
    ("oi > nome", "nome:timeout > volta", "nome:reply > fim"),
)

HOURLY = ask("nome", "Nome?", timeout="PT1H")
"""No machine is so slow that the timer comes before what a test does meanwhile."""


@on_both
async def test_a_wait_times_out_after_its_prompt_was_taken(town: Town) -> None:
    await town.publish("oi", *REMINDS)
    town.say("oi")
    await town.hears("Nome?")
    await town.hears("Nome?", "Ainda está aí?")
    asked, again = town.graph.sent
    assert timedelta(seconds=1.9) < again.at - asked.at
    assert await town.value("SELECT count(*) FROM wakes") == 0


async def test_a_wait_counts_from_when_its_prompt_was_taken(town: Town) -> None:
    await town.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    before = await town.value("SELECT clock_timestamp()")
    town.say("oi")
    await town.hears("Nome?")
    await town.sees("SELECT due_at IS NOT NULL FROM wakes")
    due = await town.value("SELECT due_at - interval '1 hour' FROM wakes")
    assert before < due <= await town.value("SELECT clock_timestamp()")


async def test_a_waits_time_does_not_run_while_its_prompt_is_not_taken(town: Town) -> None:
    town.graph.trouble(Trouble("error", code=131056, count=2))
    await town.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    town.say("oi")
    # In one look: as long as the prompt stands in the outbox, nobody has taken it.
    assert (
        await town.sees(
            "SELECT CASE WHEN due_at IS NULL AND after_effect_id <> '' THEN 'not running' "
            "ELSE 'running' END FROM wakes WHERE EXISTS (SELECT FROM outbox WHERE attempt > 0)"
        )
        == "not running"
    )
    await town.hears("Nome?", within=20)
    await town.quiet()
    assert await town.value("SELECT due_at > now() FROM wakes")


async def test_a_refused_prompt_starts_the_waits_time_too(town: Town) -> None:
    town.graph.trouble(Trouble("error", code=131026))
    await town.publish("oi", *REMINDS)
    town.say("oi")
    await town.hears("Ainda está aí?")


async def test_an_answer_takes_the_timer_away(town: Town) -> None:
    await town.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    town.say("oi")
    await town.hears("Nome?")
    assert await town.value("SELECT count(*) FROM wakes") == 1
    town.say("Ana")
    await town.hears("Nome?", "Oi!")
    await town.quiet()
    assert await town.value("SELECT count(*) FROM wakes") == 0


async def test_after_an_outage_timers_and_messages_are_taken_in_the_order_of_their_times(
    still: Town,
) -> None:
    """The timer fell due before the message came, both while nobody worked."""
    await still.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    await still.work()
    still.say("oi")
    await still.hears("Nome?")
    await still.quiet()
    await still.at_work.stop()
    await still.run("UPDATE wakes SET due_at = clock_timestamp()")
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 2, "Ana")]))
    await still.at_work.stop()
    await still.work()
    await still.hears("Nome?", "Ainda está aí?")
    await still.quiet()
    assert still.heard() == ["Nome?", "Ainda está aí?"]
    order = await still.rows(
        "SELECT convert_from(trail, 'UTF8') AS route FROM journal "
        "WHERE execution_id IS NULL ORDER BY seq, step"
    )
    kinds = [row["route"].split('"')[1] for row in order]
    assert kinds[:3] == ["message", "wake", "message"]


async def test_a_message_that_came_before_the_timer_was_due_wins_however_late_it_is_taken(
    still: Town,
) -> None:
    await still.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    await still.work()
    still.say("oi")
    await still.hears("Nome?")
    await still.quiet()
    await still.at_work.stop()
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 2, "Ana")]))
    await still.at_work.stop()
    await still.run("UPDATE wakes SET due_at = clock_timestamp()")
    await still.work()
    await still.hears("Nome?", "Oi!")
    await still.quiet()
    assert still.heard() == ["Nome?", "Oi!"]


async def test_a_delay_goes_on_while_the_customer_writes(town: Town) -> None:
    """An ordinary message during a delay strands no timer."""
    delay = {"id": "espera", "type": "delay", "for": "PT1S"}
    await town.publish(
        "oi", (OI, text("a", "A"), delay, text("b", "B")), ("oi > a", "a > espera", "espera > b")
    )
    town.say("oi")
    await town.hears("A")
    town.say("e então?")
    await town.hears("A", "B")


# -- starts --------------------------------------------------------------------------------------


async def test_a_flow_starts_another_at_a_time_and_cancel_takes_it_back(town: Town) -> None:
    begin = {
        "id": "marca", "type": "start", "flow": "lembrete", "key": "x",
        "at": {"expr": "now + seconds(1)"},
    }  # fmt: skip
    await town.publish("lembrete", (text("l", "Lembrete"),), (), start="l")
    await town.publish("oi", (OI, begin, text("a", "Marcado")), ("oi > marca", "marca > a"))
    town.say("oi")
    await town.hears("Marcado", "Lembrete")
    assert await town.value("SELECT state FROM scheduled_starts") == "begun"


async def test_a_flow_started_now_begins_at_once(town: Town) -> None:
    begin = {"id": "marca", "type": "start", "flow": "outro"}
    await town.publish("outro", (text("l", "Outro"),), (), start="l")
    await town.publish("oi", (OI, begin), ("oi > marca",))
    town.say("oi")
    await town.hears("Outro")
    assert await town.value("SELECT count(*) FROM scheduled_starts") == 0


async def test_what_fell_due_during_an_outage_begins_once(still: Town) -> None:
    await still.publish("lembrete", (text("l", "Lembrete"),), (), start="l")
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "algo")]))
    contact = await still.value("SELECT id FROM contacts")
    async with still.database.worker(still.place.tenant) as transaction:
        await starts.put_start(
            transaction,
            starts.NewStart(
                contact, still.place.channel, "lembrete", datetime.now(UTC) - timedelta(hours=3)
            ),
        )
    await still.at_work.stop()
    await still.work()
    await still.hears("Lembrete")
    await still.quiet()
    assert still.heard() == ["Lembrete"]


async def test_an_execution_that_nobody_answers_expires(town: Town) -> None:
    await town.publish(
        "oi", (OI, ask("nome", "Nome?")), ("oi > nome",), settings={"expires": "PT1S"}
    )
    town.say("oi")
    await town.hears("Nome?")
    await town.sees("SELECT status = 'expired' FROM executions")


async def test_cleaning_takes_what_is_old_and_leaves_what_was_not_taken(town: Town) -> None:
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", (OI, HOURLY, *REMINDS[0][2:]), REMINDS[1])
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    await town.owner("UPDATE inbox SET received_at = now() - interval '9 days'")
    await town.owner("UPDATE inbox_seen SET seen_at = now() - interval '31 days'")
    await town.owner(
        "INSERT INTO inbox (conversation_id, seq, kind, received_at, event) "
        "SELECT id, last_seq + 5000, 'message', now() - interval '9 days', '{}' FROM conversations"
    )
    async with town.database.worker() as transaction:
        await clean(transaction)
    rows = await town.rows("SELECT seq FROM inbox")
    assert len(rows) == 1
    assert rows[0]["seq"] > 5000
    assert await town.value("SELECT count(*) FROM inbox_seen") <= 1
