"""Erasure: everything of a person goes, as if they had never written (RUNTIME rule 22).

What stays says nothing about them: a tombstone for the contact, for each conversation and for each
execution, with numbers only, so that pages and `replay` can say `erased`. Locks in the order of
all: that of who counts, identities, conversations, contacts, lanes, outbox. So a turn under way is
waited for, its doings go too, and what comes from the same person a moment later begins anew as
somebody unknown.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store.errors import NotFound
from flowengine.store.flow_counts import forget_who, hold_counts
from flowengine.store.identities import Seen, lock_identities
from flowengine.store.linked import forget_keys_of
from flowengine.store.message_files import erase_files
from flowengine.store.rows import read, read_all
from flowengine.store.sends import lock_lanes
from flowengine.store.transaction import Transaction

SUBJECTS = ("contact", "conversation", "execution")


class Tombstone(Struct, frozen=True):
    """What was erased, and when. `subject`: contact, conversation or execution.

    `counters`: of a contact its conversations, messages (in, out), turns and executions; of a
    conversation the same but the first; of an execution its turns. Of a contact that had been
    merged: none, the one it was joined to has them.
    """

    subject: str
    id: UUID
    counters: dict[str, int]
    at: datetime


async def tombstone(transaction: Transaction, id: UUID) -> Tombstone | None:
    """What stands where something with this id was erased; None where nothing was."""
    row = await transaction.row(
        """
        SELECT subject, id, counters, at FROM tombstones
        WHERE tenant_id = $1 AND subject = ANY($2::text[]) AND id = $3
        """,
        transaction.tenant,
        list(SUBJECTS),
        id,
    )
    return None if row is None else read(Tombstone, row)


async def tombstones(transaction: Transaction, limit: int = 100) -> tuple[Tombstone, ...]:
    """The contacts that were erased, the last one first."""
    rows = await transaction.rows(
        """
        SELECT subject, id, counters, at FROM tombstones
        WHERE tenant_id = $1 AND subject = 'contact' AND counters <> '{}'
        ORDER BY at DESC, id LIMIT $2
        """,
        transaction.tenant,
        limit,
    )
    return read_all(Tombstone, rows)


async def erase(transaction: Transaction, contact_id: UUID) -> Tombstone:
    """Delete a contact of the transaction's workspace, with all that was merged into it.

    One that was merged stands for whom it was joined to. A worker's transaction. Raises `NotFound`.
    Cost: linear in what was said, under the locks of that person's conversations only.
    """
    joined: UUID | None = await transaction.value(
        "SELECT merged_into FROM contacts WHERE tenant_id = $1 AND id = $2",
        transaction.tenant,
        contact_id,
    )
    contact_id = joined or contact_id
    await hold_counts(transaction)
    people, known = await _lock_people(transaction, contact_id)
    rooms = await _lock_rooms(transaction, people)
    await transaction.run(
        "SELECT FROM contacts WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", people
    )
    await lock_lanes(transaction, rooms)
    found = await _bury(transaction, contact_id, rooms)
    await transaction.run(_STONES_OF_OTHERS, transaction.tenant, people)
    await forget_who(transaction, await _executions(transaction, rooms))
    for statement in _OF_ROOMS:
        await transaction.run(statement, rooms)
    await erase_files(transaction, rooms)
    for statement in _OF_PEOPLE:
        await transaction.run(statement, transaction.tenant, people)
    await forget_keys_of(transaction, known)
    return found


async def _lock_people(
    transaction: Transaction, contact_id: UUID
) -> tuple[list[UUID], tuple[Identity, ...]]:
    """Nobody finds them by their ids, and nobody makes them anew, until this is committed."""
    rows = await transaction.rows(
        "SELECT id FROM contacts WHERE tenant_id = $1 AND (id = $2 OR merged_into = $2)",
        transaction.tenant,
        contact_id,
    )
    people = [row["id"] for row in rows]
    if contact_id not in people:
        raise NotFound("there is no such contact")
    rows = await transaction.rows(
        """
        SELECT kind, value, scope FROM identities WHERE tenant_id = $1
            AND contact_id = ANY($2::uuid[])
        """,
        transaction.tenant,
        people,
    )
    known = read_all(Identity, rows)
    if known:
        await lock_identities(transaction, [Seen(transaction.tenant, known)])
    return people, known


async def _lock_rooms(transaction: Transaction, people: Sequence[UUID]) -> list[UUID]:
    rows = await transaction.rows(
        "SELECT id FROM conversations WHERE contact_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
        list(people),
    )
    return [row["id"] for row in rows]


async def _executions(transaction: Transaction, rooms: Sequence[UUID]) -> list[UUID]:
    rows = await transaction.rows(
        "SELECT id FROM executions WHERE conversation_id = ANY($1::uuid[])", list(rooms)
    )
    return [row["id"] for row in rows]


async def _bury(transaction: Transaction, contact_id: UUID, rooms: Sequence[UUID]) -> Tombstone:
    """Count what is about to go, and leave the stones."""
    await transaction.run(_STONES_OF_EXECUTIONS, transaction.tenant, list(rooms))
    await transaction.run(_STONES_OF_ROOMS, transaction.tenant, list(rooms))
    row = await transaction.row(_STONE, transaction.tenant, contact_id, list(rooms))
    if row is None:
        raise NotFound("there is no such contact")
    return read(Tombstone, row)


_STONES_OF_EXECUTIONS = """
INSERT INTO tombstones (tenant_id, subject, id, counters)
SELECT $1, 'execution', e.id, jsonb_build_object('turns', e.turns)
FROM executions e WHERE e.conversation_id = ANY($2::uuid[])
ON CONFLICT DO NOTHING
"""
_STONES_OF_ROOMS = """
INSERT INTO tombstones (tenant_id, subject, id, counters)
SELECT $1, 'conversation', r.id, jsonb_build_object(
    'in', (SELECT count(*) FROM messages m WHERE m.conversation_id = r.id AND m.direction = 'in'),
    'out', (SELECT count(*) FROM messages m WHERE m.conversation_id = r.id AND m.direction = 'out'),
    'turns', (SELECT count(*) FROM journal j WHERE j.conversation_id = r.id),
    'executions', (SELECT count(*) FROM executions e WHERE e.conversation_id = r.id))
