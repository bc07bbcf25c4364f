"""Playing a talk: each step acts on a simulation, each `expect` looks at what came of it.

The first difference ends the talk; `Failure` says it so that it can be read.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from flowengine.messages import AskModel, HandOver, Send, Tell
from flowengine.run import Release
from flowengine.simulation import Simulation
from flowengine.talks.acting import act, simulation
from flowengine.talks.expectations import (
    Difference,
    compare_event,
    compare_send,
    compare_transfer,
    compare_variables,
    kind_of,
    show,
    text_of,
)
from flowengine.talks.format import Expected, Step, Talk
from flowengine.workspace import Workspace


class Failure(Struct, frozen=True):
    """Where a talk failed. `step` counts from 1 (0: after the last); `said` is the step itself."""

    step: int
    said: str
    message: str
    differences: tuple[Difference, ...] = ()


class Played(Struct, frozen=True):
    """How a talk went; `steps` is how many were done."""

    name: str
    steps: int
    failure: Failure | None = None


def play(talk: Talk, releases: Iterable[Release], workspace: Workspace) -> Played:
    """Plays a talk to its end or its first difference. Nothing is ever called.

    `releases`: taken as published, in `workspace`. A talk that fails says why in `Played.failure`;
    nothing is raised for it. Cost: that of its turns, some 0.1 ms a step.
    """
    return play_through(talk, releases, workspace)[0]


def play_through(
    talk: Talk, releases: Iterable[Release], workspace: Workspace
) -> tuple[Played, Simulation]:
    """As `play` of this talk with these releases and workspace, and the simulation in which it was
    played. Cost: as `play`."""
    sim = simulation(talk, releases, workspace)
    player = Player(sim)
    for number, step in enumerate(talk.steps, 1):
        failure = player.step(number, step)
        if failure is not None:
            return Played(talk.name, number - 1, failure), sim
    return Played(talk.name, len(talk.steps), player.end()), sim


class Player:
    """A talk on its way. `seen` counts the sends that an `expect` took; `round`: since when
    transfers and events are looked for. Cost: that of its turns, ~0.1 ms a step.
    """

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.seen = 0
        self.round = 0
        self.transfers = 0

    def fork(self) -> "Player":
        """Another that stands where this one does and goes its own way."""
        other = Player(self.sim.fork())
        other.seen, other.round, other.transfers = self.seen, self.round, self.transfers
        return other

    def step(self, number: int, step: Step) -> Failure | None:
        """Does a step, the `number`th; why it failed, None where it did not."""
        said = show(step)
        if step.expect is not None:
            return self._expect(number, said, step.expect)
        if left := self._left_over(number, said):
            return left
        self.round = len(self.sim.happened)
        self.transfers = 0
        why = act(self.sim, step)
        if self.sim.endless:
            why = "the flow goes round for ever: flowengine check says where"
        if why:
            return Failure(number, said, why)
        return self._unanswered(number, said)

    def end(self) -> Failure | None:
        """After the last step: no send may be left over, no canned answer unused."""
        if left := self._left_over(0, ""):
            return left
        if unused := self.sim.unused:
            return Failure(0, "", f"canned answers that nothing asked for: {', '.join(unused)}")
        return None

    def _left_over(self, number: int, said: str) -> Failure | None:
        left = self.sim.sends[self.seen :]
        if not left:
            return None
        shown = tuple(Difference("left over", "nothing more", _shown(send)) for send in left)
        return Failure(number, said, "a send was not expected", shown)

    def _unanswered(self, number: int, said: str) -> Failure | None:
        if not self.sim.missing:
            return None
        effect = self.sim.missing[0]
        what, where = ("model", "model") if isinstance(effect, AskModel) else ("HTTP", "http")
        message = (
            f"{effect.flow}/{effect.node} asks for an {what} answer, and the talk has none for it:"
            f' add one to "{where}"'
        )
        return Failure(number, said, message)

    def _expect(self, number: int, said: str, expected: Expected) -> Failure | None:
        found: list[Difference] = []
        left = self.sim.sends[self.seen :]
        if expected.takes_send and not left:
            return Failure(number, said, "nothing was sent", self._standing())
        if expected.takes_send:
            self.seen += 1
            found += compare_send(expected, left[0].content)
            left = left[1:]
        if expected.none and left:
            found += [Difference("none", "nothing more", _shown(send)) for send in left]
        if expected.transfer is not None:
            found += compare_transfer(expected.transfer, self._transfer())
        if expected.event is not None:
            found += compare_event(expected.event, self._told())
        found += self._compare_state(expected)
        if not found:
            return None
        return Failure(number, said, "this is not what came", tuple(found))

    def _standing(self) -> tuple[Difference, ...]:
        """Where it stands, to tell why nothing came."""
        state = self.sim.last
        if state is None:
            return (Difference("execution", "one that speaks", "no flow has begun"),)
        node = state.frames[-1].node if state.frames else ""
        problem = f" ({state.problem.reason})" if state.problem else ""
        return (Difference("execution", "one that speaks", f"{state.status}{problem} at {node}"),)

    def _effects(self) -> list[object]:
        rows = self.sim.happened[self.round :]
        return [effect for row in rows for _, effect in row.taken.effects]

    def _transfer(self) -> HandOver | None:
        given = [e for e in self._effects() if isinstance(e, HandOver) and not e.close]
        self.transfers += 1
        return given[self.transfers - 1] if self.transfers <= len(given) else None

    def _told(self) -> list[Tell]:
        return [effect for effect in self._effects() if isinstance(effect, Tell)]

    def _compare_state(self, expected: Expected) -> list[Difference]:
        state = self.sim.last
        found: list[Difference] = []
        status = state.status if state is not None else "idle"
        if expected.status is not None and expected.status != status:
            found.append(Difference("status", expected.status, self._why(status)))
        if expected.outcome is not msgspec.UNSET:
            outcome = (state.outcome or None) if state is not None else None
            if expected.outcome != outcome:
                found.append(Difference("outcome", show(expected.outcome), show(outcome)))
        if expected.variables is not None:
            found += compare_variables(expected.variables, self.sim.variables)
        return found

    def _why(self, status: str) -> str:
        problem = self.sim.last.problem if self.sim.last is not None else None
        if problem is None:
            return status
        return f"{status}: {problem.flow}/{problem.node}, {problem.exit}: {problem.reason}"


def _shown(send: Send) -> str:
    text = text_of(send.content)
    return kind_of(send.content) if text is None else f"{kind_of(send.content)} {show(text)}"
