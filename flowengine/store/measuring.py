"""What PostgreSQL did for a turn: statements, commits and bytes of log, counted by itself."""

import asyncpg
from msgspec import Struct

from flowengine.store.embedded import Address

PRELOAD = {"shared_preload_libraries": "pg_stat_statements"}
"""The server's setting that counts statements; it costs about one percent."""


class Counts(Struct, frozen=True):
    """Since the server's start. `statements` and `milliseconds` (inside of them) are 0 where
    nobody counts them."""

    statements: int
    commits: int
    wal: int
    milliseconds: float

    def since(self, before: "Counts", turns: int) -> dict[str, float]:
        """What came in between, for each of `turns`."""
        return {
            "statements_per_turn": round((self.statements - before.statements) / turns, 2),
            "commits_per_turn": round((self.commits - before.commits) / turns, 2),
            "statement_ms_per_turn": round((self.milliseconds - before.milliseconds) / turns, 3),
            "wal_bytes_per_turn": round((self.wal - before.wal) / turns),
        }


async def prepare(address: Address) -> None:
    """Have the statements counted, where the server was started for it."""
    connection = await asyncpg.connect(address.dsn())
    try:
        # The embedded server is the users': its settings are left alone. The extension could be
        # made there, and would refuse to be read.
        loaded = await connection.fetchval("SHOW shared_preload_libraries")
        if "pg_stat_statements" in loaded:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    finally:
        await connection.close()


async def count(address: Address) -> Counts:
    """Read the counters; what each connection keeps to itself comes within a second."""
    connection = await asyncpg.connect(address.dsn())
    try:
        statements, milliseconds = 0, 0.0
        if await connection.fetchval(
            "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"
        ):
            row = await connection.fetchrow(
                "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time), 0)"
                " FROM pg_stat_statements WHERE query NOT IN ('BEGIN', 'COMMIT')"
            )
            if row is not None:
                statements, milliseconds = row[0], row[1]
        commits = await connection.fetchval("SELECT sum(xact_commit)::bigint FROM pg_stat_database")
        wal = await connection.fetchval("SELECT (pg_current_wal_lsn() - '0/0')::bigint")
        return Counts(statements, commits, wal, milliseconds)
    finally:
        await connection.close()


async def make_database(address: Address, name: str) -> None:
    """An empty database beside ours."""
    connection = await asyncpg.connect(address.dsn())
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
