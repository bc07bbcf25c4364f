"""`route`: what a customer's message means to a conversation (FLOWS.md §3), as a list of steps.

It is a function of the catalog, the conversation, the foreground execution and the message; it
changes nothing. `flowengine.conversation` carries the steps out, and journals them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, get_args

from msgspec import Struct

from flowengine.catalog import Accept, Catalog, Found, trigger_cause
from flowengine.chat import Conversation, Offer, Rules
from flowengine.choices import match_exact
from flowengine.compiled import CompiledTrigger, Release
from flowengine.expressions import Env, EvaluationError
from flowengine.given import Cause, Pick, World
from flowengine.messages import Inbound, read_payload
from flowengine.scope import Scope, message_scope, trigger_scope, world_value
from flowengine.speech import visible
from flowengine.state import State
from flowengine.text import fold


class Route(Struct, frozen=True):
    """What a message means to a conversation."""

    @property
    def detail(self) -> str:
        """What is journaled beside its name: whom it is for, or why it means nothing."""
        return ""


class OptOut(Route, frozen=True, tag="opt_out"):
    """Consent is withdrawn, everything ends, one confirmation is sent."""

    word: str


class ForPerson(Route, frozen=True, tag="for_person"):
    """A person owns the chat: it is for them to read."""


class Answer(Route, frozen=True, tag="answer"):
    """It is for the foreground: `choice` where a tap or the exact words said which."""

    execution: str
    choice: str = ""

    @property
    def detail(self) -> str:
        return self.execution


class OldTap(Route, frozen=True, tag="old_tap"):
    """A tap on an offer of this execution that is no longer open."""

    execution: str
    flow: str
    node: str
    pick: Pick

    @property
    def detail(self) -> str:
        return self.execution


class JumpTo(Route, frozen=True, tag="jump"):
    """An interrupt of a flow in the foreground's stack."""

    execution: str
    flow: str
    node: str
    then: str
    cause: Cause

    @property
    def detail(self) -> str:
        return self.execution


class StartNew(Route, frozen=True, tag="start"):
    """A trigger starts its flow. `instead_of`: this execution ends first. `busy`: what to do with
    the foreground if it is taken."""

    release: str
    flow: str
    node: str
    to: str
    cause: Cause
    busy: str = ""
    instead_of: str = ""


class Nothing(Route, frozen=True, tag="nothing"):
    """No flow takes it."""

    reason: str

    @property
    def detail(self) -> str:
        return self.reason


Routed = OptOut | ForPerson | Answer | OldTap | JumpTo | StartNew | Nothing

ROUTED = {each: str(each.__struct_config__.tag) for each in get_args(Routed)}
"""What each is called where it is kept."""

NOT_INPUT = frozenset({"reaction", "unsupported", "unavailable", "system"})
"""Kinds of message that are stored but mean nothing to a flow."""


class Holder(Struct, frozen=True, gc=False):
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
    live: Mapping[str, State] = {},
) -> Routed:
    """What to do with a message.

    `catalog`: the triggers of all published flows. `conversation`: as it is stored. `holder`: who
    has the foreground. `world`: what conditions may read. `rules`: the workspace's opt-out. `now`:
    the database's clock. `offer`: the stored offer that it taps, where it is not the open one.
    `first`: from somebody never seen before. `live`: the conversation's executions.

    Cost: 1 µs, and that of `Index.find` where something might start.
    """
    if message.kind in NOT_INPUT:
        return Nothing(f"a {message.kind} is not an answer")
    if fold(message.text) in _folded(rules.opt_out):
        return OptOut(message.text.strip())
    if conversation.owner.kind != "bot":
        return ForPerson()
    tapped = None if message.choice is None else _tap(holder, message, offer, live)
    if tapped is not None:
        return tapped
    if holder is None:
        found = catalog.find(message, first, accepts(conversation, world, now, message))
        return _start(found) if found else Nothing("no flow has a trigger for it")
    choice = _exact(holder, message, world, now)
    if choice is not None:
        return Answer(holder.state.execution, choice)
    if _may_interrupt(catalog, holder):
        accept = accepts(conversation, world, now, message)
        interrupt = _interrupt(catalog, holder, message, accept)
        if interrupt is not None:
            return interrupt
    return Answer(holder.state.execution)


