"""One conversation's turns in one transaction: its inbox rows and due wakes, each in its order.

Nothing is loaded between two rows: what a row changed is folded in memory. A wake that fell due
before the next message came is taken before it, stamped with its own time.
"""

import heapq
import time
from collections.abc import Iterator, Mapping
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import get_origin
from uuid import UUID

import msgspec

from flowengine.chat import Chat, Conversation, Offer, Owner, Taken, decode_conversation, follow
from flowengine.conversation import take
from flowengine.given import Line
from flowengine.happenings import AnyHappening, MessageCame, Poisoned, WakeDue
from flowengine.messages import read_payload
from flowengine.run import Release
from flowengine.state import encode
from flowengine.store.turned import JournalEntry, Turned
from flowengine.store.turns import InboxRow, Loaded
from workers.writing import write_taken

TRIES = 3
"""Times that a row may break the engine before it is moved past."""

BACK_OFF = (2.0, 15.0)
"""Seconds until a broken row is tried again, by how often it broke."""

HISTORY = 50
"""Lines of the transcript that a flow can see."""

_happening = msgspec.json.Decoder(AnyHappening, float_hook=Decimal)


class Unwritable(Exception):
    """The engine took it, but the database refused the result, or the process died of it."""


class Folding:
    """A claimed conversation in the making; `steps` takes one row at each turn of the loop."""

    def __init__(
        self, loaded: Loaded, chat: Chat, now: datetime, *, remembers: bool = False
    ) -> None:
        self.loaded, self.chat, self.now = loaded, chat, now
        self.offers: Mapping[tuple[UUID, str], Offer] = {}
        self.spent = 0.0
        self.rows = iter(loaded.inbox)
        self.row: InboxRow | None = next(self.rows, None)
        self.due = {w.effect_id: w.due_at for w in loaded.wakes}
        self.heap = [(w.due_at, w.effect_id) for w in loaded.wakes if w.due_at]
        heapq.heapify(self.heap)
        self.months = {each.id for each in loaded.executions if _new_month(each.updated_at, now)}
        self.lines = list(chat.world.history)
        self.remembers = remembers
        self.broken: Exception | None = None
        self.turned = Turned(
            id=loaded.id,
            tenant=loaded.tenant,
            contact=loaded.contact_id,
            channel=loaded.channel,
            owner=chat.conversation.owner.kind,
            owner_id=chat.conversation.owner.id,
            epoch=chat.conversation.epoch,
            taken_seq=loaded.taken_seq,
            failures=0,
        )

    def steps(self) -> Iterator[None]:
        """Take what waits, row by row, until nothing is left or a row breaks."""
        while True:
            wake = self._next_wake()
            if wake is not None:
                done = self._try_wake(wake)
            elif self.row is not None:
                row, self.row = self.row, next(self.rows, None)
                done = self._try_row(row)
            else:
                return
            if not done:
                return
            yield

    def finish(self, complete: bool) -> Turned:
        """What is to be written. `complete` false: the batch's time is up before the rows are."""
        turned = self.turned
        turned.state = encode(self.chat.conversation)
        turned.more = turned.more or not complete or (self.loaded.more and not self.broken)
        times = [at for at in self.due.values() if at is not None]
        turned.work_at = min(times, default=None)
        if self.broken is not None:
            wait = BACK_OFF[min(turned.failures, len(BACK_OFF)) - 1]
            turned.work_at, turned.more = self.now + timedelta(seconds=wait), False
        return turned

    # -- what comes next -------------------------------------------------------------------------

    def _next_wake(self) -> str | None:
        """The effect of the wake to be taken before the next row, if any."""
        while self.heap and self.due.get(self.heap[0][1]) != self.heap[0][0]:
            heapq.heappop(self.heap)
        if not self.heap:
            return None
        due, effect = self.heap[0]
        row = self.row
        if row is None:
            return effect if due <= self.now and not self.loaded.more else None
        room = self.turned.taken_seq + 1 < row.seq
        return effect if due < row.received_at and due <= self.now and room else None

    def _due(self, effect: str) -> datetime:
        due = self.due[effect]
        if due is None:
            raise LookupError(effect)
        return due

    # -- taking ----------------------------------------------------------------------------------

    def _try_wake(self, effect: str) -> bool:
        due = self._due(effect)
        happening = WakeDue(effect, due)
        heapq.heappop(self.heap)
        self.due.pop(effect)
        done = self._try(happening, self.turned.taken_seq + 1, due, due, encode(happening))
        if not done:
            self.due[effect] = due
        elif self.turned.wakes.pop(effect, None) is None:
            self.turned.gone_wakes.append(effect)
        return done

    def _try_row(self, row: InboxRow) -> bool:
        try:
            happening = _happening.decode(row.event)
        except msgspec.DecodeError as error:
            return self._break(error, row.seq, row.received_at, row.event)
        return self._try(happening, row.seq, self.now, row.received_at, row.event)

    def _try(
        self,
        happening: AnyHappening,
        seq: int,
        now: datetime,
        received_at: datetime,
        event: bytes,
    ) -> bool:
        try:
            if self.loaded.failures >= TRIES:
                raise Unwritable("what it did could not be written")
            self._take(happening, seq, now, received_at, event)
        except Exception as error:
            return self._break(error, seq, received_at, event)
        return True

    def _take(
        self,
        happening: AnyHappening,
        seq: int,
        now: datetime,
        received_at: datetime,
        event: bytes,
    ) -> None:
        started = time.perf_counter()
        chat = self._seen(happening, now, received_at)
        taken = take(chat, happening, seq, now, received_at)
        releases: dict[str, Release] = {**chat.releases, **taken.started}
        turned = _copy(self.turned)
        write_taken(turned, taken, event, seq, now, releases, self.months)
        said = turned.sends[len(self.turned.sends) :]
        self.turned = turned
        self._arm(taken)
        self.lines.extend(Line("bot", each.text, now) for each in said if each.text)
        self.chat = follow(self.chat, taken)
        self.spent += time.perf_counter() - started

    def _seen(self, happening: AnyHappening, now: datetime, received_at: datetime) -> Chat:
        """The chat as this row sees it: seconds left of wakes, an old offer, the transcript."""
        wakes = {
            effect: None if due is None else max(0.0, (due - now).total_seconds())
            for effect, due in self.due.items()
        }
        world = self.chat.world
        if self.remembers:
            lines = tuple(line for line in self.lines if line.at <= received_at)[-HISTORY:]
            world = msgspec.structs.replace(world, history=lines)
        offer = self._offer(happening)
        return msgspec.structs.replace(self.chat, wakes=wakes, world=world, offer=offer)

    def _offer(self, happening: AnyHappening) -> Offer | None:
        if not isinstance(happening, MessageCame) or happening.message.choice is None:
            return None
        payload = read_payload(happening.message.choice.payload)
        return self.offers.get((self.loaded.id, payload[0])) if payload else None

    def _arm(self, taken: Taken) -> None:
        """The wakes as they stand after a row."""
        for effect in taken.dropped:
            self.due.pop(effect, None)
        for effect, wake in self.turned.wakes.items():
            if effect not in self.due:
                self.due[effect] = wake.due_at
                if wake.due_at is not None:
                    heapq.heappush(self.heap, (wake.due_at, effect))

    # -- what breaks -----------------------------------------------------------------------------

    def _break(self, error: Exception, seq: int, received_at: datetime, event: bytes) -> bool:
        """Our own bug, at this row: try later, or (the third time) move past it."""
        self.broken = error
        failures = self.loaded.failures + 1 if not self.turned.journal else 1
        if failures >= TRIES:
            self._move_past(error, seq, received_at, event)
            self.broken, self.loaded.failures = None, 0
            return True
        self.turned.failures = failures
        return False

    def _move_past(self, error: Exception, seq: int, received_at: datetime, event: bytes) -> None:
        reason = f"{type(error).__name__}: {error}"[:500]
        poisoned = Poisoned(reason, self._meant(event))
        try:
            self._take(poisoned, seq, self.now, received_at, event)
        except Exception:
            self._give_up(reason, seq, event)

    def _meant(self, event: bytes) -> str:
        """The execution that a row was for: the foreground for a message, else its id tells."""
        try:
            happening = _happening.decode(event)
        except msgspec.DecodeError:
            return ""
        if isinstance(happening, MessageCame):
            return self.chat.conversation.holder
        effect = str(getattr(happening, "effect", ""))
        return effect.rpartition(".")[0]

    def _give_up(self, reason: str, seq: int, event: bytes) -> None:
        """Not even failing works: the bot leaves the conversation to a person as it stands."""
        queue = self.chat.rules.rescue_queue
        conversation = msgspec.structs.replace(
            self.chat.conversation, owner=Owner("queue", queue), epoch=self.turned.epoch + 1
        )
        self.chat = msgspec.structs.replace(self.chat, conversation=conversation)
        turned = self.turned
        turned.epoch, turned.epoch_moved = conversation.epoch, True
        turned.owner, turned.owner_id = "queue", queue
        turned.taken_seq = seq
        given_up = JournalEntry(
            seq, 0, None, 0, "", event, b"[]", encode(("poisoned", reason)), b""
        )
        turned.journal.append(given_up)


def _new_month(last: datetime, now: datetime) -> bool:
    """Whether another partition may have begun since a turn was written, by the real clock.

    It was written a moment after its batch's clock was read: hence the minute.
    """
    last -= timedelta(minutes=1)
    return (last.year, last.month) != (now.year, now.month)


# Lists and dicts; asking each value what it is costs three times as much (measured).
_GROWING = tuple(
    field.name for field in msgspec.structs.fields(Turned) if get_origin(field.type) in (list, dict)
)


def _copy(turned: Turned) -> Turned:
    """A copy to write one row into: a row that breaks half-way must leave nothing behind."""
    copied = copy(turned)
    for name in _GROWING:
        setattr(copied, name, getattr(turned, name).copy())
    return copied


def open_conversation(loaded: Loaded) -> Conversation:
    """The stored conversation; a new one where no turn was ever taken."""
    if loaded.state is None:
        return Conversation(str(loaded.id))
    return decode_conversation(loaded.state)
