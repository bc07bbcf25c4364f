"""Sends: in order, once, and never both silent and wrong, wherever the process dies."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from connectors.fake_graph.words import Ladder, Person, Trouble
from flowengine.store.ids import new_id
from flowengine.store.lanes import Quota, claim, mark
from flowengine.store.outbox import record
from flowengine.store.sends import REPLY
from flowengine.store.verdicts import Delivered, Result
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_inbox import body, message, status
from tests.workers.town import ANA, Town

LEASE = timedelta(seconds=15)
THREE = (
    (OI, text("um", "Um"), text("dois", "Dois"), text("tres", "Três")),
    ("oi > um", "um > dois", "dois > tres"),
)


async def queued(still: Town, flow: tuple = THREE, **more: object) -> None:
    """The flow's messages stand in the outbox, and nobody works."""
    await still.publish("oi", *flow, **more)
    workers = await still.work()
    assert workers.working is not None
    await workers.working.pumps.sends.stop()
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await still.sees("SELECT count(*) FROM outbox")
    await workers.stop()
    still.workers = None


async def leased(still: Town) -> tuple[UUID, UUID, int]:
    """A worker has claimed the lane and marked its head: conversation, send, attempt."""
    async with still.database.worker() as transaction:
        claimed = await claim(transaction, new_id(), LEASE, [Quota(still.place.channel, REPLY, 10)])
        attempts = await mark(transaction, [head.id for head in claimed.heads])
    head = claimed.heads[0]
    return head.conversation, head.id, attempts[head.id]


async def expire(still: Town) -> None:
    """As if the dead worker's lease had run out."""
    await still.run("UPDATE lanes SET next_at = now(), until = now() WHERE owner IS NOT NULL")


async def states(still: Town) -> list[str]:
    rows = await still.rows("SELECT state FROM outbox ORDER BY seq, pos")
    return [row["state"] for row in rows]


async def test_messages_leave_in_order_one_after_the_other(town: Town) -> None:
    await town.publish("oi", *THREE)
    town.say("oi")
    await town.hears("Um", "Dois", "Três")
    await town.quiet()
    rows = await town.rows("SELECT status, provider_id FROM messages WHERE direction = 'out'")
    assert {row["status"] for row in rows} <= {"sent", "delivered"}
    assert all(row["provider_id"] for row in rows)
    assert await town.value("SELECT count(*) FROM lanes WHERE next_at IS NOT NULL") == 0


async def test_a_status_that_outruns_the_answer_leaves_the_lane_free_when_it_comes(
    town: Town,
) -> None:
    """The status settles the send while its sender still waits for the answer, holding the lane."""
    await town.publish("oi", *THREE)
    town.graph.trouble(Trouble("slow", count=3, seconds=0.3))
    town.say("oi")
    await town.hears("Um", "Dois", "Três")
    await town.sees("SELECT count(*) = 0 FROM outbox")
    await town.quiet()
    assert await town.value("SELECT count(*) FROM lanes WHERE next_at IS NOT NULL") == 0
    town.say("oi")
    await town.hears("Um", "Dois", "Três", "Um", "Dois", "Três")


async def test_only_the_head_of_a_lane_is_claimed(still: Town) -> None:
    await queued(still)
    await leased(still)
    assert await states(still) == ["sending", "queued", "queued"]
    async with still.database.worker() as transaction:
        again = await claim(transaction, new_id(), LEASE, [Quota(still.place.channel, REPLY, 10)])
    assert not again.heads


@on_both
async def test_a_sender_that_died_before_the_request_is_never_answered_by_a_second_send(
    still: Town,
) -> None:
    """Crash between marking and the request: nobody can know, so nothing is sent again."""
    await queued(still)
    await leased(still)
    await expire(still)
    await still.work()
    await still.sees("SELECT count(*) = 1 FROM outbox WHERE state = 'unknown'")
    assert await states(still) == ["unknown", "queued", "queued"]
    assert still.heard() == []
    # The limit passes and no status came: by this channel's policy a person is told.
    await still.run("UPDATE outbox SET next_at = now() WHERE state = 'unknown'")
    await still.run("UPDATE lanes SET next_at = now()")
    await still.hears("Dois", "Três")
    row = (await still.rows("SELECT reason, attempts FROM dead_letters"))[0]
    assert (row["reason"], row["attempts"]) == ("unclear", 1)


async def test_a_sender_that_died_after_the_request_is_settled_by_the_status(still: Town) -> None:
    """Crash between the request and the record: the provider's status carries our id."""
    await queued(still)
    _, send, attempt = await leased(still)
    await still.work(pumps=False)
    callback = f"{send}:{attempt}"
    await still.deliver(body(still, [], [status("wamid.lost", "delivered", callback)]))
    assert await states(still) == ["queued", "queued"]
    row = (await still.rows("SELECT status, provider_id FROM messages WHERE id = $1", send))[0]
    assert (row["status"], row["provider_id"]) == ("delivered", "wamid.lost")
    await still.at_work.stop()
    await expire(still)
    await still.work()
    await still.hears("Dois", "Três")


