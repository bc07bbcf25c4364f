"""Notify: tells other systems that something happened."""

from typing import Any

from flowengine.expressions import compile_template, compile_value, normalize
from flowengine.messages import Tell
from flowengine.nodes.base import Base
from flowengine.run import Run, Step


class Notify(Base, tag="notify", frozen=True, kw_only=True):
    """Tells the webhooks that subscribed to a name.

    - `name`: the name, a template.
    - `data`: what they are told: a value.

    Exits: `next`.

    Example::

        {"id": "avisa", "type": "notify", "name": "pedido.criado", "data": {"id": "{{ pedido }}"}}
    """

    name: str
    data: Any = None


class NotifyStep(Step):
    def __init__(self, node: Notify, _wired: frozenset[str]) -> None:
        self.name, self.data = compile_template(node.name), compile_value(node.data)
        self.reads = self.name.reads | self.data.reads

    def enter(self, run: Run) -> str | None:
        name = self.name.render(run.scope, run.env)
        data = normalize(self.data.evaluate(run.scope, run.env))
        run.add(Tell(run.new_id(), run.frame.node, run.frame.flow, name, data))
        return "next"
