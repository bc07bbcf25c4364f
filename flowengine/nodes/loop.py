"""Loop: the same steps for every item."""

from typing import Annotated

from msgspec import Meta, field

from flowengine.expressions import EvaluationError, compile_expression
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Expr, Name


class Loop(Base, tag="loop", frozen=True, kw_only=True):
    """Takes `item` once for every item of a list, and `done` when it comes back after the last.
    The list is looked at anew each time.

    - `each`: an expression that gives the list.
    - `as`: the variable that holds the item.
    - `max`: items at most.

    Exits: `item`, `done`.

    Example::

        {"id": "cada", "type": "loop", "each": {"expr": "pedidos"}, "as": "pedido", "max": 20}
    """

    each: Expr
    as_: Name = field(default="item", name="as")
    max: Annotated[int, Meta(ge=1, le=100)] = 100


class LoopStep(Step):
    def __init__(self, node: Loop, _wired: frozenset[str]) -> None:
        self.each = compile_expression(node.each.expr)
        self.name, self.max = node.as_, node.max
        self.reads = self.each.reads

    def enter(self, run: Run) -> str | None:
        items = self.each.evaluate(run.scope, run.env)
        if items is not None and not isinstance(items, list):
            raise EvaluationError(f"{self.each.source!r} is not a list", 1)
        frame = run.frame
        index = frame.loops.get(frame.node, 0)
        loops = {node: at for node, at in frame.loops.items() if node != frame.node}
        if items is None or index >= min(len(items), self.max):
            run.set_frame(loops=loops)
            return "done"
        run.set_frame(loops={**loops, frame.node: index + 1})
        run.assign(self.name, items[index])
        return "item"
