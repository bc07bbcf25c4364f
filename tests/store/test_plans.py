"""Every statement of the store's hot modules finds its rows by an index, however many there are.

The statements are not listed here: they are found in the modules' sources. PostgreSQL plans each
as it would for any arguments (a generic plan); sequential scans are made dear, so that the
plan takes one only where no index serves. At a million rows it plans by itself (`make deep`).
"""

import ast
import json
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import flowengine.store as store_package
from flowengine.store.filling import arm, fill, tidy
from tests.services import postgres as services

BIG = (
    "conversations inbox inbox_seen wakes executions execution_state checkpoints journal offers "
    "messages provider_ids status_orphans outbox lanes calls scheduled_starts scheduled_messages "
    "contacts identities dead_letters"
).split()
"""Tables that grow with what customers and flows do."""

HOT = (
    "arrivals arriving rooms identities inbox echoes statuses turns saving saving_turns sends "
    "waking lanes due outbox recording media_first calls feeding starts counts messages "
    "conversations executions heartbeats circuits keeping erasing policies"
).split()
"""Modules whose statements run with every webhook, turn, send or look of a page."""

FEW = {
    # A queue's own length is what there is to do: nothing hides behind it.
    ("outbox", "counts"), ("calls", "counts"), ("dead_letters", "counts"),
    # Once a day for a workspace that lets go of old files.
    ("outbox", "keeping"), ("scheduled_messages", "keeping"),
}  # fmt: skip

ONCE = (
    "UPDATE lanes SET next_at = now() WHERE owner IS NOT NULL",
    "UPDATE calls SET next_at = now() WHERE owner IS NOT NULL",
)
"""At the embedded product's start, whose one process has nothing else to do yet."""

VERBS = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def statements() -> Iterator[tuple[str, str]]:
    """(module, SQL) of everything that is written out whole, in a constant or a call."""
    folder = Path(store_package.__path__[0])
    for name in HOT:
        found: dict[str, None] = {}
        loaded = import_module(f"flowengine.store.{name}")
        for value in vars(loaded).values():
            if isinstance(value, str):
                found[value] = None
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        formatted = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)
                     for part in n.values}  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in formatted:
                found[str(node.value)] = None
        for sql in found:
            if is_statement(sql) and sql not in ONCE:
                yield name, sql


def is_statement(sql: str) -> bool:
    words = sql.split()
    return len(words) > 3 and words[0] in VERBS and "{" not in sql


def scanned(plan: Any) -> Iterator[str]:
    """Tables that a plan reads from beginning to end."""
    if isinstance(plan, list):
        for part in plan:
            yield from scanned(part)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield str(plan["Relation Name"])
        for part in plan.values():
            if isinstance(part, list | dict):
                yield from scanned(part)


async def plan_of(connection: asyncpg.Connection, sql: str) -> Any:
    """Its plan for any arguments."""
    count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
    nothing = f"({', '.join(['NULL'] * count)})" if count else ""
    await connection.execute(f"PREPARE hot AS {sql}")
    try:
        return json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot{nothing}"))
    finally:
        await connection.execute("DEALLOCATE hot")


async def slow_ones(
    connection: asyncpg.Connection, big: AbstractSet[str] | None = None
) -> list[str]:
    """What reads a big table whole, said with its module.

    `big`: the tables and partitions that are; left out, all of `BIG`, whatever is in them.
    """
    slow: list[str] = []
    planned = 0
    for name, sql in statements():
        try:
            plan = await plan_of(connection, sql)
        except (asyncpg.UndefinedTableError, asyncpg.PostgresSyntaxError):
            continue  # a piece of a statement that is planned as a whole
        planned += 1
        # A month that nothing was written in yet is read whole for nothing.
        tables = {t.split("_2")[0] for t in scanned(plan) if big is None or t in big}
        slow.extend(
            f"{name}: {table} in {' '.join(sql.split())[:120]}"
            for table in sorted(tables & set(BIG))
            if (table, name) not in FEW
        )
    assert planned > MANY_STATEMENTS
    return slow


MANY_STATEMENTS = 60
"""Fewer, and they are not looked for where they are."""


def test_the_statements_are_found() -> None:
    assert len(list(statements())) > MANY_STATEMENTS
    assert {name for name, _ in statements()} >= {"arriving", "turns", "saving_turns", "recording"}


async def test_every_hot_statement_has_its_index(database: services.Database) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute(
            "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan"
        )
        assert await slow_ones(connection) == []
    finally:
        await connection.close()


@pytest.mark.slow
async def test_at_a_million_messages_too(database: services.Database) -> None:
    """Nothing is forbidden to the planner here: it knows how much there is."""
    connection = await asyncpg.connect(database.owner)
    try:
        for statement in SETTLE:
            await connection.execute(statement)
        await fill(database.owner, 1, CONVERSATIONS)
        await arm(database.owner, 1, CONVERSATIONS, due_in=86_400)
        await tidy(database.owner)
        grown = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > $1",
            CONVERSATIONS * 0.9,  # statistics are a sample's
        )
        big = {str(row["relname"]) for row in grown}
        assert {name.split("_2")[0] for name in big} == set(GROWN)
        assert await slow_ones(connection, big) == []
    finally:
        await connection.close()


CONVERSATIONS = 500_000
"""Each with a message in and one out, and with a timer that waits."""

GROWN = (
    "contacts identities conversations executions execution_state messages journal inbox "
    "inbox_seen provider_ids wakes lanes"
).split()
"""What grows with that; the others are empty, and read whole they cost nothing."""

SETTLE = (
    "SET jit = off",
    "SET plan_cache_mode = force_generic_plan",
    """WITH one AS (INSERT INTO tenants (id, slug, name, opt_out_words, opt_out_text, purposes)
        VALUES (gen_random_uuid(), 'loja', 'Loja', '{}', '', '{}') RETURNING id)
    INSERT INTO channels (id, tenant_id, kind, name, address, settings)
    SELECT gen_random_uuid(), id, 'cloud', 'Loja', '100', '' FROM one""",
)
