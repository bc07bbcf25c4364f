"""Drafts on real phones: codes to join by, who tests what until when, and drafts made releases.

A tested draft is kept as a version whose number is its revision, negative: never published, shown
in no list, and never changed, so that what ran can be replayed.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.happenings import DraftBegun, DraftOver
from flowengine.store.errors import Tried
from flowengine.store.flows import NewVersion
from flowengine.store.inbox import Entry, enter_unseen, lock
from flowengine.store.releases import release_with
from flowengine.store.rows import must_touch, plain, read, read_all
from flowengine.store.transaction import Transaction

DAY = 24 * 3600
"""Seconds that a code and a test last."""


class Code(Struct, frozen=True):
    """What is said to join the test of a flow, until when."""

    flow: str
    code: str
    ends_at: datetime


class Tester(Struct, frozen=True):
    """Who tests a flow."""

    flow: str
    contact_id: UUID
    ends_at: datetime
    name: str = ""
    phone: str | None = None


async def put_code(
    transaction: Transaction, flow: str, code: str, by: UUID | None, seconds: float = DAY
) -> Code:
    """A new code for a flow, in the place of an older one."""
    row = await transaction.row(
        """
        INSERT INTO test_codes (tenant_id, flow, code, ends_at, made_by)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5)
        ON CONFLICT (tenant_id, flow) DO UPDATE SET
            code = excluded.code, ends_at = excluded.ends_at, made_by = excluded.made_by
        RETURNING flow, code, ends_at
        """,
        transaction.tenant,
        flow,
        code,
        float(seconds),
        by,
    )
    if row is None:
        raise LookupError("an insert gave no row")
    return read(Code, row)


async def codes(transaction: Transaction) -> tuple[Code, ...]:
    """The workspace's codes that are still good."""
    rows = await transaction.rows(
        "SELECT flow, code, ends_at FROM test_codes WHERE tenant_id = $1 AND ends_at > now()",
        transaction.tenant,
    )
    return read_all(Code, rows)


async def who_tests(transaction: Transaction, flow: str = "") -> tuple[Tester, ...]:
    """Who tests a flow now (or any), the last to begin first."""
    rows = await transaction.rows(
        """
        SELECT t.flow, t.contact_id, t.ends_at, c.name, c.phone
        FROM testers t JOIN contacts c ON c.tenant_id = t.tenant_id AND c.id = t.contact_id
        WHERE t.tenant_id = $1 AND t.ends_at > now() AND ($2 = '' OR t.flow = $2)
        ORDER BY t.begun_at DESC, t.contact_id
        """,
        transaction.tenant,
        flow,
    )
    return read_all(Tester, rows)


async def join(transaction: Transaction, flow: str, contact_id: UUID, seconds: float = DAY) -> None:
    """A contact tests a flow from now on; once more begins the day anew."""
    await transaction.run(
        """
        INSERT INTO testers (tenant_id, flow, contact_id, ends_at)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4))
        ON CONFLICT (tenant_id, flow, contact_id) DO UPDATE SET
            begun_at = now(), ends_at = excluded.ends_at
        """,
        transaction.tenant,
        flow,
        contact_id,
        float(seconds),
    )


async def invite(transaction: Transaction, flow: str, contact_id: UUID) -> None:
    """Somebody makes a contact a tester of a flow: their conversations hear of it, so that what
    runs of it ends, as by the code."""
    rows = await transaction.rows(
        "SELECT id, channel_id FROM conversations WHERE tenant_id = $1 AND contact_id = $2",
        transaction.tenant,
        contact_id,
    )
    last = await lock(transaction, [row["id"] for row in rows])
    await join(transaction, flow, contact_id)
    entries = [Entry(row["id"], row["channel_id"], DraftBegun(flow)) for row in rows]
    await enter_unseen(transaction, entries, last)


async def leave(transaction: Transaction, contact_id: UUID, flow: str = "") -> None:
    """A contact tests a flow (or any) no more."""
    await transaction.run(
        """
        DELETE FROM testers WHERE tenant_id = $1 AND contact_id = $2 AND ($3 = '' OR flow = $3)
        """,
        transaction.tenant,
        contact_id,
        flow,
    )


async def end_test(transaction: Transaction, flow: str, contact_id: UUID | None = None) -> None:
    """The test of a flow is over, for one or for all; the clock tells their conversations. Its
    code goes with all. Raises `NotFound` where there was none."""
    count = await transaction.run(
        """
        UPDATE testers SET ends_at = now()
        WHERE tenant_id = $1 AND flow = $2 AND ($3::uuid IS NULL OR contact_id = $3)
        """,
        transaction.tenant,
        flow,
        contact_id,
    )
    if contact_id is None:
        count += await transaction.run(
            "DELETE FROM test_codes WHERE tenant_id = $1 AND flow = $2", transaction.tenant, flow
        )
    must_touch(count, "test of this flow")


async def keep_draft(transaction: Transaction, new: NewVersion, rev: int) -> str:
    """A draft as a release that nobody else gets; its hash. Raises `NotPublished` where it calls
    a flow that is not published, `Tried` where its bytes are those of a version."""
    known = await _version(transaction, new)
    if known is not None and known > 0:
        raise Tried(f"the draft of {new.key} has the bytes of version {known}")
    if known is None:
        await transaction.run(
            """
            INSERT INTO flow_versions
                (tenant_id, flow, version, hash, logic_hash, calls, document, message)
            SELECT $1, $2, CASE WHEN bool_or(version = $3) THEN min(version) - 1 ELSE $3 END,
                $4, $5, $6, $7, ''
            FROM flow_versions WHERE tenant_id = $1 AND flow = $2
            ON CONFLICT DO NOTHING
            """,
            transaction.tenant,
            plain(new.key),
            -rev,
            new.hash,
            new.logic_hash,
            sorted(new.calls),
            new.document,
        )
        known = await _version(transaction, new)
    if known is None:
        raise LookupError("another draft took its number at this moment")
    return await release_with(transaction, new.key, known, new.hash, tuple(new.calls))


async def _version(transaction: Transaction, new: NewVersion) -> int | None:
    found: int | None = await transaction.value(
        "SELECT version FROM flow_versions WHERE tenant_id = $1 AND flow = $2 AND hash = $3",
        transaction.tenant,
        new.key,
        new.hash,
    )
    return found


async def feed_endings(transaction: Transaction, limit: int = 100) -> int:
    """Tests whose time is over go, in any workspace, and their conversations hear of it; how many
    conversations."""
    rows = await transaction.rows(
        """
        WITH over AS (
            DELETE FROM testers WHERE (tenant_id, flow, contact_id) IN (
                SELECT tenant_id, flow, contact_id FROM testers WHERE ends_at <= now()
                ORDER BY ends_at LIMIT $1 FOR UPDATE SKIP LOCKED
            ) RETURNING contact_id, flow
        )
        SELECT c.id, c.channel_id, array_agg(over.flow ORDER BY over.flow) AS flows
        FROM conversations c JOIN over USING (contact_id) GROUP BY c.id
        """,
        limit,
    )
    last = await lock(transaction, [row["id"] for row in rows])
    entries = [Entry(row["id"], row["channel_id"], DraftOver(tuple(row["flows"]))) for row in rows]
    await enter_unseen(transaction, entries, last)
    return len(entries)
