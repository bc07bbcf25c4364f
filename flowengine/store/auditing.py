"""The audit log: who changed what of a workspace, and when.

The tables tell it themselves (triggers of migration 0013), for each transaction that has an actor;
`note` adds what no single row shows, as an erasure.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from flowengine.store.pages import Page, read_cursor, write_cursor
from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction

COMMAND = "command"
"""The actor of what is done at a terminal."""


class Change(Struct, frozen=True):
    """One change. `actor`: `user:ID`, `key:ID` or `command`. `kind`: the table.

    `key`: of its row, its parts joined by a space. `was`, `became`: the columns that differ, by
    name; a sealed one is there without its value (null).
    """

    id: UUID
    at: datetime
    actor: str
    kind: str
    key: str
    action: str
    was: dict[str, Any]
    became: dict[str, Any]


class Sought(Struct, frozen=True):
    """Which changes are meant; empty means any."""

    kind: str = ""
    key: str = ""
    actor: str = ""


class WentLive(Struct, frozen=True):
    """A version of a flow began to answer, for the first time or again. `actor`: as in `Change`."""

    at: datetime
    actor: str
    version: int


def user_actor(user: UUID) -> str:
    """How the log names a person."""
    return f"user:{user}"


def key_actor(key: UUID) -> str:
    """How the log names a program's key."""
    return f"key:{key}"


async def act_as(transaction: Transaction, actor: str) -> None:
    """What this transaction changes from here on was done by `actor`: for a worker's."""
    await transaction.run("SELECT set_config('app.actor', $1, true)", actor)


async def note(
    transaction: Transaction,
    kind: str,
    key: str,
    action: Literal[
        "changed",
        "removed",
        "erased",
        "merged",
        "signed_in",
        "password",
        "came",
        "left",
        "withdrawn",
    ],
    became: dict[str, Any] | None = None,
    was: dict[str, Any] | None = None,
) -> None:
    """Write down what an actor did that no row shows; silent where the transaction has none."""
    await transaction.run(
        """
        INSERT INTO audit (tenant_id, actor, kind, key, action, became, was)
        SELECT $1, current_setting('app.actor', true), $2, $3, $4, $5, $6
        WHERE coalesce(current_setting('app.actor', true), '') <> ''
        """,
        transaction.tenant,
        kind,
        key,
        action,
        became or {},
        was or {},
    )


async def changes(
    transaction: Transaction, sought: Sought, *, cursor: str | None = None, limit: int = 50
) -> Page[Change]:
    """The newest first."""
    after = read_cursor(cursor)
    rows = await transaction.rows(
        """
        SELECT id, at, actor, kind, key, action, was, became FROM audit
        WHERE tenant_id = $1 AND ($2 = '' OR kind = $2) AND ($3 = '' OR key = $3)
            AND ($4 = '' OR actor = $4)
            AND ($5::timestamptz IS NULL OR (at, id) < ($5::timestamptz, $6::uuid))
        ORDER BY at DESC, id DESC LIMIT $7
        """,
        transaction.tenant,
        sought.kind,
        sought.key,
        sought.actor,
        after.at if after else None,
        after.id if after else None,
        limit + 1,
    )
    found = read_all(Change, rows[:limit])
    last = found[-1] if found else None
    more = write_cursor(last.at, last.id) if last and len(rows) > limit else None
    return Page(found, more)


async def went_live(transaction: Transaction, key: str, limit: int = 500) -> tuple[WentLive, ...]:
    """Which versions of a flow began to answer, the newest first; as far back as the log goes."""
    rows = await transaction.rows(
        """
        SELECT at, actor, (became ->> 'published')::int AS version FROM audit
        WHERE tenant_id = $1 AND kind = 'flows' AND key = $2 AND became ->> 'published' IS NOT NULL
        ORDER BY at DESC, id DESC LIMIT $3
        """,
        transaction.tenant,
        key,
        limit,
    )
    return tuple(read_all(WentLive, rows))
