"""Subscriptions: addresses of other systems that are told of what flows notify.

A `Tell` becomes one call for each subscription to its name, in the transaction of the turn that
tells. Its secret, which signs what is sent, is sealed: the web writes it, only a worker opens it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.messages import Refused, Tell
from flowengine.state import encode
from flowengine.store.calls import Call
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound
from flowengine.store.ids import new_id
from flowengine.store.rows import must_touch, read_all
from flowengine.store.vault import Vault

EVERYTHING = "*"
"""The name that subscribes to all."""

KIND = "tell"

_COLUMNS = "id, url, names, state, created_at"


class Subscription(Struct, frozen=True):
    """An address and the names that it wants to hear of. `state`: active or paused."""

    id: UUID
    url: str
    names: tuple[str, ...]
    state: str
    created_at: datetime


class Notice(Struct, frozen=True):
    """What a subscription is told, as a dead letter keeps it."""

    subscription: UUID
    tell: Tell


async def subscribe(
    transaction: Transaction, vault: Vault, url: str, names: Sequence[str], secret: str
) -> Subscription:
    """Tell an address of these names from now on."""
    id = new_id()
    row = await transaction.row(
        f"""
        INSERT INTO subscriptions (tenant_id, id, url, names, secret) VALUES ($1, $2, $3, $4, $5)
        RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        id,
        url,
        list(names),
        vault.seal(secret.encode(), _place(id)),
    )
    return read_all(Subscription, [row] if row else [])[0]


async def subscriptions(transaction: Transaction) -> tuple[Subscription, ...]:
    """The workspace's, the oldest first."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 ORDER BY id", transaction.tenant
    )
    return read_all(Subscription, rows)


async def unsubscribe(transaction: Transaction, id: UUID) -> None:
    """Tell it nothing more. Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2", transaction.tenant, id
    )
    must_touch(count, "such subscription")


async def reveal_subscription(transaction: Transaction, vault: Vault, id: UUID) -> tuple[str, str]:
    """Address and secret: a worker's transaction. Raises `NotFound`, `Unsealed`."""
    row = await transaction.row(
        "SELECT url, secret FROM subscriptions WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        id,
    )
    if row is None:
        raise NotFound("there is no such subscription")
    return row["url"], vault.open(row["secret"], _place(id)).decode()


def _place(id: UUID) -> str:
    return f"subscription/{id}"


# --- Calls of this kind -----------------------------------------------------------------------


async def write_tells(transaction: Transaction, tells: Sequence[tuple[UUID, Tell]]) -> None:
    """A call for each subscription to each of `tells` (with their conversations)."""
    if not tells:
        return
    await transaction.run(
        """
        INSERT INTO calls (id, effect_id, tenant_id, conversation_id, kind, effect, next_at,
            created_at)
        SELECT gen_random_uuid(), t.effect_id || '@' || s.id, c.tenant_id, c.id, $5, t.effect,
            clock_timestamp(), clock_timestamp()
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
            AS t (conversation_id, effect_id, name, effect)
        JOIN conversations c ON c.id = t.conversation_id
        JOIN subscriptions s ON s.tenant_id = c.tenant_id AND s.state = 'active'
            AND s.names && ARRAY[t.name, $6]
        ON CONFLICT (effect_id) DO NOTHING
        """,
        [conversation for conversation, _ in tells],
        [tell.id for _, tell in tells],
        [tell.name for _, tell in tells],
        [encode(tell) for _, tell in tells],
        KIND,
        EVERYTHING,
    )


def notice_of(call: Call) -> Notice:
    """What a call of this kind says, and to whom."""
    if call.effect_id.startswith("again:"):
        return msgspec.json.decode(call.effect, type=Notice)
    subscription = UUID(call.effect_id.rpartition("@")[2])
    return Notice(subscription, msgspec.json.decode(call.effect, type=Tell))


def channel_of(notice: Notice) -> UUID | None:
    """The channel that a notice is about which no conversation told (`channel_health`)."""
    try:
        return msgspec.convert(notice.tell.data, _About).channel
    except msgspec.ValidationError:
        return None


class _About(Struct, frozen=True):
    channel: UUID


async def end_tell(transaction: Transaction, call: Call, refused: Refused | None = None) -> None:
    """It was told, or (`refused`) it never will be: then it lies among the dead letters."""
    gone: Any = await transaction.value("DELETE FROM calls WHERE id = $1 RETURNING id", call.id)
    if gone is None or refused is None:
        return
    notice = notice_of(call)
    await transaction.run(
        """
        INSERT INTO dead_letters (message_id, tenant_id, conversation_id, channel_id, kind, effect,
            reason, refused, attempts)
        SELECT $1, $8, $2, coalesce(c.channel_id, $9), $3, $4, $5, $6, $7
        FROM (SELECT) one LEFT JOIN conversations c ON c.id = $2
        WHERE coalesce(c.channel_id, $9) IS NOT NULL
        ON CONFLICT (message_id) DO UPDATE
        SET reason = excluded.reason, refused = excluded.refused, attempts = excluded.attempts,
            at = excluded.at, settled_at = NULL, settled_how = ''
        """,
        call.id,
        call.conversation,
        KIND,
        encode(notice),
        refused.reason,
        encode(refused),
        call.attempt,
        call.tenant,
        channel_of(notice),
    )
