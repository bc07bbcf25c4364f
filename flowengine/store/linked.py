"""Linked devices: what a channel that a phone has paired lives by, durable and sealed.

One process at a time holds a device (`Holding`: an advisory lock, which ends with its connection),
and each holder has a name of its own in the row: what one before it still wants to write is
refused. Two at once would ruin the keys. All of it is a worker's, but for `is_linked`.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store.rows import must_touch, read_all
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault

CREDENTIALS = "creds"
"""The key without which a device is not linked: all others hang on it."""


class Device(Struct, frozen=True):
    """A channel that connects as a device. `linked`: a phone has paired it. `halted`: why it must
    not connect by itself."""

    tenant_id: UUID
    channel_id: UUID
    linked: bool
    halted: str = ""


async def devices(transaction: Transaction, kind: str) -> tuple[Device, ...]:
    """Every channel of this kind in all workspaces, whether a phone has paired it or not."""
    rows = await transaction.rows(
        """
        SELECT c.tenant_id, c.id AS channel_id, coalesce(d.halted, '') AS halted,
            EXISTS (SELECT FROM device_keys k WHERE k.tenant_id = c.tenant_id
                    AND k.channel_id = c.id AND k.key = $2) AS linked
        FROM channels c LEFT JOIN linked_devices d
            ON d.tenant_id = c.tenant_id AND d.channel_id = c.id
        WHERE c.kind = $1 AND c.state <> 'removed' ORDER BY c.id
        """,
        kind,
        CREDENTIALS,
    )
    return read_all(Device, rows)


async def hold(transaction: Transaction, channel_id: UUID, owner: str) -> None:
    """From now on only `owner` writes this device's keys.

    Raises `NotFound`, where there is no such channel.
    """
    count = await transaction.run(
        """
        INSERT INTO linked_devices (tenant_id, channel_id, owner)
        SELECT tenant_id, id, $2 FROM channels WHERE id = $1 AND state <> 'removed'
        ON CONFLICT (channel_id) DO UPDATE SET owner = $2, used_at = clock_timestamp()
        """,
        channel_id,
        owner,
    )
    must_touch(count, "such channel")


async def let_go(transaction: Transaction, channel_id: UUID, owner: str) -> bool:
    """`owner` writes no more; False where it was another's already."""
    return await _of(transaction, channel_id, owner, "owner = ''") is not None


async def keys(
    transaction: Transaction, vault: Vault, channel_id: UUID, names: Sequence[str]
) -> dict[str, bytes]:
    """Those of these keys that there are, opened. Raises `Unsealed`."""
    rows = await transaction.rows(
        """
        SELECT tenant_id, key, value FROM device_keys
        WHERE channel_id = $1 AND key = ANY($2::text[])
            AND tenant_id = (SELECT tenant_id FROM linked_devices WHERE channel_id = $1)
        """,
        channel_id,
        list(names),
    )
    return {
        row["key"]: vault.open(row["value"], place_of_key(row["tenant_id"], channel_id, row["key"]))
        for row in rows
    }


async def put_keys(
    transaction: Transaction,
    vault: Vault,
    channel_id: UUID,
    owner: str,
    put: Mapping[str, bytes | None],
) -> bool:
    """Write keys (None takes one away); False, and nothing is written, where `owner` is not it.

    The row of the device is locked first: who takes it over waits for this, or makes it False.
    """
    tenant = await _of(transaction, channel_id, owner, "used_at = clock_timestamp()")
    if tenant is None:
        return False
    written = sorted((name, value) for name, value in put.items() if value is not None)
    gone = [name for name, value in put.items() if value is None]
    if gone:
        await transaction.run(
            "DELETE FROM device_keys WHERE tenant_id = $1 AND channel_id = $2"
            " AND key = ANY($3::text[])",
            tenant,
            channel_id,
            gone,
        )
    if written:
        await transaction.run(
            """
            INSERT INTO device_keys (tenant_id, channel_id, key, value)
            SELECT $1, $2, k, v FROM unnest($3::text[], $4::bytea[]) AS w (k, v)
            ON CONFLICT (tenant_id, channel_id, key) DO UPDATE
                SET value = excluded.value, at = clock_timestamp()
            """,
            tenant,
            channel_id,
            [name for name, _ in written],
            [vault.seal(value, place_of_key(tenant, channel_id, name)) for name, value in written],
        )
    return True


