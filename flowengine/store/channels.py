"""Channels: the connected numbers, and which flows answer on them.

A channel's settings hold its tokens: they are sealed, the web can write but never read them, and
only a worker's transaction opens them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.store.errors import NotFound, Taken
from flowengine.store.ids import new_id
from flowengine.store.rows import must_touch, read, read_all, read_found
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault

_COLUMNS = (
    "id, tenant_id, kind, name, address, state, trouble, next_send_at, rate, created_at, updated_at"
)


class Channel(Struct, frozen=True):
    """A connected number, without its settings.

    `kind` names the connector, `address` is its id at the provider (Cloud: phone_number_id).
    `state`: active, paused (by a person) or removed. `trouble`: why nothing leaves until
    `next_send_at`. `rate`: messages a second, null for the connector's own.
    """

    id: UUID
    tenant_id: UUID
    kind: str
    name: str
    address: str
    state: str
    trouble: str
    created_at: datetime
    updated_at: datetime
    next_send_at: datetime | None = None
    rate: float | None = None


async def add_channel(
    transaction: Transaction,
    vault: Vault,
    kind: str,
    name: str,
    address: str,
    settings: bytes,
    *,
    rate: float | None = None,
    channel_id: UUID | None = None,
) -> Channel:
    """Connect a number; `settings` is the connector's own JSON. Raises `Taken`."""
    identifier = channel_id or new_id()
    try:
        row = await transaction.row(
            f"""
            INSERT INTO channels (tenant_id, id, kind, name, address, settings, rate)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
            """,
            transaction.tenant,
            identifier,
            kind,
            name,
            address,
            vault.seal(settings, _place(transaction.tenant, identifier)),
            rate,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(f"{address} is connected already") from None
    return read_found(Channel, row, "new channel")


async def channels(transaction: Transaction) -> tuple[Channel, ...]:
    """The workspace's channels, by name; those removed left out."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM channels
        WHERE tenant_id = $1 AND state <> 'removed' ORDER BY name, id
        """,
        transaction.tenant,
    )
    return read_all(Channel, rows)


async def channel(transaction: Transaction, channel_id: UUID) -> Channel:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        f"""
        SELECT {_COLUMNS} FROM channels
        WHERE tenant_id = $1 AND id = $2 AND state <> 'removed'
        """,
        transaction.tenant,
        channel_id,
    )
    return read_found(Channel, row, "such channel")


