"""A draft on a tester's own phone: to the tester alone, on the real number, for a day or a word."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from flowengine.catalog import build_catalog
from flowengine.document import canonical, logic_hash, parse, whole_hash
from flowengine.store import flows, tenants, trials, turns
from flowengine.store.flows import Draft, NewVersion
from flowengine.store.recorded import conversations_of, standing
from tests.flowengine.playing import OI, ask, document, text
from tests.workers.test_erasing import contact_of
from tests.workers.test_turns import refolded
from tests.workers.town import ANA, Town
from workers.library import Library
from workers.trials import BROKEN, BYE, HELLO, NOT_YET, Trier, version_of

BIA = "5511988880009"
CODE = "teste-abc234"
ON, OFF = HELLO["pt"], BYE["pt"]


async def draw(town: Town, words: str, key: str = "oi") -> None:
    """This is the draft now."""
    nodes = (OI, ask("nome", words), text("fim", "Tchau"))
    flow = parse(msgspec.json.encode(document(key, nodes, ("oi > nome", "nome:reply > fim"))))
    async with town.database.worker(town.place.tenant) as transaction:
        await flows.save_draft(
            transaction, flow.key, flow.name, canonical(flow), whole_hash(flow), by=None
        )


async def open_test(town: Town) -> None:
    async with town.database.worker(town.place.tenant) as transaction:
        await trials.put_code(transaction, "oi", CODE, town.place.owner)


@pytest.fixture
async def tried(town: Town) -> Town:
    """A published flow, another draft of it, and a code to try that."""
    await town.publish("oi", (OI, text("a", "No ar")), ("oi > a",))
    await draw(town, "Rascunho?")
    await open_test(town)
    return town


async def test_a_tester_gets_the_draft_and_nobody_else_does(tried: Town) -> None:
    tried.say("Teste-ABC234")
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    tried.say("oi", who=BIA)
    await tried.hears("No ar", who=BIA)
    await draw(tried, "Outro rascunho?")
    tried.say(CODE)
    await tried.hears(ON, "Rascunho?", ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", ON, "Outro rascunho?")


async def test_what_ran_of_a_draft_is_told_apart_and_replays(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    tried.say("Ana")
    await tried.hears(ON, "Rascunho?", "Tchau")
    await tried.quiet()
    (row,) = await tried.rows("SELECT id, version FROM executions")
    rev = await tried.value("SELECT rev FROM flows")
    assert row["version"] == -rev
    turns = await refolded(tried, row["id"])
    assert [turn.differs for turn in turns] == [()] * 2
    async with tried.database.worker(tried.place.tenant) as transaction:
        assert await conversations_of(transaction, "oi", 10) == ()
        assert await standing(transaction, "oi") == ()
        assert [each.version for each in await flows.versions(transaction, "oi")] == [1]


async def test_a_word_ends_it(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    tried.say("Sair do teste")
    await tried.hears(ON, "Rascunho?", OFF)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", OFF, "No ar")
    await tried.quiet()
    assert await tried.value("SELECT count(*) FROM testers") == 0


async def test_a_day_ends_it_without_a_word(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    await tried.quiet()
    await tried.run("UPDATE testers SET ends_at = now()")
    await tried.sees("SELECT count(*) = 0 FROM testers")
    await tried.sees("SELECT ended_at IS NOT NULL FROM executions")
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", "No ar")


async def test_an_old_code_is_words_like_any(tried: Town) -> None:
    async with tried.database.worker(tried.place.tenant) as transaction:
        await trials.put_code(transaction, "oi", CODE, None, seconds=-1)
    tried.say(CODE)
    tried.say("oi")
    await tried.hears("No ar")


async def test_a_contact_may_be_made_a_tester_beforehand(tried: Town) -> None:
    tried.say("oi", who=BIA)
    await tried.hears("No ar", who=BIA)
    bia = await contact_of(tried, BIA)
    async with tried.database.worker(tried.place.tenant) as transaction:
        await trials.join(transaction, "oi", bia)
    tried.say("oi", who=BIA)
    await tried.hears("No ar", "Rascunho?", who=BIA)
    tried.say("oi", who=ANA)
    await tried.hears("No ar", who=ANA)


async def test_who_is_made_a_tester_has_nothing_left_of_what_ran_as_by_the_code(
    town: Town,
) -> None:
    await town.publish(
        "oi",
        (OI, ask("p", "No ar?"), text("t", "Obrigado")),
        ("oi > p", "p:reply > t"),
    )
    await draw(town, "Rascunho?")
    for who in (ANA, BIA):
        town.say("oi", who=who)
        await town.hears("No ar?", who=who)
    await town.quiet()
    bia = await contact_of(town, BIA)
    async with town.database.worker(town.place.tenant) as transaction:
        await trials.invite(transaction, "oi", bia)
    await town.sees("SELECT count(*) = 1 FROM executions WHERE ended_at IS NOT NULL")
    town.say("oi", who=BIA)
    await town.hears("No ar?", "Rascunho?", who=BIA)
    # Nobody else's ends; whoever is made a tester once more begins the test anew.
    town.say("sim")
    await town.hears("No ar?", "Obrigado")
    async with town.database.worker(town.place.tenant) as transaction:
        await trials.invite(transaction, "oi", bia)
    await town.sees("SELECT count(*) = 3 FROM executions WHERE ended_at IS NOT NULL")
    town.say("oi", who=BIA)
    await town.hears("No ar?", "Rascunho?", "Rascunho?", who=BIA)


async def test_a_draft_that_cannot_run_leaves_what_is_on_the_air_and_says_so(tried: Town) -> None:
    flow = parse(msgspec.json.encode(document("oi", [
        OI, {"id": "x", "type": "flow", "flow": "nao-ha"}], ["oi > x"])))  # fmt: skip
    async with tried.database.worker(tried.place.tenant) as transaction:
        await flows.save_draft(transaction, "oi", "oi", canonical(flow), whole_hash(flow), by=None)
    tried.say(CODE)
    await tried.hears(NOT_YET["pt"])
    tried.say("oi")
    await tried.hears(NOT_YET["pt"], BROKEN["pt"], "No ar")


async def test_a_draft_that_breaks_in_the_middle_of_a_test_says_so(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    await draw(tried, "Oi, {{ nome | nada_disso }}")
    # What runs goes on as it began; what begins anew is what is published, and says why.
    tried.say("Ana")
    await tried.hears(ON, "Rascunho?", "Tchau")
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", "Tchau", BROKEN["pt"], "No ar")
    tried.say("nada disso começa um fluxo")
    await tried.hears(ON, "Rascunho?", "Tchau", BROKEN["pt"], "No ar", BROKEN["pt"])
    await draw(tried, "De volta?")
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", "Tchau", BROKEN["pt"], "No ar", BROKEN["pt"], "De volta?")


async def test_a_draft_with_a_broken_template_is_no_error_of_ours(
    tried: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    await draw(tried, "Oi, {{ nome | nada_disso }}")
    tried.say(CODE)
    await tried.hears(NOT_YET["pt"])
    tried.say("oi")
    await tried.hears(NOT_YET["pt"], BROKEN["pt"], "No ar")
    assert "does not compile" not in capsys.readouterr().out
    assert await tried.value("SELECT count(*) FROM flow_versions WHERE version < 0") == 0


async def test_words_of_one_batch_are_each_answered_as_if_they_had_come_alone(still: Town) -> None:
    await still.publish("oi", (OI, text("a", "No ar")), ("oi > a",))
    await draw(still, "Rascunho?")
    await open_test(still)
    idle = await still.work(pumps=False)
    for words in ("oi", CODE, "oi", "sair do teste", "oi"):
        await still.writes(words)
    await idle.stop()
    await still.work()
    await still.hears("No ar", ON, "Rascunho?", OFF, "No ar")
    assert await still.value("SELECT count(*) FROM testers") == 0


async def test_who_joined_at_the_last_moment_is_known_to_the_turn_that_follows(tried: Town) -> None:
    """What a turn wrote is known to the next, whose claim was under way when it ended."""
    tried.say("oi")
    await tried.hears("No ar")
    await tried.quiet()
    room, ana = await tried.conversation(), await contact_of(tried, ANA)
    await tried.at_work.stop()
    await tried.run("UPDATE conversations SET work_at = now()")
    async with tried.database.worker() as transaction:
        claimed = await turns.claim(transaction, 10, room)
        async with tried.database.worker(tried.place.tenant) as before:
            await trials.join(before, "oi", ana)
        (loaded,) = (await turns.load(transaction, claimed)).conversations
        known = await Library().workspace(transaction, loaded.tenant, loaded.tenant_rev)
        assert [each.contact_id for each in known.testers] == [ana]
        assert loaded.tenant_rev == await transaction.value("SELECT rev FROM tenants")


async def test_the_end_of_one_flows_test_ends_no_other(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    await draw(tried, "E agora?", key="outro")
    ana = await contact_of(tried, ANA)
    async with tried.database.worker(tried.place.tenant) as transaction:
        await trials.join(transaction, "outro", ana)
        await trials.end_test(transaction, "outro", ana)
    await tried.sees("SELECT count(*) = 1 FROM testers")
    await tried.quiet()
    tried.say("Ana")
    await tried.hears(ON, "Rascunho?", "Tchau")


async def test_a_turn_that_is_undone_leaves_no_draft_behind_in_memory(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    await draw(tried, "Depois da queda?")
    await tried.owner("ALTER TABLE executions ADD CONSTRAINT no_room CHECK (false) NOT VALID")
    tried.say("oi")
    await tried.sees("SELECT max(failures) > 0 FROM conversations")
    await tried.owner("ALTER TABLE executions DROP CONSTRAINT no_room")
    await tried.hears(ON, "Depois da queda?")
    await tried.sees("SELECT count(*) = 1 FROM executions JOIN releases r ON r.hash = release")


async def test_what_a_draft_calls_is_as_it_is_published_now(tried: Town) -> None:
    await tried.publish("parte", (text("p", "Antes"),), (), start="p")
    flow = parse(msgspec.json.encode(document("oi", [
        OI, {"id": "x", "type": "flow", "flow": "parte"}], ["oi > x"])))  # fmt: skip
    async with tried.database.worker(tried.place.tenant) as transaction:
        await flows.save_draft(transaction, "oi", "oi", canonical(flow), whole_hash(flow), by=None)
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Antes")
    await tried.publish("parte", (text("p", "Depois"),), (), start="p")
    tried.say("oi")
    await tried.hears(ON, "Antes", "Depois")


async def test_a_name_as_long_as_names_are_is_told_from_the_draft_s(tried: Town) -> None:
    """Its bytes were the draft's own once, so that publishing put a negative version on the air."""
    flow = parse(msgspec.json.encode(
        document("oi", (OI, text("r", "Rascunho")), ("oi > r",)) | {"name": "n" * 200}
    ))  # fmt: skip
    async with tried.database.worker(tried.place.tenant) as transaction:
        await flows.save_draft(
            transaction, "oi", flow.name, canonical(flow), whole_hash(flow), by=None
        )
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho")
    await tried.quiet()
    async with tried.database.worker(tried.place.tenant) as transaction:
        new = NewVersion(flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow))
        assert (await flows.publish(transaction, new)).version == 2
    tried.say("oi", who=BIA)
    await tried.hears("Rascunho", who=BIA)
    await tried.quiet()
    assert await tried.value("SELECT min(version) FROM executions") < 0
    assert await tried.value("SELECT max(version) FROM executions") == 2


