"""The roles' addresses and passwords."""

import asyncpg
import pytest

from flowengine.store.migrate import role_dsn, upgrade
from tests.services.postgres import Database, on_both


@pytest.mark.parametrize(
    ("owner", "password", "expected"),
    [
        ("postgresql://o:p@h:5432/db", "", "postgresql://flow_web@h:5432/db"),
        ("postgresql://o@h/db?sslmode=require", "", "postgresql://flow_web@h/db?sslmode=require"),
        ("postgresql:///db?host=/run/x", "", "postgresql://flow_web@/db?host=/run/x"),
        (
            "postgresql://o@/db?host=%2Frun",
            "a@b:/c",
            "postgresql://flow_web:a%40b%3A%2Fc@/db?host=%2Frun",
        ),
    ],
)
def test_the_same_database_for_another_role(owner: str, password: str, expected: str) -> None:
    assert role_dsn(owner, "flow_web", password) == expected


@on_both
async def test_passwords_are_set_and_kept_as_scram(database: Database) -> None:
    await upgrade(database.owner, {"flow_web": "it's one", "flow_worker": "another"})

    connection = await asyncpg.connect(database.owner)
    try:
        kept = await connection.fetch(
            "SELECT rolpassword FROM pg_authid WHERE rolname IN ('flow_web', 'flow_worker')"
        )
    finally:
        await connection.close()
    assert [row["rolpassword"][:13] for row in kept] == ["SCRAM-SHA-256"] * 2


async def test_only_our_own_roles_get_a_password(database: Database) -> None:
    with pytest.raises(ValueError, match="somebody"):
        await upgrade(database.owner, {"somebody": "x"})
