"""What somebody sends wrongly is told in a sentence: never as a fault of ours, never elsewhere."""

from typing import Any

import httpx
import msgspec
import pytest

from flowengine.document import parse
from flowengine.store import flows
from tests.web.site import HELLO, Site
from web.editor.board import make_board, places
from web.editor.steps import read_clip
from web.texts import TEXTS

EDIT = "/flows/ola/edit"
FAR = 1e308
BIG = 99_999_999_999


async def answers(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(f"{EDIT}/{path}", data=form, headers={"Accept": "application/json"})


async def test_places_that_are_none_are_refused_by_every_gesture(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    async with site.database.web(site.bia.tenant) as transaction:
        before = await flows.draft(transaction, "ola")
    clip = '{"nodes": [{"id": "a", "type": "end"}]}'
    move = msgspec.json.encode([{"op": "move", "id": "menu", "at": [FAR, 0]}]).decode()
    sizes = msgspec.json.encode({"menu": {"w": FAR, "h": 1, "inlet": 0, "ports": {}}}).decode()
    for path, form in (
        ("add", {"type": "message", "x": "nan", "y": 0}),
        ("add", {"type": "message", "x": 0, "y": "-inf"}),
        ("add", {"type": "message", "x": FAR, "y": 0}),
        ("paste", {"clip": clip, "x": "inf", "y": 0}),
        ("ops", {"ops": move}),
        ("tidy", {"sizes": sizes}),
    ):
        answer = await answers(client, path, rev=before.rev, **form)
        assert (answer.status_code, path, form) == (422, path, form)
        assert answer.json()["detail"]
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await flows.draft(transaction, "ola")).rev == before.rev


async def test_numbers_in_addresses_and_forms_may_be_anything(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    for path in (
        f"/flows/ola/versions/{BIG}",
        "/flows/ola/versions/-1",
        f"/flows/ola/numbers?version={BIG}",
        "/flows/ola/numbers?version=-1",
        f"/flows/ola/changes?old={BIG}",
    ):
        assert ((await client.get(path)).status_code, path) == (404, path)
    document = msgspec.json.encode(HELLO).decode()
    for rev in ("abc", "-1", str(BIG), "1e3"):
        answer = await client.post("/flows/ola/json", data={"rev": rev, "document": document})
        assert (answer.status_code, rev) == (422, rev)
        assert "número" in answer.text


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/flows", "/flows"),
        ("/\t/evil.example", "/"),
        ("//evil.example", "/"),
        ("/flows\r\nSet-Cookie: a=b", "/"),
        ("/flows?folder=日本", "/flows?folder=%E6%97%A5%E6%9C%AC"),
    ],
)
async def test_htmx_is_led_nowhere_else(site: Site, back: str, to: str) -> None:
    client = await site.client(site.bia)
    answer = await client.post("/preferences", data={"back": back}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, to)


def test_what_stands_beyond_the_canvas_is_drawn_on_it() -> None:
    far = HELLO | {
        "view": {"nodes": {"menu": [FAR, 0]}, "notes": [{"id": "n", "at": [0, FAR], "text": "x"}]}
    }
    flow, t = parse(msgspec.json.encode(far)), TEXTS["pt-BR"]
    board = make_board(flow, t, places(flow, t))
    assert abs(board.steps["menu"].x) < 1e6
    assert board.marks["n"].y == 0
    clip = {"nodes": [{"id": "a", "type": "end"}], "at": {"a": [FAR, 0]}}
    assert read_clip(msgspec.json.encode(clip).decode()).at == {}


async def test_what_no_column_holds_is_told_and_no_fault_of_ours(site: Site) -> None:
    client = await site.client(site.bia)
    far = "9" * 14
    for path in (f"/flows/ola/earlier/{far}/export", "/flows/%00", "/media/%00"):
        assert ((await client.get(path)).status_code, path) == (404, path)
    assert (await client.post(f"/flows/ola/earlier/{far}/restore")).status_code == 404
    asked = await client.get("/settings/audit?kind=%00", headers={"Accept": "application/json"})
    assert (asked.status_code, "nulo" in asked.json()["detail"]) == (422, True)
    for path, form in (
        ("/flows/ola/folder", {"folder": "\0"}),
        ("/settings/people", {"email": "x@example.com", "name": "\0", "role": "viewer"}),
    ):
        said = await client.post(path, data=form, headers={"Accept": "application/json"})
        assert (said.status_code, path) == (422, path)
        assert said.json()["detail"]
