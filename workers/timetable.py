"""Cron triggers: read out of what is published, and begun at their times, each occurrence once."""

import time
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from flowengine.crons import compile_audience, cron_triggers, next_occurrence, occurrences
from flowengine.document import parse
from flowengine.given import World
from flowengine.happenings import FlowStarted
from flowengine.nodes.trigger import Audience
from flowengine.state import encode
from flowengine.store.database import Database, Transaction
from flowengine.store.inbox import Entry, dedupe_key, enter
from flowengine.store.timetables import (
    Candidate,
    Run,
    StoredTrigger,
    advance_run,
    contacts_of,
    cron_documents,
    due_triggers,
    next_cron_at,
    next_run,
    pause_run,
    put_triggers,
    sated,
    stale_tenants,
    strike_hour,
)
from flowengine.zones import zone
from workers.library import Library

log = structlog.stdlib.get_logger()

CONTACTS = 200
"""Contacts that one transaction looks at."""

READ_EVERY = 2.0
"""Seconds between two looks for what was published."""

_audience = msgspec.json.Decoder(Audience | None)


class Timetable:
    """One per process; several do no harm, as rows in hand are passed over by the others."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library
        self._read_at = -READ_EVERY

    async def tick(self) -> tuple[int, float]:
        """Do what is due: how many conversations were told, and seconds until more may be due."""
        if time.monotonic() - self._read_at >= READ_EVERY:
            self._read_at = time.monotonic()
            await self._read()
        async with self._database.worker() as transaction:
            for trigger in await due_triggers(transaction):
                await _strike(transaction, trigger, await transaction.now())
        async with self._database.worker() as transaction:
            told = await self._walk(transaction)
            at, now = await next_cron_at(transaction), await transaction.now()
        if told:
            return told, 0.0
        # What is due already is in another process's hands.
        return told, READ_EVERY if at is None else max(0.05, (at - now).total_seconds())

    async def _read(self) -> None:
        """Learn the time tables of workspaces that have changed since."""
        async with self._database.worker() as transaction:
            stale = await stale_tenants(transaction)
        for tenant, rev in stale:
            async with self._database.worker() as transaction:
                now = await transaction.now()
                found: list[StoredTrigger] = []
                for document in await cron_documents(transaction, tenant):
                    found.extend(_triggers(tenant, document, now))
                await put_triggers(transaction, tenant, rev, found)

    async def _walk(self, transaction: Transaction) -> int:
        """Begin the flow with the next contacts of an occurrence; how many."""
        run = await next_run(transaction)
        if run is None:
            return 0
        if await sated(transaction, [run.tenant_id]):
            await pause_run(transaction, run.id, 1.0)
            return 0
        page = await contacts_of(transaction, run, CONTACTS)
        meant = await self._meant(transaction, run, page.candidates)
        entries = [_entry(run, each) for each in meant]
        await enter(transaction, entries)
        await advance_run(transaction, run.id, page.last, len(entries))
        return len(entries)

    async def _meant(
        self, transaction: Transaction, run: Run, candidates: tuple[Candidate, ...]
    ) -> list[Candidate]:
        """Those whom the audience takes."""
        audience = _audience.decode(run.audience)
        if audience is None:
            return list(candidates)
        crowd = compile_audience(audience)
        workspace = await self._library.workspace(transaction, run.tenant_id, run.rev)
        now, where = await transaction.now(), zone(run.zone)
        return [
            each
            for each in candidates
            if crowd.takes(
                World(
                    contact=each.contact,
                    channel=each.channel_kind,
                    channel_id=str(each.channel),
                    conversation=str(each.conversation),
                    const=workspace.const,
                    schedules=workspace.schedules,
                    contact_owner=each.owner,
                ),
                now,
                where,
                each.contact.language or run.language,
            )
        ]


def _triggers(tenant: UUID, document: bytes, now: datetime) -> list[StoredTrigger]:
    """The time tables of a published flow; one that cannot be read has none."""
    try:
        found = cron_triggers(parse(document))
    except Exception:
        log.exception("a published flow cannot be read", tenant=str(tenant))
        return []
    return [
        StoredTrigger(
            tenant,
            each.flow,
            each.node,
            each.expression,
            each.zone,
            encode(each.audience),
            each.purpose,
            each.channels,
            next_occurrence(each.expression, each.zone, now),
        )
        for each in found
    ]


async def _strike(transaction: Transaction, trigger: StoredTrigger, now: datetime) -> None:
    """Begin the last occurrence that is due; those before it, which nobody began, are past.

    So after a day of standing still a table for every minute begins once, late rather than never.
    """
    if trigger.next_at is None:
        return
    missed, last = 0, trigger.next_at
    while True:
        later = occurrences(trigger.expression, trigger.zone, last, now)
        if not later:
            break
        missed, last = missed + len(later), later[-1]
    following = next_occurrence(trigger.expression, trigger.zone, now)
    await strike_hour(transaction, trigger, last, missed, following)


def _entry(run: Run, each: Candidate) -> Entry:
    occurrence = run.due_at.isoformat()
    key = dedupe_key("cron", str(run.tenant_id), run.flow, run.node, occurrence, each.contact.id)
    started = FlowStarted(run.flow, "cron", {}, run.node, run.purpose, home=each.home)
    return Entry(each.conversation, each.channel, started, key)
