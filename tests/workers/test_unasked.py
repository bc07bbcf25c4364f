"""What nobody asked for: an opt-out is obeyed when it leaves; a wrong start harms nobody."""

from tests.flowengine.playing import OI, ask, text
from tests.workers.test_people import ASKS, VARIABLES, ids
from tests.workers.town import Town


async def _contact(town: Town) -> str:
    return str(await town.value("SELECT contact_id FROM conversations"))


async def test_who_opted_out_hears_no_more_of_flows_that_programs_start(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish(
        "promo", (text("m", "Só hoje!"),), (), start="m", settings={"purpose": "marketing"}
    )
    town.say("oi")
    await town.hears("Nome?")
    town.say("parar")
    await town.hears("Nome?", "Pronto.")
    await town.quiet()
    tenant, _, _ = await ids(town)
    assert town.workers is not None
    await town.workers.start_flow(
        tenant, "promo", contact=await _contact(town), channel=str(town.place.channel)
    )
    await town.quiet()
    assert town.heard() == ["Nome?", "Pronto."]


async def test_who_opted_out_gets_no_reminder_scheduled_before(town: Town) -> None:
    start = {
        "id": "l", "type": "start", "flow": "lembrete", "at": {"expr": "now + minutes(60)"},
    }  # fmt: skip
    await town.publish("lembrete", (text("m", "Amanhã é o banho!"),), (), start="m")
    await town.publish("oi", (OI, start, ask("q", "Nome?")), ("oi > l", "l > q"))
    town.say("oi")
    await town.hears("Nome?")
    town.say("parar")
    await town.hears("Nome?", "Pronto.")
    await town.quiet()
    async with town.database.worker() as transaction:
        await transaction.run("UPDATE scheduled_starts SET due_at = now()")
    await town.sees("SELECT count(*) > 0 FROM scheduled_starts WHERE state <> 'waiting'")
    await town.quiet()
    assert town.heard() == ["Nome?", "Pronto."]


async def test_a_start_at_a_node_that_is_not_there_harms_no_other_flow(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("um", (text("m", "Um."),), (), start="m")
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, _, _ = await ids(town)
    assert town.workers is not None
    contact, channel = await _contact(town), str(town.place.channel)
    await town.workers.start_flow(tenant, "um", contact=contact, channel=channel, node="nada")
    await town.sees("SELECT count(*) = 1 FROM executions WHERE flow = 'um' AND status = 'failed'")
    rows = await town.rows("SELECT flow, status FROM executions WHERE flow = 'oi'")
    owner = (await town.rows("SELECT owner FROM conversations"))[0]["owner"]
    assert (rows[0]["status"], owner) == ("waiting", "bot")
