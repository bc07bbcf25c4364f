"""Who is inside a flow that others call, and a move whose goal is taken back."""

from typing import Any
from uuid import UUID

import httpx

from connectors.simulator import Saying
from flowengine.store import conversations, flow_moves
from tests.flowengine.playing import OI, ask, document
from tests.web.living import wait_for
from tests.web.site import Site
from tests.web.test_callers import bring
from tests.web.test_moves_api import PATH, without_menu
from tests.web.test_publish_page import spoken

END = {"id": "fim", "type": "end"}


def called(words: str) -> dict[str, Any]:
    nodes = [ask("pergunta", words), END]
    lines = ["pergunta:reply > fim", "pergunta:timeout > fim"]
    return document("dados", nodes, lines, start="pergunta")


def caller(words: str) -> dict[str, Any]:
    begin = {**OI, "on": {"kind": "keyword", "words": ["pedido"]}}
    nodes = [begin, ask("primeiro", words), {"id": "chama", "type": "flow", "flow": "dados"}, END]
    lines = ["oi > primeiro", "primeiro:reply > chama", "primeiro:timeout > fim", "chama > fim"]
    return document("pedido", nodes, lines)


async def hears(site: Site, phone: str, said: str, answer: str) -> UUID:
    """Somebody writes and is answered so; the conversation."""
    site.network.say(site.bia.number, phone, Saying(text=said, name=phone))

    async def answered() -> UUID | None:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        return next((each.id for each in found if answer in each.preview), None)

    return await wait_for(answered, 60)


async def left(program: httpx.AsyncClient, key: str) -> list[tuple[str, int]]:
    found = (await program.get(f"/api/v1/flows/{key}/moves")).json()["left"]
    return [(place["node"], place["count"]) for place in found]


async def test_only_who_stands_in_a_called_flow_is_inside_it(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia)
    await bring(client, called("Seu CPF?"))
    await bring(client, caller("Qual produto?"))
    await hears(site, "+5511900000101", "pedido", "Qual produto?")
    await hears(site, "+5511900000102", "pedido", "Qual produto?")
    await hears(site, "+5511900000102", "banho", "Seu CPF?")
    assert await left(program, "dados") == []
    # The caller changes, and who stands in it stays where they are.
    await bring(client, caller("O que você quer?"))
    assert await left(program, "dados") == []
    assert (await program.post("/api/v1/flows/dados/moves", json={})).status_code == 409
    # What it calls changes: one of the two is in there.
    await bring(client, called("Qual é o CPF?"))
    assert await left(program, "dados") == [("pergunta", 1)]
    begun = await program.post("/api/v1/flows/dados/moves", json={})
    assert (begun.status_code, begun.json()["total"]) == (202, 1)

    async def over() -> bool:
        return (await program.get("/api/v1/flows/dados/moves")).json()["items"][0][
            "state"
        ] == "done"

    await wait_for(over, 60)
    assert await left(program, "dados") == []
    assert sum(count for _node, count in await left(program, "pedido")) == 1


async def test_a_version_that_is_taken_back_takes_nobody_with_it(site: Site) -> None:
    program, client = await site.program(site.bia), await site.client(site.bia)
    await spoken(site)
    await program.post("/api/v1/flows/import?publish=true", json=without_menu())
    assert site.workers is not None
    await site.workers.stop()  # so that it is still under way when one goes back
    site.workers = None
    begun = (await program.post(PATH, json={"to": {"menu": "certo"}})).json()
    assert begun["state"] == "running"
    back = await client.post("/flows/ola/versions/1/publish")
    assert back.headers["location"].endswith("/flows/ola/moves")
    (move,) = (await program.get(PATH)).json()["items"]
    assert (move["state"], move["passed"]) == ("cancelled", 0)
    async with site.database.worker() as transaction:
        assert await flow_moves.feed_moves(transaction) == 0


async def test_what_goes_off_the_air_ends_the_moves_to_it(site: Site) -> None:
    program, client = await site.program(site.bia), await site.client(site.bia)
    await spoken(site)
    await program.post("/api/v1/flows/import?publish=true", json=without_menu())
    assert site.workers is not None
    await site.workers.stop()
    site.workers = None
    await program.post(PATH, json={"to": {"menu": "certo"}})
    same = await program.post("/api/v1/flows/ola/publish")  # the same bytes: it goes on
    assert (same.status_code, (await program.get(PATH)).json()["items"][0]["state"]) == (
        200,
        "running",
    )
    assert (await client.post("/flows/ola/unpublish")).status_code == 303
    assert (await program.get(PATH)).json()["items"][0]["state"] == "cancelled"
