"""A real conversation on the canvas, and the numbers of a flow out of its trails."""

import html
import re

import msgspec

from connectors.simulator import Saying
from flowengine.document import parse
from flowengine.store import messages, talks
from flowengine.store.flow_counts import Sum
from tests.web.living import wait_for
from tests.web.site import HELLO, Site
from tests.web.test_publish_page import draw, marks, spoken
from web.editor.counting import numbers_of

OI_ENDS = {"from": "oi", "to": "fim"}


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


async def test_a_rehearsal_leads_to_where_a_conversation_parts(site: Site) -> None:
    client = await site.client(site.bia)
    room = await spoken(site)
    phone = "+5511900001111"
    site.network.say(site.bia.number, phone, Saying(text="Falar com alguém"))

    async def passed_on() -> bool:
        shown = marks((await client.get(f"/conversations/{room}/replay")).text)
        return any(moment[0] == "fila" for moment in shown["story"]["moments"])

    await wait_for(passed_on, 60)
    # In the draft nobody is asked any more: it parts in the first of two turns.
    nodes = [HELLO["nodes"][0], {"id": "fim", "type": "end"}]
    await draw(client, msgspec.json.encode(HELLO | {"nodes": nodes, "edges": [OI_ENDS]}))
    told = (await client.get("/flows/ola/publish/rehearsal")).text
    link = re.search(r'href="(/conversations/[^"]+)">ver uma', told)
    assert link
    page = (await client.get(html.unescape(link[1]))).text
    shown = marks(page)
    moments, at = shown["story"]["moments"], shown["at"]
    assert moments[at][3] == 0  # the first row
    assert moments[-1][3] == 1
    assert "Até aqui o rascunho faz o mesmo." in page
    assert 'href="/flows/ola/publish"' in page
    # Of a row that is there no more it is the whole, from its end.
    gone = (await client.get(html.unescape(link[1]).replace("parts=", "parts=99"))).text
    assert marks(gone)["at"] == len(moments) - 1
    assert "Até aqui o rascunho faz o mesmo." not in gone


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

    async def counted() -> str:
        found = (await client.get("/flows/ola/numbers")).text
        return found if "1 conversa começou aqui" in found else ""

    page = await wait_for(counted, 60)
    notes = marks(page)["notes"]
    assert ["main", "1 entrou"] in notes["menu"]
    assert ["wait", "1 espera"] in notes["menu"]
    assert "Começaram por dia" in page


def test_exits_stand_at_their_lines_and_old_steps_are_left_out() -> None:
    flow = parse(msgspec.json.encode(HELLO))
    sums = [
        Sum("began", "", "", 3), Sum("in", "menu", "", 3), Sum("in", "de-antes", "", 2),
        Sum("out", "menu", "choice:banho", 2), Sum("at", "menu", "", 1),
        Sum("waits", "menu", "", 1), Sum("in", "certo", "", 1), Sum("drop", "certo", "", 1),
        Sum("end", "", "atendido", 1), Sum("done", "", "", 1),
    ]  # fmt: skip
    found = numbers_of(flow, sums)
    assert (found.total, found.done, found.entered) == (3, 1, {"menu": 3, "certo": 1})
    assert found.exits == {("menu", "choice:banho"): 2}
    assert (found.waiting, found.dropped) == ({"menu": 1}, {"certo": 1})
    assert found.outcomes == {"atendido": 1}
