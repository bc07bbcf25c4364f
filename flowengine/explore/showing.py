"""What a chat must come to so that it shows a finding."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from flowengine.explore.ground import Ground
from flowengine.explore.reads import read_paths
from flowengine.given import Begin
from flowengine.happenings import MessageCame
from flowengine.issue import Issue
from flowengine.messages import AskModel, Effect, Send, Template
from flowengine.nodes import FlowCall, Trigger
from flowengine.nodes.trigger import OnKeyword, OnLink
from flowengine.pointers import read_pointer
from flowengine.simulation import Simulation
from flowengine.talks.coverage import Place, Reached
from flowengine.talks.rows import Call, Row
from flowengine.text import fold
from flowengine.trail import Assigned, Began, Called, Entered, ProblemMet, Returned


class Look(Struct, frozen=True):
    """What has just come of a move, and all of the chat so far."""

    rows: list[Row]
    sim: Simulation
    found: Reached


Holds = Callable[[Look], bool]


class Shown(Struct, frozen=True):
    """`holds`: whether these rows show it. `places`: where that can be, at the last."""

    places: tuple[Place, ...]
    holds: Holds


def shows(ground: Ground, document: Any, issue: Issue) -> tuple[Shown, ...]:
    """What shows a finding best, and what at least leads to it; nothing for one about no node."""
    place = (issue.flow, issue.node)
    if place not in ground.nodes:
        return ()
    best = _best(ground, document, issue, place)
    return tuple(Shown((place,), holds) for holds in (best, _comes_to(ground, place)))


def _best(ground: Ground, document: Any, issue: Issue, place: Place) -> Holds:
    match issue.code:
        case "endless_cycle" | "call_cycle" | "calls_too_deep":
            return _breaks_down
        case "text_outside_window" | "call_outside_window":
            return _late(place)
        case "unset_read":
            source = read_pointer(document, issue.path)
            names = {path[0] for path in read_paths(source)}
            names |= {path[0] for path in read_paths({"expr": source})}
            return _unset(place, frozenset(names))
        case "ai_loop":
            return _asks_again(ground, place)
        case _ if issue.exit:
            return _leaves(issue, place)
        case _:
            return _comes_to(ground, place)


def _comes_to(ground: Ground, place: Place) -> Holds:
    """The node is entered; of a trigger, its words are said."""
    node = ground.nodes[place]
    words: frozenset[str] = frozenset()
    if isinstance(node, Trigger) and isinstance(node.on, OnKeyword | OnLink):
        listed = node.on.words if isinstance(node.on, OnKeyword) else (node.on.text,)
        words = frozenset(fold(word) for word in listed)

    def holds(look: Look) -> bool:
        if place in look.found.nodes or _breaks_at(look, place):
            return True
        happened = (row.happening for row in look.rows)
        said = (each.message.text for each in happened if isinstance(each, MessageCame))
        return bool(words) and any(fold(text) in words for text in said)

    return holds


def _breaks_at(look: Look, place: Place) -> bool:
    """A turn that fails as a whole says where, not that it was there."""
    problems = [
        call.state.problem
        for row in look.rows
        for call in row.calls
        if call.state.problem is not None
    ]
    return any((problem.flow, problem.node) == place for problem in problems)


def _leaves(issue: Issue, place: Place) -> Holds:
    way = (*place, issue.exit)
    return lambda look: way in look.found.exits


def _breaks_down(look: Look) -> bool:
    """A turn goes round until a limit stops it, or turns follow each other for ever."""
    if look.sim.endless:
        return True
    return any(
        isinstance(trace, ProblemMet) and trace.reason.startswith("more than")
        for row in look.rows
        for call in row.calls
        for trace in call.trail
    )


def _late(place: Place) -> Holds:
    """Free text is sent when the customer's window is closed."""

    def holds(look: Look) -> bool:
        closes = look.sim.chat.world.window_closes_at
        return closes is not None and any(
            closes <= row.at and isinstance(effect, Send) and _free(effect)
            for row in look.rows
            for _, effect in row.effects
            if (effect.flow, effect.node) == place or _called_by(look, row, effect, place)
        )

    return holds


def _free(send: Send) -> bool:
    return not isinstance(send.content, Template)


def _called_by(look: Look, row: Row, effect: Effect, place: Place) -> bool:
    """Whether what speaks was called at the place: it lies beneath on the stack, or the called flow
    has come and gone in these rows."""
    frames = (frame for call in row.calls for frame in call.state.frames[:-1])
    below = any((frame.flow, frame.node) == place for frame in frames)
    return below or (place in look.found.nodes and effect.flow != place[0])


def _asks_again(ground: Ground, place: Place) -> Holds:
    """The model is asked there for the second time; of a call, one in the flows that it calls."""
    calls = isinstance(ground.nodes[place], FlowCall)

    def asked(effect: object) -> bool:
        if not isinstance(effect, AskModel):
            return False
        return effect.flow != place[0] if calls else (effect.flow, effect.node) == place

    def holds(look: Look) -> bool:
        if not any(asked(effect) for row in look.rows for _, effect in row.effects):
            return False
        effects = (effect for row in look.sim.happened for _, effect in row.taken.effects)
        return sum(asked(effect) for effect in effects) > 1

    return holds


def _unset(place: Place, names: frozenset[str]) -> Holds:
    """The node is entered while one of these variables of its flow is null."""

    def holds(look: Look) -> bool:
        for row in look.rows:
            for call in row.calls:
                defaults = look.sim.chat.releases[call.release].flows[place[0]].defaults
                looked_at = {name for name in names if name in defaults}
                for known in _entering(call, place):
                    if any(known.get(name, defaults[name]) is None for name in looked_at):
                        return True
        return False

    return holds


def _entering(call: Call, place: Place) -> Iterator[Mapping[str, Any]]:
    """The variables of the flow each time that a call enters a place; of what it calls on the way
    only where it is the flow itself, whose beginning is known."""
    frames = call.before.frames if call.before is not None else ()
    stack: list[tuple[str, dict[str, Any]]] = [(f.flow, dict(f.variables)) for f in frames]
    event = call.given.event
    for trace in call.trail:
        match trace:
            case Began() if isinstance(event, Begin):
                stack = [(trace.flow, dict(event.args))]
            case Entered() if stack and (stack[-1][0], trace.node) == place:
                yield stack[-1][1]
            case Assigned() if stack:
                stack[-1][1][trace.name] = trace.value
            case Called():
                stack.append((f"{trace.flow} (called)", {}))
            case Returned() if len(stack) > 1:
                stack.pop()
            case _:
                pass
