"""What turns keep in memory: compiled releases, catalogs, and what workspaces have set up.

A release never changes, so it is kept by its hash. All else is kept by the workspace's `rev`,
which the database counts up with every change, and which each claim reads: a change acts in the
next turn.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from flowengine.catalog import Catalog, build_catalog
from flowengine.chat import Rules
from flowengine.document import parse
from flowengine.pruning import needs
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.schedules import Schedule, is_open
from flowengine.store.constants import constants
from flowengine.store.database import Transaction
from flowengine.store.queues import Queue, queues
from flowengine.store.releases import StoredRelease, catalog_hashes, releases_of
from flowengine.store.schedules import schedules
from flowengine.store.tenants import tenant
from flowengine.store.trials import Code, Tester, codes, who_tests

log = structlog.stdlib.get_logger()

RELEASES, CATALOGS, WORKSPACES = 1000, 2000, 2000
"""How many are kept; the least lately used go first."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Workspace(Struct, frozen=True):
    """What turns read of a workspace at a `rev`."""

    rev: int
    const: dict[str, object]
    schedules: dict[str, Schedule]
    queues: tuple[Queue, ...]
    rules: Rules
    language: str = ""
    codes: tuple[Code, ...] = ()
    testers: tuple[Tester, ...] = ()

    def staffed(self, now: datetime) -> dict[str, bool]:
        """For each queue, whether somebody could take a conversation at `now`."""
        return {queue.key: bool(queue.members) and self._open(queue, now) for queue in self.queues}

    def _open(self, queue: Queue, now: datetime) -> bool:
        schedule = self.schedules.get(queue.schedule or "")
        return schedule is None or is_open(schedule, now)


class Shelf(Generic[Key, Value]):
    """A cache that forgets the least lately used."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Library:
    """One per process."""

    def __init__(self) -> None:
        self._releases: Shelf[tuple[UUID, str], Release] = Shelf(RELEASES)
        self._catalogs: Shelf[UUID, tuple[int, Catalog, bool]] = Shelf(CATALOGS)
        self._workspaces: Shelf[UUID, Workspace] = Shelf(WORKSPACES)

    async def releases(
        self, transaction: Transaction, wanted: Iterable[tuple[UUID, str]]
    ) -> dict[tuple[UUID, str], Release]:
        """Compiled releases by (tenant, hash); those that are not stored or do not compile are
        left out, so that only their own conversations break."""
        found: dict[tuple[UUID, str], Release] = {}
        missing: list[tuple[UUID, str]] = []
        for key in set(wanted):
            kept = self._releases.get(key)
            if kept is None:
                missing.append(key)
            else:
                found[key] = kept
        if missing:
            for key, stored in (await releases_of(transaction, missing)).items():
                release = await compiled(stored)
                if release is not None:
                    self._releases.put(key, release)
                    found[key] = release
        return found

    async def catalog(
        self, transaction: Transaction, tenant_id: UUID, channel: UUID, rev: int
    ) -> tuple[Catalog, bool]:
        """The published flows of a channel, and whether one of them reads the transcript."""
        kept = self._catalogs.get(channel)
        if kept is not None and kept[0] == rev:
            return kept[1], kept[2]
        hashes = await catalog_hashes(transaction.of(tenant_id), channel)
        found = await self.releases(transaction, [(tenant_id, digest) for digest in hashes])
        listed = [found[tenant_id, digest] for digest in hashes if (tenant_id, digest) in found]
        made = build_catalog(listed)
        remembers = any(reads_history(release) for release in listed)
        self._catalogs.put(channel, (rev, made, remembers))
        return made, remembers

    async def workspace(self, transaction: Transaction, tenant_id: UUID, rev: int) -> Workspace:
        """What is set up in a workspace."""
        kept = self._workspaces.get(tenant_id)
        if kept is not None and kept.rev == rev:
            return kept
        mine = transaction.of(tenant_id)
        stored = await tenant(mine)
        made = Workspace(
            rev=rev,
            const={each.key: each.value for each in await constants(mine)},
            schedules=_readable((s.key, s.document) for s in await schedules(mine)),
            queues=await queues(mine),
            rules=Rules(stored.opt_out_words, stored.opt_out_text, stored.default_queue or ""),
            language=stored.language,
            codes=await codes(mine),
            testers=await who_tests(mine),
        )
        self._workspaces.put(tenant_id, made)
        return made


def reads_history(release: Release) -> bool:
    """Whether a release may read the transcript."""
    return needs(release.reads).history


async def compiled(stored: StoredRelease) -> Release | None:
    """The release ready to run: off the loop, as it costs some milliseconds."""
    try:
        return await asyncio.to_thread(_compile, stored)
    except Exception:
        log.exception("release does not compile", release=stored.hash, flow=stored.root)
        return None


def _compile(stored: StoredRelease) -> Release:
    flows = {key: parse(document) for key, document in stored.documents.items()}
    return compile_release(flows[stored.root], flows, stored.version)


def _readable(documents: Iterable[tuple[str, bytes]]) -> dict[str, Schedule]:
    """Schedules that can be read; one that cannot is as if it were not there."""
    found: dict[str, Schedule] = {}
    for key, document in documents:
        try:
            found[key] = msgspec.json.decode(document, type=Schedule)
        except msgspec.DecodeError:
            log.warning("schedule cannot be read", schedule=key)
    return found
