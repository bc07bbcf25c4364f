"""Every statement of the store's hot modules finds its rows by an index, however many there are.

The statements are not listed here: they are found in the modules' sources. PostgreSQL plans each
as it would for any arguments (a generic plan); sequential scans are made dear, so that the
plan takes one only where no index serves. At a million rows it plans by itself (`make deep`).
"""

import ast
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import flowengine.store as store_package
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


async def slow_ones(connection: asyncpg.Connection) -> list[str]:
    """What reads a big table whole, said with its module."""
    slow: list[str] = []
    planned = 0
    for name, sql in statements():
        try:
            plan = await plan_of(connection, sql)
        except (asyncpg.UndefinedTableError, asyncpg.PostgresSyntaxError):
            continue  # a piece of a statement that is planned as a whole
        planned += 1
        tables = {t.split("_2")[0] for t in scanned(plan)}
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
        for statement in FILL:
            await connection.execute(statement)
        assert await slow_ones(connection) == []
    finally:
        await connection.close()


MANY = 1_000_000
FILL = (
    "SET jit = off",
    "SET plan_cache_mode = force_generic_plan",
    f"""INSERT INTO conversations (id, tenant_id, contact_id, channel_id, state, work_at)
    SELECT md5('c' || n)::uuid, md5('t' || n % 100)::uuid, md5('p' || n)::uuid,
        md5('h' || n % 100)::uuid, '', CASE WHEN n % 4 = 0 THEN now() + n * interval '1 s' END
    FROM generate_series(1, {MANY // 4}) n""",
    f"""INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint + n / 1000), 12, '0')
            || '7' || substr(md5('m' || n), 1, 3) || '8' || substr(md5('m' || n), 4, 15))::uuid,
        md5('t' || n % 100)::uuid, md5('c' || n % {MANY // 4})::uuid, now(), 'in', 'contact',
        'text', ''
    FROM generate_series(1, {MANY}) n""",
    f"""INSERT INTO inbox (conversation_id, seq, kind, received_at, event)
    SELECT md5('c' || n % {MANY // 4})::uuid, n, 'message', now(), '' FROM
    generate_series(1, {MANY}) n""",
    f"""INSERT INTO lanes (conversation_id, tenant_id, channel_id, class)
    SELECT id, tenant_id, channel_id, 0 FROM conversations LIMIT {MANY // 4}""",
    f"""INSERT INTO provider_ids (channel_id, provider_id, message_id)
    SELECT md5('h' || n % 100)::uuid, 'wamid.' || n, md5('x' || n)::uuid
    FROM generate_series(1, {MANY}) n""",
    f"""INSERT INTO wakes (effect_id, conversation_id, execution_id, kind, due_at)
    SELECT 'e' || n, md5('c' || n)::uuid, md5('e' || n)::uuid, 'wait', now() + interval '1 day'
    FROM generate_series(1, {MANY // 4}) n""",
    f"""INSERT INTO executions (id, tenant_id, conversation_id, contact_id, flow, version, release,
        status, node, started_at, updated_at, ended_at)
    SELECT md5('e' || n)::uuid, md5('t' || n % 100)::uuid, md5('c' || n)::uuid,
        md5('p' || n)::uuid, 'triage', 1, '', 'ended', '', now(), now(), now()
    FROM generate_series(1, {MANY // 4}) n""",
    """INSERT INTO execution_state (execution_id, conversation_id, state, state_hash, turn)
    SELECT id, conversation_id, '', '', 1 FROM executions""",
    "VACUUM ANALYZE",
)
