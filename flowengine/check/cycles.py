"""Proofs about cycles: none may go round without a pause, in a flow or between flows."""

from collections.abc import Iterator, Mapping

from flowengine.check.around import Around, Place
from flowengine.check.finding import Finding, pointer
from flowengine.check.lapse import length
from flowengine.check.names import stores
from flowengine.check.subject import Subject
from flowengine.check.timing import compiled, waits
from flowengine.flow import Flow
from flowengine.graph import calls
from flowengine.limits import MAX_DEPTH
from flowengine.nodes import AiReply, Ask, Delay, FlowCall, Http, Loop, Node, Start, Transfer, Wait
from flowengine.values import Expr

_AT_ONCE = {"empty", "unavailable", "limit"}
"""Exits that a pausing node may take without having paused."""


def cycles(subject: Subject) -> Iterator[Finding]:
    """Cycles of nodes without a pause, and flows that call each other in a circle."""
    circles = list(_circles(subject))
    yield from _endless(subject, {finding.node for finding in circles})
    yield from circles
    if not circles:
        yield from _deep(subject)


def _endless(subject: Subject, told: set[str]) -> Iterator[Finding]:
    """`told`: calls that are known to come round to themselves."""
    around = Around(subject, _stops, _begins)
    for group in around.circles():
        way = around.way(group)
        if any(key == subject.flow.key and node in told for key, node in way):
            continue
        first = _tellable(subject, way)
        values = {"way": " → ".join(around.said(place) for place in way)}
        yield Finding("endless_cycle", first, path=subject.path(first), values=values)


def _tellable(subject: Subject, way: list[Place]) -> str:
    own = (node for key, node in way if key == subject.flow.key)
    return min(own, key=subject.place.__getitem__)


def _begins(flow: Flow, node: Start) -> bool:
    """Whether the started flow begins at once."""
    if node.at is None:
        return True
    known = waits(flow, node.at.expr) if isinstance(node.at, Expr) else None
    return known is not None and min(known) <= 0 and node.if_past == "now"


def _stops(flow: Flow, node: Node, exit: str) -> bool:
    """Whether leaving by this exit means that the turn has ended, or the number is bounded."""
    match node:
        case Ask() | Wait() | Transfer() | AiReply():
            return exit not in _AT_ONCE
        case Http():
            return True
        case Delay():
            return _takes_time(flow, node)
        case Loop():
            return exit == "item"
        case _:
            return False  # nor does a message that waits for its acceptance: it would say it again


def _takes_time(flow: Flow, node: Delay) -> bool:
    """Whether a delay is one every time: until an hour that is over it is none.

    A time that the flow itself moves on is trusted, and so is a length that is not known.
    """
    if isinstance(node.for_, str):
        return length(node.for_) > 0
    source = node.for_.expr if node.for_ is not None else node.until.expr if node.until else None
    if source is None:
        return False
    known = waits(flow, source)
    if known is not None:
        return min(known) > 0
    return node.for_ is not None or _moves(flow, node, source)


def _moves(flow: Flow, node: Delay, source: str) -> bool:
    """Whether a time may be another one the next time: counted from now, or stored on the way."""
    expression = compiled(source)
    if expression is None:
        return True
    reads = {name.partition(".")[0] for name in expression.reads}
    stored = {
        name.partition(".")[0] for each in _way_round(flow, node.id) for name, _ in stores(each)
    }
    return bool(reads & (stored | {"now"}))


def _way_round(flow: Flow, node: str) -> list[Node]:
    """The nodes that lie on any way from a node back to it."""
    out: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for edge in flow.edges:
        out.setdefault(edge.from_, []).append(edge.to)
        back.setdefault(edge.to, []).append(edge.from_)
    both = _reached(out, node) & _reached(back, node)
    return [each for each in flow.nodes if each.id in both]


def _reached(edges: Mapping[str, list[str]], node: str) -> set[str]:
    seen: set[str] = set()
    ahead = [node]
    while ahead:
        at = ahead.pop()
        if at not in seen:
            seen.add(at)
            ahead += edges.get(at, ())
    return seen


def _circles(subject: Subject) -> Iterator[Finding]:
    """A call that comes back and leads to this flow again: the stack would grow at every round."""
    for node_id, node in subject.nodes.items():
        for key, path in _returning(node):
            if way := _way_back(subject, key):
                values = {"way": " → ".join([subject.flow.key, *way])}
                where = subject.path(node_id) + path
                yield Finding("call_cycle", node_id, path=where, values=values)


def _deep(subject: Subject) -> Iterator[Finding]:
    """A call under which flows call on deeper than the engine lets them."""
    for node_id, node in subject.nodes.items():
        for key, path in _returning(node):
            if way := _too_deep(subject, key):
                values = {"way": " → ".join([subject.flow.key, *way]), "limit": str(MAX_DEPTH)}
                where = subject.path(node_id) + path
                yield Finding("calls_too_deep", node_id, path=where, values=values)


def _returning(node: Node) -> Iterator[tuple[str, str]]:
    """(flow, path below the node) of the calls that come back: the stack grows by each."""
    match node:
        case FlowCall() if node.return_:
            yield node.flow, "/flow"
        case AiReply():
            for at, tool in enumerate(node.tools):
                if tool.flow is not None:
                    yield tool.flow, pointer("tools", at, "flow")
        case _:
            return


def _too_deep(subject: Subject, key: str) -> list[str]:
    """A way of calls that each come back, too long for the stack; level by level."""
    ways = {key: [key]}
    for _ in range(MAX_DEPTH - 1):
        deeper: dict[str, list[str]] = {}
        for way in ways.values():
            other = subject.others.get(way[-1])
            for node in other.nodes if other is not None else ():
                for called, _ in _returning(node):
                    if called not in way:
                        deeper.setdefault(called, [*way, called])
        ways = {called: way for called, way in deeper.items() if called in subject.others}
    for way in ways.values():
        return way
    return []


def _way_back(subject: Subject, key: str) -> list[str]:
    ways, seen = [[key]], {key}
    while ways:
        way = ways.pop(0)
        if way[-1] == subject.flow.key:
            return way
        other = subject.others.get(way[-1])
        for called in _calls(other) if other is not None else ():
            if called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return []


def _calls(flow: Flow) -> list[str]:
    return [key for node in flow.nodes for key in calls(node)]
