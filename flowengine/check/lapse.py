"""How long after the customer's last message a node may be reached, at the longest."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from flowengine.check.looking import asks_window
from flowengine.check.timing import waits
from flowengine.contents import TemplateContent
from flowengine.durations import DurationError, seconds
from flowengine.flow import Flow
from flowengine.graph import calls, entry
from flowengine.limits import MAX_DEPTH
from flowengine.nodes import (
    AiReply,
    Ask,
    Condition,
    Delay,
    End,
    FlowCall,
    Message,
    Node,
    Start,
    Transfer,
    Trigger,
    Wait,
)
from flowengine.nodes.trigger import OnCron, OnEvent, OnFieldChanged, OnTagAdded
from flowengine.schedules import Schedule, is_open
from flowengine.values import Expr
from flowengine.workspace import Workspace

CLOSED = 24 * 3600.0
"""Seconds after which the window is closed; nothing is counted beyond."""

PROACTIVE = (OnCron, OnEvent, OnTagAdded, OnFieldChanged)
"""What begins a flow without a message of the customer."""

_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_STEP = timedelta(minutes=30)
_WEEK = 8 * 48


class Summary(Struct, frozen=True):
    """A flow as its callers see it, in seconds. `through`: the longest way through it without a
    word of the customer; `since`: the longest since their last word, where there was one; `speaks`:
    the longest wait before free text that no word came before. None: there is no such way."""

    through: float | None
    since: float | None
    speaks: float | None


UNKNOWN = Summary(0, None, None)
"""A flow that is not known here is trusted."""


class Lapses:
    """One flow: what its edges add, and where they begin anew. `inside`: flows that called it."""

    def __init__(
        self,
        flow: Flow,
        workspace: Workspace | None,
        others: Mapping[str, Flow],
        inside: frozenset[str] = frozenset(),
        summaries: dict[str, Summary] | None = None,
    ) -> None:
        self.flow, self.workspace, self.others = flow, workspace, others
        self.inside = inside | {flow.key}
        self.nodes: dict[str, Node] = {}
        for node in flow.nodes:
            self.nodes.setdefault(node.id, node)
        self.expires = length(flow.settings.expires)
        self.summaries: dict[str, Summary] = {} if summaries is None else summaries
        self.drawn: dict[str, set[str]] = {}
        self.adds: list[tuple[str, str, float]] = []
        self.anew: list[tuple[str, str, float]] = []
        for edge in flow.edges:
            if edge.from_ in self.nodes and edge.to in self.nodes:
                self.drawn.setdefault(edge.from_, set()).add(edge.exit)
                self._edge(self.nodes[edge.from_], edge.exit, edge.to)

    def _edge(self, node: Node, exit: str, to: str) -> None:
        match node:
            case Ask() | Wait():
                self._waited(node, exit, to)
            case Delay():
                self.adds.append((node.id, to, self._delay(node)))
            case Transfer() if exit == "closed":
                self.anew.append((node.id, to, 0))
            case Transfer() if exit == "timeout":
                self.adds.append((node.id, to, length(node.timeout)))
            case Condition() if asks_window(node, exit):
                self.anew.append((node.id, to, 0))
            case FlowCall():
                self._called(node, to)
            case AiReply():
                self.adds.append((node.id, to, self.tools_take(node)))
            case _:
                self.adds.append((node.id, to, 0))

    def _waited(self, node: Ask | Wait, exit: str, to: str) -> None:
        limit = length(node.timeout) if node.timeout else None
        if exit in ("empty", "failed"):
            self.adds.append((node.id, to, 0))
        elif exit == "timeout":
            if limit is not None and limit < self.expires:
                self.adds.append((node.id, to, limit))
        elif exit.startswith("event:"):
            longest = min(limit, self.expires) if limit is not None else self.expires
            self.adds.append((node.id, to, longest))
        else:
            self.anew.append((node.id, to, 0))

    def _delay(self, node: Delay) -> float:
        if isinstance(node.for_, str):
            return length(node.for_)
        until = node.until
        if until is not None and until.open is not None:
            known = self.workspace.schedules.get(until.open) if self.workspace else None
            return longest_closed(known) if known is not None else 0
        source = node.for_.expr if isinstance(node.for_, Expr) else until.expr if until else None
        if source is None:
            return 0
        known = waits(self.flow, source)
        return CLOSED if known is None else min(max(0, *known), CLOSED)

    def _called(self, node: FlowCall, to: str) -> None:
        called = self.summary(node.flow)
        if called.through is not None:
            self.adds.append((node.id, to, called.through))
        if called.since is not None:
            self.anew.append((node.id, to, called.since))

    def tools_take(self, node: AiReply) -> float:
        """How long a model's tools may take before it answers, all rounds together."""
        each = [self.summary(key).through or 0 for key in calls(node)]
        return min(node.rounds * max(each, default=0), CLOSED)

    def summary(self, key: str) -> Summary:
        """The called flow's, worked out once; what lies too deep to be called is trusted."""
        if key not in self.summaries:
            child = self.others.get(key)
            if child is None or key in self.inside or len(self.inside) > MAX_DEPTH:
                return UNKNOWN
            inner = Lapses(child, self.workspace, self.others, self.inside, self.summaries)
            self.summaries[key] = _summed(inner)
        return self.summaries[key]

    def times(self, begin: Mapping[str, float], *, anew: bool = True) -> dict[str, float]:
        """By node, the longest time since the customer's last word, from these beginnings.

        `anew`: count from their words on the way too; else only along ways without any.
        """
        first = dict(begin)
        if anew:
            reached = self.reached(begin)
            for source, to, time in self.anew:
                if source in reached:
                    first[to] = max(first.get(to, 0), time)
        return longest_ways(first, self.adds)

    def reached(self, begin: Mapping[str, float]) -> set[str]:
        """Every node to which some way leads."""
        out: dict[str, list[str]] = {}
        for source, to, _ in (*self.adds, *self.anew):
            out.setdefault(source, []).append(to)
        seen: set[str] = set()
        ahead = list(begin)
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen.add(node)
                ahead += out.get(node, ())
        return seen

    def spoken_at(self, node: Node, time: float) -> float:
        """When a node that is come to at `time` says something: a model after its tools."""
        return time + self.tools_take(node) if isinstance(node, AiReply) else time

    def speaks_freely(self, node: Node) -> bool:
        """Whether it says what only an open window lets pass, with nothing in its place."""
        if isinstance(node, AiReply):
            return True
        if not isinstance(node, Message | Ask) or node.template is not None:
            return False
        free = any(not isinstance(content, TemplateContent) for content in node.contents)
        return free and "failed" not in self.drawn.get(node.id, ())


