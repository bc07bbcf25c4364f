"""Contacts: the list with its search, one of them, and what people and flows change of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from flowengine.messages import Identity
from flowengine.store.identities import RANKS
from flowengine.store.pages import Page, read_cursor, write_cursor
from flowengine.store.rows import like, plain, read_all, read_found
from flowengine.store.transaction import Transaction

_COLUMNS = (
    "id, tenant_id, name, phone, language, fields, tags, owner_id, conflict, created_at, updated_at"
)
_WHO = "coalesce((SELECT m.merged_into FROM contacts m WHERE m.tenant_id = $1 AND m.id = $2), $2)"
_FIRST = UUID(int=2**128 - 1)


class Contact(Struct, frozen=True):
    """A customer. `phone` may be absent. `conflict`: their ids lead to another contact too.

    `fields`: values as JSON. `owner_id`: the user who looks after them.
    """

    id: UUID
    tenant_id: UUID
    name: str
    fields: dict[str, Any]
    tags: tuple[str, ...]
    conflict: bool
    created_at: datetime
    updated_at: datetime
    phone: str | None = None
    language: str | None = None
    owner_id: UUID | None = None


async def contacts(
    transaction: Transaction,
    *,
    search: str = "",
    tag: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Contact]:
    """The newest first. `search`: part of the name, or of the phone's digits."""
    after = read_cursor(cursor)
    words = plain(search).strip()
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM contacts
        WHERE tenant_id = $1 AND id < $2 AND merged_into IS NULL
            AND ($3 = '' OR name ILIKE $4 OR ($5 <> '' AND phone LIKE '%' || $5 || '%'))
            AND ($6 = '' OR $6 = ANY(tags))
        ORDER BY id DESC LIMIT $7
        """,
        transaction.tenant,
        _FIRST if after is None else after.id,
        words,
        f"%{like(words)}%",
        "".join(character for character in words if character.isdigit()),
        tag,
        limit + 1,
    )
    items = read_all(Contact, rows[:limit])
    return Page(items, write_cursor(None, items[-1].id) if len(rows) > limit else None)


async def in_conflict(transaction: Transaction, limit: int = 50) -> tuple[Contact, ...]:
    """Those whose ids lead to another contact too, the last changed first."""
    rows = await transaction.rows(
        f"""
        SELECT {_COLUMNS} FROM contacts
        WHERE tenant_id = $1 AND conflict AND merged_into IS NULL
        ORDER BY updated_at DESC, id LIMIT $2
        """,
        transaction.tenant,
        limit,
    )
    return read_all(Contact, rows)


async def contact(transaction: Transaction, contact_id: UUID) -> Contact:
    """One of them; for one that was merged, whom it was joined to. Raises `NotFound`."""
    row = await transaction.row(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant_id = $1 AND id = {_WHO}",
        transaction.tenant,
        contact_id,
    )
    return read_found(Contact, row, "such contact")


async def contacts_by_id(
    transaction: Transaction, contact_ids: Sequence[UUID]
) -> dict[UUID, Contact]:
    """Several at once, of whichever workspaces, for a worker."""
    rows = await transaction.rows(
        f"SELECT {_COLUMNS} FROM contacts WHERE id = ANY($1::uuid[])", list(contact_ids)
    )
    return {each.id: each for each in read_all(Contact, rows)}


async def identities(transaction: Transaction, contact_id: UUID) -> tuple[Identity, ...]:
    """Every id that the contact is known by, the best to write to first."""
    rows = await transaction.rows(
        """
        SELECT kind, value, scope FROM identities WHERE tenant_id = $1 AND contact_id = $2
        ORDER BY array_position($3::text[], kind), first_seen_at DESC, value
        """,
        transaction.tenant,
        contact_id,
        ["phone", *(kind for kind in RANKS if kind != "phone")],
    )
    return read_all(Identity, rows)


async def contact_of(transaction: Transaction, identity: Identity) -> UUID | None:
    """Whose id this is; None where nobody is known by it."""
    found: UUID | None = await transaction.value(
        """
        SELECT contact_id FROM identities
        WHERE tenant_id = $1 AND kind = $2 AND scope = $3 AND value = $4
        """,
        transaction.tenant,
        identity.kind,
        plain(identity.scope),
        plain(identity.value),
    )
    return found


class Change(Struct, frozen=True):
    """What is changed of a contact; a field set to None is removed. A removed tag wins."""

    tenant: UUID
    contact: UUID
    name: str | None = None
    language: str | None = None
    fields: Mapping[str, Any] = {}
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


async def change_many(transaction: Transaction, changes: Sequence[Change]) -> int:
    """Change many contacts, each once, in the order of their ids; how many there were."""
    if not changes:
        return 0
    return await transaction.run(
        """
        WITH wanted AS (
            SELECT w.tenant_id, coalesce(m.merged_into, w.id) AS id, w.name, w.language, w.data
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[])
                AS w (tenant_id, id, name, language, data)
            LEFT JOIN contacts m ON m.tenant_id = w.tenant_id AND m.id = w.id
        ), held AS (
            SELECT c.id FROM contacts c JOIN wanted w ON w.tenant_id = c.tenant_id AND w.id = c.id
            ORDER BY c.id FOR NO KEY UPDATE OF c
        )
        UPDATE contacts c SET
            name = coalesce(w.name, c.name),
            language = coalesce(w.language, c.language),
            fields = (c.fields || (w.data -> 'fields'))
                - ARRAY(SELECT jsonb_array_elements_text(w.data -> 'unset')),
            tags = (
                SELECT coalesce(array_agg(DISTINCT tag ORDER BY tag), '{}')
                FROM unnest(
                    c.tags || ARRAY(SELECT jsonb_array_elements_text(w.data -> 'add'))
                ) tag
                WHERE tag <> ALL (ARRAY(SELECT jsonb_array_elements_text(w.data -> 'remove')))
            ),
            updated_at = now()
        FROM wanted w JOIN held ON held.id = w.id
        WHERE c.tenant_id = w.tenant_id AND c.id = w.id
        """,
        [each.tenant for each in changes],
        [each.contact for each in changes],
        [None if each.name is None else plain(each.name) for each in changes],
        [each.language for each in changes],
        [_change_data(each) for each in changes],
    )


def _change_data(change: Change) -> dict[str, Any]:
    fields = {key: _clean(value) for key, value in change.fields.items()}
    return {
        "fields": {key: value for key, value in fields.items() if value is not None},
        "unset": [key for key, value in fields.items() if value is None],
        "add": [plain(tag) for tag in change.add_tags],
        "remove": [plain(tag) for tag in change.remove_tags],
    }


async def change_contact(
    transaction: Transaction,
    contact_id: UUID,
    *,
    name: str | None = None,
    language: str | None = None,
    fields: Mapping[str, Any] | None = None,
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> Contact:
    """Change what is given; a field set to None is removed. Raises `NotFound`.

    One statement, so that two who change different fields at once both keep theirs.
    """
    values = {key: _clean(value) for key, value in (fields or {}).items()}
    row = await transaction.row(
        f"""
        UPDATE contacts SET
            name = coalesce($3, name),
            language = coalesce($4, language),
            fields = (fields || $5::jsonb) - $6::text[],
            tags = (
                SELECT coalesce(array_agg(DISTINCT tag ORDER BY tag), '{{}}')
                FROM unnest(tags || $7::text[]) tag WHERE tag <> ALL($8::text[])
            ),
            updated_at = now()
        WHERE tenant_id = $1 AND id = {_WHO} RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        contact_id,
        None if name is None else plain(name),
        language,
        {key: value for key, value in values.items() if value is not None},
        [key for key, value in values.items() if value is None],
        [plain(tag) for tag in add_tags],
        [plain(tag) for tag in remove_tags],
    )
    return read_found(Contact, row, "such contact")


async def set_owner(transaction: Transaction, contact_id: UUID, user_id: UUID | None) -> Contact:
    """Who looks after the contact; None: nobody. Raises `NotFound`."""
    row = await transaction.row(
        f"""
        UPDATE contacts SET owner_id = $3, updated_at = now()
        WHERE tenant_id = $1 AND id = $2 RETURNING {_COLUMNS}
        """,
        transaction.tenant,
        contact_id,
        user_id,
    )
    return read_found(Contact, row, "such contact")


def _clean(value: Any) -> Any:
    """The value without what jsonb refuses; a field holds whatever JSON a flow puts into it."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {plain(str(key)): _clean(item) for key, item in items}
    return value
