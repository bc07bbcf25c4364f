"""A flow in the middle of its life: versions with their messages, numbers, people inside a step
that the draft has no more, a move that was made, and a draft that is tried on a phone."""

from typing import Any

import httpx
import msgspec

from connectors.simulator import Saying
from flowengine.document import canonical, parse, whole_hash
from flowengine.store import flows
from flowengine.store.recorded import standing
from tests.pages.words import Words
from tests.web.living import wait_for
from tests.web.site import Place, Site, version_of

KEY, WORD = "mudanca", "mudar"
PATIENCE = 60.0
PEOPLE = ("Aline Prado", "Bruno Sá", "Carla de Albuquerque e Vasconcelos", "Davi", "Érica", "Fábio")


async def change(site: Site, client: httpx.AsyncClient, place: Place, say: Words) -> None:
    """Publishes, lets people in, publishes again, moves some, and draws on."""
    await _publish(site, place, _flow(say, "servico", "Banho ou tosa?"), say("Primeira versão"))
    await _enter(site, place, say, "")
    await _publish(site, place, _flow(say, "porte", "Qual é o porte do pet?", ab=True),
                   say("Pergunta o porte antes do dia, e compara dois textos"))  # fmt: skip
    moved = await client.post(f"/flows/{KEY}/moves", data={"to.servico": "porte"})
    assert moved.status_code == 303, moved.text
    await _over(site, place)
    await _enter(site, place, say, "9")
    async with site.database.web(place.tenant) as transaction:
        flow = parse(msgspec.json.encode(_flow(say, "dia", "Para quando seria?", ab=True)))
        draft = canonical(flow)
        await flows.save_draft(transaction, KEY, flow.name, draft, whole_hash(flow))
        await flows.set_folder(transaction, KEY, say("Agenda")[:60])
        await flows.set_folder(transaction, "agendamento", say("Agenda")[:60])
    for question in ("Gostou?", "De zero a dez?"):  # the second takes an unpublished draft's place
        other = msgspec.json.encode(_flow(say, "dia", question) | {"key": "pesquisa"})
        again = {"file": ("pesquisa.flow.json", other)}
        brought = await client.post("/flows/import", files=again, data={"over": "replace"})
        assert brought.status_code == 303, brought.text
    await client.post(f"/flows/{KEY}/testers/code")
    await client.post(f"/flows/{KEY}/testers", data={"phone": "+5511960000003"})


def _flow(say: Words, asks: str, text: str, ab: bool = False) -> dict[str, Any]:
    """A question, sometimes one of two, and an end."""
    buttons = [{"id": id, "title": id.title()} for id in ("um", "dois")]
    question = {"kind": "buttons", "text": say(text), "buttons": buttons}
    first = "teste" if ab else asks
    nodes: list[dict[str, Any]] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": [WORD]}},
        {"id": asks, "type": "ask", "title": say(text), "contents": [question],
         "expect": {"kind": "choice"}},
        {"id": "feito", "type": "message",
         "contents": [{"kind": "text", "text": say("Combinado!")}]},
        {"id": "fim", "type": "end", "outcome": "marcou"},
    ]  # fmt: skip
    lines = [("oi", "next", first), (asks, "choice:um", "feito"), (asks, "choice:dois", "fim"),
             ("feito", "next", "fim")]  # fmt: skip
    if ab:
        nodes += [
            {"id": "teste", "type": "split", "variants": [{"id": "curto"}, {"id": "longo"}]},
            {"id": "antes", "type": "message",
             "contents": [{"kind": "text", "text": say("Que bom ver você por aqui!")}]},
        ]  # fmt: skip
        lines += [("teste", "variant:curto", asks), ("teste", "variant:longo", "antes"),
                  ("antes", "next", asks)]  # fmt: skip
    return {
        "format": "flowengine/1",
        "key": KEY,
        "name": say("Mudança de agenda"),
        "nodes": nodes,
        "edges": [{"from": a, "exit": b, "to": c} for a, b, c in lines],
        "settings": {"on_problem": {"queue": "atendimento"}},
    }


async def _publish(site: Site, place: Place, document: dict[str, Any], message: str) -> None:
    async with site.database.web(place.tenant) as transaction:
        new = msgspec.structs.replace(version_of(document), message=message[:300])
        await flows.publish(transaction, new, place.people["owner"])


async def _enter(site: Site, place: Place, say: Words, last: str) -> None:
    """Everybody begins the flow; every third answers."""
    phones = [f"+551195000000{number}{last or '0'}" for number in range(len(PEOPLE))]
    for phone, name in zip(phones, PEOPLE, strict=True):
        site.network.say(place.number, phone, Saying(text=WORD, name=say(name)))
    await site.network.settled(place.number)
    for phone in phones[::3]:
        site.network.say(place.number, phone, Saying(text="Um"))
    await site.network.settled(place.number)

    async def inside() -> bool:
        async with site.database.worker(place.tenant) as transaction:
            return len(await standing(transaction, KEY)) >= 4 * (1 if not last else 2)

    await wait_for(inside, PATIENCE)


async def _over(site: Site, place: Place) -> None:
    """The move is done, and its people are counted."""

    async def done() -> bool:
        async with site.database.worker(place.tenant) as transaction:
            state = await transaction.value("SELECT state FROM flow_moves WHERE flow = $1", KEY)
            return state == "done"

    await wait_for(done, PATIENCE)
