"""What the compiler knows of a filter or a function."""

from collections.abc import Callable
from dataclasses import dataclass

from flowengine.expressions.values import Value

Trouble = tuple[str, str]
"""Why something is refused, and the mend."""

Check = Callable[[Value], Trouble | None]


@dataclass(frozen=True, slots=True)
class Spec:
    """A filter: `run(evaluation, value, *arguments)`; a function: `run(evaluation, *arguments)`.

    `names`: its arguments, by which they may be given too; the first `required` must be there.
    `checks`: for arguments that are written out, a look at them while compiling.
    """

    run: Callable[..., Value]
    names: tuple[str, ...] = ()
    required: int = 0
    checks: tuple[tuple[str, Check], ...] = ()
    many: bool = False
    """Takes any number of arguments more."""
