"""Start: another flow begins by itself, now or later."""

from datetime import datetime
from typing import Any, Literal

from msgspec import field

from flowengine.expressions import (
    EvaluationError,
    coerce,
    compile_template,
    compile_value,
    normalize,
)
from flowengine.messages import StartFlow
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Expr, Key


class Start(Base, tag="start", frozen=True, kw_only=True):
    """Starts another flow by itself, now or later, for the same contact on the same channel. The
    version is the one that is published when it begins.

    - `flow`: its key.
    - `with`: its inputs.
    - `at`: when: an expression, or a text in ISO 8601 (left out: now).
    - `if_past`: what to do with a time that is past.
    - `key`: one unstarted start for each contact, flow and key: a new one replaces it.
    - `purpose`: what its messages are for.

    Exits: `next`.

    Example::

        {"id": "lembra", "type": "start", "flow": "lembrete", "at": {"expr": "quando - hours(24)"},
         "if_past": "skip", "key": "{{ reserva }}", "purpose": "utility"}
    """

    flow: Key
    with_: dict[str, Any] = field(default={}, name="with")
    at: Expr | str | None = None
    if_past: Literal["skip", "now"] = "now"
    key: str = ""
    purpose: str = ""


class StartStep(Step):
    def __init__(self, node: Start, _wired: frozenset[str]) -> None:
        self.to, self.if_past, self.purpose = node.flow, node.if_past, node.purpose
        at = {"expr": node.at.expr} if isinstance(node.at, Expr) else node.at
        self.at = None if at is None else compile_value(at)
        self.args, self.key = compile_value(node.with_), compile_template(node.key)
        reads = self.args.reads | self.key.reads
        self.reads = reads | self.at.reads if self.at else reads

    def enter(self, run: Run) -> str | None:
        at = self._at(run)
        if at is not None and at <= run.now and self.if_past == "skip":
            return "next"
        args = normalize(self.args.evaluate(run.scope, run.env))
        effect = StartFlow(
            id=run.new_id(),
            node=run.frame.node,
            flow=run.frame.flow,
            start=self.to,
            args=args if isinstance(args, dict) else {},
            at=at,
            if_past=self.if_past,
            key=self.key.render(run.scope, run.env),
            purpose=self.purpose,
        )
        run.add(effect)
        return "next"

    def _at(self, run: Run) -> datetime | None:
        if self.at is None:
            return None
        at = coerce(self.at.evaluate(run.scope, run.env), "datetime", run.env)
        if not isinstance(at, datetime):
            raise EvaluationError("`at` is not a date and time", 1)
        return at
