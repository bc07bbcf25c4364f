"""The numbers of flows, counted from the journal off the turn's path, each turn once.

An execution's way so far stands in `flow_walks` with the turn up to which it was counted; a batch
writes the ways and the sums in one transaction. So what is looked at twice is counted once.

An execution stands on the day on which it began where its workspace is: that day is kept with its
way, so that it stays there when the workspace moves to another time zone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction
from flowengine.zones import zone

_LOCK = 0x636F756E


class Fresh(Struct, frozen=True):
    """A turn that is not counted yet, and how its execution stands now. `version`: on which the
    turn was made. `day`: of the execution. `given`: of a turn that moved it to another version.
    `way`, `counted_version`: as they were counted (None: never)."""

    execution_id: UUID
    tenant_id: UUID
    flow: str
    version: int
    day: date
    status: str
    outcome: str
    ended: bool
    turn: int
    at: datetime
    trail: bytes
    way: bytes | None
    counted_version: int | None
    given: bytes | None = None


class Walk(Struct, frozen=True):
    """An execution's way, counted up to `turn`."""

    execution_id: UUID
    tenant_id: UUID
    flow: str
    version: int
    day: date
    turn: int
    at: datetime
    ended: bool
    way: bytes


class Sum(Struct, frozen=True):
    """What happened how often. `kind`: see `workers.tallying`."""

    kind: str
    node: str
    name: str
    n: int


class DaySum(Struct, frozen=True):
    day: date
    n: int


Key = tuple[UUID, str, int, date, str, str, str]
"""Tenant, flow, version, day, kind, node, name."""

OF_A_VERSION = ("in+", "out+", "ab+", "moved", "gone")
"""Kinds that say something of one version only: among all, each execution counts once already."""


async def may_count(transaction: Transaction) -> bool:
    """Whether no other process counts at this moment; none does until this transaction ends."""
    found: bool = await transaction.value("SELECT pg_try_advisory_xact_lock($1)", _LOCK)
    return found


async def counted_up_to(transaction: Transaction) -> datetime | None:
    """The time of the last turn that was counted, of any workspace's; where nothing was yet, a
    moment before the first turn there is; None where there is none."""
    at: datetime | None = await transaction.value("SELECT max(at) FROM flow_counts")
    if at is None:
        at = await transaction.value("SELECT min(at) - interval '1 second' FROM journal")
    return at


async def fresh_turns(
    transaction: Transaction, after: datetime, until: datetime
) -> tuple[Fresh, ...]:
    """The turns not counted yet of executions that did something between two times, in order. Of
    drafts that are tried none."""
    rows = await transaction.rows(_FRESH, after, until)
    return tuple(msgspec.convert({**row, "day": row["day"] or _day_of(row)}, Fresh) for row in rows)


def _day_of(row: Record) -> date:
    """The day on which it began, by the rules of zones that all else here goes by."""
    began: datetime = row["started_at"]
    return began.astimezone(zone(row["timezone"])).date()


async def write_counts(
    transaction: Transaction, walks: Sequence[Walk], sums: Mapping[Key, int], at: datetime
) -> None:
    """Write ways and sums: all in the transaction in which the turns were read."""
    await transaction.run(
        _WALKS,
        [each.tenant_id for each in walks],
        [each.execution_id for each in walks],
        [each.flow for each in walks],
        [each.version for each in walks],
        [each.day for each in walks],
        [each.turn for each in walks],
        [each.at for each in walks],
        [each.ended for each in walks],
        [each.way for each in walks],
    )
    keys = sorted(key for key, n in sums.items() if n)
    columns = [list(column) for column in zip(*keys, strict=True)] or [[] for _ in range(7)]
    await transaction.run(_SUMS, *columns, [sums[key] for key in keys], at)


async def forget_ended(transaction: Transaction, before: datetime) -> int:
    """Ways of executions that ended long before what is counted now are needed no more."""
    return await transaction.run("DELETE FROM flow_walks WHERE ended AND at < $1", before)


async def forget_empty(transaction: Transaction, before: datetime) -> int:
    """Where nobody stands any more needs no row: pages sum up where people stand over all days."""
    return await transaction.run(
        "DELETE FROM flow_counts WHERE kind = 'at' AND n = 0 AND at < $1", before
    )


