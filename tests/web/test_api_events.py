"""Events from outside by the API: about whom, on which channel, and once."""

from typing import Any

from connectors.simulator import Saying
from tests.web.living import wait_for
from tests.web.site import Site
from tests.web.test_api import is_problem

PERSON = "+5511900003333"


def flow(**more: Any) -> dict[str, Any]:
    on = {"kind": "event", "name": "pedido.pago", "purpose": "utility", **more}
    return {
        "format": "flowengine/1",
        "key": "pago",
        "name": "Pedido pago",
        "nodes": [
            {"id": "ev", "type": "trigger", "on": on},
            {
                "id": "m",
                "type": "message",
                "contents": [{"kind": "text", "text": "Pago: {{ trigger.event.id }}"}],
            },
            {"id": "fim", "type": "end"},
        ],
        "edges": [{"from": "ev", "to": "m"}, {"from": "m", "to": "fim"}],
    }


async def told(program: Any, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = await program.post("/api/v1/events", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_event_finds_its_contact_in_its_data(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    site.network.say(site.bia.number, PERSON, Saying(text="bom dia", name="Ana"))

    async def known() -> dict[str, Any] | None:
        found = (await program.get("/api/v1/conversations")).json()["items"]
        return found[0] if found else None

    conversation = await wait_for(known)
    person = conversation["contact"]
    body = {"name": "pedido.pago", "data": {"id": "A-1", "cliente": person}}
    nobody = is_problem(await program.post("/api/v1/events", json=body), 422)
    assert nobody["place"] == "contact"
    assert nobody["mend"]

    document = flow(contact="event.cliente", dedupe="event.id", schema={"required": ["id"]})
    put = await program.put("/api/v1/flows/pago", json=document)
    assert put.status_code == 200, put.text
    published = await program.post("/api/v1/flows/pago/publish")
    assert published.status_code == 200, published.text

    for _ in range(2):
        heard = await told(program, body)
        assert [each["conversation"] for each in heard["conversations"]] == [conversation["id"]]
    messages = f"/api/v1/conversations/{conversation['id']}/messages"

    async def said() -> list[str]:
        found = (await program.get(messages)).json()["items"]
        return [each["text"] for each in found if each["text"].startswith("Pago")]

    assert await wait_for(said) == ["Pago: A-1"]
    without = await told(program, body | {"data": {"cliente": person}})
    assert without["conversations"] == []
    assert without["passed_over"] == [{"flow": "pago", "node": "ev", "reason": "/id is missing"}]
    stranger = body | {"data": {"id": "A-2", "cliente": "ninguém"}}
    assert is_problem(await program.post("/api/v1/events", json=stranger), 404)["mend"]
    assert await said() == ["Pago: A-1"]


async def test_an_event_may_name_contact_and_channel(site: Site) -> None:
    program = await site.program(site.bia, "agent")
    body = {"name": "nada", "phone": PERSON, "channel": str(site.bia.channel)}
    first = await told(program, body, **{"Idempotency-Key": "e-1"})
    again = await told(program, body, **{"Idempotency-Key": "e-1"})
    assert [each["doubled"] for each in first["conversations"]] == [False]
    assert [each["doubled"] for each in again["conversations"]] == [True]
    foreign = body | {"channel": str(site.davi.channel)}
    is_problem(await program.post("/api/v1/events", json=foreign), 404)
