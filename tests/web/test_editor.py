"""The editor's server side: edits by revision, their inverses, the clipboard."""

from typing import Any

import httpx
import msgspec
import pytest

from flowengine.document import canonical, parse
from flowengine.editing import Connect, Disconnect, Move, Op, Put, Remove, apply
from flowengine.store import flows
from tests.web.site import HELLO, Site
from web.editor.board import make_board
from web.editor.pages import PALETTE
from web.editor.steps import Joint, Size, add, duplicate, fresh, tidy
from web.kinds import KINDS
from web.problems import Problem
from web.texts import TEXTS

T = TEXTS["pt-BR"]
FLOW = parse(msgspec.json.encode(HELLO))


# -- what a gesture becomes ---------------------------------------------------------------------


def test_the_palette_offers_every_kind_once() -> None:
    offered = [kind for _group, kinds in PALETTE for kind in kinds]
    assert sorted(offered) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_step_of_every_kind_can_be_drawn_and_kept(kind: str) -> None:
    done = apply(FLOW, add(FLOW, kind, (13, 21), Joint("feito", "next", "fim"), T))
    assert parse(canonical(done.flow)) == done.flow
    made = next(found for found in done.flow.nodes if found not in FLOW.nodes)
    assert done.flow.view.nodes[made.id] == (16, 24)
    joined = [edge for edge in done.flow.edges if made.id in (edge.from_, edge.to)]
    assert len(joined) == (0 if kind == "trigger" else 1 if kind == "end" else 2)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Problem):
        fresh("foguete", T)


def test_tidying_up_leaves_no_card_over_another() -> None:
    sizes = {each.id: Size(292, 180, 26, {"next": 26}) for each in FLOW.nodes}
    flow = apply(FLOW, tidy(FLOW, sizes)).flow
    at = [flow.view.nodes[each.id] for each in flow.nodes]
    for first, (x, y) in enumerate(at):
        for other, height in at[first + 1 :]:
            assert abs(x - other) >= 292 or abs(y - height) >= 180


def test_copies_stand_a_little_aside() -> None:
    flow = apply(FLOW, duplicate(FLOW, ["menu"], {"menu": (100, 100)})).flow
    assert flow.view.nodes["menu-2"] == (132, 132)


@pytest.mark.parametrize(
    "ops",
    [
        (Disconnect(from_="menu", exit="choice:banho"),),
        (Connect(from_="oi", to="feito"),),
        (Remove(id="certo"),),
        (
            Put(node=msgspec.structs.replace(FLOW.nodes[1], title="Outro")),
            Move(id="fim", at=(8, 8)),
        ),
    ],
)
def test_kept_cards_look_as_if_they_were_made_anew(ops: tuple[Op, ...]) -> None:
    at = dict.fromkeys((each.id for each in FLOW.nodes), (0.0, 0.0))
    before = make_board(FLOW, T, at)
    done = apply(FLOW, ops)
    there = at | done.flow.view.nodes
    kept = {id: step for id, step in before.steps.items() if id not in done.nodes}
    assert make_board(done.flow, T, there, kept) == make_board(done.flow, T, there)


# -- over HTTP ----------------------------------------------------------------------------------

EDIT = "/flows/ola/edit"


