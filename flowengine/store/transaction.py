"""What every function of the store is handed: one open transaction."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy

from flowengine.store.errors import Untold


class Transaction:
    """An open transaction, and the tenant it speaks for.

    READ COMMITTED: each statement sees what was committed before it began. Statements are prepared
    and cached by their text, so the text is always a constant.
    """

    __slots__ = ("_crosses", "_tenant", "connection")

    def __init__(
        self, connection: PoolConnectionProxy, tenant: UUID | None, crosses: bool = False
    ) -> None:
        self.connection = connection
        self._tenant = tenant
        self._crosses = crosses

    @property
    def tenant(self) -> UUID:
        """The tenant that this transaction speaks for. Raises `Untold`."""
        if self._tenant is None:
            raise Untold("open the transaction with a tenant, or use transaction.of(tenant)")
        return self._tenant

    def of(self, tenant: UUID) -> "Transaction":
        """The same transaction speaking for another tenant: only a worker's can."""
        if not self._crosses and tenant != self._tenant:
            raise Untold("the web's transactions speak for one tenant only")
        return Transaction(self.connection, tenant, self._crosses)

    async def rows(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows."""
        return await self.connection.fetch(sql, *arguments)

    async def row(self, sql: str, *arguments: Any) -> Record | None:
        """The first row."""
        return await self.connection.fetchrow(sql, *arguments)

    async def value(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row; None where there is none."""
        return await self.connection.fetchval(sql, *arguments)

    async def run(self, sql: str, *arguments: Any) -> int:
        """Run a statement; the number of rows that it touched."""
        done = await self.connection.execute(sql, *arguments)
        count = done.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, sql: str, arguments: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each sequence of arguments, in one round trip."""
        await self.connection.executemany(sql, arguments)

    async def now(self) -> datetime:
        """The database's clock at this moment, not at the transaction's beginning."""
        moment: datetime = await self.value("SELECT clock_timestamp()")
        return moment

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """What fails inside is undone; the transaction goes on if the error is caught outside."""
        await self.connection.execute("SAVEPOINT here")
        try:
            yield
        except BaseException:
            if not self.connection.is_closed():
                await self.connection.execute("ROLLBACK TO SAVEPOINT here; RELEASE SAVEPOINT here")
            raise
        await self.connection.execute("RELEASE SAVEPOINT here")
