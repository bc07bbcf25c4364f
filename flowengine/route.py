"""`route`: what a customer's message means to a conversation (FLOWS.md §3), as a list of steps.

It is a function of the catalog, the conversation, the foreground execution and the message; it
changes nothing. `flowengine.conversation` carries the steps out, and journals them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from flowengine.catalog import Accept, Catalog, Found, trigger_cause
from flowengine.chat import Conversation, Offer, Rules
from flowengine.choices import match_exact
from flowengine.expressions import Env, EvaluationError
from flowengine.given import Cause, Pick, World
from flowengine.messages import Inbound, read_payload
from flowengine.run import CompiledTrigger, Release, Run
from flowengine.scope import build_scope, message_scope, trigger_scope
from flowengine.speech import visible
from flowengine.state import State
from flowengine.text import fold


class OptOut(Struct, frozen=True, tag="opt_out"):
    """Consent is withdrawn, everything ends, one confirmation is sent."""

    word: str


class ForPerson(Struct, frozen=True, tag="for_person"):
    """A person owns the chat: it is for them to read."""


class Answer(Struct, frozen=True, tag="answer"):
    """It is for the foreground: `choice` where a tap or the exact words said which."""

    execution: str
    choice: str = ""


class OldTap(Struct, frozen=True, tag="old_tap"):
    """A tap on an offer of this execution that is no longer open."""

    execution: str
    flow: str
    node: str
    pick: Pick


class JumpTo(Struct, frozen=True, tag="jump"):
    """An interrupt of a flow in the foreground's stack."""

    execution: str
    flow: str
    node: str
    then: str
    cause: Cause


class StartNew(Struct, frozen=True, tag="start"):
    """A trigger starts its flow. `instead_of`: this execution ends first. `busy`: what to do with
    the foreground if it is taken."""

    release: str
    flow: str
    node: str
    to: str
    cause: Cause
    busy: str = ""
    instead_of: str = ""


class Nothing(Struct, frozen=True, tag="nothing"):
    """No flow takes it."""

    reason: str


Routed = OptOut | ForPerson | Answer | OldTap | JumpTo | StartNew | Nothing

NOT_INPUT = frozenset({"reaction", "unsupported", "unavailable", "system"})
"""Kinds of message that are stored but mean nothing to a flow."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The foreground execution, as routing sees it."""

    release: Release
    state: State


def route(
    catalog: Catalog,
    conversation: Conversation,
    holder: Holder | None,
    message: Inbound,
    world: World,
    rules: Rules,
    now: datetime,
    offer: Offer | None = None,
    first: bool = False,
    live: Mapping[str, State] | None = None,
) -> Routed:
    """What to do with a message. `offer`: the stored offer that it taps, where it is not the open
    one. `first`: from somebody never seen before. `live`: the conversation's executions."""
    if message.kind in NOT_INPUT:
        return Nothing(f"a {message.kind} is not an answer")
    if fold(message.text) in {fold(word) for word in rules.opt_out}:
        return OptOut(message.text.strip())
    if conversation.owner.kind != "bot":
        return ForPerson()
    ask = _Asking(catalog, conversation, holder, message, world, now)
    tapped = _tap(holder, message, offer, live or {})
    if tapped is not None:
        return tapped
    if holder is not None:
        return ask.exact() or ask.interrupt() or Answer(holder.state.execution)
    return ask.start(first)


def _tap(
    holder: Holder | None, message: Inbound, offer: Offer | None, live: Mapping[str, State]
) -> Routed | None:
    """A tap on the open offer, or a stale one of a live execution; else the title is a text."""
    payload = read_payload(message.choice.payload) if message.choice else None
    if payload is None:
        return None
    if holder is not None:
        frame = holder.state.frames[-1]
        offered = frame.offered.get(frame.stand.of) if frame.stand else None
        standing = frame.stand is not None and frame.stand.waiting_for == "reply"
        if standing and offered is not None and offered.id == payload[0]:
            return Answer(holder.state.execution, payload[1])
    if offer is None or offer.id != payload[0]:
        return None
    if holder is None or offer.execution not in live:
        return None
    if offer.execution != holder.state.execution:
        return None
    pick = next((pick for pick in offer.picks if pick.id == payload[1]), None)
    return OldTap(offer.execution, offer.flow, offer.node, pick) if pick else None


