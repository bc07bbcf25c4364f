"""The working of one turn: what a node's step may do while `advance` calls it.

A `Run` unpacks a state, is changed by steps, and packs the next state. Nothing in it outlives the
call, and it touches nothing outside, so the same arguments give the same bytes.
"""

import hashlib
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from flowengine.conditions import Condition
from flowengine.contacts import changed_contact
from flowengine.declarations import Settings, Type
from flowengine.expressions import Env, coerce, normalize
from flowengine.given import Given, Pick, Told
from flowengine.languages import nearest_language
from flowengine.limits import MAX_DEPTH, MAX_OFFER_BYTES, MAX_SENDS, LimitPassed
from flowengine.messages import (
    ChangeContact,
    Content,
    Effect,
    HandOver,
    Inbound,
    Send,
    WakeAt,
    read_payload,
)
from flowengine.scope import build_scope, message_scope, trigger_scope
from flowengine.state import LIVE, Frame, Offered, Problem, Stand, State, encode
from flowengine.trail import (
    Assigned,
    Entered,
    ForegroundFreed,
    ForegroundTaken,
    Ignored,
    Left,
    ProblemMet,
    Returned,
    Standing,
    Trail,
)

ON_PROBLEM = frozenset({"invalid", "unavailable", "limit", "handoff", "unsure", "empty", "failed"})
"""Exits that, where nothing is wired, are a problem of the flow (FLOWS.md §4)."""


class Step:
    """One compiled node: what it does when it is entered, and with what comes while it stands.

    Each method gives the exit to take, or None: it stands (or has gone elsewhere by itself).
    """

    node: str = ""
    """Its id; set by the release that compiles it."""
    claims = False
    """It needs the foreground."""
    holds = False
    """It stands in the foreground: it is more than something said in passing."""
    reads: frozenset[str] = frozenset()
    interruptible = True
    keeps_early = True
    stale = "reprompt"
    answers_at: str = ""
    """The wait by whose exits its choices leave, where that is another node."""
    event_names: frozenset[str] = frozenset()

    def enter(self, run: "Run") -> str | None:
        """The node is reached."""
        raise NotImplementedError

    def told(self, run: "Run", event: Told) -> str | None:
        """Something comes for the node while it stands: an outcome, a wake, an event."""
        run.ignore("nothing here takes it")
        return None

    def reply(self, run: "Run", message: Inbound, choice: str, early: bool) -> str | None:
        """A customer's message, while standing for a reply. `choice`: already known which."""
        run.ignore("no reply is taken here")
        return None

    def picks(self, frame: Frame) -> tuple[Pick, ...]:
        """What this node offered last, all pages."""
        return ()

    def chosen(self, run: "Run", pick: Pick) -> str:
        """One of its choices is the answer, whenever it was offered; gives the exit."""
        return "picked" if pick.dynamic else f"choice:{pick.id}"

    def again(self, run: "Run") -> str | None:
        """Stand again after an interruption or suspension: the prompt once more, with the time
        that was left."""
        return None

    def returned(self, run: "Run", outcome: str, outputs: dict[str, Any]) -> str | None:
        """The flow that this node called is over."""
        return None


@dataclass(frozen=True, slots=True)
class CompiledTrigger:
    """A trigger as routing reads it; `to` is the node after it (empty: none)."""

    flow: str
    node: str
    kind: str
    to: str
    on: Any
    match: str
    when: Condition | None
    channels: tuple[str, ...]
    priority: int
    cooldown: float
    busy: str
    scope: str
    then: str


@dataclass(frozen=True, slots=True)
class CompiledFlow:
    """A flow ready to run. `edges` leads an exit to a node, fall-backs resolved. `temporal`: the
    variables that are stored as ISO 8601 text and read as dates, times and durations."""

    key: str
    language: str
    zone: ZoneInfo
    start: str
    settings: Settings
    expires: float
    late_after: float
    steps: Mapping[str, Step]
    localized: Mapping[str, Mapping[str, Step]]
    edges: Mapping[tuple[str, str], str]
    types: Mapping[str, Type]
    temporal: tuple[tuple[str, Type], ...]
    defaults: Mapping[str, Any]
    inputs: Mapping[str, bool]
    outputs: tuple[str, ...]
    triggers: tuple[CompiledTrigger, ...]
    speaks_only: frozenset[str]
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Release:
    """A published flow with the versions of the sub-flows it calls; `hash` names it for ever."""

    hash: str
    root: str
    flows: Mapping[str, CompiledFlow]
    members: Mapping[str, str] = field(default_factory=dict[str, str])
    version: int = 0
    reads: frozenset[str] = frozenset()

    @property
    def flow(self) -> CompiledFlow:
        """The root flow."""
        return self.flows[self.root]


