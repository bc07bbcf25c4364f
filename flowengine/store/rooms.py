"""Where an event belongs: the conversation of its sender on its channel, found or made.

Most senders are known; finding theirs is one statement, however many, and needs no lock. Who is new
is looked for again under the locks of their ids.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Identity, Sender
from flowengine.store.identities import Seen, lock_identities, resolve_all
from flowengine.store.ids import new_id
from flowengine.store.rows import plain
from flowengine.store.transaction import Transaction


class Caller(Struct, frozen=True):
    """Somebody who wrote to a channel."""

    tenant: UUID
    channel: UUID
    sender: Sender


class Place(Struct, frozen=True):
    """Where an event belongs. `made`: the contact was never seen before."""

    contact: UUID
    conversation: UUID
    made: bool = False


async def find_places(
    transaction: Transaction, callers: Sequence[Caller]
) -> dict[Caller, Place | None]:
    """The place of each; None where anything of it is new and has to be written. One statement."""
    asked = [(number, caller, i) for number, caller in enumerate(callers) for i in _ids(caller)]
    rows = await transaction.rows(
        """
        SELECT s.caller, i.contact_id, c.id AS conversation_id, p.name = '' AS nameless
        FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
            AS s (caller, tenant_id, channel_id, kind, scope, value)
        JOIN identities i USING (tenant_id, kind, scope, value)
        JOIN contacts p ON p.tenant_id = i.tenant_id AND p.id = i.contact_id
        JOIN conversations c ON c.channel_id = s.channel_id AND c.contact_id = i.contact_id
        """,
        [number for number, _, _ in asked],
        [caller.tenant for _, caller, _ in asked],
        [caller.channel for _, caller, _ in asked],
        [identity.kind for _, _, identity in asked],
        [plain(identity.scope) for _, _, identity in asked],
        [plain(identity.value) for _, _, identity in asked],
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row["caller"], []).append(row)
    return {each: _place(each, found.get(n, [])) for n, each in enumerate(callers)}


def _ids(caller: Caller) -> Sequence[Identity]:
    return list(dict.fromkeys(caller.sender.identities))


def _place(caller: Caller, rows: Sequence[Any]) -> Place | None:
    """Known only where every id leads to the same contact, and its name needs no writing."""
    if len(rows) != len(_ids(caller)) or len({row["contact_id"] for row in rows}) != 1:
        return None
    if rows[0]["nameless"] and caller.sender.name:
        return None
    return Place(rows[0]["contact_id"], rows[0]["conversation_id"])


async def lock_callers(transaction: Transaction, callers: Sequence[Caller]) -> None:
    """Nobody else finds or makes these people until the transaction ends."""
    await lock_identities(transaction, [_seen(caller) for caller in callers])


async def make_places(transaction: Transaction, callers: Sequence[Caller]) -> dict[Caller, Place]:
    """The place of each, found or made, under `lock_callers`."""
    if not callers:
        return {}
    seen = [_seen(caller) for caller in callers]
    unique = list(dict.fromkeys(seen))
    found = dict(zip(unique, await resolve_all(transaction, unique, locked=True), strict=True))
    people = [found[each] for each in seen]
    wanted = [(c.tenant, c.channel, p.contact_id) for c, p in zip(callers, people, strict=True)]
    new = {each.contact_id for each in people if each.made}
    rooms = await conversations_of(transaction, wanted, new)
    return {
        caller: Place(p.contact_id, rooms[caller.channel, p.contact_id], p.made)
        for caller, p in zip(callers, people, strict=True)
    }


async def conversations_of(
    transaction: Transaction,
    wanted: Sequence[tuple[UUID, UUID, UUID]],
    new: set[UUID] | frozenset[UUID] = frozenset(),
) -> dict[tuple[UUID, UUID], UUID]:
    """Conversations by (channel, contact) for `wanted` (tenant, channel, contact); made if new.

    `new`: contacts that this very transaction has made: nobody else can have made theirs.
    """
    known = [each for each in wanted if each[2] not in new]
    found = await _find(transaction, known)
    missing = sorted({each for each in wanted if each[1:] not in found})
    if not missing:
        return found
    made = [(new_id(), *each) for each in missing]
    await transaction.run(
        """
        INSERT INTO conversations (id, tenant_id, channel_id, contact_id)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])
            AS n (id, tenant_id, channel_id, contact_id)
        ORDER BY channel_id, contact_id ON CONFLICT (channel_id, contact_id) DO NOTHING
        """,
        *(list(column) for column in zip(*made, strict=True)),
    )
    found |= {(channel, contact): id for id, _, channel, contact in made if contact in new}
    # A later statement, so that it sees the row that somebody else made meanwhile.
    return found | await _find(transaction, [each for each in known if each[1:] not in found])


async def _find(
    transaction: Transaction, wanted: Sequence[tuple[UUID, UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    if not wanted:
        return {}
    rows = await transaction.rows(
        """
        SELECT c.channel_id, c.contact_id, c.id
        FROM unnest($1::uuid[], $2::uuid[]) AS w (channel_id, contact_id)
        JOIN conversations c ON c.channel_id = w.channel_id AND c.contact_id = w.contact_id
        """,
        [channel for _, channel, _ in wanted],
        [contact for _, _, contact in wanted],
    )
    return {(row["channel_id"], row["contact_id"]): row["id"] for row in rows}


def _seen(caller: Caller) -> Seen:
    return Seen(caller.tenant, caller.sender.identities, caller.sender.name.replace("\x00", ""))
