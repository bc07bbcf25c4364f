"""Proof about costs: no circle asks a language model again and again without the customer."""

from collections.abc import Iterator

from flowengine.check.around import Around, Place
from flowengine.check.finding import Finding
from flowengine.check.subject import Subject
from flowengine.flow import Flow
from flowengine.nodes import AiReply, Ask, FlowCall, Loop, Node, Transfer, Wait

_SILENT = ("timeout", "empty", "failed")
"""Exits of a question that nobody had to answer."""


def costs(subject: Subject) -> Iterator[Finding]:
    """Circles with a model in them that go round while the customer says nothing.

    Those through other flows count too. An answer of the customer and a `loop` bound them; time
    alone does not.
    """
    if not any(isinstance(node, AiReply | FlowCall) for node in subject.nodes.values()):
        return
    around = Around(subject, _needs_customer, lambda _flow, _node: True)
    if not any(isinstance(node, AiReply) for node in around.nodes.values()):
        return
    for group in around.circles():
        if not any(_asks_model(around, place) for place in group):
            continue
        own = [node for key, node in group if key == subject.flow.key]
        models = [node for node in own if isinstance(subject.nodes[node], AiReply)]
        first = (models or own)[0]
        values = {"way": ", ".join(around.said(place) for place in group)}
        yield Finding("ai_loop", first, path=subject.path(first), values=values)


def _asks_model(around: Around, place: Place) -> bool:
    """A model itself, or a call of a flow that comes to one before the customer answers."""
    if not isinstance(around.nodes[place], FlowCall):
        return isinstance(around.nodes[place], AiReply)
    ahead, seen = [place], {place}
    while ahead:
        for to in around.out[ahead.pop()]:
            if to not in seen:
                seen.add(to)
                ahead.append(to)
    return any(isinstance(around.nodes[each], AiReply) for each in seen)


def _needs_customer(_flow: Flow, node: Node, exit: str) -> bool:
    match node:
        case Ask():
            return exit not in _SILENT and not exit.startswith("event:")
        case Wait():
            asked = node.expect is not None
            return asked and exit not in _SILENT and not exit.startswith("event:")
        case Transfer():
            return exit == "closed"
        case Loop():
            return exit == "item"
        case _:
            return False
