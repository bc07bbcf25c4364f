"""Set: gives values to variables and contact fields."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, cast

from flowengine.expressions import (
    CompiledValue,
    EvaluationError,
    coerce,
    compile_template,
    compile_value,
    normalize,
)
from flowengine.messages import ChangeContact
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.trail import ResultRecorded
from flowengine.values import Doc, Value


class Assign(Doc, frozen=True, kw_only=True):
    """One assignment. `add` counts unset as 0; `append` writes behind a text, or into a list;
    `clear` needs no value.

    - `to`: a variable, or `contact.name`, `contact.language`, `contact.fields.NAME`.
    - `op`: what is done with the value that is there.
    - `value`: a value: texts in it are templates, `{"expr"}` expressions.
    """

    to: str
    op: Literal["put", "add", "append", "remove", "clear"] = "put"
    value: Value = None


class Result(Doc, frozen=True, kw_only=True):
    """What a report counts.

    - `name`: of the result, a template.
    - `category`: which one it is, a template.
    """

    name: str
    category: str = ""


class Set(Base, tag="set", frozen=True, kw_only=True):
    """Gives values to variables and to what is known of the contact; later assignments see earlier
    ones.

    - `assign`: the assignments, in this order.
    - `result`: a result for reports.

    Exits: `next`.

    Example::

        {"id": "soma", "type": "set",
         "assign": [{"to": "pontos", "op": "add", "value": {"expr": "10"}}]}
    """

    assign: tuple[Assign, ...]
    result: Result | None = None


class SetStep(Step):
    def __init__(self, node: Set, _wired: frozenset[str]) -> None:
        self.assigns = [(a.to, a.op, compile_value(a.value)) for a in node.assign]
        self.result = None
        reads = frozenset[str]().union(*(value.reads for _, _, value in self.assigns))
        reads |= {to for to, op, _ in self.assigns if to.startswith("contact.") and op != "put"}
        if node.result:
            self.result = compile_template(node.result.name), compile_template(node.result.category)
            reads |= self.result[0].reads | self.result[1].reads
        self.reads = reads

    def enter(self, run: Run) -> str | None:
        for to, op, value in self.assigns:
            self._assign(run, to, op, value)
        if self.result:
            name, category = (part.render(run.scope, run.env) for part in self.result)
            run.trail.append(ResultRecorded(run.frame.node, name, category))
        return "next"

    def _assign(self, run: Run, to: str, op: str, value: CompiledValue) -> None:
        new = value.evaluate(run.scope, run.env)
        if not to.startswith("contact."):
            run.assign(to, OPERATIONS[op](run.scope.get(to), new, run))
            return
        part = to.removeprefix("contact.")
        change: dict[str, Any] = {}
        if part in ("name", "language"):
            text = OPERATIONS[op](getattr(run.contact, part), new, run)
            change[part] = "" if text is None else str(text)
        else:
            name = part.removeprefix("fields.")
            change["fields"] = {
                name: normalize(OPERATIONS[op](run.contact.fields.get(name), new, run))
            }
        effect = ChangeContact(run.new_id(), run.frame.node, run.frame.flow, **change)
        run.change_contact(effect)


def _put(_old: Any, new: Any, _run: Run) -> Any:
    return new


def _add(old: Any, new: Any, run: Run) -> Any:
    """Numbers add up (unset counts as 0)."""
    first = coerce(old, "number", run.env) if old not in (None, "") else 0
    second = coerce(new, "number", run.env)
    if not isinstance(first, int | Decimal) or not isinstance(second, int | Decimal):
        raise EvaluationError("add needs two numbers", 1)
    return first + second


def _append(old: Any, new: Any, _run: Run) -> Any:
    """To a list; or behind a text."""
    if isinstance(old, str):
        return f"{old}{new}"
    return [*_items(old), new]


def _remove(old: Any, new: Any, _run: Run) -> Any:
    return [item for item in _items(old) if item != new]


def _clear(_old: Any, _new: Any, _run: Run) -> Any:
    return None


def _items(old: Any) -> list[Any]:
    if old is None:
        return []
    if not isinstance(old, list):
        raise EvaluationError("append and remove need a list", 1)
    return cast(list[Any], old)


OPERATIONS: dict[str, Callable[[Any, Any, Run], Any]] = {
    "put": _put,
    "add": _add,
    "append": _append,
    "remove": _remove,
    "clear": _clear,
}
