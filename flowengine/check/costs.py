"""Proof about costs: no circle asks a language model again and again without the customer."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.subject import Subject
from flowengine.nodes import AiReply, Ask, Loop, Node, Transfer, Wait

_SILENT = ("timeout", "empty", "failed")
"""Exits of a question that nobody had to answer."""


def costs(subject: Subject) -> Iterator[Finding]:
    """Circles with a model in them that go round while the customer says nothing.

    An answer of the customer and a `loop` bound them; time alone does not.
    """
    if not any(isinstance(node, AiReply) for node in subject.nodes.values()):
        return
    import networkx  # 60 ms: only where a flow is checked

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for node_id, node in subject.nodes.items():
        for exit, to in subject.out[node_id].items():
            if not _needs_customer(node, exit):
                graph.add_edge(node_id, to)
    for group in networkx.strongly_connected_components(graph):
        models = [node for node in group if isinstance(subject.nodes[node], AiReply)]
        for first in sorted(models, key=subject.place.__getitem__)[:1]:
            if len(group) > 1 or graph.has_edge(first, first):
                around = sorted(group, key=subject.place.__getitem__)
                values = {"way": ", ".join(around)}
                yield Finding("ai_loop", first, path=subject.path(first), values=values)


def _needs_customer(node: Node, exit: str) -> bool:
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
