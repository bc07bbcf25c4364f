"""Scheduled starts: flows that will begin by themselves, at a time, for one contact.

They wait in a table of their own and are fed to the inbox when they are due. Changing one is
conditional on its version: once it has begun, the answer is `AlreadyGone`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.errors import AlreadyGone
from flowengine.store.ids import new_id
from flowengine.store.rows import read, read_all, read_found
from flowengine.store.transaction import Transaction

_COLUMNS = """
id, tenant_id, contact_id, channel_id, flow, key, due_at, local_time, zone, purpose, args, version,
state, effect_id, created_at, settled_at
"""


class NewStart(Struct, frozen=True):
    """What is to begin. `args`: JSON of its inputs. `local_time` and `zone`: what was asked for.

    `key`: with one, it replaces what waits for the same contact, flow and key. `effect_id`: of the
    effect that wants it, which counts once.
    """

    contact_id: UUID
    channel_id: UUID
    flow: str
    due_at: datetime
    args: bytes = b"{}"
    key: str = ""
    purpose: str = ""
    local_time: str = ""
    zone: str = ""
    effect_id: str | None = None


class Start(Struct, frozen=True):
    """A scheduled start. `state`: waiting, begun, cancelled or skipped."""

    id: UUID
    tenant_id: UUID
    contact_id: UUID
    channel_id: UUID
    flow: str
    key: str
    due_at: datetime
    local_time: str
    zone: str
    purpose: str
    args: bytes
    version: int
    state: str
    created_at: datetime
    effect_id: str | None = None
    settled_at: datetime | None = None


async def put_start(transaction: Transaction, new: NewStart) -> Start:
    """Schedule a start, in the place of one with the same key that still waits.

    An `effect_id` that was scheduled already changes nothing and gives what it made.
    """
    if new.effect_id is not None:
        row = await transaction.row(
            f"SELECT {_COLUMNS} FROM scheduled_starts WHERE effect_id = $1", new.effect_id
        )
        if row is not None:
            return read(Start, row)
    row = await transaction.row(
        f"""
        INSERT INTO scheduled_starts AS s (id, tenant_id, contact_id, channel_id, flow, key, due_at,
            local_time, zone, purpose, args, effect_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (tenant_id, contact_id, flow, key) WHERE state = 'waiting' AND key <> ''
        DO UPDATE SET channel_id = excluded.channel_id, due_at = excluded.due_at,
            local_time = excluded.local_time, zone = excluded.zone, purpose = excluded.purpose,
            args = excluded.args, effect_id = excluded.effect_id, version = s.version + 1
        RETURNING {_COLUMNS}
        """,
        new_id(),
        transaction.tenant,
        new.contact_id,
        new.channel_id,
        new.flow,
        new.key,
        new.due_at,
        new.local_time,
        new.zone,
        new.purpose,
        new.args,
        new.effect_id,
    )
    return read_found(Start, row, "new start")


async def cancel_starts(
    transaction: Transaction, contact_id: UUID, key: str, flow: str = ""
) -> int:
    """Drop what waits under a key (of one flow, or of any); how many there were."""
    return await transaction.run(
        """
        UPDATE scheduled_starts SET state = 'cancelled', settled_at = now(), version = version + 1
        WHERE tenant_id = $1 AND contact_id = $2 AND key = $3 AND state = 'waiting'
            AND ($4 = '' OR flow = $4)
        """,
        transaction.tenant,
        contact_id,
        key,
        flow,
    )


async def starts(
    transaction: Transaction,
    *,
    contact_id: UUID | None = None,
    state: str = "waiting",
    limit: int = 100,
) -> tuple[Start, ...]:
    """The workspace's scheduled starts, the next first."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM scheduled_starts
        WHERE tenant_id = $1 AND ($2::uuid IS NULL OR contact_id = $2) AND state = $3
        ORDER BY due_at, id LIMIT $4
        """,
        transaction.tenant,
        contact_id,
        state,
        limit,
    )
    return read_all(Start, rows)


async def change_start(
    transaction: Transaction,
    start_id: UUID,
    version: int,
    *,
    due_at: datetime | None = None,
    local_time: str | None = None,
    zone: str | None = None,
    args: bytes | None = None,
    cancel: bool = False,
) -> Start:
    """Change or cancel one that is still as it was read. Raises `NotFound`, `AlreadyGone`."""
    row = await transaction.row(
        f"""
        UPDATE scheduled_starts SET due_at = coalesce($4, due_at),
            local_time = coalesce($5, local_time), zone = coalesce($6, zone),
            args = coalesce($7, args), version = version + 1,
            state = CASE WHEN $8 THEN 'cancelled' ELSE state END,
            settled_at = CASE WHEN $8 THEN now() END
        WHERE tenant_id = $1 AND id = $2 AND version = $3 AND state = 'waiting'
        RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        start_id,
        version,
        due_at,
        local_time,
        zone,
        args,
        cancel,
    )
    if row is not None:
        return read(Start, row)
    found = await transaction.row(
        f"SELECT {_COLUMNS} FROM scheduled_starts WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        start_id,
    )
    state = read_found(Start, found, "such start").state
    raise AlreadyGone("it was changed since" if state == "waiting" else f"it is {state}")


async def due_starts(
    transaction: Transaction, limit: int = 100, without: Collection[UUID] = ()
) -> tuple[Start, ...]:
    """Those that are due, the longest due first, in all workspaces but those of `without`.

    Not locked: a turn locks its conversation before a start, so lock theirs, then `settle_starts`.
    """
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM scheduled_starts
        WHERE state = 'waiting' AND due_at <= now() AND NOT tenant_id = ANY($2::uuid[])
        ORDER BY due_at LIMIT $1
        """,
        limit,
        list(without),
    )
    return read_all(Start, rows)


async def next_start_at(transaction: Transaction) -> datetime | None:
    """When the next one is due, in any workspace; None where none waits."""
    at: datetime | None = await transaction.value(
        """
        SELECT due_at FROM scheduled_starts WHERE state = 'waiting' ORDER BY due_at LIMIT 1
        """
    )
    return at


async def settle_starts(
    transaction: Transaction, start_ids: Sequence[UUID], state: str = "begun"
) -> tuple[Start, ...]:
    """They have begun (or were skipped): those that were still waiting, as they are now.

    In the transaction that feeds them to the inbox, under their conversations' locks.
    """
    rows = await transaction.rows(
        f"""
        UPDATE scheduled_starts SET state = $2, settled_at = now(), version = version + 1
        WHERE id = ANY($1::uuid[]) AND state = 'waiting' RETURNING {_COLUMNS}
        """,
        list(start_ids),
        state,
    )
    return read_all(Start, rows)
