"""Turns: one at a time in a conversation, in order, with nothing stranded and nothing lost."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from flowengine.replay import Recorded, Refolded, refold, state_hash
from flowengine.run import Release
from flowengine.store.executions import JournalRow, execution_journal
from flowengine.store.saving import postpone, save
from flowengine.store.turned import Turned
from flowengine.store.turns import claim, load
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_inbox import body, message
from tests.workers.town import ANA, Town
from workers import folding, turn
from workers.handle import open_workers
from workers.library import Library

NAME = (
    (OI, ask("nome", "Nome?", save_as="nome"), ask("bairro", "Bairro?", save_as="bairro"),
     text("fim", "{{ nome }} de {{ bairro }}")),
    ("oi > nome", "nome:reply > bairro", "bairro:reply > fim"),
)  # fmt: skip
VARIABLES = [{"name": "nome"}, {"name": "bairro"}]


@on_both
async def test_a_message_between_the_claims_reading_and_its_clearing_is_not_stranded(
    still: Town,
) -> None:
    """The row lock makes ingest wait, so its `work_at` is written after the clearing."""
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "um")]))
    async with still.database.worker() as transaction:
        loaded = await claim(transaction, 50)
        batch = await load(transaction, loaded)
        second = asyncio.create_task(still.deliver(body(still, [message(ANA, 2, "dois")])))
        await asyncio.sleep(0.2)
        assert not second.done()
        one = batch.conversations[0]
        assert len(one.inbox) == 1
        done = Turned(
            one.id, one.tenant, one.contact_id, one.channel,
            state=b'{"id":"x"}', taken_seq=one.inbox[0].seq,
        )  # fmt: skip
        await save(transaction, [done], "engine")
    assert await second == 200
    async with still.database.worker() as transaction:
        again = await claim(transaction, 50)
        batch = await load(transaction, again)
    assert [row.seq for row in batch.conversations[0].inbox] == [2000]


async def test_a_message_before_the_inbox_is_read_is_taken_with_the_batch(still: Town) -> None:
    """It was committed before the claim's lock: the later statement sees it."""
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "um")]))
    async with still.database.worker() as other:
        # Somebody else's ingest holds the row: it is passed over, not waited for.
        await other.rows("SELECT id FROM conversations FOR NO KEY UPDATE")
        async with still.database.worker() as transaction:
            assert await claim(transaction, 50) == []
    await still.deliver(body(still, [message(ANA, 2, "dois")]))
    async with still.database.worker() as transaction:
        batch = await load(transaction, await claim(transaction, 50))
    assert len(batch.conversations[0].inbox) == 2


async def test_two_workers_take_each_row_once_and_in_order(still: Town) -> None:
    await still.publish("oi", *NAME, variables=VARIABLES)
    second = None
    try:
        await still.work()
        settings = still.settings.model_copy(update={"data": still.settings.data / "other"})
        second = await open_workers(settings, still.database, pumps=True, client=still.client)
        people = [f"55119{n:08d}" for n in range(30)]
        for number, words in enumerate(("oi", "Ana", "Centro")):
            messages = [message(who, number, words) for who in people]
            await asyncio.gather(*(still.deliver(body(still, [each])) for each in messages))
            second.ring()
        for who in people:
            await still.hears("Nome?", "Bairro?", "Ana de Centro", who=who, within=20)
        await still.quiet()
        taken = await still.value(
            "SELECT count(*) FROM journal WHERE step = 0 AND execution_id IS NULL"
        )
        assert taken == await still.value("SELECT count(*) FROM inbox")
    finally:
        if second is not None:
            await second.stop()


async def test_a_burst_is_taken_in_the_order_of_arrival(town: Town) -> None:
    await town.publish("oi", *NAME, variables=VARIABLES)
    messages = [message(ANA, n, words) for n, words in enumerate(("oi", "Ana", "Centro"))]
    await town.deliver(body(town, messages))
    await town.hears("Nome?", "Bairro?", "Ana de Centro")


