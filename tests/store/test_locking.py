"""Migrations lock nothing for long: statements that would are refused here, by their words.

What is allowed instead is in docs/production.md. The first three migrations make an empty database.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from tests.store.test_plans import BIG

VERSIONS = Path(migrations.__path__[0]) / "versions"
FIRST = ("0001", "0002", "0003")

RULES = {
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)(IF NOT EXISTS )?\S+ ON (?P<table>(?!ONLY )[\w{}]+)": (
        "CREATE INDEX stops writing: use CONCURRENTLY in an autocommit_block"
    ),
    r"ALTER TABLE (?P<table>\w+)[^;]*ADD COLUMN (?:(?!,|DEFAULT|;).)*NOT NULL(?![^,;]*DEFAULT)": (
        "a column that must not be null needs a constant default"
    ),
    r"ALTER TABLE (?P<table>\w+)[^;]*ADD COLUMN [^,;\"]*DEFAULT [^,;\"]*\w+\(\)": (
        "a default that is computed rewrites the table"
    ),
    r"ALTER TABLE (?P<table>\w+)[^;]*ALTER COLUMN \w+ (SET DATA )?TYPE": (
        "another type rewrites the table: add a column, fill it, read it, drop the old one"
    ),
    r"ALTER TABLE (?P<table>\w+)[^;]*SET NOT NULL": (
        "it reads the whole table: add a CHECK NOT VALID, validate it, then set it"
    ),
    r"ALTER TABLE (?P<table>\w+)[^;]*ADD (CONSTRAINT \w+ )?(FOREIGN KEY|CHECK)(?![^;]*NOT VALID)": (
        "a constraint reads the whole table: add it NOT VALID, validate it later"
    ),
    r"(?P<table>)\b(LOCK TABLE|VACUUM FULL|CLUSTER|REINDEX (?!.*CONCURRENTLY)|TRUNCATE)\b": (
        "it locks a table for as long as it lasts"
    ),
    r"(?m)^\s*\"?UPDATE (?P<table>\w+) SET (?![^;]*\bWHERE\b)": (
        "all rows at once: fill in batches, after the deploy"
    ),
}
MADE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")


def complaints(source: str) -> Iterator[str]:
    """What a migration's source does to big tables that it has not made itself."""
    made = set(MADE.findall(source))
    for pattern, why in RULES.items():
        for found in re.finditer(pattern, source):
            table = found["table"]
            if table not in made and (not table or table in BIG or "{" in table):
                yield f"{' '.join(found[0].split())[:80]}: {why}"


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_no_migration_locks_for_long(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.match(r"\d{4}_(pre|post)_", path.name), "say whether it runs before or after a deploy"
    if path.name.startswith(FIRST):
        return
    assert list(complaints(source)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX messages_at ON messages (at)",
        "CREATE UNIQUE INDEX x ON lanes (class)",
        "CREATE INDEX {part}_at ON {part} (at)",
        "ALTER TABLE outbox ADD COLUMN hangs smallint NOT NULL",
        "ALTER TABLE outbox ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE outbox ALTER COLUMN pos TYPE bigint",
        "ALTER TABLE outbox ALTER COLUMN late SET NOT NULL",
        "ALTER TABLE outbox ADD CONSTRAINT c CHECK (pos > 0)",
        "ALTER TABLE outbox ADD FOREIGN KEY (id) REFERENCES messages (id)",
        "LOCK TABLE messages",
        "VACUUM FULL messages",
        "UPDATE messages SET text = ''",
    ],
)
def test_what_locks_is_refused(statement: str) -> None:
    assert list(complaints(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY messages_at ON messages (at)",
        "CREATE INDEX messages_at ON ONLY messages (at)",
        "ALTER TABLE outbox ADD COLUMN hangs smallint NOT NULL DEFAULT 2",
        "ALTER TABLE lanes ADD COLUMN pace_at timestamptz",
        "ALTER TABLE outbox ADD CONSTRAINT c CHECK (pos > 0) NOT VALID",
        "CREATE TABLE letters (id uuid PRIMARY KEY);\nCREATE INDEX letters_at ON letters (id)",
        "UPDATE messages SET text = '' WHERE id = ANY($1)",
    ],
)
def test_what_does_not_is_fine(statement: str) -> None:
    assert list(complaints(statement)) == []
