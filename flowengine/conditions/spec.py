"""What the compiler knows of an operator."""

from collections.abc import Callable
from dataclasses import dataclass

from flowengine.expressions import Env, Value

Test = Callable[[Value, Env], bool]
"""Whether the left side passes; raises nothing but `EvaluationError`."""


class BadRight(Exception):
    """A right side that an operator cannot work with: why, and the mend."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Spec:
    """An operator: `prepare(right)` is called once where the right side is fixed.

    `prepare` raises `BadRight`.
    """

    prepare: Callable[[Value], Test]


def asking(test: Test) -> Spec:
    """An operator without a right side."""
    return Spec(lambda right: test)


def negated(spec: Spec) -> Spec:
    """The operator that holds where another does not."""

    def prepare(right: Value) -> Test:
        test = spec.prepare(right)
        return lambda left, env: not test(left, env)

    return Spec(prepare)
