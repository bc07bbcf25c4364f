"""Two contacts are one person: nothing that was said or is to be said is lost, nor its order."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from flowengine.store import channels, consents, contacts, trials
from flowengine.store.consents import ALL
from flowengine.store.erasing import erase
from flowengine.store.errors import InUse, NotFound
from flowengine.store.merging import Merged, merge
from flowengine.store.rooms import conversations_of
from flowengine.store.starts import NewStart, put_start, starts
from flowengine.store.turns import claim
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_erasing import contact_of
from tests.workers.test_inbox import body, message, status
from tests.workers.test_trials import draw
from tests.workers.test_turns import NAME, VARIABLES, refolded
from tests.workers.town import ANA, Town

NEW = "5511999990002"
"""Ana's other number, which nobody knew to be hers."""


DUE = datetime.now(UTC) + timedelta(days=2)


class Two:
    """Ana twice: the contact that is kept, the other one, and their conversations."""

    def __init__(self, town: Town, keep: UUID, other: UUID, rooms: dict[UUID, UUID]) -> None:
        self.town = town
        self.keep, self.other = keep, other
        self.goes_on, self.ends = rooms[keep], rooms[other]

    async def merge(self) -> Merged:
        async with self.town.database.worker(self.town.place.tenant) as transaction:
            return await merge(transaction, self.keep, self.other)

    async def said(self, room: UUID) -> list[str]:
        rows = await self.town.rows(
            "SELECT text FROM messages WHERE conversation_id = $1 ORDER BY id", room
        )
        return [row["text"] for row in rows]


async def two(town: Town) -> Two:
    keep, other = await contact_of(town, ANA), await contact_of(town, NEW)
    rows = await town.rows("SELECT id, contact_id FROM conversations")
    return Two(town, keep, other, {row["contact_id"]: row["id"] for row in rows})


async def both_asked(town: Town) -> Two:
    """Both numbers have been asked for a name."""
    await town.publish("oi", *NAME, variables=VARIABLES)
    for who in (ANA, NEW):
        town.say("oi", who)
        await town.hears("Nome?", who=who)
    await town.quiet()
    return await two(town)


def heard(town: Town) -> int:
    return len(town.heard(ANA)) + len(town.heard(NEW))


@on_both
async def test_what_comes_from_either_number_goes_on_in_one_conversation(town: Town) -> None:
    ana = await both_asked(town)
    assert await ana.merge() == Merged(0, 1)
    await town.quiet()
    town.say("Ana", NEW)
    await town.until(lambda: heard(town) == 3)
    town.say("Centro", ANA)
    await town.until(lambda: heard(town) == 4)
    await town.quiet()

    assert await ana.said(ana.goes_on) == ["oi", "Nome?", "Ana", "Bairro?", "Centro",
                                           "Ana de Centro"]  # fmt: skip
    assert await ana.said(ana.ends) == ["oi", "Nome?"]
    ended = await town.rows("SELECT status FROM executions WHERE conversation_id = $1", ana.ends)
    assert [row["status"] for row in ended] == ["interrupted"]
    owner = await town.rows("SELECT owner, owner_id FROM conversations WHERE id = $1", ana.ends)
    assert owner == [{"owner": "merged", "owner_id": str(ana.goes_on)}]
    for row in await town.rows("SELECT id FROM executions"):
        turns = await refolded(town, row["id"])
        assert not [turn.differs for turn in turns if turn.differs]
    for room in (ana.goes_on, ana.ends):
        assert (
            await town.value(
                "SELECT count(*) FROM inbox WHERE conversation_id = $1 AND kind = 'merged'", room
            )
            == 1
        )


@on_both
async def test_messages_that_nobody_has_taken_yet_move_over_in_their_order(still: Town) -> None:
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi"), message(NEW, 1, "Ana")]))
    await still.deliver(body(still, [message(NEW, 2, "Centro")]))
    ana = await two(still)
    await ana.merge()
    assert await ana.said(ana.goes_on) == ["oi", "Ana", "Centro"]
    assert await ana.said(ana.ends) == []
    if still.workers is not None:
        await still.workers.stop()
    await still.work()
    await still.until(lambda: heard(still) == 3)
    await still.quiet()
    spoken = [sent.body["text"]["body"] for sent in still.graph.sent]
    assert spoken == ["Nome?", "Bairro?", "Ana de Centro"]
    assert await still.value("SELECT count(*) FROM inbox WHERE kind = 'message'") == 3
    unread = await still.rows("SELECT id, unread FROM conversations")
    assert {row["id"]: row["unread"] for row in unread} == {ana.goes_on: 3, ana.ends: 0}


