"""A real conversation on the canvas, and the numbers of a flow out of its trails."""

import html
from typing import Any
from uuid import UUID, uuid4

import msgspec

from flowengine.document import parse
from flowengine.state import encode
from flowengine.store import messages, talks
from flowengine.store.trails import Ran, Walked
from flowengine.trail import Called, Entered, Left, Returned, Trail
from tests.web.site import HELLO, Site
from tests.web.test_publish_page import spoken
from web.editor.counting import count

AB: dict[str, Any] = {
    "format": "flowengine/1",
    "key": "ab",
    "name": "Teste",
    "nodes": [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
        {"id": "ab", "type": "split", "variants": [{"id": "a"}, {"id": "b"}]},
        {"id": "sim", "type": "end", "outcome": "vendeu"},
        {"id": "nao", "type": "end", "outcome": "desistiu"},
    ],
    "edges": [
        {"from": "oi", "to": "ab"},
        {"from": "ab", "exit": "variant:a", "to": "sim"},
        {"from": "ab", "exit": "variant:b", "to": "nao"},
    ],
}


def marks(page: str) -> dict[str, Any]:
    raw = page.split('data-marks="')[1].split('"')[0]
    return msgspec.json.decode(html.unescape(raw))


async def test_a_bubble_leads_to_its_step_on_the_canvas(site: Site) -> None:
    client = await site.client(site.bia, "viewer")
    conversation = await spoken(site)
    async with site.database.web(site.bia.tenant) as transaction:
        said = await messages.messages(transaction, conversation)
    bot = next(each for each in said if each.author == "bot")
    assert f"/messages/{bot.id}/why" in (await client.get(f"/conversations/{conversation}")).text
    moved = await client.get(f"/messages/{bot.id}/why")
    assert moved.status_code in (302, 303, 307)
    page = (await client.get(moved.headers["location"])).text
    shown = marks(page)
    assert shown["story"]["moments"][shown["at"]][0] == "menu"
    assert "Como posso ajudar?" in shown["story"]["chat"]
    assert "Versão 1" in page
    stranger = await site.client(site.davi)
    assert (await stranger.get(f"/messages/{bot.id}/why")).status_code == 404
    assert (await stranger.get(f"/conversations/{conversation}/replay")).status_code == 404


async def test_a_real_conversation_becomes_a_test(site: Site) -> None:
    conversation = await spoken(site)
    client = await site.client(site.bia)
    data = {"conversation": str(conversation), "name": "Ana de verdade"}
    kept = (await client.post("/flows/ola/edit/talks/record", data=data)).json()
    assert kept["failed"] == 0
    async with site.database.web(site.bia.tenant) as transaction:
        assert [each.name for each in await talks.talks(transaction, "ola")] == ["Ana de verdade"]


async def test_the_numbers_of_a_flow_stand_on_its_canvas(site: Site) -> None:
    await spoken(site)
    client = await site.client(site.bia, "viewer")
    page = (await client.get("/flows/ola/numbers")).text
    notes = marks(page)["notes"]
    assert ["main", "1 entrou"] in notes["menu"]
    assert ["wait", "1 espera"] in notes["menu"]
    assert "1 conversa começou aqui" in page


def walked(id: UUID, *events: Trail) -> Walked:
    return Walked(id, encode(events))


def test_an_execution_counts_once_at_each_step_and_calls_stand_at_their_step() -> None:
    flow = parse(msgspec.json.encode(HELLO))
    one, two = uuid4(), uuid4()
    ran = [Ran(one, 1, "waiting", "", False), Ran(two, 1, "expired", "", True)]
    trails = [
        walked(one, Entered("menu"), Left("menu", "choice:banho"), Entered("certo")),
        walked(one, Left("certo", "choice:nao"), Entered("menu")),
        walked(two, Entered("menu"), Called("outro"), Entered("certo"), Returned("outro")),
        Walked(two, b""),
    ]
    found = count(flow, ran, trails)
    assert found.entered == {"menu": 2, "certo": 1}
    assert found.exits == {("menu", "choice:banho"): 1, ("certo", "choice:nao"): 1}
    assert (found.waiting, found.dropped) == ({"menu": 1}, {"menu": 1})


def test_an_ab_test_says_whether_it_is_chance() -> None:
    flow = parse(msgspec.json.encode(AB))
    ran: list[Ran] = []
    trails: list[Walked] = []
    for number in range(200):
        id, way = uuid4(), "a" if number % 2 else "b"
        won = number % 10 != 1 if way == "a" else number % 10 == 0
        outcome = "vendeu" if won else "desistiu"
        ran.append(Ran(id, 1, "completed", outcome, True))
        trails.append(walked(id, Entered("ab"), Left("ab", f"variant:{way}")))
    (test,) = count(flow, ran, trails, "vendeu").tests
    assert [(each.share.hits, each.share.total) for each in test.variants] == [(80, 100), (20, 100)]
    assert test.clear
    (even,) = count(flow, ran, trails).tests
    assert not even.clear
