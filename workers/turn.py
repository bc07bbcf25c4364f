"""`take_turns`: claim conversations that have work, take their rows, write all of it at once.

One transaction for up to fifty conversations. The engine is called between two reads and some
writes of that transaction, and nothing slow ever is: what takes time is an effect, for later.
"""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from flowengine.chat import Chat, Conversation
from flowengine.given import Line, World
from flowengine.happenings import AnyHappening, MessageCame
from flowengine.messages import read_payload
from flowengine.replay import engine_id
from flowengine.run import Release
from flowengine.state import State, decode_state
from flowengine.store.database import Database, Transaction
from flowengine.store.saving import abandon, postpone, save
from flowengine.store.trouble import is_passing
from flowengine.store.turned import Turned
from flowengine.store.turns import Batch, Loaded, load, next_work_at, offers, transcripts
from workers.channels import Channels
from workers.crowd import Crowd
from workers.folding import BACK_OFF, HISTORY, Folding, open_conversation
from workers.handing import Handing
from workers.library import Library, reads_history
from workers.metrics import TURN_FAILURES
from workers.moves import targets
from workers.note import Note, Slot
from workers.observing import took_turns
from workers.pump import LISTENS
from workers.rescue import give_up, unreadable
from workers.sorting import Ready
from workers.trials import Trier

log = structlog.stdlib.get_logger()

BATCH = 50
ENGINE_TIME = 0.025
"""Seconds of engine time after which a batch is written, whatever is left."""

BREATH = 0.005
"""Seconds after which the turn loop lets others on the loop go on."""


SOON, LATER = 0.003, 0.03
"""Seconds until it is looked again after a batch that was not full; doubles while nothing comes.

While there is something to do all the time, a doorbell's way through Redis would be the slowest
part of a turn; an empty look costs a third of a millisecond.
"""


class Turns(Struct, frozen=True):
    """What one call did, and what is to be rung. `seconds`: until there may be more to do."""

    claimed: int = 0
    sends: bool = False
    calls: bool = False
    seconds: float = 0.0


class _Claimed(Struct):
    """What a batch has claimed, known even if it fails. `shy`: to be taken alone. `failures`: how
    often the one that was taken alone had failed before; None: it was not claimed. `chosen`: the
    sends that hands were promised to, and that have not begun."""

    ids: list[UUID] = []
    shy: list[UUID] = []
    failures: int | None = None
    chosen: set[UUID] = set()


