"""The last edit of each open editor is kept with the draft, as long as its page may ask for it."""

from uuid import uuid4

import pytest

from flowengine.store import flows
from flowengine.store.cleaning import clean
from flowengine.store.database import Database
from flowengine.store.draft_edits import Edit, LastEdit, Stamp, last_edit, refuse_edit, save_edit
from flowengine.store.errors import NotFound, Stale
from flowengine.store.ids import new_id
from tests.services.postgres import on_both
from tests.store.conftest import Place

pytestmark = on_both


async def edited(store: Database, place: Place, stamp: Stamp, rev: int, text: str) -> int:
    async with store.web(place.tenant, stamp.user) as transaction:
        edit = Edit(stamp, text.encode())
        return await save_edit(transaction, "menu", "Menu", text.encode(), text, rev, edit)


async def begun(store: Database, place: Place) -> None:
    async with store.web(place.tenant, place.owner) as transaction:
        await flows.save_draft(transaction, "menu", "Menu", b"{}", "h")


async def test_a_draft_and_its_last_edit_are_saved_together_or_neither_is(
    store: Database, bia: Place
) -> None:
    await begun(store, bia)
    first, second = (Stamp(bia.owner, tab := uuid4(), 1), Stamp(bia.owner, tab, 2))
    assert await edited(store, bia, first, 1, "um") == 2
    assert await edited(store, bia, second, 2, "dois") == 3
    # Neither over another revision, nor once more over the one that it made.
    for stamp, rev in ((Stamp(bia.owner, tab, 3), 2), (second, 3), (first, 3)):
        with pytest.raises(Stale):
            await edited(store, bia, stamp, rev, "nada")
    async with store.web(bia.tenant, bia.owner) as transaction:
        assert (await flows.draft(transaction, "menu")).document == b"dois"
        head, last = await last_edit(transaction, "menu", second)
        assert (head.rev, head.hash) == (3, "dois")
        assert last is not None
        assert (last.number, last.rev, last.outcome) == (2, 3, b"dois")
        _head, other = await last_edit(transaction, "menu", first)
        assert other is not None
        assert (other.number, other.outcome) == (2, b"")
        assert (await last_edit(transaction, "menu", Stamp(bia.owner, uuid4(), 2)))[1] is None
        with pytest.raises(NotFound):
            await last_edit(transaction, "lua", second)


async def test_nobody_else_sees_it_or_writes_in_that_name(
    store: Database, bia: Place, davi: Place
) -> None:
    await begun(store, bia)
    stamp = Stamp(bia.owner, uuid4(), 1)
    await edited(store, bia, stamp, 1, "um")
    colleague = new_id()
    async with store.web(bia.tenant, colleague) as transaction:
        assert (await last_edit(transaction, "menu", stamp))[1] is None
    with pytest.raises(Exception, match="row-level security"):
        async with store.web(bia.tenant, colleague) as transaction:
            await save_edit(transaction, "menu", "Menu", b"x", "x", 2, Edit(stamp, b""))
    async with store.web(davi.tenant, davi.owner) as transaction:
        with pytest.raises(NotFound):
            await last_edit(transaction, "menu", stamp)


async def test_it_goes_with_its_flow_and_with_age(store: Database, bia: Place) -> None:
    await begun(store, bia)
    old, new = (Stamp(bia.owner, uuid4(), 1) for _ in range(2))
    await edited(store, bia, old, 1, "um")
    async with store.worker() as transaction:
        query = "SELECT count(*) FROM draft_edits"
        await clean(transaction)
        assert await transaction.value(query) == 1
    async with store.web(bia.tenant, bia.owner) as transaction:
        await transaction.run("UPDATE draft_edits SET at = now() - interval '31 days'")
    await edited(store, bia, new, 2, "dois")
    async with store.worker() as transaction:
        await clean(transaction)
        assert await transaction.value("SELECT tab FROM draft_edits") == new.tab
    async with store.web(bia.tenant, bia.owner) as transaction:
        await flows.remove_flow(transaction, "menu")
    async with store.worker() as transaction:
        assert await transaction.value(query) == 0


async def test_an_edit_is_refused_or_done_and_not_both(store: Database, bia: Place) -> None:
    await begun(store, bia)
    tab = uuid4()

    async def refused(flow: str, number: int) -> bool:
        edit = Edit(Stamp(bia.owner, tab, number), b"no")
        async with store.web(bia.tenant, bia.owner) as transaction:
            return await refuse_edit(transaction, flow, edit)

    assert await refused("menu", 1)
    with pytest.raises(Stale):
        await edited(store, bia, Stamp(bia.owner, tab, 1), 1, "a")
    rev = await edited(store, bia, Stamp(bia.owner, tab, 2), 1, "b")
    assert not await refused("menu", 2)
    assert not await refused("menu", 1)
    assert not await refused("lua", 3)
    async with store.web(bia.tenant, bia.owner) as transaction:
        head, last = await last_edit(transaction, "menu", Stamp(bia.owner, tab, 2))
    assert (head.hash, last) == ("b", LastEdit(2, rev, b"b"))
