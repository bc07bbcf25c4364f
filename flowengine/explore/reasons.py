"""Why no chat was found for an exit, as far as the flow itself says it."""

from flowengine.answers import ExpectAny
from flowengine.explore.ground import Ground
from flowengine.flow import Flow
from flowengine.graph import entry
from flowengine.nodes import Ask, Node, Split, Transfer, Trigger, Wait


def reason(ground: Ground, flow: Flow, node_id: str, exit: str, whole: bool) -> str:
    """A sentence. `whole`: everything that the explorer can do was tried."""
    node = ground.nodes.get((flow.key, node_id))
    if node is None:
        return "the node is not there"
    known = _known(ground, node, exit)
    if known:
        return known
    if not whole:
        return "not found within the budget"
    return "nothing that was tried leads there: a condition may never hold, or needs a rarer input"


def reachable(ground: Ground, flow: Flow) -> set[tuple[str, str]]:
    """Every place to which some path leads from where a flow can begin."""
    first = entry(flow)
    ahead = [(flow.key, first)] if first else []
    ahead += [(flow.key, node.id) for node in flow.nodes if isinstance(node, Trigger)]
    seen: set[tuple[str, str]] = set()
    while ahead:
        place = ahead.pop()
        if place not in seen:
            seen.add(place)
            ahead += ground.out.get(place, ())
    return seen


def _known(ground: Ground, node: Node, exit: str) -> str:
    match node:
        case Trigger():
            return "what sets it off was tried: its condition never held, or another flow took it"
        case Ask() | Wait() | Transfer() if exit == "timeout" and node.timeout is None:
            return "no timer is set: the node has no timeout"
        case Ask() | Wait() if exit == "invalid" and isinstance(node.expect, ExpectAny):
            return "any answer fits, so none is wrong"
        case Transfer() if exit == "unavailable":
            return _staffed(ground, node)
        case Split() if exit.startswith("variant:"):
            weights = {variant.id: variant.weight for variant in node.variants}
            gone = not weights.get(exit.removeprefix("variant:"))
            return "the variant has no weight" if gone else ""
        case _:
            return ""


def _staffed(ground: Ground, node: Transfer) -> str:
    queue = ground.workspace.queues.get(node.to.queue)
    if not node.to.queue or queue is None or queue.schedule is None:
        return "it goes to nobody with a schedule: there is always somebody"
    known = queue.schedule in ground.workspace.schedules
    return "" if known else "the schedule of the queue is not known"
