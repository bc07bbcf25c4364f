"""A conversation's past as rows, whether a simulation played it or a journal kept it.

A row is one inbox row that was taken: when, what happened, and all that came of it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from flowengine.engine import advance, new_state
from flowengine.given import Begin, Given
from flowengine.happenings import AnyHappening, MessageCame, WakeDue
from flowengine.messages import Effect
from flowengine.replay import Recorded
from flowengine.run import Release
from flowengine.simulation import Happened
from flowengine.state import State
from flowengine.trail import Trail

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

_happening = msgspec.json.Decoder(AnyHappening, float_hook=Decimal)
_given = msgspec.json.Decoder(Given, float_hook=Decimal)
_effects = msgspec.json.Decoder(tuple[Effect, ...], float_hook=Decimal)


class Call(Struct, frozen=True):
    """One call of `advance`: `before` is None where the execution began."""

    execution: str
    release: str
    given: Given
    before: State | None
    state: State
    trail: tuple[Trail, ...]


class Row(Struct, frozen=True):
    """What one inbox row did. `effects`: each with its execution (empty: the conversation's)."""

    at: datetime
    happening: AnyHappening
    effects: tuple[tuple[str, Effect], ...] = ()
    calls: tuple[Call, ...] = ()
    dropped: tuple[str, ...] = ()


class JournalLine(Struct, frozen=True):
    """A row of a conversation's journal. `execution` is empty for the routing and for effects of
    the conversation's own: such a row's `given` holds the happening. `at`: when it was written,
    for rows that say no time themselves."""

    execution: str
    recorded: Recorded
    at: datetime | None = None


def simulated(happened: Iterable[Happened], before: Mapping[str, State] | None = None) -> list[Row]:
    """The rows of a simulation (`Simulation.happened`), from its beginning.

    `before`: where executions stood, if what `happened` is not all. Cost: ~2 µs a row.
    """
    states: dict[str, State] = dict(before or {})
    rows: list[Row] = []
    for each in happened:
        calls: list[Call] = []
        for step in each.taken.steps:
            if step.state is None or step.given is None:
                continue
            stood = states.get(step.execution)
            calls.append(
                Call(step.execution, step.release, step.given, stood, step.state, step.trail)
            )
            states[step.execution] = step.state
        taken = each.taken
        rows.append(Row(each.at, each.happening, taken.effects, tuple(calls), taken.dropped))
    return rows


def journaled(lines: Iterable[JournalLine], releases: Mapping[str, Release]) -> list[Row]:
    """The rows of a conversation's journal; its `lines` are in order of (seq, step).

    `releases`: by hash, those that it names; `LookupError` where one is missing. What belongs to
    an execution that began before the first line is left out: its state is not known. Raises
    `msgspec.DecodeError` where a row was erased. Cost: that of its turns, some 50 µs each.
    """
    folding = _Folding(releases)
    for line in lines:
        folding.take(line)
    return folding.finish()


def since(lines: Iterable[JournalLine], execution: str) -> list[JournalLine]:
    """The lines from the one in which an execution begins; nothing where it never does. Cost:
    linear in the lines."""
    listed = list(lines)
    first = next((line.recorded.seq for line in listed if line.execution == execution), None)
    return [line for line in listed if first is not None and line.recorded.seq >= first]


class _Folding:
    """The journal on its way; `_row` is the one in the making."""

    def __init__(self, releases: Mapping[str, Release]) -> None:
        self.releases = releases
        self.states: dict[str, State] = {}
        self.rows: list[Row] = []
        self._at = _NO_TIME
        self._clear(None)

    def _clear(self, happening: AnyHappening | None, at: datetime | None = None) -> None:
        self._happening, self._written = happening, at
        self._effects: list[tuple[str, Effect]] = []
        self._calls: list[Call] = []
        self._dropped: list[str] = []

    def take(self, line: JournalLine) -> None:
        recorded = line.recorded
        if line.execution:
            self._call(line.execution, recorded)
        elif recorded.step == 0:
            self.finish()
            self._clear(_happening.decode(recorded.given), line.at)
        else:
            self._effects += [("", effect) for effect in _effects.decode(recorded.effects)]

    def _call(self, execution: str, recorded: Recorded) -> None:
        given = _given.decode(recorded.given)
        before = self.states.get(execution)
        if before is None and not isinstance(given.event, Begin):
            return
        release = self.releases[recorded.release]
        turn = advance(release, before or new_state(execution, release), given)
        self.states[execution] = turn.state
        call = Call(execution, recorded.release, given, before, turn.state, turn.trail)
        self._calls.append(call)
        self._effects += [(execution, effect) for effect in turn.effects]
        self._dropped += turn.dropped

    def finish(self) -> list[Row]:
        happening = self._happening
        if happening is not None:
            self._at = self._time(happening)
            effects, calls = tuple(self._effects), tuple(self._calls)
            self.rows.append(Row(self._at, happening, effects, calls, tuple(self._dropped)))
            self._clear(None)
        return self.rows

    def _time(self, happening: AnyHappening) -> datetime:
        """When it was taken: the engine was told, or else the happening says it itself."""
        if self._calls:
            return max(self._at, self._calls[0].given.now)
        match happening:
            case MessageCame():
                return max(self._at, happening.message.at)
            case WakeDue():
                return max(self._at, happening.due)
            case _:
                return max(self._at, self._written or self._at)
