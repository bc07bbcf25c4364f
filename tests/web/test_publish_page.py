"""Publishing: what changes, talks as its gate, the rehearsal, who stands inside; and going back."""

import html
import re
from typing import Any
from uuid import UUID

import httpx
import msgspec

from connectors.simulator import Saying
from flowengine.diff import diff
from flowengine.document import parse
from flowengine.store import conversations, flows, talks
from tests.web.living import wait_for
from tests.web.publishing import look, publish
from tests.web.site import HELLO, Site
from web.editor.board import line_id
from web.editor.look import marks_of, with_removed


def changed(**more: Any) -> bytes:
    """The flow with another question, and without its last message."""
    nodes = [node for node in HELLO["nodes"] if node["id"] != "feito"]
    lines = [e for e in HELLO["edges"] if "feito" not in (e["from"], e["to"])]
    lines.append({"from": "certo", "exit": "choice:sim", "to": "fim"})
    return msgspec.json.encode(HELLO | {"nodes": nodes, "edges": lines} | more)


async def draw(client: httpx.AsyncClient, document: bytes) -> None:
    """This becomes the draft."""
    upload = {"file": ("ola.flow.json", document)}
    assert (
        await client.post("/flows/import", files=upload, data={"over": "replace"})
    ).status_code == 303


async def spoken(site: Site, phone: str = "+5511900001111", text: str = "oi") -> UUID:
    """Ana writes and is answered; the conversation."""
    site.network.say(site.bia.number, phone, Saying(text=text, name="Ana"))

    async def answered() -> UUID | None:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        return next((each.id for each in found if "ajudar" in each.preview), None)

    return await wait_for(answered, 60)


def marks(page: str) -> dict[str, Any]:
    """What the canvas of a page shows beside its steps."""
    raw = page.split('data-marks="')[1].split('"')[0]
    return msgspec.json.decode(html.unescape(raw))


async def test_the_page_says_what_changes_and_what_is_wrong(site: Site) -> None:
    client = await site.client(site.bia)
    await draw(client, changed())
    page = (await client.get("/flows/ola/publish")).text
    assert "feito" in page
    assert "Publicar agora" in page
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await flows.versions(transaction, "ola"))[0].version == 1


async def test_a_version_keeps_its_message_and_an_old_one_can_come_back(site: Site) -> None:
    client = await site.client(site.bia)
    await draw(client, changed())
    done = await publish(client, "ola", message="Sem despedida")
    assert done.status_code == 303
    listed = (await client.get("/flows/ola/versions")).text
    assert "Sem despedida" in listed
    assert (await client.post("/flows/ola/versions/1/publish")).status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        row = next(row for row in await flows.flows(transaction) if row.key == "ola")
        draft = await flows.draft(transaction, "ola")
    assert (row.version, row.changed) == (1, True)
    assert b"feito" not in draft.document
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.post("/flows/ola/versions/2/publish")).status_code == 403


async def test_what_nobody_looked_at_is_not_published(site: Site) -> None:
    client = await site.client(site.bia)
    await draw(client, changed())
    seen = await look(client, "ola")
    await draw(client, changed(name="De outra aba"))
    for form in (seen, {}):
        late = await client.post("/flows/ola/publish", data=form)
        assert (late.status_code, "nada foi publicado" in late.text) == (409, True)
    async with site.database.web(site.bia.tenant) as transaction:
        assert [each.version for each in await flows.versions(transaction, "ola")] == [1]
    assert (await publish(client, "ola")).status_code == 303


async def test_who_put_an_old_version_back_is_told(site: Site) -> None:
    owner, designer = await site.client(site.bia), await site.client(site.bia, "designer")
    await draw(owner, changed())
    await publish(owner, "ola")
    assert "voltou ao ar" not in (await owner.get("/flows/ola/versions")).text
    assert (await designer.post("/flows/ola/versions/1/publish")).status_code == 303
    listed = re.sub(r"\s+", " ", (await owner.get("/flows/ola/versions")).text)
    first = listed.partition("Versão 1")[2]
    assert re.search(r"voltou ao ar em .{10,40} por designer bia", first)
    assert listed.count("voltou ao ar") == 1


async def test_talks_that_fail_keep_a_flow_from_being_published(site: Site) -> None:
    client = await site.client(site.bia)
    acts = {"acts": [{"say": "oi"}, {"tap": "banho"}, {"tap": "sim"}]}
    data = {"name": "Banho", "script": msgspec.json.encode(acts).decode()}
    assert (await client.post("/flows/ola/edit/talks", data=data)).status_code == 200
    await draw(client, changed())
    refused = await client.post(
        "/flows/ola/publish",
        data=await look(client, "ola"),
        headers={"Accept": "application/json"},
    )
    assert refused.status_code == 409
    assert "teste" in refused.json()["detail"]
    assert "1 falhou" in (await client.get("/flows/ola/publish")).text
    anyway = await publish(client, "ola", anyway="1")
    assert anyway.status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        assert len(await talks.talks(transaction, "ola")) == 1


