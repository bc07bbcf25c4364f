"""What could happen next: the moves that are worth trying where a conversation stands."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flowengine.durations import iso_duration
from flowengine.explore.answers import fitting, wrong
from flowengine.explore.ground import Ground
from flowengine.explore.reads import read_paths
from flowengine.explore.shapes import bodies, extracts, sample
from flowengine.explore.steering import OTHER
from flowengine.explore.walk import Give, Move, Walk
from flowengine.given import Pick
from flowengine.messages import Answered, CallHttp, Refused, Said, ToolCall, Unclear
from flowengine.nodes import AiReply, Ask, Http, Trigger, Wait
from flowengine.nodes.trigger import OnKeyword, OnLink
from flowengine.offered import shown_choices
from flowengine.regexes import samples
from flowengine.simulation import HttpOutcome, ModelOutcome
from flowengine.state import Frame, State
from flowengine.talks.coverage import Place
from flowengine.talks.format import Human, OutsideEvent, Step

DYNAMIC = 2
"""Dynamic rows that are tapped: one is like the other."""

SECOND = timedelta(seconds=1)


class Moves:
    """Makes them; what does not depend on the conversation is made once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._http: dict[Place, list[HttpOutcome]] = {}
        self._model: dict[Place, list[ModelOutcome]] = {}

    def of(self, walk: Walk) -> Iterator[Move]:
        """All of them, the plainest first."""
        call = walk.call
        if call is not None:
            place = (call.flow, call.node)
            given = self._answers(place) if isinstance(call, CallHttp) else self._models(place)
            yield from ((Give(outcome),) for outcome in given)
            return
        holder = walk.holder
        if walk.chat.conversation.owner.kind != "bot":
            yield (Step(human=Human(close="resolvido")),)
            yield (Step(human="return"),)
        elif holder is not None and _stands_for(holder, "reply"):
            yield from self._replies(walk, holder)
        yield from self._events(walk)
        due = walk.timetable.next()
        if due is not None:
            length = due - walk.now
            whole = -(-length // SECOND) * SECOND
            yield (Step(after=iso_duration(max(whole, timedelta(0)))),)

    # -- the customer ----------------------------------------------------------------------------

    def _replies(self, walk: Walk, state: State) -> Iterator[Move]:
        frame = state.frames[-1]
        node = self.ground.nodes.get((frame.flow, frame.node))
        if isinstance(node, AiReply):
            yield (Step(say=OTHER),)
        elif isinstance(node, Ask | Wait) and node.expect is not None:
            yield from self._answered(walk, frame, node)
        yield from self._interrupts(state)

    def _answered(self, walk: Walk, frame: Frame, node: Ask | Wait) -> Iterator[Move]:
        pause: Move = (Step(after=node.gather),) if node.gather else ()
        picks = walk.picks(frame)
        yield from ((step,) for step in self._taps(walk, frame, picks))
        expect = node.expect
        if expect is None:
            return
        values = [
            *(self.ground.names.of(frame.flow, (node.save_as,)) if node.save_as else ()),
            *self.ground.names.of(frame.flow, ("message", "text")),
        ]
        if expect.__struct_config__.tag != "choice":
            yield from ((step, *pause) for step in fitting(expect, values))
            kinds = self.ground.names.of(frame.flow, ("message", "kind"))
            yield from ((step, *pause) for kind in kinds for step in _of_kind(kind))
        elif not picks:
            yield (Step(say=OTHER), *pause)
        bad = wrong(expect)
        if bad is not None and self._has(frame, "invalid"):
            left = node.attempts - (frame.stand.attempts if frame.stand else 0)
            yield (bad, *pause) * max(left, 1)

    def _has(self, frame: Frame, exit: str) -> bool:
        return (frame.node, exit) in self.ground.wired[frame.flow]

    def _taps(self, walk: Walk, frame: Frame, picks: tuple[Pick, ...]) -> Iterator[Step]:
        """What is shown, and of the rows made from data the first."""
        known = {pick.id: pick for pick in picks}
        offered = frame.offered.get(frame.stand.of) if frame.stand else None
        dynamic = 0
        for name, _ in _shown(walk, offered.id if offered else ""):
            pick = known.get(name)
            if pick is not None and pick.dynamic:
                dynamic += 1
                if dynamic > DYNAMIC:
                    continue
            yield Step(tap=name)

    def _interrupts(self, state: State) -> Iterator[Move]:
        """Words of the interrupts of the flows in the stack."""
        for flow in dict.fromkeys(frame.flow for frame in reversed(state.frames)):
            for node in self.ground.flows[flow].nodes:
                if not isinstance(node, Trigger) or node.interrupts is None:
                    continue
                if node.interrupts.scope == "flow":
                    word = _word(node)
                    if word:
                        yield (Step(say=word),)

    # -- programs --------------------------------------------------------------------------------

    def _events(self, walk: Walk) -> Iterator[Move]:
        for state in walk.chat.executions.values():
            frame = state.frames[-1]
            node = self.ground.nodes.get((frame.flow, frame.node))
            if state.status == "waiting" and isinstance(node, Ask | Wait):
                for event in node.events:
                    for data in self._data(frame, event.match):
                        yield (Step(event=OutsideEvent(name=event.name, data=data)),)

    def _data(self, frame: Frame, match: str) -> Iterator[Any]:
        """Data that could pass: plain, then with what the flow knows in the place of each field."""
        if not match:
            yield None
            return
        paths = [path for path in read_paths({"expr": match}) if path[0] == "event"]
        yield sample(self.ground.names, ("", ("event",)))
        known = [*frame.variables.values(), OTHER, 0, 100]
        for value in known:
            data: dict[str, Any] = {}
            for path in paths:
                at = data
                for part in path[1:-1]:
                    at = at.setdefault(part, {})
                at[path[-1]] = value
            yield data

    def _answers(self, place: Place) -> list[HttpOutcome]:
        if place not in self._http:
            node = self.ground.nodes[place]
            found: list[HttpOutcome] = []
            if isinstance(node, Http):
                made = bodies(self.ground.names, place[0], node)
                found += [Answered(200, body) for body in made]
                for exit in node.exits:
                    found += [Answered(status, made[0]) for status in exit.status[:1]]
                found += [Answered(500, {}), Unclear("timeout")]
            self._http[place] = found
        return self._http[place]

    def _models(self, place: Place) -> list[ModelOutcome]:
        if place not in self._model:
            node = self.ground.nodes[place]
            self._model[place] = (
                list(self._said(place[0], node)) if isinstance(node, AiReply) else []
            )
        return self._model[place]

    def _arguments(self, flow: str) -> dict[str, Any]:
        names = self.ground.names
        inputs = self.ground.flows[flow].inputs
        return {each.name: sample(names, (flow, (each.name,))) for each in inputs}

    def _said(self, flow: str, node: AiReply) -> Iterator[ModelOutcome]:
        for found in extracts(self.ground.names, flow, node):
            calls = (ToolCall("extract", found),) if found else ()
            yield Said("Certo!", calls)
        for outcome in node.outcomes:
            yield Said("", (ToolCall("outcome", {"id": outcome.id}),))
        for tool in node.tools:
            if tool.flow:
                yield Said("", (ToolCall(tool.name, self._arguments(tool.flow)),))
        yield Said("", (ToolCall("handoff", {"reason": "pediu uma pessoa"}),))
        yield Said("", (ToolCall("unsure", {}),))
        yield from (Refused(why, permanent=True) for why in ("failed", "timeout", "limit"))


def _stands_for(state: State, what: str) -> bool:
    stand = state.frames[-1].stand
    return state.status == "waiting" and stand is not None and stand.waiting_for == what


def _shown(walk: Walk, offer: str) -> tuple[tuple[str, str], ...]:
    for send in reversed(walk.sends):
        if offer and send.offer == offer:
            return shown_choices(send.content)
    return ()


def _word(node: Trigger) -> str:
    match node.on:
        case OnKeyword(match="pattern"):
            return next(iter(samples(node.on.words[0])), "") if node.on.words else ""
        case OnKeyword():
            return node.on.words[0] if node.on.words else ""
        case OnLink():
            return node.on.text
        case _:
            return ""


def _of_kind(kind: Any) -> Iterator[Step]:
    match kind:
        case "image" | "audio" | "video" | "document" | "sticker":
            yield Step(media=kind)
        case _:
            return
