"""A draft that another document takes the place of is kept, unless a version says what it says."""

import pytest
from asyncpg import LockNotAvailableError

from flowengine.store import flows
from flowengine.store.cleaning import clean
from flowengine.store.database import Database
from flowengine.store.earlier_drafts import KEPT, earlier_draft, earlier_drafts, keep_earlier
from flowengine.store.errors import NotFound
from tests.services.postgres import on_both
from tests.store.conftest import Place
from tests.store.test_flows import new

pytestmark = on_both


async def write(store: Database, place: Place, words: str) -> bool:
    """These words become the draft, over whatever is there; whether that was kept."""
    async with store.web(place.tenant, place.owner) as transaction:
        kept = await keep_earlier(transaction, "menu", words, place.owner)
        await flows.save_draft(transaction, "menu", "Menu", words.encode(), words)
        return kept


async def test_what_is_published_nowhere_is_kept_the_last_ten(store: Database, bia: Place) -> None:
    assert not await write(store, bia, "um")  # there was none
    assert not await write(store, bia, "um")
    assert await write(store, bia, "dois")
    async with store.web(bia.tenant, bia.owner) as transaction:
        (one,) = await earlier_drafts(transaction, "menu")
        assert (one.rev, one.hash, one.replaced_by) == (1, "um", bia.owner)
        assert await earlier_draft(transaction, "menu", 1) == b"um"
        with pytest.raises(NotFound):
            await earlier_draft(transaction, "menu", 2)
    for number in range(KEPT + 3):
        assert await write(store, bia, f"n{number}")
    async with store.web(bia.tenant) as transaction:
        found = await earlier_drafts(transaction, "menu")
        assert len(found) == KEPT
        assert [each.rev for each in found] == sorted((each.rev for each in found), reverse=True)
        assert found[0].hash == f"n{KEPT + 1}"


async def test_a_published_draft_is_in_its_versions_already(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        version = new("menu")
        await flows.save_draft(transaction, "menu", "Menu", version.document, version.hash)
        await flows.publish(transaction, version, bia.owner)
    assert not await write(store, bia, "outro")
    async with store.web(bia.tenant) as transaction:
        assert await earlier_drafts(transaction, "menu") == ()


async def test_another_workspace_sees_none_and_they_go_with_age(
    store: Database, bia: Place, davi: Place
) -> None:
    for words in ("um", "dois", "tres"):
        await write(store, bia, words)
    async with store.web(davi.tenant, davi.owner) as transaction:
        assert await earlier_drafts(transaction, "menu") == ()
        with pytest.raises(NotFound):
            await earlier_draft(transaction, "menu", 1)
    count = "SELECT count(*) FROM earlier_drafts"
    async with store.worker() as transaction:
        await transaction.run(
            """
            INSERT INTO earlier_drafts (tenant_id, flow, rev, name, hash, document, replaced_at)
            SELECT tenant_id, flow, rev + 100, name, hash, document, now() - interval '91 days'
            FROM earlier_drafts WHERE rev = 1
            """
        )
        assert await transaction.value(count) == 3
        await clean(transaction)
        assert await transaction.value(count) == 2
    async with store.web(bia.tenant, bia.owner) as transaction:
        await flows.remove_flow(transaction, "menu")
    async with store.worker() as transaction:
        assert await transaction.value(count) == 0


async def test_nothing_comes_between_what_is_kept_and_what_takes_its_place(
    store: Database, bia: Place
) -> None:
    """Also where nothing is kept, as a version says what the draft says."""
    async with store.web(bia.tenant, bia.owner) as transaction:
        version = new("menu")
        await flows.save_draft(transaction, "menu", "Menu", version.document, version.hash)
        await flows.publish(transaction, version, bia.owner)
    async with store.web(bia.tenant, bia.owner) as transaction:
        assert not await keep_earlier(transaction, "menu", "outro", bia.owner)
        with pytest.raises(LockNotAvailableError):
            await save_at_once(store, bia)


async def save_at_once(store: Database, place: Place) -> None:
    """Without waiting for anybody."""
    async with store.web(place.tenant, place.owner) as transaction:
        await transaction.run("SET LOCAL lock_timeout = '50ms'")
        await flows.save_draft(transaction, "menu", "Menu", b"x", "x")