def test_a_draft_s_bytes_are_never_those_of_its_version() -> None:
    """Not even where the flow has the very name that its draft is given."""
    flow = parse(msgspec.json.encode(document("oi", (OI, text("r", "R")), ("oi > r",))))
    for name in ("oi", "n" * 200, "oi (rascunho 3)"):
        row = Draft("oi", name, canonical(replace(flow, name=name)), "", 3, datetime.now(UTC))
        tried = version_of(row, "pt")
        named = replace(flow, name=tried.name)
        assert len(tried.name) <= 200
        assert tried.name.endswith("(rascunho 3)")
        assert tried.hash not in (whole_hash(named), whole_hash(replace(flow, name=name)))


async def test_with_the_flow_its_tests_end(tried: Town) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    await tried.quiet()
    await tried.publish("outro", (OI, text("a", "De outro")), ("oi > a",))
    async with tried.database.web(tried.place.tenant) as transaction:
        await flows.remove_flow(transaction, "oi")
    await tried.sees("SELECT ended_at IS NOT NULL FROM executions")
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", "De outro")


async def test_a_draft_that_its_contact_tests_no_more_ends_whatever_came_between(
    tried: Town,
) -> None:
    tried.say(CODE)
    await tried.hears(ON)
    tried.say("oi")
    await tried.hears(ON, "Rascunho?")
    await tried.quiet()
    await tried.run("DELETE FROM testers")
    await tried.run("DELETE FROM test_codes")
    tried.say("oi")
    await tried.hears(ON, "Rascunho?", "No ar")
    await tried.quiet()
    for row in await tried.rows("SELECT id FROM executions"):
        assert not [turn for turn in await refolded(tried, row["id"]) if turn.differs]