async def test_real_conversations_are_rehearsed_and_planned(site: Site) -> None:
    client = await site.client(site.bia)
    await spoken(site)
    same = (await client.get("/flows/ola/publish/rehearsal")).text
    assert "1 de 1 ficam iguais" in same
    assert "1 fica no mesmo passo." in (await client.get("/flows/ola/publish/standing")).text
    nodes = [node | {"id": "outro"} if node["id"] == "menu" else node for node in HELLO["nodes"]]
    nodes[1] = nodes[1] | {"type": "message", "contents": [{"kind": "text", "text": "Tchau"}]}
    nodes[1].pop("expect")
    lines = [{"from": "oi", "to": "outro"}, {"from": "outro", "to": "fim"}]
    await draw(client, msgspec.json.encode(HELLO | {"nodes": nodes, "edges": lines}))
    parted = (await client.get("/flows/ola/publish/rehearsal")).text
    assert "0 de 1 ficam iguais" in parted
    assert "/conversations/" in parted
    stuck = (await client.get("/flows/ola/publish/standing")).text
    assert "o passo foi apagado" in stuck
    chosen = (await client.get("/flows/ola/publish/standing?to.menu=outro")).text
    assert "vai para outro passo" in chosen
    # The first choice means that they go; what is done to the tick by hand stands.
    ticked = re.compile(r'name="move" value="1" form="publish" checked')
    assert not ticked.search(stuck)
    assert ticked.search(chosen)
    by_hand = "/flows/ola/publish/standing?to.menu=outro&drawn=chosen"
    assert not ticked.search((await client.get(by_hand)).text)
    assert ticked.search((await client.get("/flows/ola/publish/standing?move=1&drawn=")).text)


async def test_who_is_inside_goes_with_the_new_version_where_it_was_chosen(site: Site) -> None:
    client = await site.client(site.bia)
    room = await spoken(site)
    nodes = [node for node in HELLO["nodes"] if node["id"] != "menu"]
    lines = [e for e in HELLO["edges"] if "menu" not in (e["from"], e["to"])]
    lines.append({"from": "oi", "to": "certo"})
    lines.append({"from": "certo", "exit": "choice:nao", "to": "fila"})
    await draw(client, msgspec.json.encode(HELLO | {"nodes": nodes, "edges": lines}))
    page = (await client.get("/flows/ola/publish/standing")).text
    assert "1 não tem para onde ir" in page
    assert "@queue:suporte" in page
    data = {"move": "1", "to.menu": "certo", "anyway": "1"}
    done = await publish(client, "ola", **data)
    assert done.status_code == 303, done.text
    assert done.headers["location"].endswith("/flows/ola/moves")

    async def moved() -> str:
        return next(
            (text for text in [(await client.get("/flows/ola/moves/list")).text]
             if "1 passou para a versão nova" in text), "",
        )  # fmt: skip

    assert "fine" in await wait_for(moved, 60)
    assert "Ninguém ficou em outra versão" in (
        await client.post("/flows/ola/moves", headers={"Accept": "application/json"})
    ).text  # fmt: skip

    async def asked() -> bool:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        return "Confirma o banho?" in found[0].preview

    assert await wait_for(asked, 60)
    story = (await client.get(f"/conversations/{room}")).text
    assert "Passou para a versão" in story
    # No line of the new version is lit that led elsewhere then; where one was put is marked.
    replayed = marks((await client.get(f"/conversations/{room}/replay")).text)["story"]
    way = [(node, via) for node, via, *_rest in replayed["moments"]]
    assert way[-1] == ("certo", "")
    assert line_id("oi", "next") not in {via for _node, via in way}
    assert {moment[5] for moment in replayed["moments"]} == {0}
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.post("/flows/ola/moves")).status_code == 403


def test_the_canvas_marks_what_differs() -> None:
    old, new = parse(msgspec.json.encode(HELLO)), parse(changed())
    merged = with_removed(new, old)
    marks = marks_of(diff(old, new), new, old)
    assert {node.id for node in merged.nodes} == {node.id for node in old.nodes}
    assert marks["nodes"]["feito"] == "removed"
    assert marks["lines"][line_id("certo", "choice:sim")] == "changed"
    assert marks["lines"][line_id("feito", "next")] == "removed"


async def test_the_changes_are_drawn(site: Site) -> None:
    client = await site.client(site.bia)
    await draw(client, changed())
    page = (await client.get("/flows/ola/changes")).text
    assert 'id="n-feito"' in page
    assert "Apagado: Mensagem" in page
    assert (await client.get("/flows/ola/changes?old=1&new=9")).status_code == 404


async def test_a_changed_text_says_what_it_was_and_what_it_is(site: Site) -> None:
    client = await site.client(site.bia)
    nodes = [
        node | {"contents": [{"kind": "text", "text": "Até logo, {{ contact.name }}!"}]}
        if node["id"] == "feito"
        else node
        for node in HELLO["nodes"]
    ]
    await draw(client, msgspec.json.encode(HELLO | {"nodes": nodes}))
    for page in ("publish", "changes"):
        told = (await client.get(f"/flows/ola/{page}")).text
        assert "<del>Combinado, nome do contato!</del>" in told
        assert "<ins>Até logo, nome do contato!</ins>" in told
