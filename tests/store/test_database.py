"""Transactions: they commit or they do not, and they speak for one tenant."""

import asyncio
import contextlib
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from flowengine.store import constants, contacts, tags, tenants
from flowengine.store.database import Database
from flowengine.store.errors import NotCommitted, Untold
from flowengine.store.transaction import Transaction
from flowengine.store.trouble import is_passing
from tests.services import postgres as services
from tests.services.cutting import Wire
from tests.store.conftest import Place


async def test_an_exception_undoes_everything(store: Database, bia: Place) -> None:
    async def fail() -> None:
        async with store.web(bia.tenant) as transaction:
            await tags.put_tag(transaction, "vip", "VIP")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    async with store.web(bia.tenant) as transaction:
        assert await tags.tags(transaction) == ()


async def test_cancelling_undoes_everything_and_leaves_the_pool_whole(
    store: Database, bia: Place
) -> None:
    async def slow() -> None:
        async with store.web(bia.tenant) as transaction:
            await tags.put_tag(transaction, "vip", "VIP")
            await transaction.run("SELECT pg_sleep(30)")

    for _ in range(6):  # more than the pool has connections
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slow(), 0.05)

    async with store.web(bia.tenant) as transaction:
        assert await tags.tags(transaction) == ()


async def test_a_swallowed_error_is_no_commit(store: Database, bia: Place) -> None:
    async def swallow() -> None:
        async with store.web(bia.tenant) as transaction:
            await tags.put_tag(transaction, "vip", "VIP")
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await transaction.run("SELECT 1 / 0")

    with pytest.raises(NotCommitted):
        await swallow()

    async with store.web(bia.tenant) as transaction:
        assert await tags.tags(transaction) == ()


async def test_what_fails_in_a_savepoint_is_undone_alone(store: Database, bia: Place) -> None:
    async def fail(transaction: Transaction) -> None:
        async with transaction.savepoint():
            await tags.put_tag(transaction, "novo", "Novo")
            await transaction.run("SELECT 1 / 0")

    async with store.web(bia.tenant) as transaction:
        await tags.put_tag(transaction, "vip", "VIP")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await fail(transaction)
        async with transaction.savepoint():
            await tags.put_tag(transaction, "lead", "Lead")

    async with store.web(bia.tenant) as transaction:
        assert [tag.key for tag in await tags.tags(transaction)] == ["lead", "vip"]


async def test_the_web_cannot_change_whom_it_speaks_for(
    store: Database, bia: Place, davi: Place
) -> None:
    async with store.web(bia.tenant) as transaction:
        assert transaction.of(bia.tenant).tenant == bia.tenant
        with pytest.raises(Untold):
            transaction.of(davi.tenant)
    async with store.visitor() as transaction:
        with pytest.raises(Untold):
            await contacts.contacts(transaction)
    async with store.worker() as transaction:
        assert (await tenants.tenant(transaction.of(davi.tenant))).slug == "davi"


async def test_json_keeps_numbers_as_they_are(store: Database, bia: Place) -> None:
    value = {"preço": Decimal("10.10"), "n": 3, "nada": None, "lista": [True, "é"]}
    async with store.web(bia.tenant) as transaction:
        assert await transaction.value("SELECT $1::jsonb", value) == value
        await constants.put_constant(transaction, "tabela", value)
        assert (await constants.constants(transaction))[0].value == value


async def test_the_clock_is_the_databases_and_goes_on(store: Database) -> None:
    async with store.worker() as transaction:
        first = await transaction.now()
        assert await transaction.now() > first
        assert await transaction.run("SELECT 1 WHERE false") == 0


async def test_connections_are_counted(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant):
        assert store.connections()["web"] == (1, 0)
    assert store.connections() == {"web": (1, 1), "worker": (1, 1)}


async def test_no_database_is_an_error_not_a_wait(store: Database) -> None:
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await Database.open(
            f"postgresql://flow_web@/x?host=/nowhere/{uuid4()}", "postgresql://w@/x?host=/nowhere"
        )


async def test_a_cancelled_task_is_cancelled_even_where_its_connection_dies(
    database: services.Database, wire: Wire
) -> None:
    """A ROLLBACK that fails must not stand in for the cancellation: loops would never end."""
    store = await Database.open(wire.through(database.web), wire.through(database.worker))
    inside = asyncio.Event()

    async def work() -> None:
        async with store.worker() as transaction:
            await transaction.now()
            wire.arm(1, "before", deadly=True)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close(0.1)


async def test_the_error_is_told_that_came_first(database: services.Database, wire: Wire) -> None:
    store = await Database.open(wire.through(database.web), wire.through(database.worker))

    async def work() -> None:
        async with store.worker() as transaction:
            await transaction.now()
            wire.arm(1, "before", deadly=True)
            raise KeyError("first")

    with pytest.raises(KeyError):
        await work()
    await store.close(0.1)


async def test_a_begin_that_is_cancelled_leaves_no_transaction_open(store: Database) -> None:
    """Its tenant would be seen by whoever gets the connection next."""

    async def begin() -> None:
        async with store.web(uuid4()):
            await asyncio.Event().wait()

    for rounds in range(24):
        task = asyncio.create_task(begin())
        for _ in range(rounds % 12):
            await asyncio.sleep(0.0001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with store._web.acquire() as free:
            assert not free.is_in_transaction()
            assert await free.fetchval("SELECT app_tenant()") is None


async def test_a_server_that_says_it_goes_down_is_a_passing_trouble(
    database: services.Database, wire: Wire
) -> None:
    """Its last word comes before the connection's end: for a moment asyncpg is neither."""
    through = wire.through(database.worker)
    store = await Database.open(through, through, worker_size=1)
    try:
        async with store.worker() as transaction:
            await transaction.now()
        wire.farewell()
        await asyncio.sleep(0.1)
        with pytest.raises(Exception) as told:
            await now_of(store)
        assert is_passing(told.value), repr(told.value)
        assert await now_of(store)  # by a connection that is new
    finally:
        await store.close()


async def now_of(store: Database) -> datetime:
    async with store.worker() as transaction:
        return await transaction.now()