async def wipe(
    transaction: Transaction, channel_id: UUID, owner: str, *, whole: bool = False
) -> bool:
    """Forget the account: it has to be paired again. False where `owner` is not its holder.

    What it heard and has not told yet stays, and what it sent, but for `whole`.
    """
    tenant = await _of(transaction, channel_id, owner, "used_at = clock_timestamp()")
    if tenant is None:
        return False
    await transaction.run(
        """
        DELETE FROM device_keys WHERE tenant_id = $1 AND channel_id = $2
            AND ($3 OR NOT (key = 'seq' OR key ~ '^(spool|sent|media):'))
        """,
        tenant,
        channel_id,
        whole,
    )
    return True


async def forget(transaction: Transaction, channel_id: UUID) -> None:
    """The device goes with all its keys, whoever holds it."""
    await transaction.run("DELETE FROM linked_devices WHERE channel_id = $1", channel_id)


async def halt(transaction: Transaction, channel_id: UUID, why: str) -> None:
    """Do not connect by itself any more; "" takes that back."""
    await transaction.run(
        "UPDATE linked_devices SET halted = $2 WHERE channel_id = $1 AND halted <> $2",
        channel_id,
        why,
    )


async def touch(transaction: Transaction, channels: Sequence[UUID]) -> None:
    """They are in use: a device that nobody used for 30 days is forgotten (`cleaning.py`)."""
    await transaction.run(
        "UPDATE linked_devices SET used_at = clock_timestamp() WHERE channel_id = ANY($1::uuid[])",
        list(channels),
    )


async def forget_keys_of(transaction: Transaction, identities: Sequence[Identity]) -> int:
    """Take away what devices keep of a person (their names hold a phone number or a LID)."""
    digits = [each.value.removeprefix("+") for each in identities if each.kind in ("phone", "lid")]
    digits = [each for each in digits if each.isascii() and each.isdigit()]
    if not digits:
        return 0
    return await transaction.run(
        "DELETE FROM device_keys WHERE tenant_id = $1 AND key ~ $2",
        transaction.tenant,
        f"(^|[^0-9])({'|'.join(digits)})([^0-9]|$)",
    )


async def _of(transaction: Transaction, channel_id: UUID, owner: str, change: str) -> UUID | None:
    """Change the row of a device that `owner` holds; its tenant, None where it holds it not."""
    found: UUID | None = await transaction.value(
        f"UPDATE linked_devices SET {change} WHERE channel_id = $1 AND owner = $2 AND owner <> ''"
        " RETURNING tenant_id",
        channel_id,
        owner,
    )
    return found


def place_of_key(tenant_id: UUID, channel_id: UUID, key: str) -> str:
    """What a key's value is bound to."""
    return f"device/{tenant_id}/{channel_id}/{key}"


class Holding:
    """The devices that this process holds, on one connection of its own as `flow_worker`.

    It has to be the database's own connection: a pooler that shares sessions loses the locks. When
    the connection ends all locks are gone, and `alive` says so.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None
        self._held: set[UUID] = set()
        self._turn = asyncio.Lock()

    async def take(self, channel_id: UUID) -> bool:
        """Whether it is ours now, or was before."""
        async with self._turn:
            connection = await self._open()
            if channel_id in self._held:
                return True
            if not await connection.fetchval(
                "SELECT pg_try_advisory_lock($1)", lock_of(channel_id)
            ):
                return False
            self._held.add(channel_id)
            return True

    async def give(self, channel_id: UUID) -> None:
        """Others may have it."""
        async with self._turn:
            if channel_id not in self._held:
                return
            self._held.discard(channel_id)
            connection = await self._open()
            await connection.execute("SELECT pg_advisory_unlock($1)", lock_of(channel_id))

    async def alive(self) -> frozenset[UUID]:
        """What is held still, asked of the database. Empty after the connection was lost."""
        async with self._turn:
            connection = await self._open()
            await connection.fetchval("SELECT 1")
            return frozenset(self._held)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        self._held.clear()

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._held.clear()
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=5,
                command_timeout=10,
                server_settings={"application_name": "flowengine devices", "timezone": "UTC"},
            )
        return self._connection


def lock_of(channel_id: UUID) -> int:
    """The number of a device's advisory lock."""
    raw = hashlib.sha256(b"linked device" + channel_id.bytes).digest()[:8]
    return int.from_bytes(raw, "big", signed=True)