class TurnTaker:
    """Takes turns for one process: its caches, and the note of which conversation is in hand."""

    def __init__(
        self,
        database: Database,
        library: Library,
        channels: Channels,
        note: Note,
        handing: Handing | None = None,
    ) -> None:
        self._database = database
        self._library = library
        self._channels = channels
        self._note = note
        self._handing = handing
        self._pause = SOON
        self._worked = -math.inf
        self._crowd = Crowd()
        self._trier = Trier(library)

    async def take_turns(self, limit: int = BATCH) -> Turns:
        """One batch. A database error sinks no batch: its conversations are tried one by one."""
        batch = _Claimed()
        try:
            done = [await self._batch(limit, batch)]
        except Exception as error:
            if not batch.ids or is_passing(error):
                raise
            log.exception("batch failed, taking its conversations one by one")
            done, batch.shy = [], batch.ids
        for conversation in batch.shy:
            done.append(await self._alone(conversation))
        return Turns(
            claimed=len(batch.ids),
            sends=any(each.sends for each in done),
            calls=any(each.calls for each in done),
            seconds=min(each.seconds for each in done),
        )

    async def count_death(self, conversation: UUID, known: int | None = None) -> None:
        """A process died with this conversation in hand: it counts as a failure of its turn.

        `known`: how often it had failed when its turn began; what was counted since stands.
        """
        async with self._database.worker() as transaction:
            await postpone(transaction, conversation, BACK_OFF, known)

    async def _alone(self, conversation: UUID) -> Turns:
        """A conversation by itself: one that failed before, or whose batch did."""
        mine = _Claimed()
        try:
            return await self._batch(1, mine, conversation)
        except Exception as error:
            if is_passing(error):
                raise
            TURN_FAILURES.inc()
            log.exception("turn failed", conversation=str(conversation))
            await self.count_death(conversation, mine.failures)
            return Turns()

    async def _batch(self, limit: int, batch: "_Claimed", alone: UUID | None = None) -> Turns:
        """One transaction. What was chosen to leave and does not, as it failed, is forgotten."""
        try:
            return await self._turn(limit, batch, alone)
        finally:
            if self._handing is not None and batch.chosen:
                self._handing.forget(batch.chosen)
                batch.chosen = set()

    async def _turn(self, limit: int, batch: "_Claimed", alone: UUID | None) -> Turns:
        began = read = time.perf_counter()
        loaded: Batch | None = None
        async with self._database.worker() as transaction:
            claimed = await self._crowd.claim(transaction, limit, alone)
            if not claimed:
                return Turns(seconds=await self._idle(transaction))
            self._pause, self._worked = SOON, time.monotonic()
            batch.ids = [each.id for each in claimed]
            batch.failures = claimed[0].failures if alone is not None else None
            # One that failed before could take the others with it.
            batch.shy = [each.id for each in claimed if each.failures and alone is None]
            healthy = [each for each in claimed if alone is not None or not each.failures]
            turned: list[Turned] = []
            handed: list[Ready] = []
            since = 0.0
            if healthy:
                loaded = await load(transaction, healthy)
                read = time.perf_counter()
                turned = await self._rescue(transaction, loaded)
                turned.extend(await self._fold(await self._open(transaction, loaded)))
                handed, since = await self._save(transaction, batch, loaded, turned)
        if self._handing is not None and handed:
            self._handing.perform(handed, since)
            batch.chosen.difference_update(each.head.id for each in handed)
        if loaded is not None:
            ended = time.perf_counter()
            took_turns(loaded, turned, ended - began, ended - read)
        more = len(claimed) == limit or len(turned) < len(healthy) or any(t.more for t in turned)
        return Turns(
            claimed=len(claimed),
            sends=sum(bool(each.sends) for each in turned) > len(handed),
            calls=any(each.calls for each in turned),
            seconds=0.0 if more or any(each.entries for each in turned) else self._pause,
        )

    async def _save(
        self,
        transaction: Transaction,
        batch: "_Claimed",
        loaded: Batch,
        turned: Sequence[Turned],
    ) -> tuple[list[Ready], float]:
        """Write the turns; the sends that are ours to perform once this is committed, and the
        moment from which their leases count."""
        if self._handing is None:
            await save(transaction, turned, engine_id())
            return [], 0.0
        chosen = await self._handing.choose(transaction, loaded, turned)
        batch.chosen = set(chosen)
        since = self._handing.now()
        handed = await save(transaction, turned, engine_id(), self._handing.lease)
        return [chosen[id] for id in handed], since

    async def _idle(self, transaction: Transaction) -> float:
        """Seconds until it is worth looking again: soon after work, else at the next timer."""
        if time.monotonic() - self._worked < LISTENS + LATER:
            self._pause = min(self._pause * 2, LATER)
            return self._pause
        at, now = await next_work_at(transaction), await transaction.now()
        # What is due already is in somebody else's hands: others may stand behind it.
        self._crowd.here = at is not None and at <= now
        return math.inf if at is None else max(LATER, (at - now).total_seconds())

    async def _rescue(self, transaction: Transaction, batch: Batch) -> list[Turned]:
        """Take out of the batch what could not be opened time and again: a person gets it."""
        turned: list[Turned] = []
        for each in list(batch.conversations):
            error = unreadable(each)
            if error is None:
                continue
            log.error("state cannot be read", conversation=str(each.id), exc_info=error)
            workspace = await self._library.workspace(transaction, each.tenant, each.tenant_rev)
            await abandon(transaction, each.id)
            turned.append(give_up(each, error, workspace.rules.rescue_queue))
            batch.conversations.remove(each)
        return turned

    async def _fold(self, foldings: Sequence[Folding]) -> list[Turned]:
        """Run the engine over the batch until its time is up; the rest stays claimable."""
        turned: list[Turned] = []
        began = breath = time.perf_counter()
        spent = 0.0
        with self._note.slot() as slot:
            for folding in foldings:
                if spent > ENGINE_TIME:
                    break
                complete = True
                steps = folding.steps()
                while _step(folding, steps, slot):
                    now = time.perf_counter()
                    spent = now - began
                    if now - breath > BREATH:
                        await asyncio.sleep(0)
                        breath = time.perf_counter()
                        began += breath - now
                    if spent > ENGINE_TIME or folding.loaded.failures:
                        complete = False
                        break
                if folding.broken is not None:
                    _report(folding)
                turned.append(folding.finish(complete))
        return turned

    # -- opening ---------------------------------------------------------------------------------

    async def _open(self, transaction: Transaction, batch: Batch) -> list[Folding]:
        """Each loaded conversation with its executions, releases, catalog and world."""
        conversations = {each.id: open_conversation(each) for each in batch.conversations}
        wanted = [
            (each.tenant, digest)
            for each in batch.conversations
            for digest in (*conversations[each.id].live.values(), *targets(each.inbox))
        ]
        releases = await self._library.releases(transaction, wanted)
        foldings = [
            await self._folding(transaction, each, conversations[each.id], releases, batch.now)
            for each in batch.conversations
        ]
        await _add_offers(transaction, foldings)
        await _add_history(transaction, [folding for folding in foldings if folding.remembers])
        return foldings

    async def _folding(
        self,
        transaction: Transaction,
        loaded: Loaded,
        conversation: Conversation,
        releases: dict[tuple[UUID, str], Release],
        now: datetime,
    ) -> Folding:
        rev = loaded.tenant_rev
        catalog, remembers = await self._library.catalog(
            transaction, loaded.tenant, loaded.channel, rev
        )
        workspace = await self._library.workspace(transaction, loaded.tenant, rev)
        window = await self._channels.window_hours(
            transaction, loaded.channel, loaded.channel_kind, loaded.channel_updated_at
        )
        mine = {
            digest: releases[loaded.tenant, digest]
            for digest in (*conversation.live.values(), *targets(loaded.inbox))
            if (loaded.tenant, digest) in releases
        }
        world = World(
            contact=loaded.contact,
            channel=loaded.channel_kind,
            channel_id=str(loaded.channel),
            conversation=str(loaded.id),
            window_hours=window,
            const=workspace.const,
            schedules=workspace.schedules,
            queues=workspace.staffed(now) if workspace.queues else {},
            contact_owner=loaded.contact_owner,
        )
        trying = None
        tried = any(release.version < 0 for release in mine.values())
        if tried or workspace.codes or workspace.testers:
            trying = await self._trier.of(transaction, loaded, workspace, catalog, now, tried)
        if trying is not None:
            remembers = remembers or trying.remembers
            if trying.rows < len(loaded.inbox):
                loaded = replace(loaded, inbox=loaded.inbox[: trying.rows], more=True)
        chat = Chat(
            conversation=conversation,
            executions=_executions(loaded),
            releases=mine,
            catalog=trying.catalog if trying else catalog,
            world=world,
            rules=workspace.rules,
            unsent=frozenset(loaded.unsent),
            trials=trying.trials if trying else None,
        )
        remembers = remembers or any(reads_history(release) for release in mine.values())
        return Folding(loaded, chat, now, remembers=remembers)


