"""Constants: values that all flows of a workspace can read as `const.NAME`."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.store.rows import must_touch
from flowengine.store.transaction import Transaction

_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Constant(Struct, frozen=True):
    """`value`: any JSON; fractions are Decimal."""

    key: str
    value: Any


async def constants(transaction: Transaction) -> tuple[Constant, ...]:
    """The workspace's constants, by key."""
    rows = await transaction.rows(
        "SELECT key, value FROM constants WHERE tenant_id = $1 ORDER BY key", transaction.tenant
    )
    return tuple(Constant(row["key"], _decode(row["value"])) for row in rows)


async def put_constant(transaction: Transaction, key: str, value: Any) -> None:
    """Make a constant, or change it; it holds from the next turn on."""
    await transaction.run(
        """
        INSERT INTO constants (tenant_id, key, value) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value, updated_at = now()
        """,
        transaction.tenant,
        key,
        _encode(value),
    )


async def remove_constant(transaction: Transaction, key: str) -> None:
    """Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM constants WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"constant {key}")
