"""Condition: the first case that holds."""

from flowengine.conditions import When, compile_when
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.trail import CaseTaken
from flowengine.values import Doc, Key


class Case(Doc, frozen=True, kw_only=True):
    """One case of a condition.

    - `id`: names the exit `case:ID`.
    - `when`: the condition.
    - `label`: for people.
    """

    id: Key
    when: When
    label: str = ""


class Condition(Base, tag="condition", frozen=True, kw_only=True):
    """Takes the exit of the first case that holds.

    - `cases`: looked at in this order.

    Exits: `case:ID`, `else`.

    Example::

        {"id": "vip", "type": "condition", "cases": [
            {"id": "sim", "when": {"left": {"expr": "pontos"}, "op": "at_least", "right": 100}}]}
    """

    cases: tuple[Case, ...]


class ConditionStep(Step):
    def __init__(self, node: Condition, _wired: frozenset[str]) -> None:
        compiled = [compile_when(case.when) for case in node.cases]
        self.reads = frozenset[str]().union(*(when.reads for when in compiled))
        self.cases = [
            (f"case:{case.id}", when.run, CaseTaken(node.id, case.id))
            for case, when in zip(node.cases, compiled, strict=True)
        ]
        self.otherwise = CaseTaken(node.id, "else")

    def enter(self, run: Run) -> str | None:
        scope, env = run.scope, run.env
        for exit, holds, taken in self.cases:
            if holds(scope, env, None):
                run.trail.append(taken)
                return exit
        run.trail.append(self.otherwise)
        return "else"
