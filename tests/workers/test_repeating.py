"""Requests that come twice, and two that only look alike."""

import pytest

from flowengine.messages import Text
from tests.flowengine.playing import text
from tests.workers.test_people import ASKS, VARIABLES, ids
from tests.workers.test_taking_over import contact_of
from tests.workers.town import Town


async def test_saying_it_again_with_the_same_key_gives_the_same_message(town: Town) -> None:
    await town.publish("oi", *ASKS, variables=VARIABLES)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, conversation, agent = await ids(town)
    assert town.workers is not None
    first = await town.workers.say(tenant, conversation, agent, Text("Oi"), key="k")
    again = await town.workers.say(tenant, conversation, agent, Text("Oi"), key="k")
    assert again == first
    await town.hears("Nome?", "Oi")
    await town.quiet()
    assert await town.workers.say(tenant, conversation, agent, Text("Oi"), key="k") == first


@pytest.mark.parametrize("second", ["order-18", "order-17"])
async def test_an_idempotency_key_belongs_to_one_kind_of_request(town: Town, second: str) -> None:
    """One order number may start a flow and tell of an event."""
    await town.publish("oi", *ASKS, variables=VARIABLES)
    await town.publish("um", (text("m", "Um."),), (), start="m")
    on = {"id": "t", "type": "trigger", "on": {"kind": "event", "name": "pago"}}
    await town.publish(
        "dois",
        (
            on,
            text("m", "Pago."),
        ),
        ("t > m",),
    )
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    tenant, _, _ = await ids(town)
    workers, where = town.workers, (await contact_of(town), str(town.place.channel))
    assert workers is not None
    for _ in range(2):
        await workers.start_flow(tenant, "um", contact=where[0], channel=where[1], key="order-17")
    await workers.event(tenant, "pago", {}, contact=where[0], channel=where[1], key=second)
    await town.hears("Nome?", "Um.", "Pago.")