async def test_a_long_backlog_is_worked_off_to_its_end(town: Town) -> None:
    echo = ask("eco", "{{ message.text }}")
    await town.publish("oi", (OI, echo), ("oi > eco", "eco:reply > eco"))
    messages = [message(ANA, 0, "oi"), *(message(ANA, n, f"m{n}") for n in range(1, 251))]
    # The turns are what is worked off here: 251 sends of one lane, one after the other, are slow.
    await town.owner("UPDATE channels SET state = 'paused'")
    await town.deliver(body(town, messages))
    await town.sees("SELECT work_at IS NULL AND taken_seq >= 251000 FROM conversations")
    assert await town.value("SELECT count(*) FROM inbox") == 251
    said = await town.rows("SELECT text FROM messages WHERE direction = 'out' ORDER BY id")
    assert [row["text"] for row in said] == ["oi", *(f"m{n}" for n in range(1, 251))]


async def test_the_journal_keeps_what_the_turn_was_told_and_the_state_follows_from_it(
    town: Town,
) -> None:
    await town.publish("oi", *NAME, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    town.say("Ana")
    await town.hears("Nome?", "Bairro?")
    await town.quiet()
    execution: UUID = await town.value("SELECT id FROM executions")
    turns = await refolded(town, execution)
    assert len(turns) == await town.value("SELECT turns FROM executions")
    assert all(not turn.differs for turn in turns)
    stored = await town.value("SELECT state_hash FROM execution_state")
    assert state_hash(turns[-1].state) == stored


async def refolded(town: Town, execution: UUID) -> list[Refolded]:
    async with town.database.worker(town.place.tenant) as transaction:
        rows = await execution_journal(transaction, execution)
    recorded, releases = await recorded_of(town, rows)
    return list(refold(str(execution), recorded, releases))


async def recorded_of(
    town: Town, rows: Sequence[JournalRow]
) -> tuple[list[Recorded], dict[str, Release]]:
    """Rows of a journal as replay reads them, and the releases that they name."""
    tenant = town.place.tenant
    async with town.database.worker(tenant) as transaction:
        found = await Library().releases(transaction, [(tenant, row.release) for row in rows])
    recorded = [
        Recorded(
            row.seq, row.step, row.release, row.engine_id, row.given, row.effects, row.trail,
            row.state_hash,
        )
        for row in rows
    ]  # fmt: skip
    return recorded, {digest: release for (_, digest), release in found.items()}


# -- poison --------------------------------------------------------------------------------------


@pytest.fixture
def no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again when the test says so, however slow the machine is."""
    for module in (folding, turn):
        monkeypatch.setattr(module, "BACK_OFF", (3600.0, 3600.0))


@pytest.mark.usefixtures("no_haste")
async def test_a_row_that_cannot_be_read_is_tried_three_times_then_a_person_gets_the_chat(
    town: Town,
) -> None:
    await town.publish("oi", *NAME, variables=VARIABLES)
    town.say("oi")
    town.say("oi", who="5511988887777")
    await town.hears("Nome?")
    await town.hears("Nome?", who="5511988887777")
    await town.quiet()
    row = (await town.rows(
        "SELECT c.id FROM conversations c JOIN contacts t ON t.id = c.contact_id "
        "WHERE t.phone = $1", f"+{ANA}"))[0]  # fmt: skip
    # In one statement, or a worker finds nothing to do between the two and looks no more.
    await town.run(
        "WITH due AS (UPDATE conversations SET last_seq = last_seq + 1000, work_at = now() "
        "WHERE id = $1 RETURNING id, last_seq) "
        "INSERT INTO inbox (conversation_id, seq, kind, received_at, event) "
        "SELECT id, last_seq, 'message', now(), '{\"kind\": \"none of ours\"}' FROM due",
        row["id"],
    )
    for failures in (1, 2):
        await _failed(town, row["id"], failures)
        # Others go on meanwhile.
        town.say(f"x{failures}", who="5511988887777")
        await town.run("UPDATE conversations SET work_at = now() WHERE id = $1", row["id"])
    await town.sees("SELECT failures = 0 FROM conversations WHERE id = $1", row["id"])
    owners = await town.rows("SELECT owner, owner_id FROM conversations WHERE id = $1", row["id"])
    assert owners == [{"owner": "queue", "owner_id": "geral"}]
    # Nobody can say whom the row was for, so no execution is blamed for it.
    assert await town.value(
        "SELECT status <> 'failed' FROM executions WHERE conversation_id = $1", row["id"]
    )
    await town.hears("Nome?", "Bairro?", "x1 de x2", who="5511988887777")


async def _failed(town: Town, conversation: UUID, failures: int) -> None:
    await town.sees(
        "SELECT failures = $2::int FROM conversations WHERE id = $1", conversation, failures
    )


async def test_a_fault_that_two_hands_meet_at_once_counts_once(still: Town) -> None:
    """Several hands take turns: whoever finds the work counted, or done, counts nothing."""
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    conversation = await still.conversation()
    async with still.database.worker() as transaction:
        await postpone(transaction, conversation, (60.0, 60.0))
    async with still.database.worker() as transaction:
        await postpone(transaction, conversation, (60.0, 60.0))
    assert await still.value("SELECT failures FROM conversations") == 1
    # A slow hand that began before that was counted; since then she has written again.
    await still.run("UPDATE conversations SET work_at = now()")
    async with still.database.worker() as transaction:
        await postpone(transaction, conversation, (60.0, 60.0), known=0)
    assert await still.value("SELECT failures = 1 AND work_at <= now() FROM conversations")
    async with still.database.worker() as transaction:
        await postpone(transaction, conversation, (60.0, 60.0), known=1)
    assert await still.value("SELECT failures = 2 AND work_at > now() FROM conversations")
    await still.run("UPDATE conversations SET work_at = NULL, failures = 0")
    async with still.database.worker() as transaction:
        await postpone(transaction, conversation, (60.0, 60.0))
    assert await still.value("SELECT failures = 0 AND work_at IS NULL FROM conversations")


async def test_what_a_dead_process_had_in_hand_is_taken_alone_and_counted(still: Town) -> None:
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi")]))
    await still.at_work.stop()
    folder = still.settings.data / "advancing"
    folder.mkdir(parents=True, exist_ok=True)
    conversation = await still.conversation()
    (folder / "999999999").write_bytes(conversation.bytes)
    await still.work()
    await still.hears("Nome?")
    assert not (folder / "999999999").exists()
    assert await still.value("SELECT failures FROM conversations") == 0


@pytest.mark.usefixtures("no_haste")
async def test_a_conversation_that_fails_in_the_database_sinks_no_other(still: Town) -> None:
    """Two conversations in one batch; one of them breaks a constraint when it is written."""
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    other = "5511988887777"
    await still.deliver(body(still, [message(ANA, 1, "oi"), message(other, 1, "oi")]))
    rows = await still.rows(
        "SELECT c.id, t.phone FROM conversations c JOIN contacts t ON t.id = c.contact_id"
    )
    bad = next(row["id"] for row in rows if row["phone"] == f"+{ANA}")
    # A wake of the same id as the one this turn will not make is no trouble; an owner that is
    # refused by the table is: the trigger stands for whatever a database may refuse.
    await still.at_work.stop()
    await still.owner(
        f"ALTER TABLE conversations ADD CONSTRAINT no CHECK (id <> '{bad}' OR taken_seq = 0)"
    )
    await still.work()
    await still.hears("Nome?", who=other)
    await _failed(still, bad, 1)
    assert still.heard() == []
    await still.owner("ALTER TABLE conversations DROP CONSTRAINT no")
    await still.run("UPDATE conversations SET work_at = now() WHERE id = $1", bad)
    await still.hears("Nome?")