async def test_a_turn_under_way_is_waited_for(still: Town) -> None:
    await still.publish("oi", *NAME, variables=VARIABLES)
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "oi"), message(NEW, 1, "oi")]))
    ana = await two(still)
    async with still.database.worker() as turning:
        mine = await claim(turning, 50)
        assert {each.id for each in mine} == {ana.goes_on, ana.ends}
        merging = asyncio.create_task(ana.merge())
        await asyncio.sleep(0.2)
        assert not merging.done()
        # What that turn did: it has taken the row.
        await turning.run("UPDATE conversations SET taken_seq = last_seq WHERE id = $1", ana.ends)
    assert await merging == Merged(0, 1)
    assert await ana.said(ana.ends) == ["oi"]


@pytest.mark.parametrize("mixed", [False, True])
async def test_a_message_that_waits_for_the_merge_goes_to_the_one(still: Town, mixed: bool) -> None:
    """It had found the other conversation before the merge; with a status it goes another way."""
    await still.work(pumps=False)
    await still.deliver(body(still, [message(ANA, 1, "um"), message(NEW, 1, "dois")]))
    ana = await two(still)
    await still.run("UPDATE conversations SET taken_seq = last_seq")
    also = [status("wamid.of.nobody", "read")] if mixed else None
    async with still.database.worker(still.place.tenant) as transaction:
        await merge(transaction, ana.keep, ana.other)
        coming = asyncio.create_task(still.deliver(body(still, [message(NEW, 2, "três")], also)))
        await asyncio.sleep(0.3)
        assert not coming.done()
    assert await coming == 200
    assert await ana.said(ana.goes_on) == ["um", "três"]
    assert await ana.said(ana.ends) == ["dois"]


async def test_what_was_still_to_be_said_is_said(town: Town) -> None:
    await town.publish("oi", (OI, text("a", "A")), ("oi > a",))
    town.say("nada", ANA)
    await town.sees("SELECT count(*) = 1 FROM contacts")
    await town.owner("UPDATE channels SET state = 'paused'")
    await town.writes("oi", NEW)
    await town.sees("SELECT count(*) = 1 FROM outbox")
    ana = await two(town)
    await ana.merge()
    await town.sees("SELECT count(*) = 0 FROM conversations WHERE work_at <= now()")
    await town.owner("UPDATE channels SET state = 'active'; UPDATE lanes SET next_at = now()")
    await town.until(lambda: heard(town) == 1)


async def test_a_person_who_had_the_other_one_gets_this_one(town: Town) -> None:
    queue = {"id": "fila", "type": "transfer", "to": {"queue": "geral"}}
    await town.publish("fila", (OI, queue), ("oi > fila",))
    await town.publish("nome", ({**OI, "id": "ola", "on": {"kind": "keyword", "words": ["ola"]}},
                                ask("n", "Nome?")), ("ola > n",))  # fmt: skip
    town.say("oi", NEW)
    await town.sees("SELECT count(*) = 1 FROM conversations WHERE owner = 'queue'")
    town.say("ola", ANA)
    await town.hears("Nome?")
    await town.quiet()
    ana = await two(town)
    await ana.merge()
    await town.sees(
        "SELECT owner = 'queue' AND owner_id = 'geral' FROM conversations WHERE id = $1",
        ana.goes_on,
    )
    town.say("estou aqui", ANA)
    await town.sees("SELECT count(*) = 1 FROM messages WHERE text = 'estou aqui'")
    await town.quiet()
    assert town.heard(ANA) == ["Nome?"]


async def test_a_conversation_on_another_channel_only_changes_its_contact(town: Town) -> None:
    ana = await both_asked(town)
    async with town.database.worker(town.place.tenant) as transaction:
        second = await channels.add_channel(
            transaction, town.vault, "simulator", "Outro", "1", b"{}"
        )
        await town.owner("UPDATE channels SET state = 'paused' WHERE kind = 'simulator'")
    async with town.database.worker(town.place.tenant) as transaction:
        rooms = await conversations_of(transaction, [(town.place.tenant, second.id, ana.other)])
    assert await ana.merge() == Merged(1, 1)
    room = rooms[second.id, ana.other]
    assert await town.value("SELECT contact_id FROM conversations WHERE id = $1", room) == ana.keep