async def test_a_status_settles_what_is_in_doubt_and_the_lane_goes_on(still: Town) -> None:
    await queued(still)
    _, send, attempt = await leased(still)
    await expire(still)
    await still.work()
    await still.sees("SELECT count(*) = 1 FROM outbox WHERE state = 'unknown'")
    assert await states(still) == ["unknown", "queued", "queued"]
    assert still.heard() == []
    await still.deliver(body(still, [], [status("wamid.lost", "sent", f"{send}:{attempt}")]))
    await still.hears("Dois", "Três")
    assert await still.value("SELECT count(*) FROM dead_letters") == 0


async def test_silence_is_answered_by_a_resend_where_later_statuses_come(still: Town) -> None:
    """The channel's policy is `resend`, and it has told the fate of something sent later."""
    await still.change(unclear="resend")
    await in_doubt(still)
    still.say("oi", who="5511988887777")
    await still.hears("Um", "Dois", "Três", who="5511988887777")
    await still.sees("SELECT count(*) = 3 FROM messages WHERE status = 'delivered'")
    await still.sees("SELECT count(*) = 0 FROM lanes WHERE owner IS NOT NULL")
    # The limit passes.
    await still.run("UPDATE outbox SET next_at = now() WHERE state = 'unknown'")
    await still.run("UPDATE lanes SET next_at = now() WHERE next_at IS NOT NULL")
    await still.hears("Um", "Dois", "Três", within=20)
    assert await still.value("SELECT count(*) FROM dead_letters") == 0


async def test_silence_that_proves_nothing_is_for_a_person_to_judge(still: Town) -> None:
    """Also by `resend`: no later status has come, after all patience; nothing is doubled."""
    await still.change(unclear="resend")
    still.settings = still.settings.model_copy(update={"unclear_seconds": 1.0})
    still.graph.ladder = Ladder(sent=None, delivered=None)
    await in_doubt(still)
    await still.sees("SELECT count(*) = 1 FROM dead_letters WHERE reason = 'unclear'", within=20)
    await still.hears("Dois", "Três")


async def in_doubt(still: Town) -> None:
    await queued(still)
    await leased(still)
    await expire(still)
    await still.work()
    await still.sees("SELECT count(*) = 1 FROM outbox WHERE state = 'unknown'")


async def test_a_status_of_another_attempt_settles_nothing(still: Town) -> None:
    await queued(still)
    _, send, attempt = await leased(still)
    await still.work(pumps=False)
    other = f"{send}:{attempt + 1}"
    await still.deliver(body(still, [], [status("wamid.other", "sent", other)]))
    assert await states(still) == ["sending", "queued", "queued"]


async def test_a_callback_of_another_channel_settles_nothing(still: Town) -> None:
    await queued(still)
    _, send, attempt = await leased(still)
    await still.run("UPDATE conversations SET channel_id = $1", new_id())
    await still.work(pumps=False)
    await still.deliver(body(still, [], [status("wamid.x", "sent", f"{send}:{attempt}")]))
    assert (await states(still))[0] == "sending"
    assert await still.value("SELECT count(*) FROM status_orphans") == 1


async def test_the_first_verdict_wins(still: Town) -> None:
    """A status and the sender itself bring the same news; the second changes nothing."""
    await queued(still)
    conversation, send, attempt = await leased(still)
    results = [Result(send, conversation, attempt, Delivered("wamid.1"))]
    async with still.database.worker() as transaction:
        assert (await record(transaction, results)).counted == {send}
    async with still.database.worker() as transaction:
        assert (await record(transaction, results)).counted == frozenset()
    assert await still.value("SELECT count(*) FROM provider_ids") == 1


async def test_a_temporary_refusal_is_tried_again_and_keeps_the_order(town: Town) -> None:
    await town.publish("oi", *THREE)
    town.graph.trouble(Trouble("error", code=131056))
    town.say("oi")
    await town.hears("Um", "Dois", "Três", within=15)
    await town.quiet()
    assert await town.value("SELECT count(*) FROM dead_letters") == 0


async def test_a_permanent_refusal_is_a_dead_letter_and_the_lane_goes_on(town: Town) -> None:
    await town.publish("oi", *THREE)
    town.graph.trouble(Trouble("error", code=131026))
    town.say("oi")
    await town.hears("Dois", "Três")
    await town.quiet()
    row = (await town.rows("SELECT reason FROM dead_letters"))[0]
    assert row["reason"] == "unreachable"
    failed = await town.rows("SELECT error FROM messages WHERE status = 'failed'")
    assert b"unreachable" in failed[0]["error"]