@dataclass(frozen=True, slots=True)
class _Asking:
    """One message, and all that its routing may look at."""

    catalog: Catalog
    conversation: Conversation
    holder: Holder | None
    message: Inbound
    world: World
    now: datetime

    def exact(self) -> Answer | None:
        """The exact words of a choice on the open offer: id, title, number or synonym."""
        if self.holder is None:
            return None
        release, state = self.holder.release, self.holder.state
        frame = state.frames[-1]
        if frame.stand is None or not frame.stand.of or frame.stand.waiting_for != "reply":
            return None
        flow = release.flows[frame.flow]
        language = Run.language_for(flow, self.world.contact.language)
        step = flow.localized.get(language, {}).get(frame.stand.of) or flow.steps[frame.stand.of]
        picks = step.picks(frame)
        if not picks:
            return None
        offered = frame.offered.get(frame.stand.of)
        env = Env(now=self.now, timezone=flow.zone, language=language)
        options = visible(picks, offered.page if offered else 0, env)
        choice = match_exact(options, self.message.text)
        return Answer(state.execution, choice) if choice is not None else None

    def interrupt(self) -> Routed | None:
        """An interrupt: of a flow in the stack, the nearest the top first; then other flows'."""
        if self.holder is None or not self._interruptible(self.holder):
            return None
        for frame in reversed(self.holder.state.frames):
            flow = self.holder.release.flows[frame.flow]
            inner = [trigger for trigger in flow.triggers if trigger.scope]
            for trigger in sorted(inner, key=lambda each: (-each.priority, each.node)):
                cause = trigger_cause(trigger, self.message)
                if cause and self.accepts(self.holder.release, trigger, cause):
                    return self._inside(self.holder, trigger, cause)
        found = self.catalog.find(self.message, False, self._interrupts)
        if found is None:
            return None
        over = self.holder.state.execution if found.trigger.then != "return" else ""
        return self._start(found, "interrupt" if not over else "", over)

    def start(self, first: bool) -> Routed:
        """Nobody holds the foreground: the first trigger that takes it starts its flow."""
        found = self.catalog.find(self.message, first, self.accepts)
        return self._start(found) if found else Nothing("no flow has a trigger for it")

    def accepts(self, release: Release, trigger: CompiledTrigger, cause: Cause) -> bool:
        return accepts(self.conversation, self.world, self.now, self.message)(
            release, trigger, cause
        )

    def _interrupts(self, release: Release, trigger: CompiledTrigger, cause: Cause) -> bool:
        return trigger.scope == "workspace" and self.accepts(release, trigger, cause)

    def _interruptible(self, holder: Holder) -> bool:
        frame = holder.state.frames[-1]
        return holder.release.flows[frame.flow].steps[frame.node].interruptible

    def _inside(self, holder: Holder, trigger: CompiledTrigger, cause: Cause) -> Routed:
        execution = holder.state.execution
        if trigger.then == "restart":
            return StartNew(
                holder.release.hash, trigger.flow, trigger.node, trigger.to, cause, "", execution
            )
        return JumpTo(execution, trigger.flow, trigger.node, trigger.then, cause)

    def _start(self, found: Found, busy: str = "", over: str = "") -> StartNew:
        trigger = found.trigger
        return StartNew(
            found.release.hash,
            trigger.flow,
            trigger.node,
            trigger.to,
            found.cause,
            busy or trigger.busy,
            over,
        )


def accepts(conversation: Conversation, world: World, now: datetime, message: Inbound) -> Accept:
    """Whether channel, cooldown and condition let a trigger act."""

    def accept(release: Release, trigger: CompiledTrigger, cause: Cause) -> bool:
        channels = trigger.channels
        if channels and not {world.channel, world.channel_id} & set(channels):
            return False
        last = conversation.cooldowns.get(f"{trigger.flow}/{trigger.node}")
        if last and trigger.cooldown and now < last + timedelta(seconds=trigger.cooldown):
            return False
        if trigger.when is None:
            return True
        flow = release.flows[trigger.flow]
        scope = build_scope(world, world.contact, now)
        scope.update(flow.defaults)
        scope["message"] = message_scope(message, "", "")
        scope["trigger"] = trigger_scope(cause)
        env = Env(now=now, timezone=flow.zone, language=flow.language, schedules=world.schedules)
        try:
            return trigger.when.holds(scope, env)
        except EvaluationError:
            return False

    return accept