class Turn(msgspec.Struct, frozen=True):
    """What one call gives: the next state, what to do, what happened.

    `dropped`: effect ids that are awaited no more. `offers`: (id, flow, node, visit, picks) made.
    `interrupt`: it stands before the foreground and asks to suspend its holder.
    """

    state: State
    effects: tuple[Effect, ...]
    trail: tuple[Trail, ...]
    dropped: tuple[str, ...]
    offers: tuple[tuple[str, str, str, int, tuple[Pick, ...]], ...] = ()
    interrupt: bool = False
    ignored: bool = False


class Run:
    """One turn in the making."""

    def __init__(self, release: Release, state: State, given: Given) -> None:
        self.release = release
        self.before = state
        self.given = given
        self.world = given.world
        self.now = max(given.now, state.now) if state.now else given.now
        self.execution = state.execution
        self.frames = list(state.frames)
        self.frame = self.frames[-1]
        self.flow = release.flows[self.frame.flow]
        self.pending = dict(state.pending)
        self.backlog = list(state.backlog)
        self.foreground = state.foreground
        self.status = state.status
        self.suspended_by = state.suspended_by
        self.busy = state.busy
        self.purpose = state.purpose
        self.last = state.last
        self.last_choice = state.last_choice
        self.last_send = state.last_send
        self.failure = state.failure
        self.cause = state.cause
        self.counter = state.counter
        self.visits = state.visits
        self.outcome = state.outcome
        self.problem = state.problem
        self.effects: list[Effect] = []
        self.trail: list[Trail] = []
        self.dropped: list[str] = []
        self.offers: list[tuple[str, str, str, int, tuple[Pick, ...]]] = []
        self.interrupt = False
        self.ignored = False
        self.goto = ""
        self.steps = 0
        self.sends = 0
        self.contact = given.world.contact
        self._scope: dict[str, Any] | None = None
        self._env: Env | None = None

    # -- where it stands -------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        return len(self.frames) - 1

    @property
    def stand(self) -> Stand:
        stand = self.frame.stand
        if stand is None:
            raise LookupError("the frame does not stand")
        return stand

    def step(self, node: str) -> Step:
        """The compiled node, in the contact's language where the flow has it."""
        flow = self.flow
        if flow.localized:
            words = flow.localized.get(self.language)
            if words and node in words:
                return words[node]
        return flow.steps[node]

    @property
    def language(self) -> str:
        """The contact's language where the flow speaks it, else the flow's own."""
        return self.language_for(self.flow, self.contact.language)

    @staticmethod
    def language_for(flow: CompiledFlow, wanted: str) -> str:
        """In which of its languages a flow speaks to somebody who wants `wanted`."""
        if not wanted or wanted == flow.language or not flow.localized:
            return flow.language
        if wanted in flow.localized:
            return wanted
        return nearest_language(wanted, flow.language, flow.localized)

    # -- what expressions see --------------------------------------------------------------------

    @property
    def env(self) -> Env:
        if self._env is None:
            schedules = self.world.schedules
            self._env = Env(
                now=self.now, timezone=self.flow.zone, language=self.language, schedules=schedules
            )
        return self._env

    @property
    def scope(self) -> dict[str, Any]:
        """Names to values: the world, and the top frame's variables."""
        if self._scope is None:
            scope = build_scope(self.world, self.contact, self.now)
            scope["message"] = message_scope(self.last, self.last_choice, self.failure)
            scope["trigger"] = trigger_scope(self.cause)
            scope.update(self.flow.defaults)
            scope.update(self.frame.variables)
            for name, type_name in self.flow.temporal:
                scope[name] = coerce(scope[name], type_name, self.env)
            self._scope = scope
        return self._scope

    def forget_scope(self) -> None:
        """The frame, the contact or the last input changed: names are looked up anew."""
        self._scope = None
        self._env = None

    def assign(self, name: str, value: Any) -> None:
        """Gives a variable of the top frame its value, in its declared type."""
        if name in self.flow.types:
            value = coerce(value, self.flow.types[name], self.env)
        plain = normalize(value)
        frame = self.frame
        self.set_frame(variables={**frame.variables, name: plain})
        if self._scope is not None:
            self._scope[name] = value
        self.trail.append(Assigned(frame.node, name, plain))

    def hear(self, message: Inbound) -> None:
        """`message` is the last input from here on; what is said next is a reply to it."""
        self.last = message
        self.purpose = ""
        self.last_choice = ""
        self.failure = ""
        if self._scope is not None:
            self._scope["message"] = message_scope(message, "", "")

    def tapped(self, message: Inbound) -> str:
        """The choice that a message taps, if it is on the offer of the wait now standing."""
        payload = read_payload(message.choice.payload) if message.choice else None
        stand = self.frame.stand
        if payload is None or stand is None or not stand.of:
            return ""
        offered = self.frame.offered.get(stand.of)
        return payload[1] if offered and offered.id == payload[0] else ""

    def choose(self, choice: str) -> None:
        self.last_choice = choice
        if self._scope is not None:
            self._scope["message"] = message_scope(self.last, choice, self.failure)

    def fail_send(self, reason: str) -> None:
        """`message.failure` says why a send failed."""
        self.failure = reason
        if self._scope is not None:
            self._scope["message"] = message_scope(self.last, self.last_choice, reason)

    # -- effects ---------------------------------------------------------------------------------

    def new_id(self) -> str:
        self.counter += 1
        return f"{self.execution}.{self.counter}"

    def add(self, effect: Effect, awaited: bool = False) -> None:
        self.effects.append(effect)
        if awaited:
            self.pending[effect.id] = self.depth

    def send(
        self, content: Content, offer: str = "", awaited: bool = False, typing: float = 0
    ) -> str:
        """Say something; gives the effect's id."""
        self.sends += 1
        if self.sends > MAX_SENDS:
            raise LimitPassed(f"more than {MAX_SENDS} messages in one turn")
        effect = Send(
            id=self.new_id(),
            node=self.frame.node,
            flow=self.frame.flow,
            content=content,
            offer=offer,
            awaited=awaited,
            visit=self.frame.visit,
            purpose=self.purpose,
            typing=typing,
            late_after=self.flow.late_after,
            late_reply=self.flow.settings.late_reply,
        )
        self.add(effect, awaited)
        self.last_send = effect.id
        return effect.id

    def wake(
        self, kind: str, seconds: float = 0, at: datetime | None = None, after: str = ""
    ) -> str:
        """Be woken; gives the effect's id, which is awaited until the node is left."""
        effect = WakeAt(self.new_id(), self.frame.node, self.frame.flow, kind, at, after, seconds)
        self.add(effect, awaited=True)
        return effect.id

    def prompt(self) -> str:
        """The send from whose acceptance a timeout runs; empty where it runs from now.

        That is the last send since the previous wait, unless the provider has taken it already.
        """
        if not self.last_send:
            return ""
        fresh = self.last_send != self.before.last_send
        return self.last_send if fresh or self.given.early else ""

    def ignore(self, reason: str) -> None:
        """What was given has no effect."""
        self.ignored = True
        self.trail.append(Ignored(reason, self.frame.node))

    def drop(self, effect: str) -> None:
        if effect and self.pending.pop(effect, None) is not None:
            self.dropped.append(effect)

    def change_contact(self, change: ChangeContact) -> None:
        """Record the change, and let later nodes of this turn see it."""
        self.effects.append(change)
        self.contact = changed_contact(self.contact, change)
        self.forget_scope()

    # -- moving ----------------------------------------------------------------------------------

    def set_frame(self, **changes: Any) -> None:
        self.frame = self.frames[-1] = msgspec.structs.replace(self.frame, **changes)

    def put_frame(self, place: int, frame: Frame) -> None:
        """Another frame of the stack changed."""
        self.frames[place] = frame
        self._look_at_top()

    def _look_at_top(self) -> None:
        self.frame = self.frames[-1]
        self.flow = self.release.flows[self.frame.flow]

    def enter(self, node: str) -> None:
        """Stand at `node` as a new visit."""
        self.visits += 1
        self.set_frame(node=node, visit=self.visits, stand=None)
        flow = self.frame.flow
        at_root = self.depth == 0 and flow == self.release.root
        self.trail.append(Entered(node, "" if at_root else flow))

    def stand_for(self, waiting_for: str, **more: Any) -> None:
        """Wait here."""
        self.set_frame(stand=Stand(waiting_for, **more))
        self.trail.append(Standing(self.frame.node, waiting_for))

    def change_stand(self, **changes: Any) -> None:
        self.set_frame(stand=msgspec.structs.replace(self.stand, **changes))

    def leave(self, exit: str) -> str:
        """Leave the top node by `exit`; gives the next node, empty where the frame ends."""
        frame = self.frame
        self.forget_effects(self.depth)
        to = self.flow.edges[(frame.node, exit)]
        self.trail.append(Left(frame.node, exit, to))
        self.set_frame(stand=None)
        if self.status == "transferred":
            self.status = "waiting"
        if not to and exit in ON_PROBLEM:
            self.fail(exit, self.failure or exit)
        return to

    def forget_effects(self, depth: int) -> None:
        """What frames from `depth` up awaited is awaited no more."""
        for effect in sorted(e for e, owner in self.pending.items() if owner >= depth):
            self.drop(effect)

    def push(self, frame: Frame, node: str) -> None:
        """A sub-flow or interrupt begins at `node`, on top."""
        if len(self.frames) >= MAX_DEPTH:
            raise LimitPassed(f"more than {MAX_DEPTH} flows deep")
        self.frames.append(frame)
        self._look_at_top()
        self.forget_scope()
        self.goto = node

    def pop(self, outcome: str) -> Frame:
        self.forget_effects(self.depth)
        frame = self.frames.pop()
        self._look_at_top()
        self.forget_scope()
        self.trail.append(Returned(frame.flow, outcome))
        return frame

    def take_foreground(self) -> None:
        if not self.foreground:
            self.foreground = True
            self.trail.append(ForegroundTaken())

    def free_foreground(self) -> None:
        if self.foreground:
            self.foreground = False
            self.trail.append(ForegroundFreed())

    # -- ending ----------------------------------------------------------------------------------

    def end(self, outcome: str, outputs: dict[str, Any]) -> None:
        """The top frame is over: its caller goes on, or the execution is completed."""
        kind = self.frame.kind
        if len(self.frames) == 1:
            self.finish("completed", outcome)
            return
        flow, variables = self.frame.flow, self.frame.variables
        self.pop(outcome)
        step = self.step(self.frame.node)
        if kind == "return":
            self._share(flow, variables)
            exit = step.again(self)
        else:
            exit = step.returned(self, outcome, outputs)
        self.goto = self.follow(exit) if exit is not None else ""

    def _share(self, flow: str, variables: dict[str, Any]) -> None:
        """What an interrupt assigned belongs to the flow that it interrupted.

        It may have jumped into another flow: what that assigned is nobody's here.
        """
        place = max((i for i, each in enumerate(self.frames) if each.flow == flow), default=-1)
        if place < 0:
            return
        changed = msgspec.structs.replace(self.frames[place], variables=variables)
        self.put_frame(place, changed)

    def follow(self, exit: str) -> str:
        """Leave by `exit`; gives the node to go to. An exit that leads nowhere ends the frame."""
        to = self.leave(exit)
        if not to and self.status in LIVE:
            self.end("", {})
            return self.goto
        return to

    def finish(self, status: str, outcome: str = "") -> None:
        """The execution is over."""
        self.forget_effects(0)
        self.status = status
        self.outcome = outcome
        self.goto = ""
        self.free_foreground()

    def fail(self, exit: str, reason: str, stack: Sequence[str] = ()) -> None:
        """The flow failed: `settings.on_problem` of the nearest flow that has one acts.

        `stack`: the flows that were on the stack, where that is undone already.
        """
        frame = self.frame
        self.problem = Problem(frame.flow, frame.node, exit, reason)
        self.trail.append(ProblemMet(frame.node, exit, reason))
        for flow in reversed(stack or [each.flow for each in self.frames]):
            target = self.release.flows[flow].settings.on_problem
            if target is not None:
                briefing = f"{frame.flow}/{frame.node}: {reason}"
                self.add(HandOver(self.new_id(), frame.node, frame.flow, target, briefing=briefing))
                break
        self.finish("failed")

    def offer(self, picks: tuple[Pick, ...], constant: bool, page: int = 0) -> str:
        """Make an offer of this visit; gives its id, short and unique for ever."""
        frame = self.frame
        seed = f"{self.execution}/{frame.visit}".encode()
        digest = hashlib.blake2b(seed, digest_size=10).digest()
        name = b32encode(digest).decode().lower()
        if not constant and len(encode(picks)) > MAX_OFFER_BYTES:
            raise LimitPassed(f"the rows hold more than {MAX_OFFER_BYTES:,} bytes")
        known = frame.offered.get(frame.node)
        if known is None or known.id != name:
            self.offers.append((name, frame.flow, frame.node, frame.visit, picks))
        offered = Offered(name, frame.visit, () if constant else picks, page)
        self.set_frame(offered={**frame.offered, frame.node: offered}, last_offered=frame.node)
        return name
