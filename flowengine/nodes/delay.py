"""Delay: goes on later."""

from datetime import datetime, timedelta

from msgspec import field

from flowengine.durations import Duration, seconds
from flowengine.expressions import EvaluationError, Expression, coerce, compile_expression
from flowengine.given import Told, Woken
from flowengine.limits import SHORT_DELAY
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.schedules import next_open
from flowengine.values import Doc, Expr, Key


class Until(Doc, frozen=True, kw_only=True):
    """A time to wait for: one of the two.

    - `expr`: an expression that gives a datetime.
    - `open`: a schedule: the next time that it is open.
    """

    expr: str | None = None
    open: Key | None = None


class Delay(Base, tag="delay", frozen=True, kw_only=True):
    """Goes on later. Over a minute it gives up the foreground, so that other flows may talk
    meanwhile; a time that is past is no delay.

    - `for`: how long: a duration, or an expression that gives one.
    - `until`: until when.
    - `interruptible`: whether interrupts act while it stands.

    Exits: `next`.

    Example::

        {"id": "amanha", "type": "delay", "until": {"open": "loja"}}
    """

    for_: Duration | Expr | None = field(default=None, name="for")
    until: Until | None = None
    interruptible: bool = True


class DelayStep(Step):
    def __init__(self, node: Delay, _wired: frozenset[str]) -> None:
        self.interruptible = node.interruptible
        self.seconds = float(seconds(node.for_)) if isinstance(node.for_, str) else None
        source = node.for_ if isinstance(node.for_, Expr) else node.until
        text = source.expr if source is not None else None
        self.expression: Expression | None = compile_expression(text) if text else None
        self.schedule = node.until.open if node.until else None
        reads = self.expression.reads if self.expression else frozenset[str]()
        self.reads = reads | ({f"schedule.{self.schedule}"} if self.schedule else frozenset())

    def enter(self, run: Run) -> str | None:
        try:
            at = self._due(run)
        except OverflowError:
            raise EvaluationError("the delay reaches beyond the calendar", 1) from None
        left = (at - run.now).total_seconds()
        if left <= 0:
            return "next"
        self._wait(run, at, left)
        return None

    def told(self, run: Run, event: Told) -> str | None:
        if isinstance(event, Woken):
            return "next"
        return super().told(run, event)

    def again(self, run: Run) -> str | None:
        """Only short delays are frozen: they go on with what was left."""
        left = run.stand.left
        if left is None or not run.stand.frozen:
            return None
        self._wait(run, run.now + timedelta(seconds=left), left)
        return None

    def _wait(self, run: Run, at: datetime, left: float) -> None:
        if left > SHORT_DELAY:
            run.free_foreground()
        wake = run.wake("delay", at=at)
        run.stand_for("time", timeout=wake)

    def _due(self, run: Run) -> datetime:
        if self.seconds is not None:
            return run.now + timedelta(seconds=self.seconds)
        if self.schedule:
            schedule = run.world.schedules.get(self.schedule)
            opens = next_open(schedule, run.now) if schedule else None
            if opens is None:
                raise EvaluationError(f"the schedule {self.schedule!r} never opens", 1)
            return opens
        found = self.expression.evaluate(run.scope, run.env) if self.expression else None
        if isinstance(found, timedelta):
            return run.now + found
        due = coerce(found, "datetime", run.env)
        if not isinstance(due, datetime):
            raise EvaluationError("a delay needs a time or a duration", 1)
        return due