FROM unnest($2::uuid[]) AS r (id)
ON CONFLICT DO NOTHING
"""
_STONE = """
INSERT INTO tombstones (tenant_id, subject, id, counters)
SELECT $1, 'contact', $2, jsonb_build_object(
    'conversations', count(t.id),
    'in', coalesce(sum((t.counters ->> 'in')::int), 0),
    'out', coalesce(sum((t.counters ->> 'out')::int), 0),
    'turns', coalesce(sum((t.counters ->> 'turns')::int), 0),
    'executions', coalesce(sum((t.counters ->> 'executions')::int), 0))
FROM unnest($3::uuid[]) AS r (id)
JOIN tombstones t ON t.tenant_id = $1 AND t.subject = 'conversation' AND t.id = r.id
ON CONFLICT (tenant_id, subject, id) DO UPDATE SET counters = excluded.counters
RETURNING subject, id, counters, at
"""
_STONES_OF_OTHERS = """
INSERT INTO tombstones (tenant_id, subject, id, counters)
SELECT $1, 'contact', id, '{}' FROM unnest($2::uuid[]) AS o (id)
ON CONFLICT DO NOTHING
"""

# By every channel that a conversation went on through: what was said there has ids of theirs.
_PLACES = """
WITH places AS (
    SELECT tenant_id, id, channel_id FROM conversations WHERE id = ANY($1::uuid[])
    UNION
    SELECT s.tenant_id, s.conversation_id, h.id
    FROM channel_switches s CROSS JOIN unnest(ARRAY[s.from_channel_id, s.to_channel_id]) AS h (id)
    WHERE s.conversation_id = ANY($1::uuid[])
)"""

# inbox_seen stays: hashes, without which a webhook that comes once more would bring them back.
_OF_ROOMS = (
    f"""
    {_PLACES}
    DELETE FROM status_orphans o USING messages m, places c
    WHERE m.conversation_id = c.id AND m.provider_id <> ''
        AND o.channel_id = c.channel_id AND o.provider_id = m.provider_id
    """,
    f"""
    {_PLACES}
    DELETE FROM provider_ids p USING messages m, places c
    WHERE m.conversation_id = c.id AND m.provider_id <> ''
        AND p.channel_id = c.channel_id AND p.provider_id = m.provider_id
    """,
    f"""
    {_PLACES}
    DELETE FROM device_keys k USING messages m, places c
    WHERE m.conversation_id = c.id AND m.provider_id <> ''
        AND k.tenant_id = c.tenant_id AND k.channel_id = c.channel_id
        AND k.key IN ('sent:' || m.provider_id, 'media:' || m.provider_id)
    """,
    "DELETE FROM channel_switches WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM inbox WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM outbox WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM lanes WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM calls WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM messages WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM journal WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM offers WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM wakes WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM dead_letters WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM scheduled_messages WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM talks WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM flow_move_members WHERE conversation_id = ANY($1::uuid[])",
    """
    DELETE FROM checkpoints k USING executions e
    WHERE e.conversation_id = ANY($1::uuid[]) AND k.execution_id = e.id
    """,
    "DELETE FROM execution_state WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM executions WHERE conversation_id = ANY($1::uuid[])",
    "DELETE FROM conversations WHERE id = ANY($1::uuid[])",
)
# Identities and consents go with the contact. Talks that were recorded before they knew their
# conversation are told by the phone that they name.
_OF_PEOPLE = (
    """
    DELETE FROM talks t USING contacts c
    WHERE t.tenant_id = $1 AND t.conversation_id IS NULL AND c.tenant_id = $1
        AND c.id = ANY($2::uuid[]) AND length(c.phone) > 7
        AND position(convert_to(ltrim(c.phone, '+'), 'UTF8') IN t.document) > 0
    """,
    "DELETE FROM scheduled_starts WHERE tenant_id = $1 AND contact_id = ANY($2::uuid[])",
    "DELETE FROM contacts WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
)