async def test_what_was_known_of_both_is_known_of_the_one(town: Town) -> None:
    ana = await both_asked(town)
    tenant = town.place.tenant
    async with town.database.worker(tenant) as transaction:
        await contacts.change_contact(
            transaction, ana.keep, name="Ana", fields={"pet": "Rex"}, add_tags=["vip"]
        )
        await contacts.change_contact(
            transaction, ana.other, name="Aninha", fields={"pet": "Bob", "cor": "azul"},
            add_tags=["nova"], language="es",
        )  # fmt: skip
        await consents.record_consent(transaction, ana.keep, "marketing", True, "sim", "person")
        await consents.record_consent(transaction, ana.other, ALL, False, "parar", "word")
        for who in (ana.keep, ana.other):
            new = NewStart(who, town.place.channel, "oi", DUE, key="retorno")
            await put_start(transaction, new)
        await put_start(transaction, NewStart(ana.other, town.place.channel, "oi", DUE, key="x"))
        await transaction.run("UPDATE contacts SET conflict = true")
    await ana.merge()
    async with town.database.worker(tenant) as transaction:
        found = await contacts.contact(transaction, ana.other)
        assert found.id == ana.keep
        assert (found.name, found.language, found.conflict) == ("Ana", "es", False)
        assert found.fields == {"pet": "Rex", "cor": "azul"}
        assert found.tags == ("nova", "vip")
        ids = await contacts.identities(transaction, ana.keep)
        assert {each.value for each in ids} >= {f"+{ANA}", f"+{NEW}"}
        assert not await consents.may_send(transaction, ana.keep, "marketing")
        assert not await consents.may_send(transaction, ana.other, "marketing")
        log = await consents.consent_log(transaction, ana.keep)
        assert [each.proof for each in log] == ["parar", "sim"]
        listed = await contacts.contacts(transaction)
        assert [each.id for each in listed.items] == [ana.keep]
        waiting = await starts(transaction, contact_id=ana.keep)
        assert sorted(each.key for each in waiting) == ["retorno", "x"]


async def test_a_trigger_on_what_the_contact_got_begins_its_flow_once(town: Town) -> None:
    ana = await both_asked(town)
    trigger: Any = {"id": "t", "type": "trigger", "on": {"kind": "tag_added", "tag": "nova"}}
    await town.publish("bemvinda", (trigger, text("b", "Bem-vinda!")), ("t > b",))
    async with town.database.worker(town.place.tenant) as transaction:
        await contacts.change_contact(transaction, ana.other, add_tags=["nova"])
    await ana.merge()
    await town.until(lambda: heard(town) == 3)
    await town.quiet()
    assert heard(town) == 3


async def test_who_is_merged_tests_on_and_the_test_can_be_ended(town: Town) -> None:
    await town.publish("oi", *NAME, variables=VARIABLES)
    await draw(town, "Rascunho?")
    for who in (ANA, NEW):
        town.say("a", who)
    await town.sees("SELECT count(*) = 2 FROM contacts")
    await town.quiet()
    ana = await two(town)
    async with town.database.worker(town.place.tenant) as transaction:
        await trials.join(transaction, "oi", ana.other)
        await transaction.run("DELETE FROM conversations WHERE id = $1", ana.goes_on)
    town.say("oi", NEW)
    await town.hears("Rascunho?", who=NEW)
    await town.quiet()
    await ana.merge()
    async with town.database.worker(town.place.tenant) as transaction:
        (tester,) = await trials.who_tests(transaction, "oi")
        assert tester.contact_id == ana.keep
        await trials.end_test(transaction, "oi")
    await town.sees("SELECT count(*) = 0 FROM testers")
    await town.sees("SELECT ended_at IS NOT NULL FROM executions")


async def test_only_two_that_are_there_can_be_merged(town: Town) -> None:
    ana = await both_asked(town)
    async with town.database.worker(town.place.tenant) as transaction:
        with pytest.raises(InUse):
            await merge(transaction, ana.keep, ana.keep)
        with pytest.raises(NotFound):
            await merge(transaction, ana.keep, town.place.channel)
    await ana.merge()
    for pair in ((ana.keep, ana.other), (ana.other, ana.keep)):
        async with town.database.worker(town.place.tenant) as transaction:
            with pytest.raises(NotFound):
                await merge(transaction, *pair)


async def test_erasing_either_erases_both(town: Town) -> None:
    ana = await both_asked(town)
    await ana.merge()
    await town.quiet()
    async with town.database.worker(town.place.tenant) as transaction:
        await erase(transaction, ana.other)
    for table in ("contacts", "conversations", "messages", "journal", "inbox", "identities"):
        assert await town.value(f"SELECT count(*) FROM {table}") == 0
    stones = await town.value("SELECT count(*) FROM tombstones WHERE subject = 'contact'")
    assert stones == 2
