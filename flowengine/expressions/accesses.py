"""Names, fields, items and slices: `contact.fields.plano`, `itens[0].nome`, `x[0:5]`."""

from typing import Any, cast

from jinja2 import nodes

from flowengine.expressions.compiling import DEEPEST, Compiling, refuse
from flowengine.expressions.env import UNSET, Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.names import Getter, lookup, take
from flowengine.expressions.values import Value


class Accesses(Compiling):
    """Compiles paths; what they read of the scope goes into `names.reads`."""

    def path(self, node: nodes.Expr, depth: int) -> Getter:
        """`a.b["c"][0][x]`: the fixed beginning in one step, the rest one by one."""
        steps: list[nodes.Getattr | nodes.Getitem] = []
        base: nodes.Node = node
        while isinstance(base, nodes.Getattr) or (
            isinstance(base, nodes.Getitem) and not isinstance(base.arg, nodes.Slice)
        ):
            steps.append(base)
            base = base.node
            if len(steps) > DEEPEST:
                raise refuse(node, "nested too deeply", "name a part of it first", "too_deep")
        steps.reverse()
        self.size += len(steps)
        if isinstance(base, nodes.Name):
            return self._from_name(base, steps, depth)
        return self._steps(self.expression(base, depth), steps, depth)

    def _from_name(
        self, base: nodes.Name, steps: "list[nodes.Getattr | nodes.Getitem]", depth: int
    ) -> Getter:
        if base.name == "null":
            return self._steps(lambda ev: None, steps, depth)
        local = self.names.find(base.name)
        if local is not None:
            place, surely = local
            if surely:
                return self._steps(_local(place), steps, depth)
            self.names.read(base.name, [])
            return self._steps(_perhaps(place, self._global(base.name, ())), steps, depth)
        if base.name == "now" and steps:
            raise refuse(steps[0], "now has no fields", 'write now|date("HH") or now|weekday')
        fixed: list[str | int] = []
        for step in steps:
            key = _fixed_key(step)
            if key is None:
                break
            fixed.append(key)
        rest = steps[len(fixed) :]
        self.names.read(base.name, [str(key) for key in fixed] + (["*"] if rest else []))
        return self._steps(self._global(base.name, tuple(fixed)), rest, depth)

    def _global(self, root: str, keys: tuple[str | int, ...]) -> Getter:
        if root == "now":
            self.names.read("now", [])
            return lambda ev: ev.env.now.astimezone(ev.env.timezone)
        find = lookup(root, keys)
        return lambda ev: find(ev.scope)

    def _steps(
        self, start: Getter, steps: "list[nodes.Getattr | nodes.Getitem]", depth: int
    ) -> Getter:
        for step in steps:
            fixed = _fixed_key(step)
            if fixed is not None:
                start = _taking(start, fixed)
            elif isinstance(step, nodes.Getitem):
                start = _taking_by(start, self.expression(step.arg, depth))
        return start

    def slice(self, node: nodes.Getitem, cut: nodes.Slice, depth: int) -> Getter:
        if cut.step is not None:
            raise refuse(node, "a slice has no step", "write x[0:5]")
        source = self.expression(node.node, depth)
        low = None if cut.start is None else self.expression(cut.start, depth)
        high = None if cut.stop is None else self.expression(cut.stop, depth)
        return lambda ev: _cut(
            ev, source(ev), None if low is None else low(ev), None if high is None else high(ev)
        )


def _local(place: int) -> Getter:
    return lambda ev: ev.locals[place]


def _perhaps(place: int, outside: Getter) -> Getter:
    def run(ev: Evaluation) -> Value:
        value = ev.locals[place]
        return outside(ev) if value is UNSET else value

    return run


def _taking(source: Getter, key: "str | int") -> Getter:
    return lambda ev: take(source(ev), key)


def _taking_by(source: Getter, key: Getter) -> Getter:
    return lambda ev: take(source(ev), key(ev))


def _fixed_key(step: "nodes.Getattr | nodes.Getitem") -> "str | int | None":
    if isinstance(step, nodes.Getattr):
        return step.attr
    arg, sign = step.arg, 1
    if isinstance(arg, nodes.Neg):
        arg, sign = arg.node, -1
    if not isinstance(arg, nodes.Const):
        return None
    key: Any = arg.value
    if type(key) is int:
        return sign * key
    return key if type(key) is str and sign == 1 else None


def _cut(ev: Evaluation, value: Value, low: Value, high: Value) -> Value:
    for bound in (low, high):
        if bound is not None and type(bound) is not int:
            raise EvaluationError("the bounds of a slice are whole numbers")
    start, stop = cast("int | None", low), cast("int | None", high)
    if isinstance(value, str):
        ev.check_text(len(value))
        return value[start:stop]
    if isinstance(value, list | tuple):
        ev.spend(len(value) >> 4)
        return [*value[start:stop]]
    if value is None:
        return None
    raise EvaluationError("only a list or a text has a part")