async def test_a_permanent_refusal_drops_what_the_same_node_had_still_to_say(town: Town) -> None:
    several = {
        "id": "varios",
        "type": "message",
        "contents": [{"kind": "text", "text": t} for t in ("A", "B", "C")],
    }
    await town.publish("oi", (OI, several, text("fim", "Fim")), ("oi > varios", "varios > fim"))
    town.graph.trouble(Trouble("error", code=131026))
    town.say("oi")
    await town.hears("Fim")
    await town.quiet()
    rows = await town.rows("SELECT text, status FROM messages WHERE direction = 'out' ORDER BY id")
    assert [(r["text"], r["status"]) for r in rows][:3] == [
        ("A", "failed"),
        ("B", "dropped"),
        ("C", "dropped"),
    ]


async def test_a_failed_exit_waits_for_the_provider_and_knows_the_reason(town: Town) -> None:
    await town.publish(
        "oi",
        (
            OI,
            text("um", "Um"),
            text("ok", "Deu certo"),
            text("nao", "Motivo: {{ message.failure }}"),
        ),
        ("oi > um", "um > ok", "um:failed > nao"),
    )
    town.graph.trouble(Trouble("error", code=131026))
    town.say("oi")
    await town.hears("Motivo: unreachable")
    await town.quiet()


async def test_a_cut_connection_leaves_the_send_in_doubt_until_the_status_comes(town: Town) -> None:
    await town.publish("oi", *THREE)
    town.graph.ladder = Ladder(sent=None, delivered=None)
    town.graph.trouble(Trouble("cut", taken=True))
    town.say("oi")
    await town.until(lambda: len(town.graph.sent) == 1)
    await town.sees("SELECT count(*) = 1 FROM outbox WHERE state = 'unknown'")
    assert await states(town) == ["unknown", "queued", "queued"]
    cut = town.graph.sent[0]
    told = status(cut.wamid, "sent", cut.body["biz_opaque_callback_data"])
    await town.deliver(body(town, [], [told]))
    await town.hears("Um", "Dois", "Três")
    await town.quiet()
    assert len(town.graph.sent) == 3


async def test_a_rejected_token_rests_the_channel_and_loses_nothing(town: Town) -> None:
    await town.publish("oi", *THREE)
    town.graph.trouble(Trouble("error", code=190))
    town.say("oi")
    await town.sees("SELECT count(*) FROM channels WHERE next_send_at > now()")
    assert await town.value("SELECT trouble FROM channels") == "auth"
    town.say("oi", who="5511988887777")
    await town.sees("SELECT count(*) = 6 FROM outbox WHERE state = 'queued'")
    assert town.heard(who="5511988887777") == []
    await town.run("UPDATE channels SET next_send_at = NULL, trouble = '', strikes = 0")
    await town.run("UPDATE outbox SET next_at = NULL")
    # Who looks at a lane just now still writes into it how long the channel rested.
    await town.sees("SELECT count(*) = 0 FROM lanes WHERE owner IS NOT NULL")
    await town.run("UPDATE lanes SET next_at = now() WHERE next_at IS NOT NULL AND owner IS NULL")
    await town.hears("Um", "Dois", "Três")
    await town.hears("Um", "Dois", "Três", who="5511988887777")


async def test_a_request_that_takes_longer_than_its_lease_is_not_taken_over(still: Town) -> None:
    """The heartbeat keeps the lease, so a slow provider makes no doubt."""
    still.settings = still.settings.model_copy(update={"lease_seconds": 2})
    await still.work()
    await still.publish("oi", *THREE)
    outlasted = asyncio.Event()
    still.graph.trouble(Trouble("slow", until=outlasted))
    still.say("oi")
    first = await still.sees("SELECT until FROM lanes WHERE owner IS NOT NULL")
    await still.sees("SELECT count(*) = 1 FROM lanes WHERE until - interval '2 s' > $1", first)
    outlasted.set()
    await still.hears("Um", "Dois", "Três", within=12)
    assert await still.value("SELECT count(*) FROM messages WHERE status = 'unknown'") == 0


async def test_a_send_that_cannot_be_read_holds_up_nobody(still: Town) -> None:
    await queued(still)
    await still.run("UPDATE outbox SET effect = 'nada' WHERE pos = (SELECT min(pos) FROM outbox)")
    await still.work()
    await still.hears("Dois", "Três")
    assert await still.value("SELECT reason FROM dead_letters") == "invalid"


