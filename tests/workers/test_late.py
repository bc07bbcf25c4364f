"""Replies that could not leave in time: sent, sent with an apology, or left to a person."""

from flowengine.late import apology
from tests.flowengine.playing import OI, ask, text
from tests.workers.test_inbox import body, message
from tests.workers.test_sends import queued
from tests.workers.town import ANA, Town

VARIABLES = [{"name": "nome"}]


async def outage(still: Town, policy: str) -> None:
    """Two replies were due two hours ago; everything comes back only now."""
    flow = (
        (OI, text("um", "Um"), ask("dois", "Dois", save_as="nome"), text("tres", "Três")),
        ("oi > um", "um > dois", "dois:reply > tres"),
    )
    settings = {"late_after": "PT1H", "late_reply": policy, "on_problem": {"queue": "geral"}}
    await queued(still, flow, settings=settings, variables=VARIABLES)
    await still.run("UPDATE outbox SET created_at = created_at - interval '2 hours'")
    await still.work()


async def test_by_default_a_late_reply_leaves_as_it_is(still: Town) -> None:
    await outage(still, "send")
    await still.hears("Um", "Dois")
    still.say("Ana")
    await still.hears("Um", "Dois", "Três")


async def test_an_apology_goes_before_all_that_waited_once(still: Town) -> None:
    await outage(still, "apologise")
    sorry = apology("pt-BR")
    await still.hears(sorry, "Um", "Dois")
    still.say("Ana")
    await still.hears(sorry, "Um", "Dois", "Três")
    await still.quiet()
    rows = await still.rows("SELECT text, status FROM messages WHERE direction = 'out'")
    assert {row["text"] for row in rows if row["status"] in ("sent", "delivered")} == {
        sorry, "Um", "Dois", "Três",
    }  # fmt: skip


async def test_a_customers_language_is_apologised_in(still: Town) -> None:
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 9, "?")]))
    await still.at_work.stop()
    await still.run("UPDATE contacts SET language = 'es'")
    await outage(still, "apologise")
    await still.hears(apology("es"), "Um", "Dois")


async def test_a_person_answers_in_place_of_a_late_bot(still: Town) -> None:
    await outage(still, "transfer")
    await still.sees("SELECT owner = 'queue' AND owner_id = 'geral' FROM conversations")
    await still.quiet()
    assert still.heard() == []
    rows = await still.rows("SELECT status FROM messages WHERE direction = 'out'")
    assert {row["status"] for row in rows} == {"dropped"}
    run = (await still.rows("SELECT status, problem FROM executions"))[0]
    assert run["status"] == "failed"
    assert b'"late"' in run["problem"]


async def test_lateness_counts_from_what_the_customer_wrote(still: Town) -> None:
    """Nobody took turns for two hours; the reply itself is young."""
    await still.publish(
        "oi", (OI, text("um", "Um")), ("oi > um",),
        settings={"late_after": "PT1H", "late_reply": "apologise"},
    )  # fmt: skip
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await still.at_work.stop()
    await still.owner("UPDATE inbox SET received_at = received_at - interval '2 hours'")
    await still.work()
    await still.hears(apology("pt-BR"), "Um")


async def test_a_reply_that_nobody_could_try_for_days_still_leaves(still: Town) -> None:
    """Nothing is dropped for being old: the horizon is of tries, not of waiting."""
    await queued(still)
    await still.run("UPDATE outbox SET horizon = now() - interval '2 days'")
    await still.work()
    await still.hears("Um", "Dois", "Três")
