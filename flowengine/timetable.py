"""What happens by itself in a simulated conversation: wakes that were armed, flows that will start.

Times are virtual; nothing here looks at a clock.
"""

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from flowengine.happenings import AnyHappening, FlowStarted, WakeDue
from flowengine.messages import CancelStart, StartFlow, WakeAt

Due = tuple[datetime, str, AnyHappening]
"""(when, the effect's id, what happens then)"""


class _Wake(Struct):
    effect: str
    kind: str
    due: datetime | None
    after: str
    seconds: float


class _Start(Struct, frozen=True):
    effect: StartFlow
    due: datetime


class Timetable:
    """Wakes and scheduled starts of one conversation, by the ids of their effects. Cost: linear in
    those that wait, which are few.
    """

    def __init__(self) -> None:
        self._wakes: dict[str, _Wake] = {}
        self._starts: list[_Start] = []

    def fork(self) -> "Timetable":
        """Another that holds the same."""
        other = Timetable()
        other._wakes = {name: copy.copy(wake) for name, wake in self._wakes.items()}
        other._starts = list(self._starts)
        return other

    # -- wakes -----------------------------------------------------------------------------------

    def arm(self, effect: WakeAt, now: datetime) -> None:
        """The virtual provider has taken every send already: the time runs from now."""
        due = effect.at or now + timedelta(seconds=effect.seconds)
        self._wakes[effect.id] = _Wake(effect.id, effect.kind, due, effect.after, effect.seconds)

    def accepted(self, send: str, now: datetime) -> None:
        """Wakes that run from the acceptance of a send run from now."""
        for wake in self._wakes.values():
            if wake.after == send:
                wake.due = now + timedelta(seconds=wake.seconds)

    def drop(self, effect: str) -> None:
        """A wake is awaited no more."""
        self._wakes.pop(effect, None)

    def left(self, now: datetime) -> dict[str, float | None]:
        """Seconds that each wake has left."""
        return {
            name: None if wake.due is None else max(0.0, (wake.due - now).total_seconds())
            for name, wake in self._wakes.items()
        }

    # -- starts ----------------------------------------------------------------------------------

    def schedule(self, effect: StartFlow, now: datetime) -> FlowStarted | None:
        """Puts a start down, in the place of one with the same key; one that is due now is given
        back instead."""
        if effect.key:
            self._starts = [s for s in self._starts if not _replaces(effect, s.effect)]
        if effect.at is None or effect.at <= now:
            return _begin(effect)
        self._starts.append(_Start(effect, effect.at))
        return None

    def cancel(self, effect: CancelStart) -> None:
        """Starts that have not begun are taken off."""
        self._starts = [s for s in self._starts if not _cancels(effect, s.effect)]

    @property
    def starting(self) -> tuple[str, ...]:
        """Flows that will begin by themselves, in the order in which they were put down."""
        return tuple(start.effect.start for start in self._starts)

    # -- what is due -----------------------------------------------------------------------------

    def next(self) -> datetime | None:
        """When the next of them falls due."""
        times = [wake.due for wake in self._wakes.values() if wake.due is not None]
        times += [start.due for start in self._starts]
        return min(times, default=None)

    def due(self, until: datetime) -> Iterator[Due]:
        """All that falls due up to `until`, in no order."""
        for wake in self._wakes.values():
            if wake.due is not None and wake.due <= until:
                yield wake.due, wake.effect, WakeDue(wake.effect, wake.due, wake.kind)
        for start in self._starts:
            if start.due <= until:
                yield start.due, start.effect.id, _begin(start.effect)

    def fired(self, effect: str) -> None:
        """It happened: it is off the list."""
        self.drop(effect)
        self._starts = [start for start in self._starts if start.effect.id != effect]


def _begin(effect: StartFlow) -> FlowStarted:
    return FlowStarted(effect.start, "start", effect.args, purpose=effect.purpose)


def _replaces(new: StartFlow, old: StartFlow) -> bool:
    return old.key == new.key and old.start == new.start


def _cancels(cancel: CancelStart, start: StartFlow) -> bool:
    return cancel.key == start.key and cancel.start in ("", start.start)