async def edit(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(f"{EDIT}/{path}", data=form, headers={"Accept": "application/json"})


async def stored(site: Site) -> flows.Draft:
    async with site.database.web(site.bia.tenant) as transaction:
        return await flows.draft(transaction, "ola")


async def test_an_edit_is_saved_and_its_inverse_takes_it_back(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    before = await stored(site)
    removal = '[{"op": "remove", "id": "menu"}]'
    done = (await edit(client, "ops", rev=before.rev, ops=removal, what="Remover")).json()
    assert done["label"] == "Remover"
    assert {"id": "n-menu", "html": ""} in done["parts"]
    assert b'"menu"' not in (await stored(site)).document
    back = await edit(client, "ops", rev=done["rev"], ops=done["inverse"])
    assert back.status_code == 201
    old, after = parse(before.document), parse((await stored(site)).document)
    assert msgspec.structs.replace(after, view=old.view) == old
    assert set(after.view.nodes) == {each.id for each in old.nodes}


async def test_a_stale_edit_is_refused_and_changes_nothing(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    rev = (await stored(site)).rev
    first = await edit(client, "add", rev=rev, type="message", x=0, y=0)
    assert first.json()["added"] == ["message"]
    second = await edit(client, "add", rev=rev, type="message", x=0, y=0)
    assert second.status_code == 409
    assert second.json()["mend"]
    assert (await stored(site)).rev == first.json()["rev"]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("ops", {"ops": '[{"op": "connect", "from": "menu", "to": "lua"}]'}),
        ("ops", {"ops": "nada"}),
        ("add", {"type": "foguete", "x": 0, "y": 0}),
        ("add", {"type": "message", "x": "a", "y": 0}),
        ("paste", {"clip": "uma frase", "x": 0, "y": 0}),
        ("tidy", {"sizes": "[]"}),
        ("steps/menu", {"json": '{"type": "ask"}'}),
        ("steps/menu", {"json": "{"}),
    ],
)
async def test_what_does_not_fit_is_refused_in_a_sentence(
    site: Site, path: str, form: dict[str, Any]
) -> None:
    client = await site.client(site.bia, "designer")
    before = await stored(site)
    answer = await edit(client, path, rev=before.rev, **form)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert (await stored(site)).document == before.document


async def test_steps_go_from_one_flow_to_another(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    made = await client.post("/flows", data={"name": "Outro"}, follow_redirects=False)
    assert made.status_code in (200, 204, 303)
    copied = (await client.post(f"{EDIT}/clip", data={"id": "menu\nfila"})).text
    pasted = await client.post(
        "/flows/outro/edit/paste", data={"rev": "1", "clip": copied, "x": "0", "y": "0"},
        headers={"Accept": "application/json"},
    )  # fmt: skip
    assert sorted(pasted.json()["added"]) == ["fila", "menu"]


async def test_steps_of_a_flow_in_another_language_speak_this_one_s(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    said = {"kind": "text", "text": "Hello"}
    clip = {
        "nodes": [{"id": each, "type": "message", "contents": [said]} for each in ("a", "b")],
        "translations": {"pt-BR": {"a": {"/contents/0/text": "Olá"}}},
        "language": "en",
    }
    answer = await edit(client, "paste", rev=(await stored(site)).rev, clip=plain(clip), x=0, y=0)
    assert answer.status_code == 201
    notice = answer.json()["notice"]
    assert "fala Português agora" in notice
    assert "1 texto colado continua em English" in notice
    flow = parse((await stored(site)).document)
    assert flow.translations["en"]["a"] == {"/contents/0/text": "Hello"}
    assert "pt-BR" not in flow.translations
    assert b"Ol\xc3\xa1" in canonical(flow)


@pytest.mark.parametrize(
    "odd",
    [
        {"edges": [{"from": "a", "to": "gone"}]},
        {"nodes": [{"id": "a", "type": "end"}, {"id": "a", "type": "end"}]},
    ],
)
async def test_half_a_clip_is_refused(site: Site, odd: dict[str, Any]) -> None:
    client = await site.client(site.bia, "designer")
    clip = {"nodes": [{"id": "a", "type": "end"}], **odd}
    answer = await edit(client, "paste", rev=(await stored(site)).rev, clip=plain(clip), x=0, y=0)
    assert answer.status_code == 422
    assert "inteiro" in answer.json()["detail"]


async def test_translations_of_steps_that_did_not_come_stay_behind(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    clip = {"nodes": [{"id": "a", "type": "end"}], "translations": {"en": {"gone": {"/x": "y"}}}}
    answer = await edit(client, "paste", rev=(await stored(site)).rev, clip=plain(clip), x=0, y=0)
    assert answer.json()["added"] == ["a"]
    assert "gone" not in str(parse((await stored(site)).document).translations)


def plain(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


async def test_a_form_saves_only_what_changed(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    rev = (await stored(site)).rev
    form = {"rev": rev, "title": "Menu da loja", "/contents/0/text": "E agora?"}
    done = (await edit(client, "steps/menu", **form)).json()
    assert [part["id"] for part in done["parts"]] == ["n-menu"]
    same = (await edit(client, "steps/menu", **{**form, "rev": done["rev"]})).json()
    assert (same["rev"], same["parts"], same["inverse"]) == (done["rev"], [], "[]")


async def test_the_list_says_where_an_option_without_a_line_goes(site: Site) -> None:
    client = await site.client(site.bia)
    lines = [
        {"from": "menu", "exit": "reply", "to": "fim"} if line["from"] == "menu" else line
        for line in HELLO["edges"]
        if line.get("exit") != "choice:pessoa"
    ]
    upload = {"file": ("ola.flow.json", msgspec.json.encode(HELLO | {"edges": lines}))}
    brought = await client.post("/flows/import", files=upload, data={"over": "replace"})
    assert brought.status_code == 303
    listed = (await client.get("/flows/ola/edit/outline")).text
    menu = listed[listed.index('id="o-menu"') :]
    assert menu[: menu.index("</li>\n<li")].count("como em “Resposta”") == 2
    assert "a lugar nenhum" in listed
