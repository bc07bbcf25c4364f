"""What an evaluation is told, and what it may use up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.values import Value
from flowengine.schedules import Schedule

Scope: TypeAlias = Mapping[str, Any]
"""The top-level names and their values: plain dicts, lists, text, numbers, dates."""


class Limits(Struct, frozen=True):
    """What one evaluation may use up.

    `work`: units of about a microsecond (a loop round, a hundred characters changed). `output`:
    characters of a rendered text. `text`: characters of any text on the way.
    """

    work: int = 20_000
    output: int = 16_384
    text: int = 65_536


DEFAULT_LIMITS = Limits()

UNSET: Any = object()
"""What a local name holds before its `set` was reached."""


class Env(Struct, frozen=True):
    """What is the same for all expressions of a turn.

    `now` is aware; it is shown in `timezone`. `language` is a tag ("pt-BR"): it decides how
    numbers, money, dates and booleans are read and printed. `schedules` are those of the
    workspace, for `business_days(3, "comercial")`.
    """

    now: datetime
    timezone: ZoneInfo
    language: str = "pt-BR"
    limits: Limits = DEFAULT_LIMITS
    schedules: Mapping[str, Schedule] = {}


class Evaluation:
    """One evaluation under way: the scope, the local names, what was printed, what is left.

    What is done is counted, so that no input passes the budget. Cost: 0.1 µs a count.
    """

    __slots__ = ("built", "env", "left", "locals", "longest", "out", "scope")

    def __init__(self, scope: Scope, env: Env, places: int = 0) -> None:
        self.scope = scope
        self.env = env
        self.left = env.limits.work
        self.longest = env.limits.text
        self.locals: list[Value] = [UNSET] * places
        self.out: list[str] = []
        self.built = 0

    def spend(self, units: int) -> None:
        """Pay for work; raises `EvaluationError` when the budget is passed."""
        self.left -= units
        if self.left < 0:
            raise EvaluationError("the expression does too much work")

    def check_text(self, length: int) -> None:
        """Pay for a text of this length; raises `EvaluationError` when it would be too long."""
        if length > 256:
            if length > self.longest:
                raise EvaluationError(f"a text would be longer than {self.longest} characters")
            self.spend(length >> 8)
