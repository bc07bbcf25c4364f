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
        self.cases = [(case.id, f"case:{case.id}", compile_when(case.when)) for case in node.cases]
        self.reads = frozenset[str]().union(*(when.reads for _, _, when in self.cases))

    def enter(self, run: Run) -> str | None:
        scope, env = run.scope, run.env
        for case, exit, when in self.cases:
            if when.holds(scope, env):
                run.trail.append(CaseTaken(run.frame.node, case))
                return exit
        run.trail.append(CaseTaken(run.frame.node, "else"))
        return "else"