def _step(folding: Folding, steps: Iterator[None], slot: Slot) -> bool:
    """Take one row, noting whose it is; false when nothing is left."""
    slot.write(folding.loaded.id)
    try:
        next(steps)
    except StopIteration:
        return False
    return True


def _executions(loaded: Loaded) -> dict[str, State]:
    return {str(each.id): decode_state(each.state) for each in loaded.executions}


async def _add_offers(transaction: Transaction, foldings: Sequence[Folding]) -> None:
    """The stored offers that taps in this batch speak of: one may be long closed."""
    ids = {name for folding in foldings for row in folding.loaded.inbox for name in _tap(row.event)}
    if ids:
        found = await offers(transaction, sorted(ids))
        for folding in foldings:
            folding.offers = found


_tapped = msgspec.json.Decoder(AnyHappening)


def _tap(event: bytes) -> tuple[str, ...]:
    if b'"choice"' not in event:
        return ()
    try:
        happening = _tapped.decode(event)
    except msgspec.DecodeError:
        return ()
    if not isinstance(happening, MessageCame) or happening.message.choice is None:
        return ()
    payload = read_payload(happening.message.choice.payload)
    return (payload[0],) if payload else ()


async def _add_history(transaction: Transaction, foldings: Sequence[Folding]) -> None:
    if not foldings:
        return
    said = await transcripts(transaction, [each.loaded.id for each in foldings], HISTORY)
    for folding in foldings:
        folding.lines = [
            Line(line.author, line.text, line.at)
            for line in said.get(folding.loaded.id, ())
            if line.text
        ]


def _report(folding: Folding) -> None:
    TURN_FAILURES.inc()
    log.error(
        "the engine broke",
        tenant=str(folding.loaded.tenant),
        conversation=str(folding.loaded.id),
        execution=folding.chat.conversation.holder,
        failures=folding.turned.failures,
        exc_info=folding.broken,
    )
