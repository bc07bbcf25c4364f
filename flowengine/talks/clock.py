"""The virtual clock of a recording: how much time a talk must let pass before its next act.

In a talk the provider takes a send at once, so a timer runs from another instant than it did. The
clock keeps what is still to fire, so that the time that passes fires the same, and nothing else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flowengine.durations import iso_duration
from flowengine.messages import CancelStart, StartFlow, WakeAt
from flowengine.run import Release
from flowengine.state import LIVE
from flowengine.talks.rows import Row

SECOND = timedelta(seconds=1)


class Clock:
    """`now` is the talk's time; `due` what will fire, by effect or execution."""

    def __init__(self, now: datetime, releases: Mapping[str, Release]) -> None:
        self.now = now
        self.releases = releases
        self.due: dict[str, datetime] = {}
        self._starts: dict[str, StartFlow] = {}

    def see(self, row: Row) -> None:
        """What a row arms and what it takes off the list."""
        for name in row.dropped:
            self.due.pop(name, None)
        for _, effect in row.effects:
            if isinstance(effect, WakeAt):
                self.due[effect.id] = effect.at or self.now + timedelta(seconds=effect.seconds)
            elif isinstance(effect, StartFlow):
                self._forget(effect.key, effect.start)
                self._starts[effect.id] = effect
                self.due[effect.id] = max(effect.at or self.now, self.now)
            elif isinstance(effect, CancelStart):
                self._forget(effect.key, effect.start)
        for call in row.calls:
            if call.state.status not in LIVE:
                self.due.pop(call.execution, None)
            elif call.before is None or call.before.given_at != call.state.given_at:
                expires = self.releases[call.release].flow.expires
                self.due[call.execution] = self.now + timedelta(seconds=expires)

    def _forget(self, key: str, flow: str) -> None:
        """A start with this key is replaced or cancelled."""
        for name, effect in self._starts.items():
            if key and effect.key == key and flow in ("", effect.start):
                self.due.pop(name, None)

    def start(self, flow: str) -> str | None:
        """The scheduled start that begins `flow` now; None where none is known."""
        for name, effect in self._starts.items():
            if effect.start == flow and name in self.due:
                return name
        return None

    def fire(self, name: str, real: datetime) -> str | None:
        """How long until `name` fires (None: it fires by itself). It is off the list then."""
        due = self.due.pop(name, real)
        if due <= self.now:
            return None
        length, self.now = due - self.now, due
        return iso_duration(length)

    def until(self, real: datetime) -> str | None:
        """How long until something that happened at `real`, in whole seconds; None for no time.

        Nothing that is still to fire may fire on the way.
        """
        length = (real - self.now) // SECOND * SECOND
        first = min(self.due.values(), default=None)
        if first is not None and self.now + length >= first:
            length = -((self.now - first) // SECOND + 1) * SECOND
        if length <= timedelta(0):
            return None
        self.now += length
        return iso_duration(length)
