"""What claiming costs where many tenants have a backlog: `python -m tests.benchmarks.claims`.

The last line is JSON: milliseconds for each statement (the median of so many), in a database of its
own. `single`: one conversation of one tenant is due and nothing else, which is the ordinary case.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flowengine.store.database import Database, Transaction
from flowengine.store.due import due_channels, every_due_channel, every_tenant_with_work
from flowengine.store.embedded import Embedded
from flowengine.store.ids import new_id
from flowengine.store.lanes import Quota, claim
from flowengine.store.migrate import upgrade
from flowengine.store.roles import role_dsn
from flowengine.store.turns import claim as claim_turns
from flowengine.store.turns import claim_of

TURNS = 50
LEASE = timedelta(seconds=10)

FILL = (
    """
    INSERT INTO tenants (id, slug, name, opt_out_words, opt_out_text)
    SELECT gen_random_uuid(), 't' || n, 't', '{parar}', 'Pronto.' FROM generate_series(1, $1) n
    """,
    """
    INSERT INTO channels (tenant_id, id, kind, name, address, settings)
    SELECT id, gen_random_uuid(), 'cloud', 'c', slug, '' FROM tenants
    """,
    """
    INSERT INTO conversations (id, tenant_id, channel_id, contact_id, work_at)
    SELECT gen_random_uuid(), c.tenant_id, c.id, gen_random_uuid(), now() - n * interval '1 second'
    FROM channels c, generate_series(1, $1) n
    """,
    """
    INSERT INTO lanes (conversation_id, tenant_id, channel_id, class, next_at)
    SELECT id, tenant_id, channel_id, 0, work_at FROM conversations
    """,
)


class _Back(Exception):
    """Nothing of what is measured is kept."""


async def measure(
    database: Database, times: int, work: Callable[[Transaction], Awaitable[Any]]
) -> float:
    """The median in milliseconds, each in a transaction that is rolled back."""
    found: list[float] = []
    for _ in range(times):
        try:
            async with database.worker() as transaction:
                began = time.perf_counter()
                await work(transaction)
                found.append((time.perf_counter() - began) * 1000)
                raise _Back
        except _Back:
            pass
    return round(statistics.median(found), 2)


async def figures(database: Database, tenants: int, rows: int, times: int) -> dict[str, Any]:
    async with database.worker() as transaction:
        await transaction.run(FILL[0], tenants)
        await transaction.run(FILL[1])
        await transaction.run(FILL[2], rows)
        await transaction.run(FILL[3])
        some = [r["tenant_id"] for r in await transaction.rows(
            "SELECT tenant_id FROM channels LIMIT $1", TURNS)]  # fmt: skip
        quotas = [Quota(r["id"], 0, 1) for r in await transaction.rows(
            "SELECT id FROM channels LIMIT $1", TURNS)]  # fmt: skip
    async with database.single() as plain:
        await plain.run("ANALYZE conversations")
        await plain.run("ANALYZE lanes")
    found: dict[str, Any] = {"tenants": tenants, "backlog": tenants * rows}
    for name, work in {
        "claim_turns": lambda t: claim_turns(t, TURNS),
        "claim_turns_in_turn": lambda t: claim_of(t, some, TURNS),
        "who_has_work": every_tenant_with_work,
        "look_at_lanes": due_channels,
        "lease_lanes": lambda t: claim(t, new_id(), LEASE, quotas),
        "who_has_lanes": every_due_channel,
    }.items():
        found[f"{name}_ms"] = await measure(database, times, work)
    async with database.single() as plain:
        await plain.run("UPDATE lanes SET next_at = NULL WHERE conversation_id <> "
                        "(SELECT conversation_id FROM lanes LIMIT 1)")  # fmt: skip
        await plain.run("UPDATE conversations SET work_at = NULL WHERE id <> "
                        "(SELECT id FROM conversations LIMIT 1)")  # fmt: skip
    for name, alone in {"turns": lambda t: claim_turns(t, TURNS), "lanes": due_channels}.items():
        found[f"single_{name}_ms"] = await measure(database, times, alone)
    return found


async def run(folder: Path, arguments: argparse.Namespace) -> None:
    server = await asyncio.to_thread(Embedded.start, folder)
    try:
        await upgrade(server.dsn())
        web, worker = (role_dsn(server.dsn(), role) for role in ("flow_web", "flow_worker"))
        database = await Database.open(web, worker)
        print(json.dumps(await figures(  # noqa: T201 - a command
            database, arguments.tenants, arguments.rows, arguments.times)))  # fmt: skip
        await database.close()
    finally:
        await asyncio.to_thread(server.stop)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--times", type=int, default=15)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), parser.parse_args()))


if __name__ == "__main__":
    main()
