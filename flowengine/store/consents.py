"""Consent: what a contact agreed to, and the proof of it.

`ALL` is the opt-out: who said "PARAR" gave it as False, and gets nothing more that they did not
ask for. The log is only ever added to.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.store.ids import new_id
from flowengine.store.rows import plain, read_all
from flowengine.store.transaction import Transaction

ALL = "all"

SERVICE = "service"
"""What a flow sends unasked without a declared purpose (the engine's word)."""


class Consent(Struct, frozen=True):
    """What stands now for a purpose."""

    purpose: str
    given: bool
    at: datetime


class ConsentEvent(Struct, frozen=True):
    """When it was given or withdrawn, by what words (`proof`), and where (`source`)."""

    purpose: str
    given: bool
    at: datetime
    proof: str
    source: str


async def record_consent(
    transaction: Transaction, contact_id: UUID, purpose: str, given: bool, proof: str, source: str
) -> None:
    """A contact gave or withdrew consent. `source`: flow, word, provider or person."""
    await transaction.run(
        """
        WITH log AS (
            INSERT INTO consent_log (tenant_id, id, contact_id, purpose, given, proof, source)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
        )
        INSERT INTO consents (tenant_id, contact_id, purpose, given)
        SELECT $1, coalesce(merged_into, id), $4, $5 FROM contacts
        WHERE tenant_id = $1 AND id = $3
        ON CONFLICT (tenant_id, contact_id, purpose)
        DO UPDATE SET given = excluded.given, at = excluded.at
        """,
        transaction.tenant,
        new_id(),
        contact_id,
        purpose,
        given,
        plain(proof)[:1000],
        source,
    )


async def consents(transaction: Transaction, contact_id: UUID) -> tuple[Consent, ...]:
    """What stands now, by purpose."""
    rows = await transaction.rows(
        """
        SELECT purpose, given, at FROM consents
        WHERE tenant_id = $1 AND contact_id = $2 ORDER BY purpose
        """,
        transaction.tenant,
        contact_id,
    )
    return read_all(Consent, rows)


async def consent_log(transaction: Transaction, contact_id: UUID) -> tuple[ConsentEvent, ...]:
    """All that was ever said about it, the newest first."""
    rows = await transaction.rows(
        """
        SELECT purpose, given, at, proof, source FROM consent_log
        WHERE tenant_id = $1 AND (contact_id = $2
            OR contact_id IN (SELECT id FROM contacts WHERE tenant_id = $1 AND merged_into = $2))
        ORDER BY id DESC
        """,
        transaction.tenant,
        contact_id,
    )
    return read_all(ConsentEvent, rows)


async def may_send(transaction: Transaction, contact_id: UUID, purpose: str) -> bool:
    """Whether something with this purpose may be sent now; for one, `allowed`."""
    return (contact_id, purpose) in await allowed(transaction, [(contact_id, purpose)])


async def allowed(
    transaction: Transaction, wanted: Sequence[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Those (contact, purpose) that may be sent, of whichever workspaces, for a worker.

    Empty purpose: a reply, always allowed, as they wrote to us. `SERVICE`: allowed unless they
    opted out. Any other must have been given, and everything not have been refused since.
    """
    rows = await transaction.rows(
        """
        SELECT w.contact_id, w.purpose
        FROM unnest($1::uuid[], $2::text[]) AS w (contact_id, purpose)
        JOIN contacts t ON t.id = w.contact_id
        LEFT JOIN consents everything ON everything.tenant_id = t.tenant_id
            AND everything.contact_id = coalesce(t.merged_into, t.id) AND everything.purpose = $3
        LEFT JOIN consents c ON c.tenant_id = t.tenant_id
            AND c.contact_id = coalesce(t.merged_into, t.id) AND c.purpose = w.purpose
        WHERE w.purpose = '' OR (w.purpose = $4 OR coalesce(c.given, false))
            AND (coalesce(everything.given, true) OR c.at > everything.at)
        """,
        [contact for contact, _ in wanted],
        [purpose for _, purpose in wanted],
        ALL,
        SERVICE,
    )
    return {(row["contact_id"], row["purpose"]) for row in rows}