async def test_the_neighbours_of_a_draft_have_the_versions_of_its_own_workspace(
    tried: Town,
) -> None:
    """Two workspaces of one zip have releases of the same hash, and other versions."""
    near = ((OI, text("p", "Aqui")), ("oi > p",))
    await tried.publish("perto", *near)
    tried.say(CODE)
    await tried.hears(ON)
    await tried.quiet()
    room, here = await tried.conversation(), tried.place
    await tried.at_work.stop()
    async with tried.database.worker() as transaction:
        there = await tenants.create_tenant(
            transaction, "davi", "Pet do Davi", opt_out_words=(), opt_out_text=""
        )
    tried.place = replace(here, tenant=there.id)
    await tried.publish("oi", (OI, text("a", "No ar")), ("oi > a",))
    await draw(tried, "Rascunho?")
    await tried.publish("perto", (OI, text("p", "Antes")), ("oi > p",))
    await tried.publish("perto", *near)
    await tried.run("UPDATE conversations SET work_at = now()")
    library = Library()
    trier = Trier(library)
    async with tried.database.worker() as transaction:
        batch = await turns.load(transaction, await turns.claim(transaction, 10, room))
        (loaded,) = batch.conversations
        later = batch.now + timedelta(hours=1)
        found: list[int] = []
        for tenant in (here.tenant, there.id):
            known = await library.workspace(transaction, tenant, 0)
            known = replace(known, testers=(trials.Tester("oi", loaded.contact_id, later),))
            mine, empty = replace(loaded, tenant=tenant), build_catalog([])
            trying = await trier.of(transaction, mine, known, empty, batch.now, False)
            assert trying is not None
            release = trying.catalog.release("perto")
            assert release is not None
            found.append(release.version)
    assert found == [1, 2]
