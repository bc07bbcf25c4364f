"""Scheduled starts: one a key, due in order, changed only while they wait."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from flowengine.store import starts
from flowengine.store.database import Database
from flowengine.store.errors import AlreadyGone, NotFound
from flowengine.store.ids import new_id
from flowengine.store.starts import NewStart
from tests.store.conftest import DAY, Place

PAST = datetime(2026, 1, 1, tzinfo=UTC)
ANA, CHANNEL = new_id(), new_id()


def start(due: datetime = PAST, key: str = "", effect: str | None = None) -> NewStart:
    return NewStart(ANA, CHANNEL, "lembrete", due, b"{}", key, "utility", effect_id=effect)


async def put(store: Database, place: Place, new: NewStart) -> starts.Start:
    async with store.web(place.tenant) as transaction:
        return await starts.put_start(transaction, new)


async def test_a_key_is_replaced_while_it_waits(store: Database, bia: Place, davi: Place) -> None:
    first = await put(store, bia, start(key="consulta"))
    second = await put(store, bia, start(PAST + DAY, key="consulta"))
    await put(store, davi, start(key="consulta"))
    await put(store, bia, start())
    await put(store, bia, start())

    assert second.id == first.id
    assert (second.due_at, second.version) == (PAST + DAY, 2)
    async with store.web(bia.tenant) as transaction:
        assert len(await starts.starts(transaction, contact_id=ANA)) == 3
        assert await starts.cancel_starts(transaction, ANA, "consulta", "outro") == 0
        assert await starts.cancel_starts(transaction, ANA, "consulta") == 1
        assert await starts.cancel_starts(transaction, ANA, "consulta") == 0
        assert len(await starts.starts(transaction, state="cancelled")) == 1
    again = await put(store, bia, start(key="consulta"))
    assert again.id != first.id


async def test_an_effect_counts_once(store: Database, bia: Place) -> None:
    first = await put(store, bia, start(effect="e.1"))
    again = await put(store, bia, start(PAST + DAY, effect="e.1"))
    assert again == first


async def test_due_ones_begin_once_and_in_order(store: Database, bia: Place, davi: Place) -> None:
    later = await put(store, bia, start(PAST + DAY))
    sooner = await put(store, davi, start(PAST))
    far = await put(store, bia, start(datetime.now(UTC) + DAY))
    begun: list[UUID] = []

    async def take() -> None:
        async with store.worker() as transaction:
            due = await starts.due_starts(transaction, 10)
            assert [each.due_at for each in due] == sorted(each.due_at for each in due)
            await asyncio.sleep(0.05)
            settled = await starts.settle_starts(transaction, [each.id for each in due])
            begun.extend(each.id for each in settled)

    await asyncio.gather(take(), take(), take())

    assert sorted(begun) == sorted([sooner.id, later.id])
    async with store.worker() as transaction:
        assert await starts.due_starts(transaction) == ()
        assert await starts.next_start_at(transaction) == far.due_at
    async with store.web(bia.tenant) as transaction:
        assert [each.id for each in await starts.starts(transaction, state="begun")] == [later.id]


async def test_a_change_holds_only_on_what_was_read(
    store: Database, bia: Place, davi: Place
) -> None:
    made = await put(store, bia, start())
    async with store.web(bia.tenant) as transaction:
        moved = await starts.change_start(
            transaction, made.id, 1, due_at=PAST + timedelta(hours=1), zone="America/Manaus"
        )
        assert (moved.version, moved.zone, moved.purpose) == (2, "America/Manaus", "utility")
        with pytest.raises(AlreadyGone, match="changed since"):
            await starts.change_start(transaction, made.id, 1, cancel=True)
        gone = await starts.change_start(transaction, made.id, 2, cancel=True)
        assert gone.state == "cancelled"
        assert gone.settled_at is not None
        with pytest.raises(AlreadyGone, match="cancelled"):
            await starts.change_start(transaction, made.id, 3, due_at=PAST)
    async with store.web(davi.tenant) as transaction:
        with pytest.raises(NotFound):
            await starts.change_start(transaction, made.id, 3, cancel=True)
