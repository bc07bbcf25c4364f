"""Flow: calls another flow."""

from typing import Any

from msgspec import field
from msgspec.structs import replace

from flowengine.expressions import compile_value, normalize
from flowengine.inputs import BadInput, read_inputs
from flowengine.nodes.base import Base
from flowengine.pointers import read_pointer
from flowengine.run import Run, Step
from flowengine.state import Frame
from flowengine.trail import Called
from flowengine.values import Key, Save


class FlowCall(Base, tag="flow", frozen=True, kw_only=True):
    """Runs another flow with arguments, as a part of this execution, and goes on with its outputs.
    `failed` is taken where an argument is missing or does not fit, and where the called flow meets
    a problem and has no `settings.on_problem` of its own; `message.failure` says why.

    - `flow`: its key.
    - `with`: its inputs, each read as the type that it declares.
    - `save`: pieces of its outputs into variables.
    - `return`: false: a jump, which ends this flow here.

    Exits: `next`, `outcome:ID`, `failed`.

    Example::

        {"id": "endereco", "type": "flow", "flow": "endereco", "with": {"cep": "{{ cep }}"},
         "save": [{"to": "rua", "path": "/rua"}]}
    """

    flow: Key
    with_: dict[str, Any] = field(default={}, name="with")
    save: tuple[Save, ...] = ()
    return_: bool = field(default=True, name="return")


class FlowStep(Step):
    def __init__(self, node: FlowCall, wired: frozenset[str]) -> None:
        self.to, self.comes_back = node.flow, node.return_
        self.args, self.save, self.wired = compile_value(node.with_), node.save, wired
        self.reads = self.args.reads
        self.catches = "failed" in wired

    def enter(self, run: Run) -> str | None:
        child = run.release.flows[self.to]
        found = normalize(self.args.evaluate(run.scope, run.env))
        args = found if isinstance(found, dict) else {}
        if not child.start:
            run.fail_send("no start")
            return "failed"
        try:
            variables = read_inputs(child, args, replace(run.env, timezone=child.zone))
        except BadInput as error:
            run.fail_send(str(error))
            return "failed"
        run.trail.append(Called(self.to))
        kind = "call"
        if not self.comes_back:
            kind = run.frame.kind
            run.forget_effects(run.depth)
            run.frames.pop()
        run.push(Frame(self.to, child.start, variables=variables, kind=kind), child.start)
        return None

    def returned(self, run: Run, outcome: str, outputs: dict[str, Any]) -> str | None:
        for save in self.save:
            run.assign(save.to, read_pointer(outputs, save.path))
        exit = f"outcome:{outcome}"
        return exit if exit in self.wired else "next"
