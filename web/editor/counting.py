"""The numbers of a flow as its canvas shows them, out of what `workers.counting` keeps: who came to
each step, who left it by which exit, who waits there, who stopped there, and how A/B tests go."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.graph import fallback
from flowengine.store.flow_counts import Sum
from web.editor.contests import Test, tests_of


class Numbers(Struct, frozen=True):
    """Counts of executions, by node and by exit; an execution counts once at each.

    `moved`, `gone`: that came from another version, or left for one (of one version only);
    `moved_to`: at which node they came. `entered` counts them too. `waiting`: now, whenever they
    began; all else of those that began in the time asked for.
    """

    total: int
    done: int
    moved: int
    gone: int
    moved_to: dict[str, int]
    entered: dict[str, int]
    waiting: dict[str, int]
    dropped: dict[str, int]
    exits: dict[tuple[str, str], int]
    outcomes: dict[str, int]
    tests: tuple[Test, ...]

    @property
    def finished(self) -> int:
        """Per cent that were completed of those that stayed with what is shown."""
        return round(100 * self.done / max(self.total + self.moved - self.gone, self.done, 1))


def numbers_of(flow: Flow, sums: Iterable[Sum], goal: str = "") -> Numbers:
    """The numbers of a flow. `goal`: the outcome that A/B tests are about; "" for any ending that
    is no failure. Steps that the flow as it is drawn has no more are left out. Cost: ~1 µs a sum.
    """
    kinds: dict[str, list[Sum]] = {}
    nodes = {node.id: node for node in flow.nodes}
    for each in sums:
        if not each.node or each.node in nodes:
            kinds.setdefault(each.kind, []).append(each)
    exits: Counter[tuple[str, str]] = Counter()
    edges = {(edge.from_, edge.exit) for edge in flow.edges}
    for each in kinds.get("out", ()):
        taken = (each.node, each.name)
        instead = fallback(nodes[each.node], each.name) or ""
        exits[taken if taken in edges else (each.node, instead)] += each.n
    outcomes = Counter({each.name: each.n for each in kinds.get("end", ())})
    dropped, moved_to = _by_node(kinds, "drop"), _by_node(kinds, "moved")
    return Numbers(
        _whole(kinds, "began"),
        _whole(kinds, "done"),
        moved_to.pop("", 0),
        _whole(kinds, "gone"),
        moved_to,
        _entered(_by_node(kinds, "in"), _by_node(kinds, "at"), dropped),
        _by_node(kinds, "waits"),
        dropped,
        dict(exits),
        dict(outcomes.most_common()),
        tuple(tests_of(flow, kinds.get("out", ()), kinds.get("ab", ()), goal)),
    )


def _whole(kinds: Mapping[str, list[Sum]], kind: str) -> int:
    return sum(each.n for each in kinds.get(kind, ()))


def _entered(
    came: Mapping[str, int], stand: Mapping[str, int], dropped: Mapping[str, int]
) -> dict[str, int]:
    """Who stands or stopped at a node has come to it. Numbers of moves that were counted before
    2026-11-21 do not say so: there the arrivals are missing."""
    nodes = dict.fromkeys((*came, *stand, *dropped))
    found = {
        node: max(came.get(node, 0), stand.get(node, 0) + dropped.get(node, 0)) for node in nodes
    }
    return {node: n for node, n in found.items() if node}


def _by_node(kinds: Mapping[str, list[Sum]], kind: str) -> dict[str, int]:
    return {each.node: each.n for each in kinds.get(kind, ()) if each.n > 0}


def weights(exits: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """How thick each line is drawn, from 0 to 1."""
    most = max(exits.values(), default=1)
    return {exit: count / most for exit, count in exits.items()}
