"""A person takes over: the bot falls silent, and nothing that it was doing hangs for ever."""

import asyncio
from uuid import UUID

from connectors.fake_graph.words import Ladder, Trouble
from flowengine.happenings import FlowStarted, GaveBack
from flowengine.store.actions import act, begin
from tests.flowengine.playing import OI, text
from tests.workers.test_people import ASKS, VARIABLES, ids
from tests.workers.town import Town


async def contact_of(town: Town) -> str:
    return str(await town.value("SELECT contact_id FROM conversations"))


async def test_giving_back_in_the_same_batch_drops_no_message_of_the_bot(town: Town) -> None:
    """A send counts with the epoch that its batch ends with."""
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("aviso", (text("m", "Seu pedido saiu."),), (), start="m")
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    await town.workers.take_over(tenant, conversation, agent)
    await town.quiet()
    contact = UUID(await contact_of(town))
    async with town.database.worker(town.place.tenant) as transaction:
        started = FlowStarted("aviso", "api", {})
        await begin(transaction, contact, town.place.channel, started, town.workers.rules)
        await act(transaction, UUID(conversation), GaveBack(agent))
    town.workers.ring()
    await town.sees("SELECT owner = 'bot' FROM conversations")
    await town.quiet()
    assert "Seu pedido saiu." in town.heard()


async def test_what_was_said_before_a_transfer_still_leaves(town: Town) -> None:
    """Also where a quick agent takes the chat out of the queue before it has left."""
    await town.publish(
        "oi",
        (
            OI,
            text("m", "Um momento.", typing="PT2S"),
            {"id": "f", "type": "transfer", "to": {"queue": "geral"}},
        ),
        ("oi > m", "m > f"),
    )
    town.say("oi")
    await town.sees("SELECT owner = 'queue' FROM conversations")
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    await town.workers.take_over(tenant, conversation, agent)
    await town.quiet()
    assert town.heard() == ["Um momento."]


async def test_a_flow_behind_is_not_stranded_by_a_take_over(town: Town) -> None:
    """The send that it awaits is cancelled: it is told so, and goes its way by `failed`."""
    await behind(
        town,
        (text("m", "Seu pedido saiu."), {"id": "fim", "type": "end", "outcome": "dito"},
         {"id": "nada", "type": "end", "outcome": "calado"}),
        ("m > fim", "m:failed > nada"),
    )  # fmt: skip
    rows = await town.rows("SELECT status, outcome FROM executions WHERE flow = 'aviso'")
    assert [(row["status"], row["outcome"]) for row in rows] == [("completed", "calado")]


async def test_a_wait_behind_counts_from_the_send_that_was_cancelled(town: Town) -> None:
    """Its time would begin with the send's fate: never to leave is a fate too."""
    await behind(
        town,
        (text("m", "Seu pedido saiu."), {"id": "d", "type": "wait", "timeout": "PT1S"},
         {"id": "fim", "type": "end"}),
        ("m > d", "d:timeout > fim"),
    )  # fmt: skip
    await town.sees("SELECT status = 'completed' FROM executions WHERE flow = 'aviso'")


async def behind(town: Town, nodes: tuple, lines: tuple[str, ...]) -> None:
    """A flow behind the foreground has a send in the queue; a person takes over, and gives back."""
    town.graph.ladder = Ladder(sent=None, delivered=None)
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("um", (text("m", "Um."),), (), start="m")
    await town.publish("aviso", nodes, lines, start="m")
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, conversation, agent = await ids(town)
    workers = town.workers
    assert workers is not None
    contact, channel = await contact_of(town), str(town.place.channel)
    taken_over = asyncio.Event()
    town.graph.trouble(Trouble("slow", until=taken_over))
    for flow in ("um", "aviso"):
        await workers.start_flow(tenant, flow, contact=contact, channel=channel)
    await town.sees("SELECT count(*) = 2 FROM outbox")
    await workers.take_over(tenant, conversation, agent)
    taken_over.set()
    await town.quiet()
    await workers.give_back(tenant, conversation, agent)
    await town.quiet()
