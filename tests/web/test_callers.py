"""Publishing a flow that others on the air call: what would break in them is asked and told."""

from typing import Any

import httpx
import msgspec

from flowengine.document import parse
from flowengine.store import flows
from tests.flowengine.playing import OI, document, text
from tests.web.publishing import look, publish
from tests.web.site import Site
from web.editor.callers import calling

END = {"id": "fim", "type": "end", "outcome": "ok"}


def called(outcome: str = "ok", words: str = "Anotado", **more: Any) -> dict[str, Any]:
    """The flow that another one calls."""
    nodes = [text("diz", words), {"id": "fim", "type": "end", "outcome": outcome}]
    return document("dados", nodes, ["diz > fim"], start="diz", name="Dados", **more)


def caller(key: str = "pedido", calls: str = "dados") -> dict[str, Any]:
    """It goes on where what it calls ends well."""
    begin = {**OI, "on": {"kind": "keyword", "words": [key]}}
    call = {"id": "chama", "type": "flow", "flow": calls}
    nodes = [begin, call, text("certo", "Deu certo"), text("outro", "Outro fim"), END]
    lines = [
        "oi > chama",
        "chama:outcome:ok > certo",
        "chama > outro",
        "certo > fim",
        "outro > fim",
    ]
    return document(key, nodes, lines, name=f"Fluxo {key}")


async def bring(client: httpx.AsyncClient, flow: dict[str, Any], air: bool = True) -> None:
    """This becomes the draft, and goes on the air."""
    upload = {"file": ("x.flow.json", msgspec.json.encode(flow))}
    answer = await client.post("/flows/import", files=upload, data={"over": "replace"})
    assert answer.status_code == 303, answer.text
    if air:
        assert (await publish(client, flow["key"])).status_code == 303


async def on_air(site: Site, key: str) -> int | None:
    async with site.database.web(site.bia.tenant) as transaction:
        return next(row.version for row in await flows.flows(transaction) if row.key == key)


async def test_who_calls_it_is_checked_against_the_new_version(site: Site) -> None:
    client, program = await site.client(site.bia), await site.program(site.bia, "designer")
    await bring(client, called())
    await bring(client, caller())
    await bring(client, caller("geral", calls="pedido"))
    page = (await client.get("/flows/dados/publish")).text
    assert "2 fluxos, sem problemas" in page
    worse = called(outcome="pronto", inputs=[{"name": "cpf", "type": "text", "required": True}])
    await bring(client, worse, air=False)
    page = (await client.get("/flows/dados/publish")).text
    assert 'name="breaking"' in page
    assert "Fluxo pedido" in page.partition('id="callers"')[2].partition("</section>")[0]
    assert "cpf" in page.partition('id="callers"')[2].partition("</section>")[0]
    refused = await publish(client, "dados")
    assert (refused.status_code, "Fluxo pedido" in refused.text) == (409, True)
    json = {"Accept": "application/json"}
    upload = {"file": ("x.flow.json", msgspec.json.encode(worse))}
    at_once = {"over": "replace", "publish": "1"}
    brought = await client.post("/flows/import", files=upload, data=at_once, headers=json)
    assert (brought.status_code, "Fluxo pedido" in brought.json()["detail"]) == (409, True)
    asked = await program.post("/api/v1/flows/dados/publish")
    assert (asked.status_code, "anyway=true" in asked.json()["mend"]) == (409, True)
    assert await on_air(site, "dados") == 1
    done = await publish(client, "dados", breaking="1")
    assert (done.status_code, await on_air(site, "dados")) == (303, 2)
    # Going back mends them; forth again would break them again.
    assert (await client.post("/flows/dados/versions/1/publish")).status_code == 303
    again = await client.post("/flows/dados/versions/2/publish", headers=json)
    assert (again.status_code, "rascunho" in again.json()["mend"]) == (409, True)
    assert (await program.post("/api/v1/flows/dados/publish?anyway=true")).status_code == 200


async def test_talks_of_who_calls_it_are_played_too(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, called())
    await bring(client, caller())
    data = {"name": "Pedido feito", "script": '{"acts": [{"say": "pedido"}]}'}
    assert (await client.post("/flows/pedido/edit/talks", data=data)).status_code == 200
    await bring(client, called(words="Anotei tudo"), air=False)
    page = (await client.get("/flows/dados/publish")).text
    assert "O teste «Pedido feito» passa hoje e falharia." in page
    assert (await publish(client, "dados", anyway="1")).status_code == 409
    assert (await publish(client, "dados", breaking="1")).status_code == 303


async def test_what_was_broken_before_is_not_told_again(site: Site) -> None:
    client = await site.client(site.bia)
    await bring(client, called())
    await bring(client, caller())
    await bring(client, called(outcome="pronto"), air=False)
    assert (await publish(client, "dados", breaking="1")).status_code == 303
    await bring(client, called(outcome="pronto", words="Outra frase"), air=False)
    assert "breaking" not in (await client.get("/flows/dados/publish")).text
    assert (await publish(client, "dados")).status_code == 303
    assert await look(client, "dados")


def test_callers_are_followed_to_their_callers_and_round_in_circles() -> None:
    drawn = (called(), caller("b", "dados"), caller("c", "b"), caller("d", "e"), caller("e", "d"))
    known = {each["key"]: parse(msgspec.json.encode(each)) for each in drawn}
    assert calling(["dados"], known) == ("b", "c")
    assert calling(["b"], known) == ("c",)
    assert calling(["d"], known) == ("e",)
    assert calling(["c"], known) == ()
