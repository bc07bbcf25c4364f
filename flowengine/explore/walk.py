"""A conversation that can be gone on with in several ways: forked, moved, and recognised."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.explore.ground import Ground
from flowengine.explore.names import Name
from flowengine.given import Pick
from flowengine.messages import AskModel, CallHttp
from flowengine.pointers import read_pointer
from flowengine.schedules import is_open
from flowengine.simulation import HttpOutcome, ModelOutcome, Simulation
from flowengine.state import Frame, State, encode
from flowengine.talks.acting import act, contact_of
from flowengine.talks.format import Step, TalkContact

RESTLESS = 200
"""Rows after one act that no flow needs which ever rests."""

ROUNDS = 2
"""Rounds of a model's dialogue, and of what it calls before an answer, that are told apart."""


class Give(Struct, frozen=True):
    """The call that waits is answered so."""

    outcome: HttpOutcome | ModelOutcome


Act = Step | Give

Move = tuple[Act, ...]


class Walk(Simulation):
    """A simulation that is moved on, and soon knows when it does not come to rest."""

    longest_act = RESTLESS

    def __init__(self, ground: Ground, contact: TalkContact, now: datetime) -> None:
        super().__init__(
            ground.releases, ground.workspace, contact_of(contact), now, known=contact.known
        )
        self.ground = ground
        self.contact = contact

    def do(self, move: Move) -> bool:
        """Moves on; False where the move could not be made."""
        for each in move:
            if isinstance(each, Step):
                if act(self, each):
                    return False
            elif not self._answer(each):
                return False
        return True

    def _answer(self, given: Give) -> bool:
        if not self.missing:
            return False
        asked = self.missing[0]
        self.give(asked.id, given.outcome)
        self.missing = [each for each in self.missing if each.id != asked.id]
        return True

    def picks(self, frame: Frame) -> tuple[Pick, ...]:
        """What is on offer where a frame stands."""
        of = frame.stand.of if frame.stand is not None else ""
        found = (r for r in self.chat.releases.values() if frame.flow in r.flows)
        flow = next(found).flows[frame.flow]
        return flow.steps[of].picks(frame) if of in flow.steps else ()

    @property
    def call(self) -> AskModel | CallHttp | None:
        """The call that waits for its answer."""
        return self.missing[0] if self.missing else None

    @property
    def holder(self) -> State | None:
        """The execution in the foreground."""
        return self.chat.executions.get(self.chat.conversation.holder)

    # -- recognising -----------------------------------------------------------------------------

    def signature(self) -> tuple[Any, ...]:
        """What decides how the conversation can go on: the same for two, and so can they."""
        now = self.chat.conversation
        looked_at: set[Name] = set()
        frames: list[Any] = []
        for name, state in self.chat.executions.items():
            frames.append(
                (state.status, state.suspended_by, len(state.backlog), name == now.holder)
            )
            for frame in state.frames:
                live = self.ground.live.get((frame.flow, frame.node), frozenset())
                looked_at |= {each for each in live if not each[0]}
                frames.append(self._frame(frame, live))
        starts = self.timetable.starting
        for flow in starts:
            looked_at.update(n for n in self._live_at_entry(flow) if not n[0])
        world = tuple((each, self._world(each)) for each in sorted(looked_at))
        calls = tuple((call.flow, call.node) for call in self.missing)
        return (now.owner.kind, tuple(frames), len(now.line), len(now.under), starts, calls, world)

    def _live_at_entry(self, flow: str) -> frozenset[Name]:
        found = self.ground.releases
        start = next((r.flow.start for r in found if r.root == flow), "")
        return self.ground.live.get((flow, start), frozenset())

    def _frame(self, frame: Frame, live: frozenset[Name]) -> tuple[Any, ...]:
        stand = frame.stand
        how: tuple[Any, ...] = ()
        if stand is not None:
            how = (
                stand.waiting_for,
                stand.attempts,
                bool(stand.timeout),
                bool(stand.gathered),
                stand.frozen,
                min(stand.rounds, ROUNDS),
                len(stand.asked),
            )
        round = frame.round if frame.round and frame.round.visit == frame.visit else None
        asked = min(round.times, ROUNDS) if round is not None else 0
        own = sorted({name[1][0] for name in live if name[0] == frame.flow})
        values = tuple(encode(frame.variables.get(name)) for name in own)
        loops = tuple(sorted(frame.loops.items()))
        pages = tuple((node, offer.page) for node, offer in sorted(frame.offered.items()))
        where = (frame.flow, frame.node, frame.kind, how, asked)
        return (*where, values, loops, frame.last_offered, pages)

    def _world(self, name: Name) -> Any:
        """The value of a name that is everybody's, as far as it is told apart."""
        path = name[1]
        match path[0]:
            case "schedule":
                known = self.workspace.schedules.get(path[1])
                return known is not None and is_open(known, self.now)
            case "now" | "conversation":
                return (self.now.date().toordinal() % 7, self.now.hour)
            case "contact":
                contact = msgspec.to_builtins(self.chat.world.contact)
                return encode(read_pointer(contact, "".join(f"/{part}" for part in path[1:])))
            case "execution":
                return tuple(self.chat.conversation.live)
            case "message":
                last = self.last.last if self.last is not None else None
                choice = self.last.last_choice if self.last is not None else ""
                return (last.kind, last.text, choice) if last is not None else None
            case "trigger":
                cause = self.last.cause if self.last is not None else None
                return encode(cause) if cause is not None else None
            case _:
                return None
