"""One execution of the new release, told what the old one was told."""

from collections.abc import Mapping

import msgspec

from flowengine.catalog import Catalog, trigger_cause
from flowengine.chat import Conversation, Offer, Rules
from flowengine.engine import advance, new_state
from flowengine.given import (
    Begin,
    Given,
    HttpCame,
    Jump,
    ModelCame,
    Reply,
    SendFailed,
    Stale,
    Taken,
    Told,
    Woken,
    World,
)
from flowengine.messages import Effect, Inbound, Send, WakeAt, read_payload, write_payload
from flowengine.pruning import prune
from flowengine.rehearsal.story import Difference
from flowengine.route import Answer, Holder, JumpTo, OldTap, Routed, StartNew, route
from flowengine.run import CompiledTrigger, Release, Turn
from flowengine.workspace import Workspace

_TRIGGERED = frozenset(
    {"keyword", "message", "new_contact", "referral", "link", "button", "fallback"}
    | {"event", "conversation_closed", "tag_added", "field_changed"}
)
"""Causes that are kinds of trigger: `cause.node` is one."""


class Actor:
    """Plays one journal.

    Ids of effects and offers are derived from counts, so those of the recording are not ours: what
    both ask for in the same turn is paired, and what comes later is given by our id.
    """

    def __init__(
        self,
        version: Release,
        execution: str,
        catalog: Catalog,
        workspace: Workspace | None,
        renamed: Mapping[str, str],
    ) -> None:
        self.version, self.catalog, self.workspace = version, catalog, workspace
        self.renamed = renamed
        self.state = new_state(execution, version)
        self.ids: dict[str, str] = {}
        self.offers: dict[str, str] = {}
        self.made: dict[str, Offer] = {}

    def play(self, given: Given) -> tuple[Turn | None, Difference | None]:
        """The turn, and how what is given had to be changed for it.

        Without a turn it cannot be given at all: nobody here asks for it, or (`begin`, `route`)
        the story goes on elsewhere.
        """
        event, changed = self._event(given)
        if event is None:
            return None, changed
        told = msgspec.structs.replace(
            given,
            event=event,
            world=self._world(given.world),
            claim=self._claim(given.claim),
            wakes={self.ids[e]: left for e, left in given.wakes.items() if e in self.ids},
        )
        turn = advance(self.version, self.state, told)
        self.state = turn.state
        for name, flow, node, visit, picks in turn.offers:
            self.made[name] = Offer(name, self.state.execution, flow, node, visit, picks)
        return turn, changed

    def pair(self, recorded: tuple[Effect, ...], ours: tuple[Effect, ...]) -> None:
        """What both turns want of the same node is the same thing."""
        waiting: dict[tuple[str, ...], list[Effect]] = {}
        for effect in ours:
            waiting.setdefault(_key(effect), []).append(effect)
        for effect in recorded:
            same = waiting.get(_key(effect))
            if same:
                mine = same.pop(0)
                self.ids[effect.id] = mine.id
                if isinstance(effect, Send) and isinstance(mine, Send) and effect.offer:
                    self.offers[effect.offer] = mine.offer

    # -- what is given ---------------------------------------------------------------------------

    def _event(self, given: Given) -> tuple[Told | None, Difference | None]:
        event = given.event
        match event:
            case Begin():
                return self._begin(event)
            case Reply() | Jump() | Stale():
                return self._message(event, given)
            case Woken() | Taken() | SendFailed() | HttpCame() | ModelCame():
                mine = self.ids.get(event.effect)
                if mine is None:
                    kind = str(event.__struct_config__.tag)
                    return None, Difference("outcome", "", kind, None)
                return msgspec.structs.replace(event, effect=mine), None
            case _:
                return event, None

    def _begin(self, event: Begin) -> tuple[Told | None, Difference | None]:
        cause, node = event.cause, self._name(event.node)
        trigger = self._trigger(self._name(cause.node))
        if trigger is not None:
            message = event.message
            if message is not None and trigger_cause(trigger, message) is None:
                return None, Difference("begin", cause.node, cause.word or cause.kind, None)
            return msgspec.structs.replace(event, node=trigger.to), None
        if cause.kind in _TRIGGERED or (node and node not in self.version.flow.steps):
            return None, Difference("begin", cause.node or node, cause.kind, None)
        return msgspec.structs.replace(event, node=node), None

    def _name(self, node: str) -> str:
        return self.renamed.get(node, node)

    def _trigger(self, node: str) -> CompiledTrigger | None:
        return next((each for each in self.version.flow.triggers if each.node == node), None)

    def _message(
        self, event: Reply | Jump | Stale, given: Given
    ) -> tuple[Told | None, Difference | None]:
        """A message is routed anew: choices, interrupts and offers are those of this release."""
        message = self._tapping(event.message)
        if self.state.status != "waiting":
            return Reply(message), None
        payload = read_payload(message.choice.payload) if message.choice else None
        routed = route(
            self.catalog,
            Conversation("rehearsal", holder=self.state.execution),
            Holder(self.version, self.state),
            message,
            self._world(given.world),
            Rules(opt_out=()),
            given.now,
            self.made.get(payload[0]) if payload else None,
            live={self.state.execution: self.state},
        )
        was, now = _route_of(event), str(routed.__struct_config__.tag)
        changed = None if was == now else Difference("route", self._node, was, now)
        return _told(routed, message), changed

    @property
    def _node(self) -> str:
        return self.state.frames[-1].node

    def _tapping(self, message: Inbound) -> Inbound:
        """A tap on the recording's offer is a tap on ours."""
        tap = message.choice
        payload = read_payload(tap.payload) if tap else None
        if tap is None or payload is None or payload[0] not in self.offers:
            return message
        mine = write_payload(self.offers[payload[0]], payload[1])
        return msgspec.structs.replace(message, choice=msgspec.structs.replace(tap, payload=mine))

    # -- the world around it ---------------------------------------------------------------------

    def _world(self, world: World) -> World:
        """What was recorded; constants and schedules that it lacks are those of today."""
        if self.workspace is not None:
            world = msgspec.structs.replace(
                world,
                const={**self.workspace.constants, **world.const},
                schedules={**self.workspace.schedules, **world.schedules},
            )
        return prune(world, self.version.reads)

    def _claim(self, recorded: str) -> str:
        if self.state.foreground:
            return "mine"
        return "taken" if recorded == "taken" else "free"


def _key(effect: Effect) -> tuple[str, ...]:
    kind = effect.kind if isinstance(effect, WakeAt) else ""
    return (str(effect.__struct_config__.tag), effect.flow, effect.node, kind)


def _route_of(event: Reply | Jump | Stale) -> str:
    match event:
        case Reply():
            return "answer"
        case Jump():
            return "jump"
        case Stale():
            return "old_tap"


def _told(routed: Routed, message: Inbound) -> Told | None:
    match routed:
        case Answer():
            return Reply(message, routed.choice)
        case JumpTo():
            return Jump(routed.node, routed.flow, routed.then, routed.cause, message)
        case OldTap():
            return Stale(routed.node, routed.flow, routed.pick, message)
        case StartNew():
            return None
        case _:
            return Reply(message)