def beginnings(flow: Flow, others: Mapping[str, Flow]) -> dict[str, float]:
    """Where a flow begins, and how long after a message of the customer at the longest."""
    found = _first(flow)
    first = entry(flow)
    if first is not None:
        starts = [_started(*each, others) for each in scheduled(flow, others)]
        found[first] = max(found.get(first, 0), *starts, 0)
    return found


def _first(flow: Flow) -> dict[str, float]:
    """As `beginnings`, but for starts by other flows."""
    found: dict[str, float] = {}
    by_message = False
    for node in flow.nodes:
        if isinstance(node, Trigger):
            outside = isinstance(node.on, PROACTIVE)
            by_message = by_message or not outside
            found[node.id] = CLOSED if outside else 0
    first = entry(flow)
    if first is not None:
        own = flow.settings.purpose and not by_message
        found[first] = max(found.get(first, 0), CLOSED if own else 0)
    return found


def scheduled(flow: Flow, others: Mapping[str, Flow]) -> Iterator[tuple[Flow, Start]]:
    """The nodes that start a flow at a time of their own choice, with the flow that they are in."""
    for each in (flow, *others.values()):
        for node in each.nodes:
            if isinstance(node, Start) and node.flow == flow.key and node.at is not None:
                yield each, node


def _started(flow: Flow, node: Start, others: Mapping[str, Flow]) -> float:
    """How long after the customer's last word a start of a flow takes place, at the longest."""
    known = waits(flow, node.at.expr) if isinstance(node.at, Expr) else None
    if known is None:
        return CLOSED
    lapses = Lapses(flow, None, others)
    before = lapses.times(_first(flow)).get(node.id, 0)
    return min(before + max(0, *known), CLOSED)


def longest_ways(
    first: Mapping[str, float], edges: list[tuple[str, str, float]]
) -> dict[str, float]:
    """The longest time at every node that can be reached; in a circle that takes time, no end."""
    import networkx  # 60 ms: only where a flow is checked

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(first)
    graph.add_edges_from((source, to) for source, to, _ in edges)
    place: dict[str, int] = {}
    groups = list(networkx.strongly_connected_components(graph))
    order = list(networkx.topological_sort(networkx.condensation(graph, groups)))
    for number, group in enumerate(groups):
        for node in group:
            place[node] = number
    grows: set[int] = set()
    out: dict[int, list[tuple[str, str, float]]] = {}
    for source, to, time in edges:
        out.setdefault(place[source], []).append((source, to, time))
        if place[source] == place[to] and time > 0:
            grows.add(place[source])
    found: dict[int, float] = {}
    for node, time in first.items():
        found[place[node]] = max(found.get(place[node], 0), time)
    for number in order:
        if number not in found:
            continue
        if number in grows:
            found[number] = CLOSED
        for _, to, time in out.get(number, ()):
            if place[to] != number:
                later = min(found[number] + time, CLOSED)
                found[place[to]] = max(found.get(place[to], 0), later)
    return {node: found[number] for node, number in place.items() if number in found}


def _summed(lapses: Lapses) -> Summary:
    first = entry(lapses.flow)
    if first is None or first not in lapses.nodes:
        return UNKNOWN
    straight = lapses.times({first: 0}, anew=False)
    whole = lapses.times({first: 0})
    reached = lapses.reached({first: 0})
    since = lapses.times({to: time for source, to, time in lapses.anew if source in reached})
    ends = [n for n, node in lapses.nodes.items() if isinstance(node, End) or n not in lapses.drawn]
    speaking = [
        lapses.spoken_at(lapses.nodes[node], time)
        for node, time in straight.items()
        if lapses.speaks_freely(lapses.nodes[node])
    ]
    return Summary(
        max((straight[end] for end in ends if end in straight), default=None),
        max((since[end] for end in ends if end in since and end in whole), default=None),
        max(speaking, default=None),
    )


def longest_closed(schedule: Schedule) -> float:
    """Seconds for which an ordinary week's schedule is closed at the longest."""
    plain = replace(schedule, holidays=None, dates=())
    longest = now = 0.0
    for step in range(2 * _WEEK):
        now = 0 if is_open(plain, _MONDAY + step * _STEP) else now + _STEP.total_seconds()
        longest = max(longest, now)
    return min(longest, CLOSED)


def length(text: str | None) -> float:
    """Seconds of a duration; none of one that is wrong, which another proof tells."""
    try:
        return float(seconds(text)) if text else 0
    except DurationError:
        return 0