async def test_the_number_that_the_provider_really_wrote_to_is_learnt(town: Town) -> None:
    """Brazil's ninth digit: we write to one spelling, Meta answers with the other."""
    ninth, eight = "5511999990001", "551199990001"
    town.graph.add_person(Person(wa_id=eight, name="Ana", also=(ninth,)))
    await town.publish("oi", *THREE)
    await town.deliver(body(town, [message(ninth, 1, "oi")]))
    await town.quiet()
    rows = await town.rows("SELECT value FROM identities WHERE kind = 'phone' ORDER BY value")
    assert [row["value"] for row in rows] == [f"+{eight}", f"+{ninth}"]
    await town.deliver(body(town, [message(eight, 2, "oi")]))
    assert await town.value("SELECT count(*) FROM contacts") == 1


async def test_a_channels_rate_is_kept(still: Town) -> None:
    await still.run("UPDATE channels SET rate = 10, updated_at = now()")
    await still.publish("oi", (OI, text("ola", "Olá")), ("oi > ola",))
    await still.work()
    people = [f"55119{n:08d}" for n in range(25)]
    began = datetime.now(UTC)
    await still.deliver(body(still, [message(who, 1, "oi") for who in people]))
    await still.until(lambda: len(still.graph.sent) == 25, 10)
    # 5 at once, then ten a second. The bucket is full when it begins, whenever the first leaves.
    assert still.graph.sent[-1].at - began > timedelta(seconds=1.6)
    await still.quiet()


# -- statuses ------------------------------------------------------------------------------------


async def test_statuses_only_move_forward_in_whatever_order_they_come(town: Town) -> None:
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", (OI, ask("nome", "Nome?")), ("oi > nome",))
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    wamid = town.graph.sent[0].wamid
    for state, expected in (
        ("read", "read"),
        ("sent", "read"),
        ("delivered", "read"),
        ("failed", "read"),
        ("played", "played"),
    ):
        await town.deliver(body(town, [], [status(wamid, state)]))
        assert await town.value("SELECT status FROM messages WHERE direction = 'out'") == expected


async def test_a_status_that_overtakes_our_record_is_adopted(still: Town) -> None:
    await queued(still)
    conversation, send, attempt = await leased(still)
    await still.work(pumps=False)
    await still.deliver(body(still, [], [status("wamid.fast", "read")]))
    assert await still.value("SELECT count(*) FROM status_orphans") == 1
    async with still.database.worker() as transaction:
        await record(transaction, [Result(send, conversation, attempt, Delivered("wamid.fast"))])
    assert await still.value("SELECT status FROM messages WHERE id = $1", send) == "read"
    assert await still.value("SELECT count(*) FROM status_orphans") == 0


async def test_a_failure_after_acceptance_takes_the_failed_exit_while_the_wait_stands(
    town: Town,
) -> None:
    await town.publish(
        "oi",
        (OI, ask("nome", "Nome?"), text("nao", "Falhou: {{ message.failure }}")),
        ("oi > nome", "nome:failed > nao"),
    )
    town.graph.trouble(Trouble("later", code=131026))
    town.say("oi")
    await town.hears("Nome?", "Falhou: unreachable")
    assert await town.value("SELECT status FROM messages WHERE text = 'Nome?'") == "failed"


async def test_a_thousand_statuses_in_one_webhook(town: Town) -> None:
    await town.publish("oi", (OI, text("ola", "Olá")), ("oi > ola",))
    town.graph.ladder = Ladder(sent=None, delivered=None)
    people = [f"55119{n:08d}" for n in range(250)]
    await town.deliver(body(town, [message(who, 1, "oi") for who in people]))
    await town.until(lambda: len(town.graph.sent) == 250, 15)
    await town.quiet()
    wamids = [sent.wamid for sent in town.graph.sent]
    statuses = [status(w, s) for s in ("read", "delivered", "sent") for w in wamids]
    statuses += [status(f"wamid.foreign.{n}", "sent") for n in range(250)]
    assert await town.deliver(body(town, [], statuses)) == 200
    assert await town.value("SELECT count(*) FROM messages WHERE status = 'read'") == 250
    assert await town.value("SELECT count(*) FROM status_orphans") == 250


async def test_after_a_file_the_next_message_waits_for_its_status(town: Town) -> None:
    """Else the provider, still fetching the file, shows the text first."""
    town.graph.ladder = Ladder(sent=None, delivered=None)
    image = {"kind": "image", "media": {"url": "https://example.com/foto.jpg"}}
    photo = {"id": "foto", "type": "message", "contents": [image]}
    await town.publish("oi", (OI, photo, text("fim", "Fim")), ("oi > foto", "foto > fim"))
    town.say("oi")
    await town.sees("SELECT count(*) = 1 FROM outbox WHERE after_id IS NOT NULL")
    (before,) = town.graph.sent
    assert before.body["type"] == "image"
    told = datetime.now(UTC)
    callback = before.body["biz_opaque_callback_data"]
    await town.deliver(body(town, [], [status(before.wamid, "sent", callback)]))
    await town.until(lambda: len(town.graph.sent) == 2)
    await town.quiet()
    assert town.graph.sent[1].at > told
