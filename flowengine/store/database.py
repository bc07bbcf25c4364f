"""Two pools of connections, one for each role, and the transactions on them.

Why plain SQL through asyncpg everywhere, and SQLAlchemy for the schema only: ingest, turn and
outbox need asyncpg (a batch of 50 conversations costs 13 µs of client CPU a step, SQLAlchemy Core
one by one 745 µs, measured), and one statement of SQL costs as much to read in either. Two ways of
talking to the same tables would need two kinds of transaction, and a fence in both.

`web` speaks for one tenant, behind row-level security. `worker` crosses tenants: ingest (which runs
in the web process, as a batch holds events of many channels), turns, sends, and what must be known
before a tenant is (the channel of a webhook). What a person or an API key does goes by `web`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Self
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from flowengine.store.errors import NotCommitted
from flowengine.store.transaction import Transaction
from flowengine.store.trouble import DatabaseAway

__all__ = ["Database", "Transaction"]

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

# Everything we set is local to its transaction, so nothing needs a reset; jit never pays here. A
# client whose machine is gone must not keep its locks: the server asks for it, and looks for a lost
# connection during long statements too.
_SETTINGS = {
    "timezone": "UTC",
    "jit": "off",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "5000",
}

WEB_PAUSE = 60.0
"""Seconds that a transaction of the web may wait for its process."""


class Database:
    """The door: `async with database.web(tenant) as transaction: …`.

    Commits at the end, rolls back on any exception (cancellation too).
    """

    def __init__(self, web: asyncpg.Pool, worker: asyncpg.Pool, worker_dsn: str) -> None:
        self._web = web
        self._worker = worker
        self.worker_dsn = worker_dsn
        """For a connection that must not wait for the pool (`heartbeats.py`)."""
        self.actor = ""
        """Who a worker's transactions act for, where it is always the same (`auditing.py`)."""

    @classmethod
    async def open(
        cls,
        web_dsn: str,
        worker_dsn: str,
        *,
        web_size: int = 4,
        worker_size: int = 6,
        statement_cache: int = 512,
        halted: float = 15,
    ) -> Self:
        """Connect as `flow_web` and as `flow_worker`. Raises what asyncpg raises.

        More than 4 to 8 connections on 2 cores make it slower, not faster (measured).
        `statement_cache`: 0 behind a PgBouncer in transaction mode. `halted`: seconds after which
        the transaction of a worker that stands still is ended, and its locks with it.
        """
        web = await _pool(web_dsn, "flowengine web", web_size, statement_cache, WEB_PAUSE)
        try:
            worker = await _pool(
                worker_dsn, "flowengine worker", worker_size, statement_cache, halted
            )
        except BaseException:
            await web.close()
            raise
        return cls(web, worker, worker_dsn)

    async def close(self, patience: float = 10) -> None:
        """Close both pools; connections still busy after `patience` seconds are cut."""
        for pool in (self._web, self._worker):
            try:
                await asyncio.wait_for(pool.close(), patience)
            except TimeoutError:
                pool.terminate()

    @asynccontextmanager
    async def web(
        self, tenant: UUID, user: UUID | None = None, *, key: UUID | None = None
    ) -> AsyncGenerator[Transaction]:
        """A transaction of the web for one tenant, and for the user or the API key that acts."""
        begin = f"BEGIN; SET LOCAL app.tenant = '{tenant}'"
        if user is not None:
            # "user" is a reserved word.
            begin += f"; SET LOCAL app.\"user\" = '{user}'; SET LOCAL app.actor = 'user:{user}'"
        elif key is not None:
            begin += f"; SET LOCAL app.actor = 'key:{key}'"
        async with _transaction(self._web, begin) as connection:
            yield Transaction(connection, tenant)

    @asynccontextmanager
    async def visitor(self) -> AsyncGenerator[Transaction]:
        """A transaction of somebody who is not signed in: only keys that they know open rows."""
        async with _transaction(self._web, "BEGIN") as connection:
            yield Transaction(connection, None)

    @asynccontextmanager
    async def single(self) -> AsyncGenerator[Transaction]:
        """A worker's, for statements that each commit by themselves: three round trips become one.

        For what one statement does whole. Nothing is undone by an exception in the block.
        """
        async with _connection(self._worker) as connection:
            yield Transaction(connection, None, crosses=True)

    @asynccontextmanager
    async def worker(self, tenant: UUID | None = None) -> AsyncGenerator[Transaction]:
        """A transaction that crosses tenants; `tenant` is whom configuration is asked for."""
        begin = f"BEGIN; SET LOCAL app.actor = '{self.actor}'" if self.actor else "BEGIN"
        async with _transaction(self._worker, begin) as connection:
            yield Transaction(connection, tenant, crosses=True)

    def connections(self) -> dict[str, tuple[int, int]]:
        """For each pool, how many connections are open and how many of them are idle."""
        return {
            name: (pool.get_size(), pool.get_idle_size())
            for name, pool in (("web", self._web), ("worker", self._worker))
        }


@asynccontextmanager
async def _connection(pool: asyncpg.Pool) -> AsyncGenerator[PoolConnectionProxy]:
    try:
        connection = await pool.acquire()
    except OSError as refused:  # a timeout too
        raise DatabaseAway("no connection to the database") from refused
    try:
        yield connection
    except asyncpg.InternalClientError:
        # The server has said that it goes down, and the connection's end has not come yet: the
        # pool would hand it out again.
        connection.terminate()
        raise
    finally:
        await pool.release(connection)


@asynccontextmanager
async def _transaction(pool: asyncpg.Pool, begin: str) -> AsyncGenerator[PoolConnectionProxy]:
    async with _connection(pool) as connection:
        # One round trip for BEGIN and settings; asyncpg's own Transaction needs one for each.
        await connection.execute(begin)
        try:
            yield connection
        except BaseException:
            # Where the connection dies here, or the pool has it back, what came first is told: a
            # cancelled task that ended as a database's trouble would be tried again for ever.
            with contextlib.suppress(Exception):
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
            raise
        # A failed transaction answers COMMIT with ROLLBACK: whoever swallowed the error must know.
        if await connection.execute("COMMIT") != "COMMIT":
            raise NotCommitted("a statement failed, and its error was swallowed: nothing is kept")


async def _pool(dsn: str, name: str, size: int, statement_cache: int, pause: float) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=_speak_json,
        reset=_nothing,
        statement_cache_size=statement_cache,
        max_cached_statement_lifetime=0,
        command_timeout=60,
        server_settings={
            **_SETTINGS,
            "application_name": name,
            "idle_in_transaction_session_timeout": str(round(pause * 1000)),
        },
    )


async def _speak_json(connection: asyncpg.Connection) -> None:
    # Binary jsonb begins with its version, 1.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + _encode(value),
        decoder=lambda raw: _decode(raw[1:]),
    )


async def _nothing(_connection: asyncpg.Connection) -> None:
    """Our transactions leave nothing behind, so giving a connection back costs no round trip."""
