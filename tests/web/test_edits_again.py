"""An edit whose answer was lost comes again: it is done once, and answered as it was."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio

from flowengine.document import parse
from flowengine.editing import see
from flowengine.flow import Flow
from flowengine.nodes import Message
from flowengine.store import flows
from flowengine.store.errors import NotFound, Stale
from tests.web.living import wait_for
from tests.web.site import HELLO, Place, Site
from web.editor.known import drawn_as
from web.publishing import save
from web.texts import TEXTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

NODE = {"id": "novo", "type": "message", "contents": [{"kind": "text", "text": "Novo"}]}
CLIP = msgspec.json.encode(
    {"format": "flowengine/clip", "nodes": [NODE], "edges": [], "at": {"novo": [0, 0]}}
).decode()
BEFORE = parse(msgspec.json.encode({**HELLO, "key": "novo"}))
SIZES = {each["id"]: {"w": 292, "h": 180, "inlet": 26, "ports": {}} for each in HELLO["nodes"]}

EDITS: dict[str, dict[str, Any]] = {
    "add": {"type": "message", "x": 0, "y": 0, "from": "menu", "exit": "choice:banho"},
    "paste": {"clip": CLIP, "x": 0, "y": 0},
    "duplicate": {"id": ["menu", "fila"]},
    "ops": {"ops": '[{"op": "remove", "id": "certo"}]'},
    "tidy": {"sizes": msgspec.json.encode(SIZES).decode()},
    "steps/menu": {"/contents/0/text": "E agora?", "title": "Outro menu"},
    "flow": {"/name": "Outro nome", "/timezone": "UTC"},
}


@pytest_asyncio.fixture(loop_scope="module")
async def site(product: Site) -> Site:
    """With the draft as it was."""
    for place in (product.bia, product.davi):
        async with product.database.web(place.tenant) as transaction:
            with contextlib.suppress(NotFound):
                await flows.remove_flow(transaction, "novo")
            await save(transaction, BEFORE, 0, None)
    return product


async def stored(site: Site, key: str = "novo", place: Place | None = None) -> flows.Draft:
    async with site.database.web((place or site.bia).tenant) as transaction:
        return await flows.draft(transaction, key)


async def draft(site: Site, key: str = "novo", place: Place | None = None) -> Flow:
    return parse((await stored(site, key, place)).document)


async def messages(site: Site, place: Place | None = None) -> list[str]:
    nodes = (await draft(site, place=place)).nodes
    return [node.id for node in nodes if isinstance(node, Message)]


async def kept(site: Site) -> int:
    async with site.database.worker() as transaction:
        return await transaction.value("SELECT count(*) FROM draft_edits WHERE flow = 'novo'")


class Tab:
    """An open editor: it knows the draft that it was answered last, and numbers its edits."""

    def __init__(self, client: httpx.AsyncClient, site: Site, key: str = "novo") -> None:
        self.client, self.site, self.key = client, site, key
        self.tab, self.number, self.rev = uuid4().hex, 0, 0

    async def form(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The next edit, as its page would send it for as long as nobody answers."""
        now = await stored(self.site, self.key)
        flow, self.number = parse(now.document), self.number + 1
        seen: dict[str, Any] = {node.id: see(flow, node.id) for node in flow.nodes}
        if path == "flow":
            seen |= {f"/{part}": see(flow, f"/{part}") for part in ("name", "timezone")}
        return {
            "seen": msgspec.json.encode(seen).decode(), **fields, "rev": now.rev,
            "what": "Mudar", "tab": self.tab, "number": self.number,
        }  # fmt: skip

    async def post(self, path: str, form: dict[str, Any]) -> httpx.Response:
        address = f"/flows/{self.key}/edit/{path}"
        return await self.client.post(address, data=form, headers={"Accept": "application/json"})

    async def do(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, await self.form(path, fields))
        assert answer.status_code == 201, answer.text
        return answer.json()


async def opened(site: Site, role: str = "designer") -> Tab:
    return Tab(await site.client(site.bia, role), site)


@pytest.mark.parametrize("path", EDITS)
async def test_what_was_done_is_not_done_again_and_its_answer_is_the_same(
    site: Site, path: str
) -> None:
    tab = await opened(site)
    form = await tab.form(path, EDITS[path])
    first = await tab.post(path, form)
    assert first.status_code == 201, first.text
    after = await stored(site)
    assert first.json()["parts"]
    again = await tab.post(path, form)
    assert (again.status_code, again.json()) == (201, first.json())
    assert await stored(site) == after
    # What undoes it still does, once too.
    undo = await tab.form("ops", {"ops": again.json()["inverse"]})
    undo["seen"] = msgspec.json.encode(
        msgspec.json.decode(undo["seen"])
        | {at: {"mark": mark} for at, mark in again.json()["signs"].items()}
    ).decode()
    for _delivery in range(2):
        back = await tab.post("ops", undo)
        assert back.status_code == 201, back.text
    now = await draft(site)
    assert (now.name, now.nodes, now.edges) == (BEFORE.name, BEFORE.nodes, BEFORE.edges)
    assert await kept(site) == 1


