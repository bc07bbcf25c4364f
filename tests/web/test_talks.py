"""Talks kept with a flow: saved, run on the draft, explored, imported, recorded, told in words."""

from typing import Any

import msgspec

from flowengine.document import parse
from flowengine.store import talks
from flowengine.talks.expectations import Difference
from flowengine.talks.player import Failure
from flowengine.workspace import EMPTY
from tests.web.site import HELLO, Site
from web.editor.differing import differing
from web.editor.stage import make_stage
from web.editor.suite import ELSE, SAYS, run, tell
from web.editor.talks import explored, name_of
from web.publishing import Surroundings
from web.texts import TEXTS

URL = "/flows/ola/edit/talks"
T = TEXTS["pt-BR"]
ACTS: list[dict[str, Any]] = [{"say": "oi"}, {"tap": "banho"}, {"tap": "sim"}]


def script(*acts: dict[str, Any]) -> str:
    return msgspec.json.encode({"acts": list(acts)}).decode()


async def test_a_chat_is_saved_run_opened_and_removed(site: Site) -> None:
    client = await site.client(site.bia)
    kept = (await client.post(URL, data={"name": "Banho", "script": script(*ACTS)})).json()
    assert kept["failed"] == 0
    assert 40 < kept["percent"] < 100
    assert kept["nodes"] == ["fila"]
    async with site.database.web(site.bia.tenant) as transaction:
        (stored,) = await talks.talks(transaction, "ola")
    opened = (await client.get(f"{URL}/{stored.id}/script")).json()
    assert opened["acts"] == ACTS
    assert b"flowengine-talk/1" in (await client.get(f"{URL}/{stored.id}")).content
    gone = (await client.post(f"{URL}/{stored.id}/remove")).json()
    assert gone["percent"] == 0
    assert (await client.get(f"{URL}/{stored.id}/script")).status_code == 404


async def test_no_talk_takes_the_place_of_another_of_its_name(site: Site) -> None:
    client = await site.client(site.bia)
    ways = [ACTS, ACTS[:2], ACTS[:2]]
    said = [
        (await client.post(URL, data={"name": "Ana", "script": script(*acts)})).json()["notice"]
        for acts in ways
    ]
    other = "Teste salvo como “Ana (2)”: já havia outro com este nome."
    assert said == ["Teste salvo.", other, other]
    async with site.database.web(site.bia.tenant) as transaction:
        first, second = await talks.talks(transaction, "ola")
    assert (first.name, second.name) == ("Ana", "Ana (2)")
    assert (await client.get(f"{URL}/{first.id}/script")).json()["acts"] == ACTS
    # A file that is brought in again is no second talk.
    file = (await client.get(f"{URL}/{first.id}")).content
    await client.post(f"{URL}/import", files={"file": ("ana.talk.json", file)})
    async with site.database.web(site.bia.tenant) as transaction:
        assert len(await talks.talks(transaction, "ola")) == 2


async def test_what_does_not_come_true_any_more_says_why(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post(URL, data={"name": "Banho", "script": script(*ACTS)})
    page = (await client.get("/flows/ola/json")).text
    changed = msgspec.json.encode(HELLO).replace(b"Confirma o banho?", b"Quer mesmo?")
    rev = page.split('name="rev" value="')[1].split('"')[0]
    data = {"rev": rev, "document": changed.decode()}
    assert (await client.post("/flows/ola/json", data=data)).status_code == 303
    said = (await client.get(URL)).json()
    assert said["failed"] == 1
    assert "Quer mesmo?" in said["html"]


async def test_nothing_is_saved_of_nothing_or_of_what_no_talk_can_say(site: Site) -> None:
    client = await site.client(site.bia)
    empty = await client.post(URL, data={"name": "Nada", "script": script()})
    assert empty.status_code == 422
    bad = await client.post(f"{URL}/import", files={"file": ("x.json", b"{}")})
    assert bad.status_code == 422


async def test_where_a_talk_stands_still_is_told_without_codes(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post(URL, data={"name": "Banho", "script": script(*ACTS)})
    cut = HELLO | {"edges": HELLO["edges"][:1]}
    upload = {"file": ("ola.flow.json", msgspec.json.encode(cut))}
    brought = await client.post("/flows/import", files=upload, data={"over": "replace"})
    assert brought.status_code == 303
    said = (await client.get(URL)).json()["html"]
    assert "uma mensagem" in said
    assert "one that speaks" not in said
    assert " at menu" not in said


def test_the_sides_of_a_difference_are_told_in_peoples_words() -> None:
    told = [
        ("execution", "completed (stuck) at menu", "nada: terminou em «Menu»"),
        ("execution", "no flow has begun", "nada: nenhum fluxo começou"),
        ("transfer", "no transfer", "nenhuma transferência"),
        ("media", "a send of kind image", "uma mensagem de outro tipo (Imagem)"),
        ("text", '"completed at menu"', '"completed at menu"'),
    ]
    for what, got, words in told:
        assert differing(Difference(what, "", got), str.title, T)[1] == words


async def test_the_explorer_fills_up_what_is_missing(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post(URL, data={"name": "Banho", "script": script(*ACTS)})
    said = (await client.post(f"{URL}/explore")).json()
    assert (said["failed"], said["percent"], said["nodes"]) == (0, 100, [])
    again = (await client.post(f"{URL}/explore")).json()
    assert "não achou" in again["notice"]


async def test_of_another_workspace_nothing_is_seen(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post(URL, data={"name": "Banho", "script": script(*ACTS)})
    stranger = await site.client(site.davi)
    assert "Banho" not in (await stranger.get(URL)).json()["html"]
    viewer = await site.client(site.bia, "viewer")
    assert (await viewer.get(URL)).status_code == 200
    refused = await viewer.post(URL, data={"name": "x", "script": script(*ACTS)})
    assert refused.status_code == 403


def test_explored_talks_are_named_by_where_they_lead() -> None:
    stage = make_stage(parse(msgspec.json.encode(HELLO)), Surroundings(EMPTY, {}))
    found = explored(stage, run((), stage, T), T)
    assert found
    names = [talk.name for talk in found]
    assert len(set(names)) == len(names)
    assert all(" → " in name for name in names)
    named = "Boas-vindas da Bia: oi:next, certo:choice:nao, feito:next"
    name = name_of(stage, named, set(), T)
    assert name == "Pergunta: Confirma o banho? → Não"
    assert name_of(stage, named, {name}, T) == "Pergunta: Confirma o banho? → Não (2)"


def test_every_failure_has_words() -> None:
    for said, words in SAYS:
        assert tell(Failure(1, "", said), T) == words
    asks = "ola/x asks for an HTTP answer, and the talk has none for it"
    assert tell(Failure(1, "", asks), T) != asks
    assert tell(Failure(1, "", "something new"), T) == ELSE