async def hold_counts(transaction: Transaction) -> None:
    """Wait for a count that is under way; none begins until this transaction ends.

    That may take seconds: call it before any other lock.
    """
    await transaction.run("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def forget_who(transaction: Transaction, executions: Sequence[UUID]) -> None:
    """Ways of executions about to be erased are nobody's from now on; `take_erased` finds them.

    Under `hold_counts`: a count could write down anew what it has read of them.
    """
    await transaction.run(
        "UPDATE flow_walks SET execution_id = gen_random_uuid() WHERE execution_id = ANY($1)",
        list(executions),
    )


async def take_erased(transaction: Transaction) -> list[Record]:
    """Ways whose executions are gone with their person: they wait nowhere any more."""
    return await transaction.rows(
        """
        DELETE FROM flow_walks w WHERE NOT w.ended
            AND NOT EXISTS (SELECT FROM executions e WHERE e.id = w.execution_id)
        RETURNING w.tenant_id, w.flow, w.version, w.day, w.way
        """
    )


# -- for pages ------------------------------------------------------------------------------------


async def sums(
    transaction: Transaction, flow: str, since: date, version: int = 0
) -> tuple[Sum, ...]:
    """A flow's numbers of executions that began on that day (the workspace's) or later, and
    `waits`: who stands at which node now, whenever they began. `version`: 0 for all of them, where
    an execution that was moved counts once. Cost: that of some hundred rows a day and version, and
    of a row for each day and node of which somebody waits."""
    rows = await transaction.rows(
        """
        SELECT rtrim(kind, '+') AS kind, node, name, sum(n)::bigint AS n FROM flow_counts
        WHERE tenant_id = $1 AND flow = $2 AND day >= $3
            AND (version = $4 OR $4 = 0 AND kind <> ALL($5))
        GROUP BY 1, node, name HAVING sum(n) <> 0
        UNION ALL
        SELECT 'waits', node, '', sum(n)::bigint FROM flow_counts
        WHERE tenant_id = $1 AND flow = $2 AND kind = 'at' AND (version = $4 OR $4 = 0)
        GROUP BY node HAVING sum(n) <> 0
        """,
        transaction.tenant,
        flow,
        since,
        version,
        OF_A_VERSION,
    )
    return read_all(Sum, rows)


async def by_day(
    transaction: Transaction, flow: str, since: date, version: int = 0
) -> tuple[DaySum, ...]:
    """How many began on each day on which any did."""
    rows = await transaction.rows(
        """
        SELECT day, sum(n)::bigint AS n FROM flow_counts
        WHERE tenant_id = $1 AND flow = $2 AND day >= $3 AND ($4 = 0 OR version = $4)
            AND kind = 'began'
        GROUP BY day ORDER BY day
        """,
        transaction.tenant,
        flow,
        since,
        version,
    )
    return read_all(DaySum, rows)


_FRESH = """
SELECT e.id AS execution_id, e.tenant_id, e.flow,
    coalesce((r.members ->> e.flow)::int, e.version) AS version,
    w.day, e.started_at, t.timezone, e.status, e.outcome, e.ended_at IS NOT NULL AS ended,
    j.turn, j.at, j.trail, w.way, w.version AS counted_version,
    CASE WHEN position('moved_over'::bytea IN j.trail) > 0 THEN j.given END AS given
FROM (
    SELECT DISTINCT execution_id AS id FROM journal
    WHERE at > $1 AND at <= $2 AND execution_id IS NOT NULL
) acted
JOIN executions e ON e.id = acted.id AND e.version > 0
JOIN tenants t ON t.id = e.tenant_id
LEFT JOIN flow_walks w ON w.execution_id = e.id
JOIN journal j ON j.execution_id = e.id AND j.turn > coalesce(w.turn, 0)
LEFT JOIN releases r ON r.tenant_id = e.tenant_id AND r.hash = j.release
ORDER BY e.id, j.turn
"""
_WALKS = """
INSERT INTO flow_walks (tenant_id, execution_id, flow, version, day, turn, at, ended, way)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::date[], $6::int[],
    $7::timestamptz[], $8::bool[], $9::bytea[])
ON CONFLICT (execution_id) DO UPDATE SET version = excluded.version, turn = excluded.turn,
    at = excluded.at, ended = excluded.ended, way = excluded.way
"""
_SUMS = """
INSERT INTO flow_counts AS c (tenant_id, flow, version, day, kind, node, name, n, at)
SELECT *, $9 FROM unnest($1::uuid[], $2::text[], $3::int[], $4::date[], $5::text[], $6::text[],
    $7::text[], $8::bigint[])
ON CONFLICT (tenant_id, flow, version, day, kind, node, name) DO UPDATE SET
    n = c.n + excluded.n, at = greatest(c.at, excluded.at)
"""