@asynccontextmanager
async def nobody_saves(site: Site, waiting: int) -> AsyncIterator[None]:
    """Until so many edits wait to be saved, all of them made of the same draft."""
    holding, looking = [await asyncpg.connect(site.owner_dsn) for _ in range(2)]
    query = (
        "SELECT count(*) >= $1 FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    try:
        async with holding.transaction():
            await holding.fetch("SELECT FROM flows WHERE key = 'novo' FOR UPDATE")
            yield
            await wait_for(lambda: looking.fetchval(query, waiting), 60)
    finally:
        await holding.close()
        await looking.close()


@pytest.mark.parametrize("path", ["add", "paste", "duplicate", "ops", "steps/menu"])
async def test_of_two_deliveries_at_the_same_moment_one_is_done(site: Site, path: str) -> None:
    tab = await opened(site)
    form = await tab.form(path, EDITS[path])
    before = await stored(site)
    async with nobody_saves(site, 3):
        posts = [asyncio.create_task(tab.post(path, form)) for _ in range(3)]
    answers = await asyncio.gather(*posts)
    assert [answer.status_code for answer in answers] == [201] * 3, answers[0].text
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert (await stored(site)).rev == before.rev + 1
    assert await kept(site) == 1


async def test_what_changes_nothing_at_all_is_done_once_too(site: Site) -> None:
    """No new revision tells the second delivery that the first was done: its number does."""
    tab = await opened(site)
    at = {"ops": '[{"op": "move", "id": "fim", "at": [8, 8]}]'}
    await tab.do("ops", at)
    form = await tab.form("ops", at)
    before = await stored(site)
    async with nobody_saves(site, 2):
        posts = [asyncio.create_task(tab.post("ops", form)) for _ in range(2)]
    one, other = await asyncio.gather(*posts)
    assert (one.status_code, one.json()) == (201, other.json())
    assert (await stored(site)).document == before.document


async def test_in_a_crowd_at_one_draft_each_edit_is_done(site: Site) -> None:
    """Each moves a step of its own: that others came in between, however often, refuses nothing."""
    tabs = [await opened(site) for _ in range(10)]
    ids = [node["id"] for node in HELLO["nodes"]] * 2
    forms = [
        await tab.form("ops", ops(op="move", id=id, at=[number * 8, 8]))
        for number, (tab, id) in enumerate(zip(tabs, ids, strict=False))
    ]
    for form in forms:
        form["seen"] = "{}"
    before = await stored(site)
    posts = [tab.post("ops", form) for tab, form in zip(tabs, forms, strict=True)]
    answers = await asyncio.gather(*posts)
    assert [answer.status_code for answer in answers] == [201] * len(tabs)
    assert (await stored(site)).rev == before.rev + len(tabs)


async def test_an_edit_below_the_last_is_refused_and_changes_nothing(site: Site) -> None:
    tab = await opened(site)
    late = await tab.form("add", EDITS["add"])
    await tab.post("add", late)
    await tab.do("steps/menu", EDITS["steps/menu"])
    before = await stored(site)
    answer = await tab.post("add", late)
    assert (answer.status_code, answer.json()["place"]) == (409, "number")
    assert "chegou tarde" in answer.json()["detail"]
    assert await stored(site) == before


async def test_of_what_somebody_changed_since_only_behind_is_told(site: Site) -> None:
    """The page goes on with what it knew: its next edit of that step is refused, with a word."""
    tab, other = await opened(site), await opened(site, "owner")
    form = await tab.form("add", EDITS["add"])
    first = (await tab.post("add", form)).json()
    ids = {each["id"] for each in first["parts"]}
    assert "n-message" in ids
    assert len(ids) > 1
    # Elsewhere: all is as the edit left it.
    await other.do("steps/fila", {"briefing": "", "title": "Fila"})
    again = (await tab.post("add", form)).json()
    assert again == {**first, "behind": True}
    # The new step, too: it is left out, and is not gone to.
    await other.do("ops", {"ops": '[{"op": "move", "id": "message", "at": [800, 800]}]'})
    again = (await tab.post("add", form)).json()
    assert (again["behind"], again["added"]) == (True, [])
    assert {each["id"] for each in again["parts"]} == ids - {"n-message"}
    assert again["inverse"] == first["inverse"]
    # It went: neither is that told as its own doing.
    await other.do("ops", {"ops": '[{"op": "remove", "id": "message"}]'})
    again = (await tab.post("add", form)).json()
    assert "n-message" not in {each["id"] for each in again["parts"]}
    assert "message" not in await messages(site)


async def test_a_tab_of_somebody_else_is_another(site: Site) -> None:
    tab, other = await opened(site), await opened(site, "owner")
    other.tab = tab.tab
    stranger = Tab(await site.client(site.davi), site)
    stranger.tab = tab.tab
    form = await tab.form("add", EDITS["add"])
    for each in (tab, other, stranger):
        answer = await each.post("add", form)
        assert answer.status_code == 201, answer.text
        form["rev"] = (await stored(site)).rev
        form["seen"] = "{}"
    for place, count in ((site.bia, 2), (site.davi, 1)):
        assert len(await messages(site, place)) == 1 + count
    assert await kept(site) == 3


async def test_what_was_refused_is_refused_again_and_the_next_goes_on(site: Site) -> None:
    tab = await opened(site)
    wrong = await tab.form("ops", {"ops": '[{"op": "connect", "from": "menu", "to": "lua"}]'})
    for _delivery in range(2):
        assert (await tab.post("ops", wrong)).status_code == 422
    clash = await tab.form("steps/menu", EDITS["steps/menu"])
    clash["seen"] = '{"menu": {"mark": "another"}}'
    for _delivery in range(2):
        assert (await tab.post("steps/menu", clash)).status_code == 409
    assert await kept(site) == 1
    assert (await tab.do("add", EDITS["add"]))["added"] == ["message"]


async def test_what_was_refused_is_not_done_by_a_copy_that_comes_late(site: Site) -> None:
    """Whatever the draft would allow by then: its page went on as if it were not done."""
    tab, other = await opened(site), await opened(site, "owner")
    form = await tab.form("steps/menu", EDITS["steps/menu"])
    theirs = await other.do("steps/menu", {"title": "De outra pessoa"})
    refused = await tab.post("steps/menu", form)
    assert refused.status_code == 409
    assert "Outra pessoa mudou «De outra pessoa»" in refused.json()["detail"]
    await other.do("ops", {"ops": theirs["inverse"]})
    before = await stored(site)
    again = await tab.post("steps/menu", form)
    assert (again.status_code, again.json()) == (409, refused.json())
    assert await stored(site) == before
    assert (await tab.do("add", EDITS["add"]))["added"] == ["message"]
    late = await tab.post("steps/menu", form)
    assert (late.status_code, late.json()["place"]) == (409, "number")


async def test_of_a_page_that_is_too_old_nothing_comes_late_either(site: Site) -> None:
    tab, other = await opened(site), await opened(site, "owner")
    form = await tab.form("ops", EDITS["ops"])
    del form["seen"]
    await other.do("steps/menu", {"title": "De outra pessoa"})
    assert (await tab.post("ops", form)).status_code == 409
    form["rev"] = (await stored(site)).rev
    assert (await tab.post("ops", form)).status_code == 409
    assert "certo" in {node.id for node in (await draft(site)).nodes}


async def test_without_a_number_all_is_as_ever(site: Site) -> None:
    tab = await opened(site)
    for count in (1, 2):
        form = await tab.form("add", EDITS["add"])
        del form["tab"], form["number"]
        assert (await tab.post("add", form)).status_code == 201
        assert len(await messages(site)) == 1 + count
    assert await kept(site) == 0


TAB = "5f" * 16
"""The same in each process: tests that run beside each other must have the same names."""


@pytest.mark.parametrize(
    ("tab", "number"),
    [
        ("x", "1"), (TAB, ""), (TAB, "um"), (TAB, "0"),
        (TAB, "-1"), (TAB, str(2**63)), ("\x00", "1"), (TAB, "9" * 5000),
    ],
)  # fmt: skip
async def test_a_number_that_is_none_is_told(site: Site, tab: str, number: str) -> None:
    client = await site.client(site.bia, "designer")
    form = {**EDITS["add"], "rev": 1, "seen": "{}", "tab": tab, "number": number}
    answer = await client.post(
        "/flows/novo/edit/add", data=form, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["place"]) == (422, "number")


async def test_a_draft_that_moved_while_it_was_read_is_read_again(site: Site) -> None:
    """Else the last edit of a tab would be of one moment, and the draft that it is held against of
    a later one, in which it may be done already."""
    flow = msgspec.structs.replace(BEFORE, name="Ainda na memória de ninguém")
    async with site.database.web(site.bia.tenant) as transaction:
        first = await save(transaction, flow, None, None)
        head = flows.DraftHead(first.hash, first.rev)
        await save(transaction, msgspec.structs.replace(flow, name="Outro"), first.rev, None)
        with pytest.raises(Stale):
            await drawn_as(transaction, "novo", head, TEXTS["pt-BR"])


# -- any pattern of losses ----------------------------------------------------------------------

Act = Callable[[Flow, list[str]], tuple[str, dict[str, Any]] | None]


def adds(chance: random.Random) -> Act:
    kind, x = chance.choice(("message", "ask", "tag", "condition")), chance.randrange(0, 900)
    return lambda _flow, _undo: ("add", {"type": kind, "x": x, "y": 0})


def copies(chance: random.Random) -> Act:
    at = chance.random()
    return lambda flow, _undo: ("duplicate", {"id": [picked(flow, at)]})


def pastes(chance: random.Random) -> Act:
    x = chance.randrange(0, 900)
    return lambda _flow, _undo: ("paste", {"clip": CLIP, "x": x, "y": 0})


def writes(chance: random.Random) -> Act:
    at, words = chance.random(), f"palavra {chance.randrange(10_000)}"
    return lambda flow, _undo: (f"steps/{picked(flow, at)}", {"title": words})


def moves(chance: random.Random) -> Act:
    at, x = chance.random(), chance.randrange(0, 100) * 8
    return lambda flow, _undo: ("ops", ops(op="move", id=picked(flow, at), at=[x, x]))


def removes(chance: random.Random) -> Act:
    at = chance.random()
    return lambda flow, _undo: ("ops", ops(op="remove", id=picked(flow, at)))


def undoes(_chance: random.Random) -> Act:
    return lambda _flow, undo: ("ops", {"ops": undo.pop()}) if undo else None


ACTS = (adds, adds, copies, pastes, writes, writes, moves, removes, undoes, undoes)


def ops(**op: Any) -> dict[str, Any]:
    return {"ops": msgspec.json.encode([op]).decode()}


def picked(flow: Flow, at: float) -> str:
    """One of the steps, but the one that somebody else moves about."""
    ids = [node.id for node in flow.nodes if node.id != "fim"]
    return ids[int(at * len(ids))]


async def lossless(tab: Tab, path: str, form: dict[str, Any]) -> httpx.Response:
    return await tab.post(path, form)


def lossy(
    chance: random.Random, other: Tab
) -> Callable[[Tab, str, dict[str, Any]], Awaitable[httpx.Response]]:
    """Requests that never come, answers that never come, deliveries that come twice at once or
    long after; and somebody else at the same draft."""
    former: list[tuple[str, dict[str, Any]]] = []

    async def deliver(tab: Tab, path: str, form: dict[str, Any]) -> httpx.Response:
        while chance.random() < 0.6:
            match chance.choice(("answer", "answer", "request", "late", "other")):
                case "answer":
                    await tab.post(path, form)
                case "late" if former:
                    before = await stored(tab.site, tab.key)
                    await tab.post(*chance.choice(former))
                    assert await stored(tab.site, tab.key) == before
                case "other":
                    x = chance.randrange(0, 100) * 8
                    await other.do("ops", ops(op="move", id="fim", at=[x, 0]))
                case _:
                    pass
        former.append((path, form))
        if chance.random() < 0.3:
            both = await asyncio.gather(tab.post(path, form), tab.post(path, form))
            assert both[0].json() == both[1].json()
            return chance.choice(both)
        return await tab.post(path, form)

    return deliver


async def played(site: Site, key: str, seed: int, losses: bool) -> tuple[Flow, list[Any]]:
    """The draft, and what the page heard, after some acts."""
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, msgspec.structs.replace(BEFORE, key=key), 0, None)
    tab = Tab(await site.client(site.bia, "designer"), site, key)
    other = Tab(await site.client(site.bia, "owner"), site, key)
    await other.do("ops", ops(op="move", id="fim", at=[0, 0]))
    acting, losing = random.Random(seed), random.Random(seed + 1)
    deliver = lossy(losing, other) if losses else lossless
    undo: list[str] = []
    heard: list[Any] = []
    for _act in range(14):
        wanted = acting.choice(ACTS)(acting)(await draft(site, key), undo)
        if wanted is None:
            continue
        answer = await deliver(tab, wanted[0], await tab.form(*wanted))
        said = answer.json()
        heard.append(
            (answer.status_code, *(said.get(name) for name in ("added", "inverse", "parts")))
        )
        if answer.status_code == 201 and said["inverse"] != "[]":
            undo.append(said["inverse"])
    await other.do("ops", ops(op="move", id="fim", at=[0, 0]))
    return msgspec.structs.replace(await draft(site, key), key="x"), heard


async def test_whatever_is_lost_on_the_way_the_draft_is_the_same(site: Site) -> None:
    for seed in range(6):
        wanted = await played(site, f"sem{seed}", seed, losses=False)
        assert len([each for each in wanted[1] if each[0] == 201]) > 5
        assert await played(site, f"com{seed}", seed, losses=True) == wanted, seed
