"""The working of one turn: what a node's step may do while `advance` calls it.

A `Run` unpacks a state, is changed by steps, and packs the next state. Nothing in it outlives the
call, and it touches nothing outside, so the same arguments give the same bytes.
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from flowengine.compiled import CompiledFlow, CompiledTrigger, Release
from flowengine.contacts import changed_contact
from flowengine.draft import Draft
from flowengine.given import Pick
from flowengine.limits import MAX_DEPTH, MAX_OFFER_BYTES, MAX_SENDS, LimitPassed
from flowengine.messages import ChangeContact, Content, Effect, HandOver, Send, WakeAt
from flowengine.state import LIVE, Frame, Offered, Problem, Stand, encode
from flowengine.step import Step
from flowengine.trail import (
    Entered,
    ForegroundFreed,
    ForegroundTaken,
    Ignored,
    Left,
    ProblemMet,
    Returned,
    Standing,
)
from flowengine.turn import Turn

__all__ = ["CompiledFlow", "CompiledTrigger", "Release", "Run", "Step", "Turn"]

ON_PROBLEM = frozenset({"invalid", "unavailable", "limit", "handoff", "unsure", "empty", "failed"})
"""Exits that, where nothing is wired, are a problem of the flow (FLOWS.md §4)."""


class Run(Draft):
    """What a step may do.

    Each call changes the draft and says so in the trail. Cost: under 1 µs each, but for `end`,
    `follow` and `fail`, which may lead through callers (~2 µs for each), and `offer`, which grows
    with its rows. A limit that is passed raises `LimitPassed`, and the turn fails as a whole.
    """

    __slots__ = ()

    # -- effects ---------------------------------------------------------------------------------

    def new_id(self) -> str:
        """The id of the next effect, derived from the execution."""
        self.counter += 1
        return f"{self.execution}.{self.counter}"

    def add(self, effect: Effect, awaited: bool = False) -> None:
        """Have an effect done; `awaited`: its outcome is for the node that stands here."""
        self.effects.append(effect)
        if awaited:
            self.pending[effect.id] = self.depth

    def send(
        self, content: Content, offer: str = "", awaited: bool = False, typing: float = 0
    ) -> str:
        """Say `content`; gives the effect's id. `offer`: under which its choices are offered;
        `awaited`: the node waits for the outcome; `typing`: seconds that "typing …" is shown
        before. Raises `LimitPassed` where a turn says too much.
        """
        self.sends += 1
        if self.sends > MAX_SENDS:
            raise LimitPassed(f"more than {MAX_SENDS} messages in one turn")
        frame, flow = self.frame, self.flow
        self.counter += 1
        name = self.last_send = f"{self.execution}.{self.counter}"
        self.effects.append(
            Send(
                name,
                frame.node,
                frame.flow,
                content,
                offer,
                awaited,
                frame.visit,
                self.purpose,
                typing,
                flow.late_after,
                flow.settings.late_reply,
            )
        )
        if awaited:
            self.pending[name] = self.depth
        return name

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
        """An effect is awaited no more, and need not be done where it was not yet."""
        if effect and self.pending.pop(effect, None) is not None:
            self.dropped.append(effect)

    def change_contact(self, change: ChangeContact) -> None:
        """Record the change, and let later nodes of this turn see it."""
        self.effects.append(change)
        before, self.contact = self.contact, changed_contact(self.contact, change)
        if self.contact.language == before.language:
            self.forget_scope()
        else:
            self.look_at_top()

    def offer(self, picks: tuple[Pick, ...], constant: bool, page: int = 0) -> str:
        """Make an offer of this visit; gives its id, short and unique for ever. `constant`: the
        `picks` are in the flow and need not be kept; `page`: which of them is shown. Raises
        `LimitPassed` where they hold too much.
        """
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

    # -- moving ----------------------------------------------------------------------------------

    def set_frame(self, **changes: Any) -> None:
        """Fields of the top frame change."""
        self.frame = self.frames[-1] = replace(self.frame, **changes)

    def put_frame(self, place: int, frame: Frame) -> None:
        """Another frame of the stack changed."""
        self.frames[place] = frame
        self.look_at_top()

    def enter(self, node: str) -> None:
        """Stand at `node` as a new visit."""
        self.visits = visit = self.visits + 1
        self.frame = self.frames[-1] = replace(self.frame, node=node, visit=visit, stand=None)
        self.trail.append(Entered(node, self.told_flow))

    def stand_for(
        self,
        waiting_for: str,
        of: str = "",
        attempts: int = 0,
        timeout: str = "",
        asked: tuple[str, ...] = (),
        rounds: int = 0,
    ) -> None:
        """Wait here; `flowengine.state.Stand` says what each is."""
        stand = Stand(waiting_for, of, attempts, timeout, asked=asked, rounds=rounds)
        self.frame = self.frames[-1] = replace(self.frame, stand=stand)
        self.trail.append(Standing(self.frame.node, waiting_for))

    def spoke(self) -> None:
        """The node where it stands was the last to say something."""
        frame = self.frame
        if frame.spoken != frame.node:
            self.frame = self.frames[-1] = replace(frame, spoken=frame.node)

    def change_stand(self, **changes: Any) -> None:
        """Fields of how the top frame stands change."""
        self.set_frame(stand=replace(self.stand, **changes))

    def follow(self, exit: str) -> str:
        """Leave by `exit`; gives the node to go to. An exit that leads nowhere ends the frame."""
        frame = self.frame
        if self.pending:
            self.forget_effects(self.depth)
        to = self.flow.edges[(frame.node, exit)]
        self.trail.append(Left(frame.node, exit, to))
        if frame.stand is not None:
            self.frame = self.frames[-1] = replace(frame, stand=None)
        if self.status == "transferred":
            self.status = "waiting"
        if to:
            return to
        if exit in ON_PROBLEM:
            return self._break_off(exit)
        if self.status in LIVE:
            self.end("", {})
            return self.goto
        return ""

    def forget_effects(self, depth: int) -> None:
        """What frames from `depth` up awaited is awaited no more."""
        if self.pending:
            for effect in sorted(e for e, owner in self.pending.items() if owner >= depth):
                self.drop(effect)

    def push(self, frame: Frame, node: str) -> None:
        """A sub-flow or interrupt begins at `node`, on top. Raises `LimitPassed` where the stack is
        full.
        """
        if len(self.frames) >= MAX_DEPTH:
            raise LimitPassed(f"more than {MAX_DEPTH} flows deep")
        self.frames.append(frame)
        self.look_at_top()
        self.goto = node

    def pop(self, outcome: str) -> Frame:
        """The top frame is over by `outcome`; gives it."""
        self.forget_effects(self.depth)
        frame = self.frames.pop()
        self.look_at_top()
        self.trail.append(Returned(frame.flow, outcome))
        return frame

    def take_foreground(self) -> None:
        """The conversation's foreground is this execution's."""
        if not self.foreground:
            self.foreground = True
            self.trail.append(ForegroundTaken())

    def free_foreground(self) -> None:
        """The conversation's foreground is anybody's."""
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
        self.goto = ""
        step = self.nodes[self.frame.node]
        if kind == "return":
            self._share(flow, variables)
            exit = step.again(self)
        else:
            exit = step.returned(self, outcome, outputs)
        if exit is not None:
            self.goto = self.follow(exit)

    def _share(self, flow: str, variables: dict[str, Any]) -> None:
        """What an interrupt assigned belongs to the flow that it interrupted.

        It may have jumped into another flow: what that assigned is nobody's here.
        """
        place = max((i for i, each in enumerate(self.frames) if each.flow == flow), default=-1)
        if place < 0:
            return
        changed = replace(self.frames[place], variables=variables)
        self.put_frame(place, changed)

    def _break_off(self, exit: str) -> str:
        """Trouble whose exit leads nowhere ends the flow that it is in; gives the node to go to.

        From the top of the stack down, the first that says what to do acts: a flow by its
        `on_problem`, a caller by its `failed`. (An interrupt was called by nobody.)
        """
        reason, place = self.failure or exit, self._catcher()
        if place < 0:
            self.fail(exit, reason)
            return ""
        self.trail.append(ProblemMet(self.frame.node, exit, reason))
        while self.depth > place:
            self.pop("failed")
        self.goto = ""
        self.fail_send(reason)
        taken = self.nodes[self.frame.node].broke(self, reason)
        return self.goto if taken is None else self.follow(taken)

    def _catcher(self) -> int:
        """Where on the stack the caller is that takes a failure of the top; -1: nobody does."""
        flows = self.release.flows
        for place in range(self.depth, 0, -1):
            frame, caller = self.frames[place], self.frames[place - 1]
            if frame.kind != "call" or flows[frame.flow].settings.on_problem is not None:
                return -1
            if flows[caller.flow].steps[caller.node].catches:
                return place - 1
        return -1

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
