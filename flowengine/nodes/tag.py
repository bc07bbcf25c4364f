"""Tag: marks the contact."""

from flowengine.expressions import Env, Scope, compile_template
from flowengine.messages import ChangeContact
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.speech import NO_ENV


class Tag(Base, tag="tag", frozen=True, kw_only=True):
    """Adds and removes tags of the contact; later nodes see it.

    - `add`: tags to add, each a template.
    - `remove`: tags to take away, each a template.

    Exits: `next`.

    Example::

        {"id": "marca", "type": "tag", "add": ["lead"], "remove": ["frio"]}
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class TagStep(Step):
    def __init__(self, node: Tag, _wired: frozenset[str]) -> None:
        self.add = [compile_template(tag) for tag in node.add]
        self.remove = [compile_template(tag) for tag in node.remove]
        every = [*self.add, *self.remove]
        self.reads = frozenset[str]().union(*(tag.reads for tag in every))
        constant = all(tag.is_constant for tag in every)
        self.fixed = self._rendered({}, NO_ENV) if constant else None

    def enter(self, run: Run) -> str | None:
        add, remove = self.fixed or self._rendered(run.scope, run.env)
        frame = run.frame
        change = ChangeContact(
            run.new_id(), frame.node, frame.flow, add_tags=add, remove_tags=remove
        )
        run.change_contact(change)
        return "next"

    def _rendered(self, scope: Scope, env: Env) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (
            tuple([tag.render(scope, env) for tag in self.add]),
            tuple([tag.render(scope, env) for tag in self.remove]),
        )
