"""Making the past: what a town has said and done is moved back by whole months.

By the owner, in real partitions of those months.
"""

from datetime import UTC, datetime

import asyncpg

MOVED = """
(lpad(to_hex(('x' || substr(replace({id}::text, '-', ''), 1, 12))::bit(48)::bigint
    - ((extract(epoch FROM {at}) - extract(epoch FROM {at} - make_interval(months => {n}))) * 1000
      )::bigint), 12, '0') || substr(replace({id}::text, '-', ''), 13))::uuid
"""
TIMES = (
    ("journal", "at"),
    ("checkpoints", "at"),
    ("executions", "started_at"),
    ("executions", "updated_at"),
    ("executions", "ended_at"),
    ("conversations", "created_at"),
    ("conversations", "last_message_at"),
    ("dead_letters", "at"),
    ("scheduled_messages", "settled_at"),
    ("scheduled_starts", "settled_at"),
    ("assets", "at"),
)


async def age(owner_dsn: str, months: int) -> None:
    """Everything that there is is so many months older."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        # As one: the product's own clock drops an empty month that nobody keeps.
        async with connection.transaction():
            oldest = await connection.fetchval("SELECT min(at) FROM messages")
            await reach_back(connection, months_since(oldest) + months + 1)
            for table, column in (("provider_ids", "message_id"), ("outbox", "id")):
                moved = MOVED.format(id="m.id", at="m.at", n=months)
                await connection.execute(
                    f"UPDATE {table} p SET {column} = {moved} FROM messages m"
                    f" WHERE m.id = p.{column}"
                )
            await connection.execute(
                f"UPDATE messages SET id = {MOVED.format(id='id', at='at', n=months)},"
                f" at = at - make_interval(months => {months})"
            )
            for table, column in TIMES:
                await connection.execute(
                    f"UPDATE {table} SET {column} = {column} - make_interval(months => {months})"
                )
    finally:
        await connection.close()


async def reach_back(connection: asyncpg.Connection, months: int) -> None:
    """Partitions from so many months ago on."""
    first = month_before(months)
    after = month_before(months - 1)
    await connection.execute("SET timezone = 'UTC'")
    for parent in ("messages", "journal"):
        part = f"{parent}_{first:%Y_%m}"
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", part):
            continue
        bounds = [
            await connection.fetchval("SELECT partition_bound($1, $2)", parent, moment)
            for moment in (first, after)
        ]
        for statement in (
            f"CREATE TABLE {part} (LIKE {parent} INCLUDING ALL)",
            f"ALTER TABLE {part} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {part} FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {parent} ATTACH PARTITION {part}"
            f" FOR VALUES FROM ('{bounds[0]}') TO ('{bounds[1]}')",
        ):
            await connection.execute(statement)
    await connection.fetch("SELECT ensure_partitions(3)")


def months_since(moment: datetime | None) -> int:
    """How many months before this one it was; 0 for none."""
    now = datetime.now(UTC)
    then = (moment or now).astimezone(UTC)
    return (now.year - then.year) * 12 + now.month - then.month


def month_before(months: int) -> datetime:
    """The beginning of the month so many before this one."""
    now = datetime.now(UTC)
    number = now.year * 12 + now.month - 1 - months
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