async def change_channel(
    transaction: Transaction,
    vault: Vault,
    channel_id: UUID,
    *,
    name: str | None = None,
    address: str | None = None,
    settings: bytes | None = None,
    rate: float | None = None,
    state: str | None = None,
) -> Channel:
    """Change what is given; new settings end its trouble. `state`: active or paused.

    Raises `NotFound`, `Taken`.
    """
    if state not in (None, "active", "paused"):
        raise ValueError(f"a channel is active or paused, not {state}")
    if settings is not None:
        await _reseal(transaction, vault, channel_id, settings)
    try:
        row = await transaction.row(
            f"""
            UPDATE channels SET name = coalesce($3, name), address = coalesce($4, address),
                rate = coalesce($5, rate), state = coalesce($6, state),
                updated_at = clock_timestamp()
            WHERE tenant_id = $1 AND id = $2 AND state <> 'removed' RETURNING {_COLUMNS}
            """,
            transaction.tenant,
            channel_id,
            name,
            address,
            rate,
            state,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(f"{address} is connected already") from None
    return read_found(Channel, row, "such channel")


async def _reseal(
    transaction: Transaction, vault: Vault, channel_id: UUID, settings: bytes
) -> None:
    # A statement of its own: `coalesce($1, settings)` would read them, which the web must not.
    await transaction.run(
        """
        UPDATE channels SET settings = $3, trouble = '', next_send_at = NULL
        WHERE tenant_id = $1 AND id = $2 AND state <> 'removed'
        """,
        transaction.tenant,
        channel_id,
        vault.seal(settings, _place(transaction.tenant, channel_id)),
    )


async def remove_channel(transaction: Transaction, channel_id: UUID) -> None:
    """Disconnect a number: settings and keys are wiped, conversations stay. Raises `NotFound`."""
    count = await transaction.run(
        """
        UPDATE channels SET state = 'removed', settings = '', updated_at = clock_timestamp()
        WHERE tenant_id = $1 AND id = $2 AND state <> 'removed'
        """,
        transaction.tenant,
        channel_id,
    )
    must_touch(count, "such channel")
    for table in ("channel_flows", "linked_devices"):
        await transaction.run(
            f"DELETE FROM {table} WHERE tenant_id = $1 AND channel_id = $2",
            transaction.tenant,
            channel_id,
        )


async def bind_flows(transaction: Transaction, channel_id: UUID, flows: Sequence[str]) -> None:
    """Only these flows answer on the channel; none: all that are published."""
    await transaction.run(
        "DELETE FROM channel_flows WHERE tenant_id = $1 AND channel_id = $2",
        transaction.tenant,
        channel_id,
    )
    await transaction.run(
        """
        INSERT INTO channel_flows (tenant_id, channel_id, flow)
        SELECT DISTINCT $1::uuid, $2::uuid, f.key FROM flows f
        WHERE f.tenant_id = $1 AND f.key = ANY($3::text[])
        """,
        transaction.tenant,
        channel_id,
        list(flows),
    )
    count = await transaction.run(
        "UPDATE channels SET updated_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        channel_id,
    )
    must_touch(count, "such channel")


async def bound_flows(transaction: Transaction, channel_id: UUID) -> tuple[str, ...]:
    """The flows that the channel is bound to; empty: all that are published answer."""
    rows = await transaction.rows(
        "SELECT flow FROM channel_flows WHERE tenant_id = $1 AND channel_id = $2 ORDER BY flow",
        transaction.tenant,
        channel_id,
    )
    return tuple(row["flow"] for row in rows)


# --- For workers, in whichever workspace ------------------------------------------------------


async def channel_anywhere(transaction: Transaction, channel_id: UUID) -> Channel | None:
    """The channel that a webhook names, in whichever workspace; None where it was removed."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM channels WHERE id = $1 AND state <> 'removed'", channel_id
    )
    return None if row is None else read(Channel, row)


async def channel_settings(transaction: Transaction, vault: Vault, channel_id: UUID) -> bytes:
    """A channel's settings, opened. Raises `NotFound`, `Unsealed`."""
    row = await transaction.row(
        "SELECT tenant_id, settings FROM channels WHERE id = $1 AND state <> 'removed'", channel_id
    )
    if row is None:
        raise NotFound("there is no such channel")
    return vault.open(row["settings"], _place(row["tenant_id"], channel_id))


async def channels_changed_since(transaction: Transaction, mark: datetime) -> tuple[Channel, ...]:
    """Channels changed at `mark` or later, removed ones too; take the mark some seconds back.

    (A change that is committed late carries an earlier time.)
    """
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM channels WHERE updated_at >= $1 ORDER BY updated_at", mark
    )
    return read_all(Channel, rows)


async def suspend_channel(
    transaction: Transaction, channel_id: UUID, until: datetime, trouble: str
) -> None:
    """Nothing leaves by this channel until then; what is to be sent waits."""
    await transaction.run(
        """
        UPDATE channels SET next_send_at = $2, trouble = $3, updated_at = clock_timestamp()
        WHERE id = $1
        """,
        channel_id,
        until,
        trouble,
    )


async def revive_channel(transaction: Transaction, channel_id: UUID) -> None:
    """It works again."""
    await transaction.run(
        """
        UPDATE channels SET next_send_at = NULL, trouble = '', updated_at = clock_timestamp()
        WHERE id = $1 AND (next_send_at IS NOT NULL OR trouble <> '')
        """,
        channel_id,
    )


def _place(tenant_id: UUID, channel_id: UUID) -> str:
    return f"channel/{tenant_id}/{channel_id}"
