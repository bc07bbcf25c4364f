"""End: the flow is over."""

from typing import Any

from flowengine.expressions import compile_value, normalize
from flowengine.messages import HandOver, Target
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Key


class End(Base, tag="end", frozen=True, kw_only=True):
    """Ends the flow. In a flow that was called, the caller goes on by `outcome:ID`; in a returning
    interrupt, what stood is asked again. No exits.

    - `outcome`: how it ended, for the caller and for reports.
    - `outputs`: what the caller gets: a value for each declared output.
    - `close_conversation`: the conversation is closed, too.

    Example::

        {"id": "fim", "type": "end", "outcome": "atendido", "outputs": {"rua": "{{ rua }}"}}
    """

    outcome: Key | None = None
    outputs: dict[str, Any] = {}
    close_conversation: bool = False


class EndStep(Step):
    def __init__(self, node: End, _wired: frozenset[str]) -> None:
        self.outcome, self.close = node.outcome or "", node.close_conversation
        self.outputs = compile_value(node.outputs)
        self.reads = self.outputs.reads
        self.nothing = not node.outputs

    def enter(self, run: Run) -> str | None:
        outputs = {} if self.nothing else normalize(self.outputs.evaluate(run.scope, run.env))
        if self.close:
            frame = run.frame
            run.add(HandOver(run.new_id(), frame.node, frame.flow, Target(), close=True))
        run.end(self.outcome, outputs if isinstance(outputs, dict) else {})
        return None
