"""Who wrote: from the ids that a provider knows people by to one contact of ours.

An event's ids are locked by advisory locks on their sorted hashes before anything else, so that
two deliveries about a new person make one contact, and no two batches wait for each other in a
circle. Ids that lead to two contacts are flagged on both, never merged by themselves; so are two
contacts whose numbers differ in how they are written only (`phones.py`).
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store.ids import new_id
from flowengine.store.phones import other_form
from flowengine.store.rows import plain
from flowengine.store.transaction import Transaction

RANKS = ("bsuid", "phone", "lid", "parent_bsuid", "simulator")
"""Which id decides where several are known (WHATSAPP.md §A.11: BSUID, then phone)."""

_Key = tuple[UUID, str, str, str]


class Seen(Struct, frozen=True):
    """Somebody that an event is about, with every id that it tells; `name` where it tells one."""

    tenant_id: UUID
    identities: tuple[Identity, ...]
    name: str = ""


class Resolved(Struct, frozen=True):
    """The contact. `made`: not known until now. `conflict`: others who have such ids too."""

    contact_id: UUID
    made: bool = False
    conflict: tuple[UUID, ...] = ()


async def resolve(transaction: Transaction, seen: Seen) -> Resolved:
    """`resolve_all` for one."""
    return (await resolve_all(transaction, [seen]))[0]


async def resolve_all(
    transaction: Transaction, seen: Sequence[Seen], locked: bool = False
) -> list[Resolved]:
    """Find or make the contact of each, before any conversation is locked.

    Ids that were not known are added to the contact; a name and a phone are written only where
    there is none. In the transaction that also locks conversations it may, rarely, deadlock with a
    turn that changes the same contact: retry it, or resolve in a transaction of its own before.
    Cost: two statements where nothing is new, however many. `locked`: the caller has done so.
    """
    if not locked:
        await lock_identities(transaction, seen)
    known, nameless = await _known(transaction, seen)
    batch = _Batch(known, nameless)
    resolved = [batch.resolve(each) for each in seen]
    await batch.write(transaction)
    return resolved


async def known_contacts(transaction: Transaction, seen: Seen) -> tuple[UUID, ...]:
    """The contacts that these ids lead to, as they are; more than one is a doubt."""
    known, _ = await _known(transaction, [seen])
    own = {_key(seen.tenant_id, identity) for identity in seen.identities}
    return tuple(dict.fromkeys(contact for key, contact in known.items() if key in own))


async def lock_identities(transaction: Transaction, seen: Sequence[Seen]) -> None:
    """Nobody else resolves these ids until the transaction ends."""
    locks = sorted({_lock(_key(each.tenant_id, i)) for each in seen for i in each.identities})
    await transaction.run(
        "SELECT pg_advisory_xact_lock(l) FROM unnest($1::bigint[]) WITH ORDINALITY AS u (l, n)",
        locks,
    )


class _Batch:
    """What a batch finds out, and what it has to write."""

    def __init__(self, known: dict[_Key, UUID], nameless: set[UUID]) -> None:
        self.known = known
        self.nameless = nameless
        self.names: dict[UUID, str] = {}
        self.contacts: list[tuple[UUID, UUID, str, str | None]] = []
        self.identities: list[tuple[_Key, UUID]] = []
        self.conflicts: set[UUID] = set()

    def resolve(self, seen: Seen) -> Resolved:
        keys = [_key(seen.tenant_id, identity) for identity in seen.identities]
        if not keys:
            raise ValueError("nobody can be found without any id")
        ranked = sorted(keys, key=lambda key: RANKS.index(key[1]) if key[1] in RANKS else 99)
        found = [self.known[key] for key in ranked if key in self.known]
        # Another way of writing the number finds people too, but decides nothing against an id.
        found += [self.known[key] for key in map(_other, ranked) if key in self.known]
        contact = found[0] if found else self._make(seen, ranked)
        for key in keys:
            if key not in self.known:
                self.known[key] = contact
                self.identities.append((key, contact))
        others = tuple(dict.fromkeys(other for other in found if other != contact))
        if contact in self.nameless and seen.name:
            self.names.setdefault(contact, plain(seen.name))
        if others:
            self.conflicts.update((contact, *others))
        return Resolved(contact, made=not found, conflict=others)

    def _make(self, seen: Seen, keys: list[_Key]) -> UUID:
        contact = new_id()
        phone = next((value for _, kind, _, value in keys if kind == "phone"), None)
        self.contacts.append((seen.tenant_id, contact, plain(seen.name), phone))
        return contact

    async def write(self, transaction: Transaction) -> None:
        made = {contact for _, contact, _, _ in self.contacts}
        if made:
            await self._write_new(
                transaction, [each for each in self.identities if each[1] in made]
            )
        learnt = [each for each in self.identities if each[1] not in made]
        if learnt:
            await self._write_identities(transaction, learnt)
        if self.names:
            await transaction.run(
                """
                UPDATE contacts c SET name = n.name, updated_at = now()
                FROM unnest($1::uuid[], $2::text[]) AS n (id, name)
                WHERE c.id = n.id AND c.name = ''
                """,
                list(self.names),
                list(self.names.values()),
            )
        if self.conflicts:
            await transaction.run(
                """
                UPDATE contacts SET conflict = true, updated_at = now() WHERE id IN (
                    SELECT id FROM contacts WHERE id = ANY($1::uuid[]) AND NOT conflict
                    ORDER BY id FOR NO KEY UPDATE)
                """,
                list(self.conflicts),
            )

    async def _write_new(
        self, transaction: Transaction, identities: Sequence[tuple[_Key, UUID]]
    ) -> None:
        await transaction.run(
            """
            WITH new AS (
                INSERT INTO contacts (tenant_id, id, name, phone)
                SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
            )
            INSERT INTO identities (tenant_id, kind, scope, value, contact_id)
            SELECT * FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[])
            """,
            *(list(column) for column in zip(*self.contacts, strict=True)),
            *_columns(identities),
        )

    async def _write_identities(
        self, transaction: Transaction, learnt: Sequence[tuple[_Key, UUID]]
    ) -> None:
        await transaction.run(
            """
            WITH new AS (
                INSERT INTO identities (tenant_id, kind, scope, value, contact_id)
                SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
                RETURNING tenant_id, kind, value, contact_id
            )
            UPDATE contacts c SET phone = new.value, updated_at = now()
            FROM new
            WHERE c.tenant_id = new.tenant_id AND c.id = new.contact_id
                AND new.kind = 'phone' AND c.phone IS NULL
            """,
            *_columns(learnt),
        )


def _columns(identities: Sequence[tuple[_Key, UUID]]) -> tuple[list[object], ...]:
    keys = [key for key, _ in identities]
    contacts: list[object] = [contact for _, contact in identities]
    return (*([key[place] for key in keys] for place in range(4)), contacts)


async def _known(
    transaction: Transaction, seen: Sequence[Seen]
) -> tuple[dict[_Key, UUID], set[UUID]]:
    own = {_key(each.tenant_id, i) for each in seen for i in each.identities}
    keys = list(own | set(map(_other, own)))
    rows = await transaction.rows(
        """
        SELECT i.tenant_id, i.kind, i.scope, i.value, i.contact_id, c.name = '' AS nameless
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
            AS s (tenant_id, kind, scope, value)
        JOIN identities i USING (tenant_id, kind, scope, value)
        JOIN contacts c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        [key[3] for key in keys],
    )
    known = {
        (row["tenant_id"], row["kind"], row["scope"], row["value"]): row["contact_id"]
        for row in rows
    }
    return known, {row["contact_id"] for row in rows if row["nameless"]}


def _key(tenant_id: UUID, identity: Identity) -> _Key:
    return (tenant_id, identity.kind, plain(identity.scope), plain(identity.value))


def _other(key: _Key) -> _Key:
    """The same number in its other form; the key itself where it has none."""
    other = other_form(key[3]) if key[1] == "phone" else ""
    return (*key[:3], other) if other else key


def _lock(key: _Key) -> int:
    # Both forms of a number share a lock: two deliveries about a new person may write it apart.
    text = "\x1f".join((str(key[0]), *min(key, _other(key))[1:]))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)
