"""The sites whose pages may ask the API of a workspace."""

from collections.abc import Sequence

from flowengine.store.transaction import Transaction


async def allowed_origins(transaction: Transaction) -> tuple[str, ...]:
    """Of the workspace, as they were entered."""
    found: list[str] = await transaction.value(
        "SELECT allowed_origins FROM tenants WHERE id = $1", transaction.tenant
    )
    return tuple(found)


async def set_allowed_origins(transaction: Transaction, origins: Sequence[str]) -> None:
    """All of them, in the place of those before."""
    await transaction.run(
        "UPDATE tenants SET allowed_origins = $2 WHERE id = $1", transaction.tenant, list(origins)
    )


async def is_allowed(transaction: Transaction, origin: str) -> bool:
    """Whether the transaction's workspace lists it."""
    found: bool = await transaction.value(
        "SELECT EXISTS (SELECT FROM tenants WHERE id = $1 AND allowed_origins @> ARRAY[$2::text])",
        transaction.tenant,
        origin,
    )
    return found


async def is_known(transaction: Transaction, origin: str) -> bool:
    """Whether any workspace lists it: a worker's transaction."""
    found: bool = await transaction.value(
        "SELECT EXISTS (SELECT FROM tenants WHERE allowed_origins @> ARRAY[$1::text])", origin
    )
    return found
