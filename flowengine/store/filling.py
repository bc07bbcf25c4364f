"""A database made big at once, for the bench of growth: rows as real ones, by INSERT … SELECT.

Every conversation that is filled in has a contact with a phone, an execution that ended, a message
in and one out, and what they leave in inbox, journal, dedupe keys, provider's ids and lanes.
Numbers of people and ids lie apart from those of the load, which may be played beside them.
"""

from collections.abc import Sequence

import asyncpg

STEP = 50_000
"""Conversations of one transaction."""

# Ids as UUIDv7 are: by time, so that indexes grow at their end, as they do in life. $1, $2: from,
# to.
_ID = """(lpad(to_hex((extract(epoch FROM date_trunc('month', now())) * 1000)::bigint + n), 12, '0')
    || '7' || lpad(to_hex(n % 4096), 3, '0') || '8{salt}' || substr(md5('{salt}' || n), 1, 14)
    )::uuid"""
_HEAD = """
WITH one AS (SELECT t.id AS tenant, c.id AS channel
    FROM channels c JOIN tenants t ON t.id = c.tenant_id WHERE c.kind = 'cloud' LIMIT 1),
n AS (SELECT n FROM generate_series($1::bigint, $2::bigint) n)
"""
_CONTACTS = """
INSERT INTO contacts (tenant_id, id, name, phone)
SELECT tenant, {c}, 'Cliente ' || n, '+55219' || lpad(n::text, 8, '0') FROM n, one
"""
_IDENTITIES = """
INSERT INTO identities (tenant_id, kind, scope, value, contact_id)
SELECT tenant, 'phone', '', '+55219' || lpad(n::text, 8, '0'), {c} FROM n, one
"""
_CONVERSATIONS = """
INSERT INTO conversations (id, tenant_id, contact_id, channel_id, state, last_seq, taken_seq,
    last_inbound_at, last_message_at, preview)
SELECT {v}, tenant, {c}, channel, convert_to(repeat('x', 300), 'UTF8'), 3000, 3000, now(),
    now() - n * interval '1 ms', 'Encaminhando para o suporte, Cliente.' FROM n, one
"""
_EXECUTIONS = """
INSERT INTO executions (id, tenant_id, conversation_id, contact_id, flow, version, release, status,
    node, started_at, updated_at, ended_at, turns)
SELECT {e}, tenant, {v}, {c}, 'triage', 1, repeat('a', 64), 'ended', 'fim', now(), now(), now(), 3
FROM n, one
"""
_STATES = """
INSERT INTO execution_state (execution_id, conversation_id, state, state_hash, turn)
SELECT {e}, {v}, convert_to(repeat('x', 400), 'UTF8'), sha256('x'), 3 FROM n, one
"""
_MESSAGES = """
INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind, content, text,
    provider_id, status)
SELECT {m}, tenant, {v}, now(), way, who, 'text', convert_to(repeat('x', 120), 'UTF8'), said,
    'wamid.filled.' || n, status
FROM n, one, (VALUES ('in', 'contact', 'Bom dia, queria falar com alguém', ''),
    ('out', 'bot', 'Encaminhando para o suporte, Cliente.', 'read')) w (way, who, said, status)
WHERE way = '{way}'
"""
_JOURNAL = """
INSERT INTO journal (conversation_id, seq, step, at, execution_id, turn, engine_id, release, given,
    effects, trail, state_hash)
SELECT {v}, 1000, 0, now(), {e}, 1, repeat('e', 32), repeat('a', 64),
    convert_to(repeat('g', 500), 'UTF8'), convert_to(repeat('f', 300), 'UTF8'),
    convert_to(repeat('t', 200), 'UTF8'), sha256('x') FROM n, one
"""
_INBOX = """
INSERT INTO inbox (conversation_id, seq, kind, received_at, event)
SELECT {v}, 1000, 'message', now(), convert_to(repeat('i', 140), 'UTF8') FROM n, one
"""
_SEEN = """
INSERT INTO inbox_seen (channel_id, key)
SELECT channel, decode(md5('seen' || n), 'hex') FROM n, one
"""
_PROVIDER = """
INSERT INTO provider_ids (channel_id, provider_id, message_id)
SELECT channel, 'wamid.filled.' || n, {m} FROM n, one
"""
_LANES = """
INSERT INTO lanes (conversation_id, tenant_id, channel_id, class)
SELECT {v}, tenant, channel, 0 FROM n, one
"""
_SALTS = {name: _ID.format(salt=salt) for name, salt in zip("cvem", "0123", strict=True)}
_OUT = _ID.format(salt="4")
_STATEMENTS = (
    *(_HEAD + each.format(**_SALTS)
      for each in (_CONTACTS, _IDENTITIES, _CONVERSATIONS, _EXECUTIONS, _STATES, _JOURNAL,
                   _INBOX, _SEEN, _LANES)),
    _HEAD + _MESSAGES.format(**_SALTS, way="in"),
    _HEAD + _MESSAGES.format(**{**_SALTS, "m": _OUT}, way="out"),
    _HEAD + _PROVIDER.format(**{**_SALTS, "m": _OUT}),
)  # fmt: skip


# The timers of a batch's conversations, and $3 seconds from now the earliest of them is due.
_TIMERS = (
    _HEAD
    + """
, armed AS (
    INSERT INTO wakes (effect_id, conversation_id, execution_id, kind, seconds, due_at)
    SELECT 'filled.' || n, {v}, {e}, 'wait', 1000,
        now() + ($3::float8 + n % 1000000) * interval '1 second' FROM n
    RETURNING conversation_id, due_at
)
UPDATE conversations c SET work_at = armed.due_at FROM armed WHERE c.id = armed.conversation_id
"""
).format(**_SALTS)


async def fill(dsn: str, first: int, last: int) -> None:
    """Conversations `first` to `last`, both counted."""
    await _batches(dsn, _STATEMENTS, first, last)


async def arm(dsn: str, first: int, last: int, due_in: float) -> None:
    """A timer for each of these, due in so many seconds at the earliest, over eleven days."""
    await _batches(dsn, (_TIMERS,), first, last, due_in)


async def _batches(
    dsn: str, statements: Sequence[str], first: int, last: int, *more: float
) -> None:
    connection = await asyncpg.connect(dsn, command_timeout=3600)
    try:
        await connection.execute("SET synchronous_commit = off; SET jit = off")
        for begin in range(first, last + 1, STEP):
            end = min(begin + STEP - 1, last)
            async with connection.transaction():
                for sql in statements:
                    await connection.execute(sql, begin, end, *more)
    finally:
        await connection.close()


async def tidy(dsn: str) -> None:
    """As a night does: vacuum, statistics, checkpoint."""
    connection = await asyncpg.connect(dsn, command_timeout=3600)
    try:
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def size(dsn: str) -> tuple[int, int, int]:
    """Conversations, timers that wait, and bytes of the whole database."""
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM wakes),"
            " pg_database_size(current_database())"
        )
        return (0, 0, 0) if row is None else (row[0], row[1], row[2])
    finally:
        await connection.close()
