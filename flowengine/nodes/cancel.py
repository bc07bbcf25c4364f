"""Cancel: drops a start that has not begun."""

from flowengine.expressions import compile_template
from flowengine.messages import CancelStart
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Key


class Cancel(Base, tag="cancel", frozen=True, kw_only=True):
    """Drops a `start` that has not begun.

    - `key`: the key that it was started with, a template.
    - `flow`: only of this flow.

    Exits: `next`.

    Example::

        {"id": "desmarca", "type": "cancel", "key": "{{ reserva }}"}
    """

    key: str
    flow: Key | None = None


class CancelStep(Step):
    def __init__(self, node: Cancel, _wired: frozenset[str]) -> None:
        self.key, self.flow = compile_template(node.key), node.flow or ""
        self.reads = self.key.reads

    def enter(self, run: Run) -> str | None:
        key = self.key.render(run.scope, run.env)
        run.add(CancelStart(run.new_id(), run.frame.node, run.frame.flow, key, self.flow))
        return "next"