@lru_cache(maxsize=256)
def _folded(listed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(word) for word in listed)


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


def _exact(holder: Holder, message: Inbound, world: World, now: datetime) -> str | None:
    """The choice on the open offer whose id, title, number or synonym the message is, exactly."""
    frame = holder.state.frames[-1]
    stand = frame.stand
    if stand is None or not stand.of or stand.waiting_for != "reply":
        return None
    flow = holder.release.flows[frame.flow]
    picks = flow.step(stand.of, world.contact.language).picks(frame)
    if not picks:
        return None
    offered = frame.offered.get(stand.of)
    language = flow.language_for(world.contact.language)
    env = Env(now=now, timezone=flow.zone, language=language)
    options = visible(picks, offered.page if offered else 0, env)
    return match_exact(options, message.text)


def _may_interrupt(catalog: Catalog, holder: Holder) -> bool:
    """Whether the node that stands can be interrupted, and anything there is would."""
    release, frames = holder.release, holder.state.frames
    top = release.flows[frames[-1].flow]
    if not top.steps[frames[-1].node].interruptible:
        return False
    if catalog.interrupts.by_word or catalog.interrupts.by_kind or top.interrupts:
        return True
    return len(frames) > 1 and any(release.flows[frame.flow].interrupts for frame in frames)


def _interrupt(catalog: Catalog, holder: Holder, message: Inbound, accept: Accept) -> Routed | None:
    """An interrupt: of a flow in the stack, the nearest the top first; then other flows'."""
    release, state = holder.release, holder.state
    for frame in reversed(state.frames):
        for trigger in release.flows[frame.flow].interrupts:
            cause = trigger_cause(trigger, message)
            if cause and accept(release, trigger, cause):
                return _inside(holder, trigger, cause)
    found = catalog.find_interrupt(message, accept)
    if found is None:
        return None
    over = state.execution if found.trigger.then != "return" else ""
    return _start(found, "interrupt" if not over else "", over)


def _inside(holder: Holder, trigger: CompiledTrigger, cause: Cause) -> Routed:
    """What an interrupt of a flow in the stack does."""
    execution = holder.state.execution
    if trigger.then == "restart":
        return StartNew(
            holder.release.hash, trigger.flow, trigger.node, trigger.to, cause, "", execution
        )
    return JumpTo(execution, trigger.flow, trigger.node, trigger.then, cause)


def _start(found: Found, busy: str = "", over: str = "") -> StartNew:
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
    """Whether channel, cooldown and condition let a trigger act, as a function of the trigger.

    `conversation`: when triggers acted last; `world` and `message`: what conditions read; `now`:
    the database's clock. Cost: under 1 µs, a condition some µs.
    """

    def accept(release: Release, trigger: CompiledTrigger, cause: Cause) -> bool:
        channels = trigger.channels
        if channels and world.channel not in channels and world.channel_id not in channels:
            return False
        if trigger.cooldown:
            last = conversation.cooldowns.get(f"{trigger.flow}/{trigger.node}")
            if last and now < last + timedelta(seconds=trigger.cooldown):
                return False
        if trigger.when is None:
            return True
        flow = release.flows[trigger.flow]

        def named(name: str) -> Any:
            if name == "message":
                return message_scope(message, "", "")
            if name == "trigger":
                return trigger_scope(cause)
            return world_value(name, world, world.contact, now)

        scope = Scope({}, flow.defaults, named, {})
        env = Env(now=now, timezone=flow.zone, language=flow.language, schedules=world.schedules)
        try:
            return trigger.when.holds(scope, env)
        except EvaluationError:
            return False

    return accept
